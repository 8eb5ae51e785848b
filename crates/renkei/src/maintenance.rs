//! Maintenance of a community's documents from the command line: the job runs in the repository's process, or
//! here if none runs.

pub(crate) mod progress;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use client::{CallError, ClientTransport, RawClient, Timeouts};
use config::{Community, Endpoints};
use net::process::StopSignals;
use repository::admin::{CANCEL_PATH, Overview, STATUS_PATH};
use repository::maintenance::job::{Finding, FindingKind, Job, Phase, Status};
use serde::Serialize;

use crate::admin::OPERATOR_HEADER;
use crate::error::CommandError;
use crate::output;
use progress::Progress;

/// The admin listener answers without waiting for anything.
const WAIT: Duration = Duration::from_secs(10);

/// Between two questions; the first ones come faster, since most jobs of a test are short.
const PAUSE: Duration = Duration::from_millis(500);
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Why a job was not done, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MaintenanceError {
    #[error("the repository's admin listener does not answer")]
    NoAnswer(#[source] CallError),
    #[error("the repository's admin listener answers with {status}: {said}")]
    Refused { status: u16, said: String },
    #[error("the repository's admin listener says what this version does not understand")]
    Answer(#[source] serde_json::Error),
    #[error("the repository has forgotten the job: it was started again")]
    Forgotten,
    #[error("the repository cannot be looked at")]
    Open(#[source] repository::StartError),
    #[error("the repository is not running here, and only a running one can be reconciled")]
    NotRunning,
    #[error("an address is written in hexadecimal digits, 64 at most")]
    Address,
    #[error("the job failed: {reason}")]
    Failed { reason: String },
    #[error("not all is well")]
    NotWell,
    #[error("stopped before the end{hint}")]
    Stopped { hint: String },
}

/// The data folder's own files.
pub(crate) fn load(data: &Path) -> Result<Community, CommandError> {
    Community::load(data).map_err(|faults| CommandError::Faults { data: data.to_owned(), faults })
}

/// Where a job runs.
pub(crate) enum Place {
    Running(Box<RunningRepository>),
    Here(Arc<Job>),
}

/// The admin listener of the repository.
pub(crate) struct RunningRepository {
    client: RawClient,
    admin: String,
}

impl RunningRepository {
    /// Looks where `endpoints.json` says, then where the configuration says; `None` if no repository of this
    /// community answers.
    pub(crate) async fn find(
        data: &Path,
        community: &Community,
    ) -> Result<Option<Box<RunningRepository>>, CommandError> {
        let timeouts =
            Timeouts { connect: WAIT, response: WAIT, whole: WAIT, ..Timeouts::default() };
        let client =
            RawClient::new(&ClientTransport::Plain, timeouts).map_err(CommandError::AdminClient)?;
        let published = Endpoints::read(data)?.and_then(|endpoints| endpoints.addresses.admin);
        let configured =
            community.repository.as_ref().map(|config| format!("http://{}", config.process.admin));
        for admin in published.into_iter().chain(configured) {
            let found = RunningRepository { client: client.clone(), admin };
            // Whoever else listens there does not answer as a repository does.
            if let Ok(overview) = found.ask("GET", STATUS_PATH, Bytes::new()).await
                && overview.repository_unique_id
                    == community.agreement.repository_unique_id.as_str()
            {
                return Ok(Some(Box::new(found)));
            }
        }
        Ok(None)
    }

    /// Orders a job.
    pub(crate) async fn order(
        &self,
        path: &str,
        order: &impl Serialize,
    ) -> Result<(), MaintenanceError> {
        let body = serde_json::to_vec(order).map_err(MaintenanceError::Answer)?;
        self.ask("POST", path, body.into()).await.map(drop)
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Bytes,
    ) -> Result<Overview, MaintenanceError> {
        let url = format!("{}{path}", self.admin);
        let headers = vec![
            (OPERATOR_HEADER.to_owned(), "renkei".to_owned()),
            ("content-type".to_owned(), "application/json".to_owned()),
        ];
        let answer = self.client.request(method, &url, headers, body).await;
        let answer = answer.map_err(MaintenanceError::NoAnswer)?;
        if answer.status != 200 {
            let said = String::from_utf8_lossy(&answer.body);
            let (status, said) = (answer.status, output::plain(said.trim()).into_owned());
            return Err(MaintenanceError::Refused { status, said });
        }
        serde_json::from_slice(&answer.body).map_err(MaintenanceError::Answer)
    }
}

impl Place {
    async fn status(&self) -> Result<Status, MaintenanceError> {
        match self {
            Place::Running(repository) => {
                let overview = repository.ask("GET", STATUS_PATH, Bytes::new()).await?;
                overview.job.ok_or(MaintenanceError::Forgotten)
            }
            Place::Here(job) => Ok(job.status()),
        }
    }

    async fn cancel(&self) -> Result<(), MaintenanceError> {
        match self {
            Place::Running(repository) => {
                repository.ask("POST", CANCEL_PATH, Bytes::new()).await.map(drop)
            }
            Place::Here(job) => {
                job.cancel();
                Ok(())
            }
        }
    }

    /// Waits for the end and shows how far the job is; SIGINT and SIGTERM end it early.
    pub(crate) async fn watch(&self) -> Result<Status, CommandError> {
        let mut signals = StopSignals::listen().map_err(CommandError::Runtime)?;
        let mut progress = Progress::on_standard_error();
        let mut pause = FIRST_PAUSE;
        loop {
            let status = self.status().await?;
            if status.phase != Phase::Running {
                progress.clear();
                return Ok(status);
            }
            progress.show(&status);
            tokio::select! {
                () = signals.wait() => self.cancel().await?,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE),
            }
        }
    }
}

/// Lists what was found, one finding a line.
pub(crate) fn list(status: &Status, word: impl Fn(FindingKind) -> &'static str) {
    for Finding { kind, address, unique_id } in &status.findings {
        let unique_id = unique_id.as_deref().unwrap_or_default();
        let line =
            format!("{}\t{}\t{}", word(*kind), output::plain(address), output::plain(unique_id));
        output::line(line.trim_end());
    }
    if status.n_unlisted > 0 {
        output::line(format_args!("… and {} more", status.n_unlisted));
    }
}

/// Whether the job came to its end and left nothing to act on.
pub(crate) fn conclude(status: &Status, hint: impl FnOnce() -> String) -> Result<(), CommandError> {
    let failed = match status.phase {
        Phase::Done if status.counts.is_well() => return Ok(()),
        Phase::Done => MaintenanceError::NotWell,
        Phase::Running | Phase::Stopped => MaintenanceError::Stopped { hint: hint() },
        Phase::Failed => {
            let reason = status.reason.clone().unwrap_or_default();
            MaintenanceError::Failed { reason: output::plain(&reason).into_owned() }
        }
    };
    Err(failed.into())
}

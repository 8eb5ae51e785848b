//! The operator's work on the store: is everything there (`verify`), and what becomes of what nobody knows the
//! state of (`reconcile`).
//!
//! One job at a time, in the background; whoever started it asks how it stands. A job that nobody asks about
//! any more ends by itself.

pub mod job;
mod orphans;
pub mod pace;
pub mod reconcile;
pub mod verify;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use audit::{AuditRecord, Journal, JournalError, Node, Outcome};
use store::StoreError;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::Repository;
use crate::blobs::BlobError;
use crate::error::SubmissionError;
use crate::maintenance::job::{Job, Phase, Status, Task};
use crate::maintenance::reconcile::ReconcileOptions;
use crate::maintenance::verify::{VerifiedStore, VerifyOptions};

/// How long a stop waits for a job that is told to end, so that its end is still recorded.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Work {
    VerifyStore(VerifyOptions),
    Reconcile(ReconcileOptions),
}

/// Why a job did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum MaintenanceError {
    #[error("the repository's store is not available")]
    Store(#[from] StoreError),
    #[error("the database failed")]
    Database(#[from] diesel::result::Error),
    #[error("the documents could not be listed or removed")]
    Blobs(#[from] BlobError),
    #[error("the work could not be recorded in the audit journal")]
    Audit(#[from] JournalError),
    #[error("what is in doubt could not be read or settled")]
    Settle(#[from] SubmissionError),
    #[error(
        "{found} stored files belong to no document, {limit} are expected at most: nothing of them was removed"
    )]
    TooManyOrphans { found: u64, limit: u64 },
    #[error("the work was interrupted")]
    Interrupted,
}

/// A job is under way already.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("another job is under way")]
pub struct Busy;

/// The job of a running repository.
pub struct Maintenance {
    repository: Arc<Repository>,
    /// Jobs outlive the listener that took their order.
    runtime: Handle,
    current: Mutex<Option<Current>>,
}

struct Current {
    job: Arc<Job>,
    task: JoinHandle<()>,
}

impl Maintenance {
    /// Must be called inside the runtime that the jobs are to run on.
    pub fn new(repository: Arc<Repository>) -> Maintenance {
        Maintenance { repository, runtime: Handle::current(), current: Mutex::new(None) }
    }

    /// Which repository this is, so that nobody maintains another one by mistake.
    pub fn repository_unique_id(&self) -> String {
        self.repository.agreement.load().repository_unique_id.as_str().to_owned()
    }

    /// Begins.
    ///
    /// # Errors
    /// [`Busy`].
    pub fn start(&self, work: Work) -> Result<(), Busy> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|current| !current.task.is_finished()) {
            return Err(Busy);
        }
        let job = Arc::new(Job::leased(match work {
            Work::VerifyStore(_) => Task::VerifyStore,
            Work::Reconcile(_) => Task::Reconcile,
        }));
        let task = run(Arc::clone(&self.repository), work, Arc::clone(&job));
        *current = Some(Current { job, task: self.runtime.spawn(task) });
        Ok(())
    }

    /// How the last job stands.
    pub fn status(&self) -> Option<Status> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let Current { job, task } = current.as_ref()?;
        if task.is_finished() {
            // No more than a job that panicked can have left it open.
            job.end(Err(MaintenanceError::Interrupted));
        }
        Some(job.status())
    }

    /// Lets the job end before its end.
    pub fn cancel(&self) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = current.as_ref() {
            current.job.cancel();
        }
    }

    /// Ends the job, if there is one, in bounded time.
    pub async fn stop(&self) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Current { job, mut task }) = current else { return };
        job.cancel();
        if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
            // A commit is not taken back by this, and what was not begun is not missed.
            task.abort();
        }
    }
}

async fn run(repository: Arc<Repository>, work: Work, job: Arc<Job>) {
    let ended = match work {
        Work::VerifyStore(options) => {
            verify::verify(VerifiedStore::of(&repository), options, &job).await
        }
        Work::Reconcile(options) => reconcile::reconcile(&repository, options, &job).await,
    };
    if let Err(error) = &ended {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::error!(actor = "repository", %error, cause, "maintenance failed");
    }
    job.end(ended);
}

/// Records the beginning of a job.
async fn record_begin(
    journal: &Journal,
    task: Task,
    agreement_version: &str,
) -> Result<(), JournalError> {
    let event = "begin".to_owned();
    record(journal, (task, agreement_version), (Outcome::Success, event)).await
}

/// Records how a job ended, with its counts.
async fn record_end(
    journal: &Journal,
    job: &Job,
    agreement_version: &str,
    ended: &Result<Phase, MaintenanceError>,
) -> Result<(), JournalError> {
    let status = job.counts();
    let outcome = match ended {
        Ok(_) if status.is_well() => Outcome::Success,
        Ok(_) => Outcome::MinorFailure,
        Err(_) => Outcome::SeriousFailure,
    };
    let end = if matches!(ended, Ok(Phase::Done)) { "end" } else { "broken off" };
    let event = format!("{end}: {status}");
    record(journal, (job.task(), agreement_version), (outcome, event)).await
}

async fn record(
    journal: &Journal,
    (task, agreement_version): (Task, &str),
    (outcome, description): (Outcome, String),
) -> Result<(), JournalError> {
    let agreement_version = agreement_version.to_owned();
    // The same words whether the repository runs or is closed.
    let record = Node::new("repository").worked(task.event(), outcome, description);
    journal.append(&AuditRecord { agreement_version, ..record }).await
}

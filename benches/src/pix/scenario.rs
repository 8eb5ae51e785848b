//! All tasks and numbers of connections, in rounds: in each the plain servers and every manager, one turn each.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use benches::patients::ManagerFolder;
use datatypes::Dtm;
use diesel::{Connection as _, PgConnection, RunQueryDsl};
use hl7v2::{Ack, Header, write_ack};
use net::mllp::{Frame, MllpServer};

use super::report::{Report, Subject};
use super::task::Task;
use crate::machine::progress;
use crate::measured::Sample;
use crate::mllp::{Connection, Messages, drive};
use crate::serve::{Kind, mllp};
use crate::server::Server;

/// Questions whose answers tell how long those of the plain servers are.
const MEASURED_ANSWERS: usize = 16;

/// What is the same for all rows of a run.
pub(super) struct Bench {
    /// Each server has a folder in it, with its log.
    pub(super) folder: PathBuf,
    /// PostgreSQL.
    pub(super) database: Option<String>,
    pub(super) patients: Vec<u64>,
    pub(super) tasks: Vec<Task>,
    pub(super) connections: Vec<u16>,
    pub(super) rounds: u32,
    pub(super) turn: Duration,
}

/// One of the servers with what it is sent.
struct Side {
    server: Server,
    messages: Messages,
    samples: Vec<Sample>,
}

impl Bench {
    /// Fills what is not filled.
    pub(super) async fn prepare(&self) -> Result<()> {
        for n_patients in &self.patients {
            let folder = self.folder_of(*n_patients);
            std::fs::create_dir_all(&folder)?;
            let database = self.database_of(&name_of(*n_patients))?;
            let started = Instant::now();
            ManagerFolder::open(&folder.join("data"))?
                .fill(database.as_deref(), *n_patients)
                .await?;
            let elapsed = started.elapsed().as_secs_f64();
            progress(&format!("{n_patients} patients are there after {elapsed:.1} s"));
        }
        std::fs::create_dir_all(self.folder.join("plain"))?;
        self.database_of("pix_bare")?;
        Ok(())
    }

    /// Drives everything; managers that tell a registry first.
    pub(super) async fn run(&self, report: &mut Report) -> Result<()> {
        let registry = registry()?;
        for tells_registry in [true, false] {
            let tasks = self.tasks.iter().filter(|task| task.tells_registry() == tells_registry);
            let tasks: Vec<Task> = tasks.copied().collect();
            if tasks.is_empty() {
                continue;
            }
            let address = tells_registry.then(|| registry.address());
            let mut managers = Vec::new();
            for n_patients in &self.patients {
                managers.push((*n_patients, self.manager(*n_patients, address)?));
            }
            for task in tasks {
                managers = self.task(task, managers, report).await?;
            }
            for (_, manager) in managers {
                manager.stop()?;
            }
        }
        registry.stop().await;
        Ok(())
    }

    async fn task(
        &self,
        task: Task,
        managers: Vec<(u64, Server)>,
        report: &mut Report,
    ) -> Result<Vec<(u64, Server)>> {
        let first = managers.first().context("no manager")?;
        let messages = task.messages(first.0)?;
        let n_bytes = answer_length(first.1.address, &messages).await?;
        let mut references = Vec::new();
        for kind in task.references() {
            let server = self.plain(*kind, n_bytes)?;
            references.push(Side { server, messages: messages.clone(), samples: Vec::new() });
        }
        let mut sides = Vec::new();
        for (n_patients, server) in managers {
            let messages = task.messages(n_patients)?;
            sides.push((n_patients, Side { server, messages, samples: Vec::new() }));
        }
        for connections in &self.connections {
            for round in 0..=self.rounds {
                let plain = references.iter_mut();
                for side in plain.chain(sides.iter_mut().map(|(_, side)| side)) {
                    side.turn(*connections, self.turn, round > 0).await?;
                }
            }
            report_all(report, (task, *connections), (&references, &sides));
            let plain = references.iter_mut();
            plain.chain(sides.iter_mut().map(|(_, it)| it)).for_each(|it| it.samples.clear());
        }
        for reference in references {
            reference.server.stop()?;
        }
        Ok(sides.into_iter().map(|(n_patients, side)| (n_patients, side.server)).collect())
    }

    fn manager(&self, n_patients: u64, registry: Option<SocketAddr>) -> Result<Server> {
        let folder = self.folder_of(n_patients);
        let mut arguments = vec!["--data".into(), folder.join("data").into()];
        if let Some(address) = registry {
            arguments.extend(["--registry".into(), address.to_string().into()]);
        }
        self.start(Kind::Manager, arguments, (&name_of(n_patients), folder))
    }

    fn plain(&self, kind: Kind, n_bytes: usize) -> Result<Server> {
        let folder = self.folder.join("plain");
        let arguments = vec![
            "--data".into(),
            folder.clone().into(),
            "--bytes".into(),
            n_bytes.to_string().into(),
        ];
        self.start(kind, arguments, ("pix_bare", folder))
    }

    fn start(
        &self,
        kind: Kind,
        mut arguments: Vec<OsString>,
        (database, folder): (&str, PathBuf),
    ) -> Result<Server> {
        arguments.extend(["--transport", "plain", "--workers", "1"].map(OsString::from));
        if let Some(url) = self.database_of(database)? {
            arguments.extend(["--database".into(), url.into()]);
        }
        Server::start(kind, &arguments, &folder)
    }

    fn folder_of(&self, n_patients: u64) -> PathBuf {
        self.folder.join(name_of(n_patients))
    }

    /// A database of this name beside the one that was named, made if it is missing.
    fn database_of(&self, name: &str) -> Result<Option<String>> {
        let Some(url) = &self.database else { return Ok(None) };
        let mut connection = PgConnection::establish(url).context("--database is not there")?;
        // Whether it is there already shows when it is opened.
        let _ = diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut connection);
        let (server, _) = url.rsplit_once('/').context("--database is no URL")?;
        Ok(Some(format!("{server}/{name}")))
    }
}

impl Side {
    async fn turn(&mut self, connections: u16, turn: Duration, counts: bool) -> Result<()> {
        let cpu = self.server.cpu()?;
        let turn = drive(self.server.address, &self.messages, (connections, turn)).await?;
        let cpu = self.server.cpu()?.saturating_sub(cpu);
        if counts {
            self.samples.push(Sample { turn, cpu });
        }
        Ok(())
    }
}

/// Each manager by each reference, and by the manager with the fewest patients.
fn report_all(
    report: &mut Report,
    (task, connections): (Task, u16),
    (references, sides): (&[Side], &[(u64, Side)]),
) {
    for (n_patients, side) in sides {
        let subject =
            |reference: String| Subject { task, connections, n_patients: *n_patients, reference };
        for (reference, kind) in references.iter().zip(task.references()) {
            let name = match kind {
                Kind::Echo => "echo",
                Kind::Bare => "bare insert",
                Kind::Registry | Kind::Static | Kind::Community | Kind::Files | Kind::Manager => "",
            };
            report.add(&subject(name.to_owned()), &reference.samples, &side.samples);
        }
        if let Some((n_fewest, fewest)) =
            sides.first().filter(|(n_fewest, _)| n_fewest != n_patients)
        {
            let name = format!("{n_fewest} patients");
            report.add(&subject(name), &fewest.samples, &side.samples);
        }
    }
}

fn name_of(n_patients: u64) -> String {
    format!("pix_{n_patients}")
}

/// Of a middling answer.
async fn answer_length(address: SocketAddr, messages: &Messages) -> Result<usize> {
    let mut connection = Connection::open(address).await?;
    let mut lengths = Vec::new();
    for _ in 0..MEASURED_ANSWERS {
        lengths.push(connection.exchange(&(messages.next)()).await?.len());
    }
    lengths.sort_unstable();
    // Without the three bytes of the frame.
    Ok(lengths.get(MEASURED_ANSWERS / 2).copied().unwrap_or_default().saturating_sub(3))
}

/// A registry that acknowledges at once, in this process: what it costs is not the manager's.
fn registry() -> Result<MllpServer> {
    let time = Dtm::parse("20261129120000")?;
    mllp::listen(Arc::new(move |frame: Frame| {
        let header = Header::recover(&frame.bytes);
        let ack = write_ack(&header, &Ack::accept(), &time, "1");
        Box::pin(async move { ack.into_bytes() })
    }))
}

//! One transport: a community and a file server, all sizes and numbers of connections, in rounds.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Context, Result};
use benches::seeded::{self, Community};
use benches::synthetic::{AFFINITY_DOMAIN, Generator, Random, oid};
use clap::ValueEnum;
use config::actor::Transport;
use datatypes::PatientId;

use super::message::{self, Documents, FIRST_NUMBER, Template};
use super::report::{Row, Subject};
use super::turn::{Numbers, Operation, Task, drive};
use crate::client::Connection;
use crate::machine::progress;
use crate::measured::Sample;
use crate::serve::{Kind, TransportChoice};
use crate::server::Server;

/// Patients to whom documents are sent in turns, so that none has unusually many.
const PATIENTS: usize = 500;

/// Documents of each size that are fetched in turns.
const FETCHED: usize = 64;

/// What an answer has beside the document, with much room.
const AROUND_BYTES: usize = 64 * 1024;

/// Whether the stores have seen documents before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Age {
    /// Every document makes a folder of its own, which costs two more syncs.
    New,
    /// The folders are there, as after some hundred thousand documents.
    Used,
}

/// What is the same for all rows of a run.
pub(super) struct Bench {
    /// Where the servers' logs go.
    pub(super) logs: PathBuf,
    pub(super) sizes: Vec<usize>,
    pub(super) operations: Vec<Operation>,
    pub(super) connections: Vec<u16>,
    pub(super) workers: u16,
    pub(super) commits: u8,
    pub(super) rounds: u32,
    pub(super) turn: Duration,
    pub(super) seed: u64,
}

/// One of the two servers with what is asked of it.
struct Side {
    server: Server,
    uploads: Arc<[Template]>,
    downloads: Arc<[Template]>,
    next: Arc<AtomicU64>,
    success: String,
}

impl Side {
    fn task(&self, documents: &Documents, operation: Operation, known: &Arc<[u64]>) -> Task {
        let (templates, numbers) = match operation {
            Operation::Upload => (&self.uploads, Numbers::New(Arc::clone(&self.next))),
            Operation::Download => (&self.downloads, Numbers::Known(Arc::clone(known))),
        };
        Task {
            templates: Arc::clone(templates),
            documents: documents.clone(),
            numbers,
            success: self.success.clone(),
        }
    }
}

/// Makes the community and its patients known to the registry; both stores get their folders if they shall be
/// as after years.
pub(super) async fn prepare(data: &Path, age: Age) -> Result<()> {
    let community = Community::open(data)?;
    if age == Age::Used {
        for root in [data.join("documents"), data.join("files").join("documents")] {
            make_folders(&root)?;
        }
    }
    let registry = community.start_registry(&community.registry_config(Transport::Plain)?)?;
    let fed = seeded::feed(&registry.state(), (0..PATIENTS).map(patient)).await;
    registry.stop().await;
    fed
}

/// All 65,536 folders of a document store, durable.
fn make_folders(root: &Path) -> Result<()> {
    for (first, second) in (0..=255).flat_map(|first| (0..=255).map(move |second| (first, second)))
    {
        std::fs::create_dir_all(root.join(format!("{first:02x}/{second:02x}")))?;
    }
    Ok(File::open(root)?.sync_all()?)
}

fn patient(number: usize) -> PatientId {
    #[expect(clippy::expect_used, reason = "generated text is valid by construction")]
    PatientId::new(&format!("P{number:07}"), oid(AFFINITY_DOMAIN)).expect("a valid id")
}

impl Bench {
    /// Starts both servers, transfers everything, stops them.
    pub(super) async fn run(&self, data: &Path, transport: TransportChoice) -> Result<Vec<Row>> {
        let [community, files] = [Kind::Community, Kind::Files]
            .map(|kind| Server::start(kind, &self.arguments(data, transport), &self.logs));
        let mut sides = [files?, community?].map(|server| Side {
            server,
            uploads: Arc::new([]),
            downloads: Arc::new([]),
            next: Arc::new(AtomicU64::new(FIRST_NUMBER)),
            success: "ResponseStatusType:Success".to_owned(),
        });
        let mut random = Random::new(self.seed);
        let mut rows = Vec::new();
        for n_bytes in &self.sizes {
            let documents = Documents::new(*n_bytes, &mut random)?;
            let [files, community] = &mut sides;
            files.uploads = Arc::new([message::put(*n_bytes)]);
            files.downloads = Arc::new([message::get()]);
            files.success = format!("stored {n_bytes} bytes");
            community.uploads = self.submissions(*n_bytes)?;
            community.downloads = Arc::new([message::retrieve()]);
            rows.extend(self.size(data, transport, (&sides, &documents)).await?);
        }
        let [files, community] = sides;
        let peaks = [community.server.peak_memory()?, files.server.peak_memory()?];
        let [of_community, of_files] = peaks.map(|bytes| bytes >> 20);
        progress(&format!("peak memory: community {of_community} MiB, files {of_files} MiB"));
        community.server.stop()?;
        files.server.stop()?;
        Ok(rows)
    }

    fn submissions(&self, n_bytes: usize) -> Result<Arc<[Template]>> {
        let mut generator = Generator::new(self.seed);
        let templates =
            (0..PATIENTS).map(|number| message::provide(&mut generator, &patient(number), n_bytes));
        templates.collect()
    }

    fn arguments(&self, data: &Path, transport: TransportChoice) -> Vec<std::ffi::OsString> {
        vec![
            "--data".into(),
            data.as_os_str().to_owned(),
            "--transport".into(),
            transport.as_str().into(),
            "--workers".into(),
            self.workers.to_string().into(),
            "--commits".into(),
            self.commits.to_string().into(),
        ]
    }

    async fn connect(
        &self,
        data: &Path,
        transport: TransportChoice,
        (side, n_bytes, n_connections): (&Side, usize, u16),
    ) -> Result<Vec<Connection>> {
        let tls = match transport {
            TransportChoice::Plain => None,
            TransportChoice::Mtls => Some(Community::open(data)?.client()),
        };
        let mut connections = Vec::new();
        for _ in 0..n_connections {
            let address = side.server.address;
            connections
                .push(Connection::with_room(address, tls.as_ref(), n_bytes + AROUND_BYTES).await?);
        }
        Ok(connections)
    }

    /// All rows of one size.
    async fn size(
        &self,
        data: &Path,
        transport: TransportChoice,
        (sides, documents): (&[Side; 2], &Documents),
    ) -> Result<Vec<Row>> {
        let mut known = Vec::new();
        let none: Arc<[u64]> = Arc::new([]);
        for side in sides {
            let connected = self.connect(data, transport, (side, documents.n_bytes, 1)).await?;
            let mut connection = connected.into_iter().next().context("no connection")?;
            let task = side.task(documents, Operation::Upload, &none);
            let (mut buffer, mut numbers) = (Vec::new(), Vec::new());
            for place in 0..FETCHED {
                numbers.push(task.transfer(&mut connection, &mut buffer, place).await?);
            }
            known.push(numbers.into());
        }
        let [of_files, of_community]: [Arc<[u64]>; 2] =
            known.try_into().ok().context("two servers")?;
        let [files, community] = sides;
        let mut rows = Vec::new();
        for operation in self.operations.iter().copied() {
            let tasks = [
                files.task(documents, operation, &of_files),
                community.task(documents, operation, &of_community),
            ];
            for connections in &self.connections {
                let subject = Subject {
                    transport: transport.as_str(),
                    operation,
                    n_bytes: documents.n_bytes,
                    connections: *connections,
                };
                rows.push(self.rounds(data, transport, (subject, sides, &tasks)).await?);
            }
        }
        Ok(rows)
    }

    /// The rounds of one row: file server, then community.
    async fn rounds(
        &self,
        data: &Path,
        transport: TransportChoice,
        (subject, [files, community], [to_files, to_community]): (Subject, &[Side; 2], &[Task; 2]),
    ) -> Result<Row> {
        let (n_bytes, n_connections) = (subject.n_bytes, subject.connections);
        let connect = |side| self.connect(data, transport, (side, n_bytes, n_connections));
        // Opened just before they are used: a server drops those that stay silent.
        let mut with_files = connect(files).await?;
        let mut with_community = connect(community).await?;
        let mut samples = Vec::new();
        for round in 0..=self.rounds {
            let of_files = self.sample(files, &mut with_files, to_files).await?;
            let of_community = self.sample(community, &mut with_community, to_community).await?;
            // The first round warms up.
            if round > 0 {
                samples.push((of_files, of_community));
            }
        }
        let row = Row::new(subject, samples);
        progress(&row.to_markdown());
        Ok(row)
    }

    async fn sample(
        &self,
        side: &Side,
        connections: &mut Vec<Connection>,
        task: &Task,
    ) -> Result<Sample> {
        let before = side.server.cpu()?;
        let turn = drive(connections, task, self.turn).await?;
        Ok(Sample { turn, cpu: side.server.cpu()?.saturating_sub(before) })
    }
}

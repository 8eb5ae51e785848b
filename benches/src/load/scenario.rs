//! One transport and one place of the journal: all questions, in rounds.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use benches::seeded::Community;
use benches::synthetic::question::{self, Condition};
use benches::synthetic::{Group, Population};
use tempfile::TempDir;
use xds::query::ReturnType;

use super::report::Row;
use crate::client::{Connection, drive, post};
use crate::machine::progress;
use crate::measured::Sample;
use crate::serve::{Kind, TransportChoice};
use crate::server::Server;

/// What is the same in all scenarios of a run.
pub(super) struct Bench {
    pub(super) data: PathBuf,
    pub(super) reference: Reference,
    /// A copy of `data` for a second registry.
    pub(super) twin: PathBuf,
    /// Where the servers' logs go; they are written, as in use, and thrown away.
    pub(super) logs: PathBuf,
    pub(super) population: Population,
    pub(super) workers: u16,
    pub(super) connections: u16,
    pub(super) rounds: u32,
    pub(super) turn: Duration,
}

/// With what the registry is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// A server that sends fixed bytes.
    Static,
    /// A registry that keeps no audit records.
    WithoutAudit,
}

impl Reference {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Reference::Static => "static",
            Reference::WithoutAudit => "without audit records",
        }
    }
}

pub(super) struct Scenario {
    pub(super) transport: TransportChoice,
    /// `None`: in the data folder, on its disk.
    pub(super) journal: Option<TempDir>,
}

/// What is asked, of patients with 12 to 25 documents in rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// 40 codes and a range of time, which three documents meet.
    Filtered,
    /// All approved documents.
    Everything,
    /// As [`Question::Filtered`], but only the references.
    References,
}

impl Question {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Question::Filtered => "LeafClass, 40 codes",
            Question::Everything => "LeafClass, all",
            Question::References => "ObjectRef, 40 codes",
        }
    }

    fn envelopes(self, population: &Population) -> Vec<String> {
        let (condition, return_type) = match self {
            Question::Filtered => (Condition::ManyCodes, ReturnType::LeafClass),
            Question::Everything => (Condition::All, ReturnType::LeafClass),
            Question::References => (Condition::ManyCodes, ReturnType::ObjectRef),
        };
        let patients = population.of(Group::Average);
        let request =
            |id| question::envelope(&question::find_documents(id, condition, return_type));
        patients.map(|patient| request(&patient.id)).collect()
    }
}

/// One question, tried once.
struct Asked {
    question: Question,
    requests: Arc<[Vec<u8>]>,
    /// Mean length of the answers' bodies.
    n_bytes: usize,
}

impl Bench {
    /// Starts both servers, asks everything, stops them.
    pub(super) async fn run(&self, scenario: &Scenario) -> Result<Vec<Row>> {
        let registry = self.start(scenario, Kind::Registry, &[])?;
        let mut asked = Vec::new();
        for question in super::QUESTIONS {
            asked.push(self.probe(scenario, &registry, question).await?);
        }
        let lengths: Vec<usize> = asked.iter().map(|asked| asked.n_bytes).collect();
        let fixed = match self.reference {
            Reference::Static => self.start(scenario, Kind::Static, &lengths)?,
            Reference::WithoutAudit => self.start_twin(scenario)?,
        };
        let mut rows = Vec::new();
        for asked in asked {
            rows.push(self.rounds(scenario, (&registry, &fixed), asked).await?);
        }
        let peaks = (registry.peak_memory()?, fixed.peak_memory()?);
        fixed.stop()?;
        let last_words = registry.stop()?;
        progress(&format!(
            "peak memory: registry {} MiB, {} {} MiB; journal (records, syncs): {last_words}",
            peaks.0 >> 20,
            self.reference.as_str(),
            peaks.1 >> 20,
        ));
        Ok(rows)
    }

    fn start(&self, scenario: &Scenario, kind: Kind, lengths: &[usize]) -> Result<Server> {
        let mut arguments = self.arguments(scenario, &self.data);
        if let Some(folder) = &scenario.journal {
            arguments.push("--journal".into());
            arguments.push(folder.path().join("registry.journal").into_os_string());
        }
        if !lengths.is_empty() {
            let lengths: Vec<String> = lengths.iter().map(usize::to_string).collect();
            arguments.extend(["--bytes".into(), lengths.join(",").into()]);
        }
        Server::start(kind, &arguments, &self.logs)
    }

    fn start_twin(&self, scenario: &Scenario) -> Result<Server> {
        let mut arguments = self.arguments(scenario, &self.twin);
        arguments.push("--discard-audit".into());
        let logs = self.logs.join("twin");
        std::fs::create_dir_all(&logs)?;
        Server::start(Kind::Registry, &arguments, &logs)
    }

    fn arguments(&self, scenario: &Scenario, data: &Path) -> Vec<OsString> {
        vec![
            "--data".into(),
            data.into(),
            "--transport".into(),
            scenario.transport.as_str().into(),
            "--workers".into(),
            self.workers.to_string().into(),
        ]
    }

    /// Asks each request once: every answer must be a success, and their mean length is what the static
    /// server will send.
    async fn probe(
        &self,
        scenario: &Scenario,
        registry: &Server,
        question: Question,
    ) -> Result<Asked> {
        let envelopes = question.envelopes(&self.population);
        ensure!(!envelopes.is_empty(), "too few entries for a patient with 12 to 25 documents");
        let requests: Arc<[Vec<u8>]> =
            envelopes.iter().map(|envelope| post(registry::endpoint::PATH, envelope)).collect();
        let mut connection =
            self.connect(scenario, registry, 1).await?.pop().context("no connection")?;
        let mut n_bytes = 0;
        for request in requests.iter() {
            n_bytes += connection.exchange(request).await?.n_body_bytes;
            let is_success = connection.last_answer_contains("ResponseStatusType:Success");
            ensure!(is_success, "the registry did not answer a question with Success");
        }
        Ok(Asked { question, n_bytes: n_bytes / requests.len(), requests })
    }

    async fn connect(
        &self,
        scenario: &Scenario,
        server: &Server,
        n_connections: u16,
    ) -> Result<Vec<Connection>> {
        let tls = match scenario.transport {
            TransportChoice::Plain => None,
            // A folder without a community is refused here and not by a handshake.
            TransportChoice::Mtls => Some(Community::open(&self.data)?.client()),
        };
        let mut connections = Vec::new();
        for _ in 0..n_connections {
            connections.push(Connection::open(server.address, tls.as_ref()).await?);
        }
        Ok(connections)
    }

    /// The rounds of one question: static server, then registry.
    async fn rounds(
        &self,
        scenario: &Scenario,
        (registry, fixed): (&Server, &Server),
        asked: Asked,
    ) -> Result<Row> {
        let n_bytes = asked.n_bytes;
        let path = format!("/{n_bytes}");
        let to_static: Arc<[Vec<u8>]> = match self.reference {
            Reference::Static => {
                let envelopes = asked.question.envelopes(&self.population);
                envelopes.iter().map(|envelope| post(&path, envelope)).collect()
            }
            Reference::WithoutAudit => Arc::clone(&asked.requests),
        };
        // Opened just before they are used: a server drops those that stay silent.
        let mut to_fixed = self.connect(scenario, fixed, self.connections).await?;
        // Their first request has a deadline, which as many handshakes with the other server may exceed.
        drive(&mut to_fixed, &to_static, self.turn).await?;
        let mut to_registry = self.connect(scenario, registry, self.connections).await?;
        let mut samples = Vec::new();
        for round in 0..=self.rounds {
            let of_static = self.sample(fixed, &mut to_fixed, &to_static).await?;
            let of_registry = self.sample(registry, &mut to_registry, &asked.requests).await?;
            // The first round warms up: caches, statements, the processor's clock.
            if round > 0 {
                samples.push((of_static, of_registry));
            }
        }
        let journal = if scenario.journal.is_some() { "in memory" } else { "on disk" };
        let row =
            Row::new((scenario.transport.as_str(), journal), asked.question, n_bytes, samples);
        progress(&row.to_markdown());
        Ok(row)
    }

    async fn sample(
        &self,
        server: &Server,
        connections: &mut Vec<Connection>,
        requests: &Arc<[Vec<u8>]>,
    ) -> Result<Sample> {
        let before = server.cpu()?;
        let turn = drive(connections, requests, self.turn).await?;
        Ok(Sample { turn, cpu: server.cpu()?.saturating_sub(before) })
    }
}

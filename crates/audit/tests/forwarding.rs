//! Records on their way to receivers that are well, away, dying, curt or refusing.

mod certificates;
mod disorder;
mod receiver;
mod sending;
mod stepping_over;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use audit::forwarding::{
    Connect, Destination, DestinationStatus, Forwarder, ForwarderHandle, Limits, RenderError,
    Settings,
};
use audit::{AuditRecord, Journal};
use openssl::ssl::SslConnector;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::journal::query_of;
use certificates::Certificates;

const DEADLINE: Duration = Duration::from_secs(30);

/// The connector does not change.
fn always(connector: SslConnector) -> Arc<Connect> {
    Arc::new(move || Ok(connector.clone()))
}

/// A journal with its folder and certificates.
struct Bench {
    folder: tempfile::TempDir,
    journal: Option<Arc<Journal>>,
    certificates: Certificates,
    limits: Limits,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal")).unwrap();
        let limits = Limits {
            session_idle: Duration::from_millis(50),
            session_age: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            send: Duration::from_secs(5),
            close: Duration::from_secs(5),
            reset: Duration::from_millis(50),
            first_pause: Duration::from_millis(10),
            longest_pause: Duration::from_millis(100),
            ..Limits::default()
        };
        let certificates = Certificates::new();
        Bench { folder, journal: Some(Arc::new(journal)), certificates, limits }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    fn journal(&self) -> &Arc<Journal> {
        self.journal.as_ref().unwrap()
    }

    /// As after a restart of the process.
    fn reopen(&mut self) {
        self.journal = None;
        self.journal = Some(Arc::new(Journal::open(&self.path()).unwrap()));
    }

    /// Records from number `first` up, in this order.
    async fn append(&self, first: usize, n_records: usize) {
        for number in first..first + n_records {
            self.journal().append(&query_of(&text(number))).await.unwrap();
        }
    }

    /// Many records in any order.
    async fn append_many(&self, n_records: usize, record: fn(usize) -> AuditRecord) {
        let mut appends = JoinSet::new();
        for number in 0..n_records {
            let journal = Arc::clone(self.journal());
            appends.spawn(async move { journal.append(&record(number)).await });
            if appends.len() >= 256 {
                appends.join_next().await.unwrap().unwrap().unwrap();
            }
        }
        while let Some(appended) = appends.join_next().await {
            appended.unwrap().unwrap();
        }
    }

    fn tls(&self, port: u16) -> (Destination, Option<Arc<Connect>>) {
        let destination = format!("tls://localhost:{port}").parse().unwrap();
        (destination, Some(always(self.certificates.connector())))
    }

    fn settings(&self, destinations: Vec<(Destination, Option<Arc<Connect>>)>) -> Settings {
        let render = Arc::new(rendered);
        Settings { journal: self.path(), destinations, render, limits: self.limits.clone() }
    }

    fn forward(&self, destinations: Vec<(Destination, Option<Arc<Connect>>)>) -> ForwarderHandle {
        Forwarder::start(self.settings(destinations), self.journal()).unwrap()
    }

    fn position_path(&self, destination: &str) -> PathBuf {
        self.folder.path().join(format!("journal.forwarded-{destination}"))
    }
}

fn text(number: usize) -> String {
    format!("node-{number}")
}

/// What arrives of the records from `first` up.
fn expected(first: usize, n_records: usize) -> Vec<String> {
    (first..first + n_records).map(|number| format!("<85>1 {}", text(number))).collect()
}

/// One message per record that names the requester; some requesters are asked for something else.
fn rendered(json: &str) -> Result<Vec<Vec<u8>>, RenderError> {
    let record: serde_json::Value =
        serde_json::from_str(json).map_err(|_invalid| RenderError { reason: "no JSON" })?;
    let requester = record.pointer("/peer/user_id").and_then(|text| text.as_str()).unwrap();
    match requester.split_once(' ') {
        None => Ok(vec![format!("<85>1 {requester}").into_bytes()]),
        Some(("two", name)) => {
            Ok((1..=2).map(|patient| format!("<85>1 {name}/{patient}").into_bytes()).collect())
        }
        Some(("long", name)) => {
            Ok(vec![format!("<85>1 {name} {}", "x".repeat(100_000)).into_bytes()])
        }
        Some(("panic", _)) => unreachable!("the renderer of the test panics"),
        Some(_) => Err(RenderError { reason: "it asks for that" }),
    }
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < end, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn until_confirmed(handle: &ForwarderHandle) {
    until("confirmed", || handle.status().iter().all(|one| one.waiting_bytes == 0)).await;
}

fn only(handle: &ForwarderHandle) -> DestinationStatus {
    let status = handle.status();
    assert_eq!(status.len(), 1);
    status.into_iter().next().unwrap()
}

//! One turn: clients that send or fetch documents until its time is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::ValueEnum;
use tokio::task::JoinSet;

use super::message::{Documents, Template};
use crate::client::{Connection, Turn};

/// Every so many answers with a document are compared byte by byte, the others by their length.
const COMPARED: usize = 8;

/// Which way documents go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Operation {
    /// ITI-41 and POST.
    Upload,
    /// ITI-43 and GET.
    Download,
}

/// What the clients of one server do.
#[derive(Clone)]
pub(super) struct Task {
    /// Of as many patients; one after the other.
    pub(super) templates: Arc<[Template]>,
    pub(super) documents: Documents,
    pub(super) numbers: Numbers,
    /// What an answer to an upload holds.
    pub(super) success: String,
}

/// Which documents.
#[derive(Clone)]
pub(super) enum Numbers {
    /// Each of them new.
    New(Arc<AtomicU64>),
    /// Known to be there.
    Known(Arc<[u64]>),
}

impl Task {
    /// One transfer, checked; the number of its document.
    pub(super) async fn transfer(
        &self,
        connection: &mut Connection,
        buffer: &mut Vec<u8>,
        place: usize,
    ) -> Result<u64> {
        let Some(template) = self.templates.get(place % self.templates.len().max(1)) else {
            anyhow::bail!("no template");
        };
        match &self.numbers {
            Numbers::New(next) => {
                let number = next.fetch_add(1, Ordering::Relaxed);
                template.fill(number, buffer);
                let (mark, rest) = self.documents.document(number);
                buffer.extend_from_slice(&mark);
                connection.exchange_pieces(&[buffer, rest, &template.tail]).await?;
                let is_stored = connection.last_answer_contains(&self.success);
                ensure!(is_stored, "a document was refused: {}", answer(connection));
                Ok(number)
            }
            Numbers::Known(numbers) => {
                let number = numbers.get(place % numbers.len().max(1)).copied().unwrap_or_default();
                template.fill(number, buffer);
                let n_bytes = connection.exchange(buffer).await?.n_body_bytes;
                ensure!(n_bytes >= self.documents.n_bytes, "an answer without the document");
                let is_right = !place.is_multiple_of(COMPARED)
                    || self.documents.is_in(connection.last_answer(), number);
                ensure!(is_right, "another document came: {}", answer(connection));
                Ok(number)
            }
        }
    }
}

/// The beginning of an answer, for whoever looks into a failed run; all data are invented.
fn answer(connection: &Connection) -> String {
    let answer = connection.last_answer();
    String::from_utf8_lossy(answer.get(..2_000).unwrap_or(answer)).into_owned()
}

/// Transfers on all connections until the time is over; those in hand are finished.
pub(super) async fn drive(
    connections: &mut Vec<Connection>,
    task: &Task,
    duration: Duration,
) -> Result<Turn> {
    let started = Instant::now();
    let end = started + duration;
    let n_connections = connections.len();
    let mut clients = JoinSet::new();
    for (first, mut connection) in connections.drain(..).enumerate() {
        let task = task.clone();
        clients.spawn(async move {
            let (mut latencies, mut buffer) = (Vec::new(), Vec::new());
            let mut place = first;
            loop {
                let asked = Instant::now();
                if asked >= end {
                    return Ok::<_, anyhow::Error>((connection, latencies));
                }
                task.transfer(&mut connection, &mut buffer, place).await?;
                latencies.push(asked.elapsed());
                place += n_connections;
            }
        });
    }
    Turn::ended(started, clients, connections).await
}

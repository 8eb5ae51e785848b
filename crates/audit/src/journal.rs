//! The journal of a process: an append-only file of hash-chained audit records.
//!
//! One line per record, each with the hash of the line before it; the format is in
//! `journal/line.rs`. [`Journal::append`] returns only after the line is on stable
//! storage: whoever cannot be recorded is not answered (fail closed). After a failure the
//! file is repaired before anything else is written to it (`journal/repair.rs`), so that
//! the journal goes on when the disk does. Files are not rotated, and nothing is forwarded here.
//!
//! What the chain proves: no line was changed, removed, added or moved in the middle. It
//! cannot show that lines are missing at the end; for that the caller keeps the position
//! that [`verify`] reports somewhere else (the signed checkpoints of the audit repository).

mod file;
mod line;
mod medium;
#[cfg(test)]
mod recovery;
mod repair;
mod shortening;
mod verify;
mod writer;

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use crate::outbox::OutboxRow;
use crate::record::AuditRecord;
pub use line::BrokenLine;
pub(crate) use line::view as line_view;
pub use verify::{VerifyReport, verify};

/// Records that may wait for the writer. At one fsync per batch this is emptied in one
/// go; a full queue means that the disk stalls, and waiting longer would not help.
const QUEUE_LENGTH: usize = 4096;

/// Longest line in bytes. A query of thousands of ids fits; a longer record is refused,
/// because the tail check at opening must be able to hold a whole line in memory.
pub(crate) const MAX_LINE_BYTES: usize = 4 << 20;

/// Appends records durably; one per process, shared by reference.
pub struct Journal {
    /// `None` only while the journal is being dropped.
    queue: Option<SyncSender<writer::Request>>,
    writer: Option<JoinHandle<()>>,
    /// Records that were found at the end of the file when it was opened.
    found: HashSet<Uuid>,
    progress: Arc<Progress>,
}

/// What the writer has done since the journal was opened.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    records: AtomicU64,
    syncs: AtomicU64,
    has_failed: AtomicBool,
    synced: watch::Sender<Synced>,
}

/// How much of the file is on stable storage, and acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Synced {
    pub(crate) n_bytes: u64,
    /// Number of the newest line.
    pub(crate) sequence: u64,
}

/// Why a record is not, or perhaps not, in the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be opened, read or truncated.
    #[error("the journal cannot be opened")]
    Open(#[source] io::Error),
    /// Another process (or another part of this one) has it open.
    #[error("the journal is in use by another process")]
    InUse,
    /// The end of the file does not hold together; only a person may decide what to do.
    #[error("the journal is broken at byte {offset}")]
    Broken {
        /// Where the faulty line begins.
        offset: u64,
        /// What is wrong with it.
        #[source]
        reason: BrokenLine,
    },
    /// Writing or syncing failed, or the repair of what an earlier failure left; the record
    /// must be taken as not written.
    #[error("the journal cannot be written")]
    Write(#[source] Arc<io::Error>),
    /// The writer has ended; nothing is accepted until the process starts again.
    #[error("the journal's writer has ended")]
    Failed,
    /// Too many records wait.
    #[error("too many records wait for the journal")]
    Busy,
    /// The record is longer than a line may be.
    #[error("the record is too long for the journal")]
    TooLong,
    /// The record could not be rendered, or an outbox row holds no record.
    #[error("the record is not readable as JSON")]
    Record(#[source] serde_json::Error),
}

impl Journal {
    /// Opens the journal, or begins one with a new lane if the file is not there.
    ///
    /// The end of an existing file is verified (at least the newest [`MAX_LINE_BYTES`];
    /// [`verify`] reads all of it). A last line without line end is what a crash in the
    /// middle of a write leaves: nobody was told that it is stored, so it is cut off.
    ///
    /// # Errors
    /// [`JournalError::InUse`], [`JournalError::Broken`] and [`JournalError::Open`].
    pub fn open(path: &Path) -> Result<Journal, JournalError> {
        let (file, end) = file::open(path)?;
        let progress = Arc::new(Progress::default());
        progress.synced.send_replace(end.stored.synced());
        let (queue, requests) = sync_channel(QUEUE_LENGTH);
        let writer = writer::Writer::new(file, end.stored, Arc::clone(&progress));
        let thread = std::thread::Builder::new()
            .name("audit-journal".to_owned())
            .spawn(move || writer.run(&requests))
            .map_err(JournalError::Open)?;
        Ok(Journal { queue: Some(queue), writer: Some(thread), found: end.record_ids, progress })
    }

    /// Appends one record and returns when it is on stable storage.
    ///
    /// Dropping the future does not take the record back.
    ///
    /// # Errors
    /// Any; the caller must then not answer the request.
    pub async fn append(&self, record: &AuditRecord) -> Result<(), JournalError> {
        self.append_all(std::slice::from_ref(record)).await
    }

    /// As [`Journal::append`], for what is several events: all of them or none.
    ///
    /// # Errors
    /// Any; the caller must then not answer the request.
    pub async fn append_all(&self, records: &[AuditRecord]) -> Result<(), JournalError> {
        #[cfg(feature = "discard")]
        if crate::discard::is_discarding() {
            return Ok(());
        }
        let entry = |record: &AuditRecord| {
            let json = record.to_json().map_err(JournalError::Record)?;
            Ok(line::Entry { row: None, json })
        };
        self.submit(records.iter().map(entry).collect::<Result<_, _>>()?)?.wait().await
    }

    /// Appends rows of an outbox, all or none acknowledged, and returns when they are on
    /// stable storage. Rows that the journal held already when it was opened are left
    /// out, so that a crash between appending and removing rows doubles nothing. A record
    /// that is too long for a line is shortened: what it tells of has happened, and the
    /// records behind it must not wait for ever.
    ///
    /// # Errors
    /// Any; the rows must then stay in the outbox.
    pub async fn append_outbox(&self, rows: &[OutboxRow]) -> Result<(), JournalError> {
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let id = line::record_id(&row.record).map_err(JournalError::Record)?;
            if !self.found.contains(&id) {
                entries.push(line::Entry { row: Some(row.id), json: fitting(row)? });
            }
        }
        if entries.is_empty() {
            return Ok(());
        }
        self.submit(entries)?.wait().await
    }

    /// Whether the newest attempt to write succeeded. After a failure the writer tries about
    /// once a second whether the disk takes bytes again, so that this recovers without traffic.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        !self.progress.has_failed.load(Ordering::Relaxed)
    }

    /// Records written and syncs done since opening, for `/metrics`; their quotient is the
    /// size of a group.
    #[must_use]
    pub fn n_records_and_syncs(&self) -> (u64, u64) {
        let records = self.progress.records.load(Ordering::Relaxed);
        (records, self.progress.syncs.load(Ordering::Relaxed))
    }

    /// How far the file may be read by others, now and whenever it has grown.
    pub(crate) fn synced(&self) -> watch::Receiver<Synced> {
        self.progress.synced.subscribe()
    }

    fn submit(&self, entries: Vec<line::Entry>) -> Result<Pending, JournalError> {
        if entries.iter().any(|entry| entry.json.len() > line::MAX_RECORD_BYTES) {
            return Err(JournalError::TooLong);
        }
        let (answer, pending) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(JournalError::Failed)?;
        queue.try_send(writer::Request { entries, answer }).map_err(|refused| match refused {
            TrySendError::Full(_) => JournalError::Busy,
            TrySendError::Disconnected(_) => JournalError::Failed,
        })?;
        Ok(Pending(pending))
    }
}

/// The record of a row, shortened if no line can hold it.
fn fitting(row: &OutboxRow) -> Result<String, JournalError> {
    let size_bytes = row.record.len();
    if size_bytes <= line::MAX_RECORD_BYTES {
        return Ok(row.record.clone());
    }
    tracing::error!(row = row.id, size_bytes, "an audit record was too long and is shortened");
    shortening::shortened(&row.record).map_err(JournalError::Record)
}

impl Drop for Journal {
    /// Waits until everything queued is written, so that the file may be opened again.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.writer.take()
            && thread.join().is_err()
        {
            tracing::error!("the journal's writer ended by a panic");
        }
    }
}

/// A record on its way; the writer that dies takes the sender with it.
struct Pending(oneshot::Receiver<Result<(), JournalError>>);

impl Pending {
    async fn wait(self) -> Result<(), JournalError> {
        self.0.await.unwrap_or(Err(JournalError::Failed))
    }
}

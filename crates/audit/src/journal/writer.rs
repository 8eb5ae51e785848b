//! The journal's one writing thread: group fsync.
//!
//! It takes everything that waits, writes it with one call, syncs once and then answers
//! all. There is no timer: the next group grows by itself while the sync of this one runs.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;

use tokio::sync::oneshot;

use super::line::{Chain, Entry};
use super::{Counters, JournalError};

/// Bytes after which a group is closed, so that its memory and its latency stay bounded.
const MAX_GROUP_BYTES: usize = 4 << 20;

/// Records that are acknowledged together.
pub(super) struct Request {
    pub(super) entries: Vec<Entry>,
    pub(super) answer: oneshot::Sender<Result<(), JournalError>>,
}

pub(super) struct Writer {
    file: File,
    chain: Chain,
    counters: Arc<Counters>,
}

impl Writer {
    pub(super) fn new(file: File, chain: Chain, counters: Arc<Counters>) -> Writer {
        Writer { file, chain, counters }
    }

    /// Serves until the journal is dropped or a write fails.
    ///
    /// After a failure it ends for good. A second sync could report success although the
    /// kernel has dropped the pages that the first one could not write; so nothing is
    /// retried, and whoever still waits finds the channel closed.
    pub(super) fn run(mut self, requests: &Receiver<Request>) {
        while let Ok(first) = requests.recv() {
            let (group, text, n_records) = self.collect(first, requests);
            let written = self.write_and_sync(&text);
            match written {
                Ok(()) => {
                    self.counters.records.fetch_add(n_records, Ordering::Relaxed);
                    answer_all(group, || Ok(()));
                }
                Err(error) => {
                    tracing::error!(%error, "the journal cannot be written; it stays closed");
                    let error = Arc::new(error);
                    answer_all(group, || Err(JournalError::Write(Arc::clone(&error))));
                    return;
                }
            }
        }
    }

    /// Takes what waits, up to the group's limit, and renders its lines.
    fn collect(
        &mut self,
        first: Request,
        requests: &Receiver<Request>,
    ) -> (Vec<oneshot::Sender<Result<(), JournalError>>>, String, u64) {
        let (mut group, mut text, mut n_records) = (Vec::new(), String::new(), 0);
        let mut next = Some(first);
        while let Some(request) = next {
            for entry in &request.entries {
                self.chain.write(entry, &mut text);
                n_records += 1;
            }
            group.push(request.answer);
            next = if text.len() < MAX_GROUP_BYTES { requests.try_recv().ok() } else { None };
        }
        (group, text, n_records)
    }

    fn write_and_sync(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        self.counters.syncs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Answers each; one that does not wait any more has lost interest, not its record.
fn answer_all(
    group: Vec<oneshot::Sender<Result<(), JournalError>>>,
    outcome: impl Fn() -> Result<(), JournalError>,
) {
    for answer in group {
        let _ = answer.send(outcome());
    }
}

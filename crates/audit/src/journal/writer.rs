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
use super::{JournalError, Progress};

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
    progress: Arc<Progress>,
}

impl Writer {
    pub(super) fn new(file: File, chain: Chain, progress: Arc<Progress>) -> Writer {
        Writer { file, chain, progress }
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
                    self.progress.records.fetch_add(n_records, Ordering::Relaxed);
                    answer_all(group, || Ok(()));
                }
                Err(error) => {
                    tracing::error!(%error, "the journal cannot be written; it stays closed");
                    self.progress.has_failed.store(true, Ordering::Relaxed);
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
        self.progress.syncs.fetch_add(1, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use uuid::Uuid;

    use super::*;
    use crate::{AuditRecord, Event, Outcome, verify};

    fn entry() -> Entry {
        let record = AuditRecord::now(Event::STORED_QUERY_AT_REGISTRY, Outcome::Success);
        Entry { row: None, json: record.to_json().unwrap() }
    }

    #[test]
    fn what_waits_is_synced_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (queue, requests) = sync_channel(64);
        let answers: Vec<_> = (0..64)
            .map(|_| {
                let (answer, pending) = oneshot::channel();
                queue.try_send(Request { entries: vec![entry()], answer }).unwrap();
                pending
            })
            .collect();
        drop(queue);
        let progress = Arc::new(Progress::default());
        let file = File::create(&path).unwrap();
        Writer::new(file, Chain::begin(Uuid::new_v4()), Arc::clone(&progress)).run(&requests);
        assert_eq!(progress.syncs.load(Ordering::Relaxed), 1);
        assert_eq!(progress.records.load(Ordering::Relaxed), 64);
        assert!(answers.into_iter().all(|pending| pending.blocking_recv().unwrap().is_ok()));
        assert_eq!(verify(&path).unwrap().n_records, 64);
    }

    #[test]
    fn a_group_has_a_limit_in_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (queue, requests) = sync_channel(8);
        for _ in 0..4 {
            let mut entry = entry();
            entry.json.push_str(&" ".repeat(MAX_GROUP_BYTES / 2));
            let (answer, _pending) = oneshot::channel();
            queue.try_send(Request { entries: vec![entry], answer }).unwrap();
        }
        drop(queue);
        let progress = Arc::new(Progress::default());
        let file = File::create(folder.path().join("journal")).unwrap();
        Writer::new(file, Chain::begin(Uuid::new_v4()), Arc::clone(&progress)).run(&requests);
        assert_eq!(progress.syncs.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_failed_write_fails_the_group_and_everything_after_it() {
        let (queue, requests) = sync_channel(8);
        let submit = |queue: &std::sync::mpsc::SyncSender<Request>| {
            let (answer, pending) = oneshot::channel();
            queue.try_send(Request { entries: vec![entry()], answer }).map(|()| pending)
        };
        let pending = [submit(&queue).unwrap(), submit(&queue).unwrap()];
        let file = File::options().write(true).open("/dev/full").unwrap();
        let progress = Arc::new(Progress::default());
        Writer::new(file, Chain::begin(Uuid::new_v4()), Arc::clone(&progress)).run(&requests);
        drop(requests);
        for pending in pending {
            let answer = pending.blocking_recv().unwrap();
            assert!(matches!(answer, Err(JournalError::Write(_))), "{answer:?}");
        }
        assert!(submit(&queue).is_err());
        assert!(progress.has_failed.load(Ordering::Relaxed));
    }
}

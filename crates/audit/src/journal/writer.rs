//! The journal's one writing thread: group fsync.
//!
//! It takes everything that waits, writes it with one call, syncs once and then answers
//! all. There is no timer: the next group grows by itself while the sync of this one runs.
//! After a failure the file is repaired first, for the next group or, without one, for
//! whoever asks whether the journal is healthy.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::file::Stored;
use super::line::Entry;
use super::medium::Medium;
use super::repair::repair;
use super::{JournalError, Progress};

/// Bytes after which a group is closed, so that its memory and its latency stay bounded.
const MAX_GROUP_BYTES: usize = 4 << 20;

/// Pause after a failure before the file is repaired although no record has come.
const REPAIR_PAUSE: Duration = Duration::from_secs(1);

/// Records that are acknowledged together.
pub(super) struct Request {
    pub(super) entries: Vec<Entry>,
    pub(super) answer: oneshot::Sender<Result<(), JournalError>>,
}

/// What waited, rendered.
struct Group {
    answers: Vec<oneshot::Sender<Result<(), JournalError>>>,
    text: String,
    n_records: u64,
    /// Where the file stands when the group is in it.
    afterwards: Stored,
}

pub(super) struct Writer<M> {
    medium: M,
    stored: Stored,
    /// Behind `stored` may be bytes that nobody was told of; nothing is written before a repair.
    needs_repair: bool,
    progress: Arc<Progress>,
}

impl<M: Medium> Writer<M> {
    pub(super) fn new(medium: M, stored: Stored, progress: Arc<Progress>) -> Writer<M> {
        Writer { medium, stored, needs_repair: false, progress }
    }

    /// Serves until the journal is dropped.
    pub(super) fn run(mut self, requests: &Receiver<Request>) {
        loop {
            match self.next(requests) {
                Ok(first) => {
                    let group = self.collect(first, requests);
                    self.store(group);
                }
                Err(RecvTimeoutError::Timeout) => {
                    let repaired = self.repair();
                    self.tell(&repaired);
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // So that whoever opens the file does not find what was refused.
        if self.repair().is_err() {
            tracing::error!("the journal is closed without having been repaired");
        }
    }

    fn next(&self, requests: &Receiver<Request>) -> Result<Request, RecvTimeoutError> {
        if self.needs_repair {
            requests.recv_timeout(REPAIR_PAUSE)
        } else {
            requests.recv().map_err(|_ended| RecvTimeoutError::Disconnected)
        }
    }

    /// Takes what waits, up to the group's limit, and renders its lines.
    fn collect(&self, first: Request, requests: &Receiver<Request>) -> Group {
        let (mut answers, mut text, mut n_records) = (Vec::new(), String::new(), 0);
        let mut afterwards = self.stored.clone();
        let mut next = Some(first);
        while let Some(request) = next {
            for entry in &request.entries {
                afterwards.last_line = self.stored.length.saturating_add(n_bytes(&text));
                afterwards.chain.write(entry, &mut text);
                n_records += 1;
            }
            answers.push(request.answer);
            next = if text.len() < MAX_GROUP_BYTES { requests.try_recv().ok() } else { None };
        }
        afterwards.length = self.stored.length.saturating_add(n_bytes(&text));
        Group { answers, text, n_records, afterwards }
    }

    /// Writes the group and answers everybody in it: all are stored, or all are refused.
    fn store(&mut self, group: Group) {
        let written = self.repair().and_then(|()| self.write_and_sync(&group.text));
        self.tell(&written);
        match written {
            Ok(()) => {
                self.stored = group.afterwards;
                self.progress.records.fetch_add(group.n_records, Ordering::Relaxed);
                self.progress.synced.send_replace(self.stored.synced());
                answer_all(group.answers, || Ok(()));
            }
            Err(error) => {
                let error = Arc::new(error);
                answer_all(group.answers, || Err(JournalError::Write(Arc::clone(&error))));
            }
        }
    }

    fn repair(&mut self) -> io::Result<()> {
        if self.needs_repair {
            repair(&mut self.medium, &self.stored)?;
            self.needs_repair = false;
        }
        Ok(())
    }

    fn write_and_sync(&mut self, text: &str) -> io::Result<()> {
        self.needs_repair = true;
        self.medium.append(text.as_bytes())?;
        self.medium.sync()?;
        self.needs_repair = false;
        self.progress.syncs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Makes the outcome of an attempt known, in the log only where it is not that of the one before.
    fn tell(&self, attempt: &io::Result<()>) {
        let had_failed = self.progress.has_failed.swap(attempt.is_err(), Ordering::Relaxed);
        match attempt {
            Err(error) if !had_failed => {
                tracing::error!(%error, "the journal cannot be written; it is tried again");
            }
            Ok(()) if had_failed => tracing::warn!("the journal can be written again"),
            Ok(()) | Err(_) => {}
        }
    }
}

fn n_bytes(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
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
    use std::fs::File;
    use std::sync::mpsc::sync_channel;

    use uuid::Uuid;

    use super::*;
    use crate::journal::line::Chain;
    use crate::{AuditRecord, Event, Outcome, verify};

    fn nothing() -> Stored {
        Stored { chain: Chain::begin(Uuid::new_v4()), length: 0, last_line: 0 }
    }

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
        Writer::new(file, nothing(), Arc::clone(&progress)).run(&requests);
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
        Writer::new(file, nothing(), Arc::clone(&progress)).run(&requests);
        assert_eq!(progress.syncs.load(Ordering::Relaxed), 2);
    }

    /// A device that takes nothing and cannot be repaired.
    #[test]
    fn a_failed_write_fails_the_group_and_everything_after_it() {
        let (queue, requests) = sync_channel(8);
        let submit = || {
            let (answer, pending) = oneshot::channel();
            queue.send(Request { entries: vec![entry()], answer }).unwrap();
            pending
        };
        let progress = Arc::new(Progress::default());
        let file = File::options().write(true).open("/dev/full").unwrap();
        let writer = Writer::new(file, nothing(), Arc::clone(&progress));
        let thread = std::thread::spawn(move || writer.run(&requests));
        for _ in 0..3 {
            for pending in [submit(), submit()] {
                let answer = pending.blocking_recv().unwrap();
                assert!(matches!(answer, Err(JournalError::Write(_))), "{answer:?}");
            }
        }
        drop(queue);
        thread.join().unwrap();
        assert!(progress.has_failed.load(Ordering::Relaxed));
        assert_eq!(progress.records.load(Ordering::Relaxed), 0);
    }
}

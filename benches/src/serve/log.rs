//! Small synced writes that stand for a server's own: group commit, and nothing in it worth reading.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;

/// Length after which a rotating log begins anew: that of SQLite's log between checkpoints.
const ROTATION_BYTES: u64 = 1000 * 4096;

/// How a log grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growth {
    /// In place: the file has its length, as SQLite's log has after its first checkpoint.
    Rotates,
    /// At its end, as an audit journal.
    Appends,
}

/// One file with one writing thread, which ends with the last handle.
#[derive(Clone)]
pub(super) struct Log {
    entry: usize,
    queue: Sender<oneshot::Sender<io::Result<()>>>,
}

impl Log {
    pub(super) fn open(path: &Path, growth: Growth, entry: usize) -> Result<Log> {
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(path)?;
        if growth == Growth::Rotates {
            file.write_all_at(&vec![0; usize::try_from(ROTATION_BYTES)?], 0)?;
            file.sync_all()?;
        }
        let (queue, waiting) = channel();
        let writer = Writer { file, growth, entry, place: 0 };
        std::thread::Builder::new().name("log".to_owned()).spawn(move || writer.run(&waiting))?;
        Ok(Log { entry, queue })
    }

    /// Writes an entry; returns when it is on stable storage.
    pub(super) async fn commit(&self) -> Result<()> {
        let (answer, written) = oneshot::channel();
        self.queue.send(answer).ok().with_context(|| format!("a log of {} B", self.entry))?;
        Ok(written.await??)
    }
}

struct Writer {
    file: File,
    growth: Growth,
    entry: usize,
    place: u64,
}

impl Writer {
    /// Takes what waits, writes it with one call, syncs once, answers all: as the servers' writers do.
    fn run(mut self, waiting: &Receiver<oneshot::Sender<io::Result<()>>>) {
        while let Ok(first) = waiting.recv() {
            let group: Vec<_> = std::iter::once(first).chain(waiting.try_iter()).collect();
            let written = self.write(group.len());
            for answer in group {
                let outcome = match &written {
                    Ok(()) => Ok(()),
                    Err(error) => Err(error.kind().into()),
                };
                // Whoever does not wait any more has gone away with its connection.
                let _ = answer.send(outcome);
            }
        }
    }

    fn write(&mut self, n_entries: usize) -> io::Result<()> {
        let bytes = vec![b'x'; self.entry.saturating_mul(n_entries)];
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.growth == Growth::Rotates && self.place.saturating_add(length) > ROTATION_BYTES {
            self.place = 0;
        }
        self.file.write_all_at(&bytes, self.place)?;
        self.file.sync_data()?;
        self.place = self.place.saturating_add(length);
        Ok(())
    }
}

//! A disk that fails as disks do, and the promise that holds on it: what was acknowledged is there once,
//! what was refused is not, and after a power loss the chain still holds.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::file::{Stored, check_lines};
use super::line::{Chain, Entry};
use super::medium::Medium;
use super::writer::{Request, Writer};
use super::{JournalError, Progress};
use crate::{AuditRecord, Event, Outcome};

const BLOCK: usize = 4096;

/// What a call on the disk does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Succeeds,
    /// Nothing of it happens.
    Fails,
    /// A part of it happens, then it fails: of a write some bytes, of a sync some blocks.
    FailsHalfway,
}

/// A file in a page cache above a disk. A sync that fails leaves blocks clean that were never written, as
/// kernels do; the next one does not write them.
#[derive(Default)]
struct State {
    cache: Vec<u8>,
    disk: Vec<u8>,
    /// Blocks that the next sync writes.
    dirty: BTreeMap<usize, ()>,
    fates: Vec<Fate>,
    /// Bytes that the disk has room for.
    room: Option<usize>,
    /// Whether a failed sync destroys the blocks on the disk that it could not write.
    damages: bool,
    n_cuts: usize,
    /// Whether a failed sync makes the cache forget what it could not write, as some file systems do.
    forgets: bool,
}

#[derive(Clone, Default)]
struct Disk(Arc<Mutex<State>>);

impl State {
    fn fate(&mut self) -> Fate {
        self.fates.pop().unwrap_or(Fate::Succeeds)
    }

    fn touch(&mut self, start: usize, end: usize) {
        for block in start / BLOCK..end.div_ceil(BLOCK) {
            self.dirty.insert(block, ());
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let start = self.cache.len();
        self.cache.extend_from_slice(bytes);
        self.touch(start, self.cache.len());
    }

    fn write_back(&mut self, block: usize) {
        let end = self.cache.len().min((block + 1) * BLOCK);
        let start = block * BLOCK;
        if start >= end {
            return;
        }
        let length = self.disk.len().max(end);
        self.disk.resize(length, 0);
        self.disk[start..end].copy_from_slice(&self.cache[start..end]);
    }

    /// The blocks that were dirty are clean afterwards, whatever came of them.
    fn sync(&mut self) -> io::Result<()> {
        let fate = self.fate();
        let dirty: Vec<usize> = std::mem::take(&mut self.dirty).into_keys().collect();
        let n_written = match fate {
            Fate::Succeeds => dirty.len(),
            Fate::FailsHalfway => dirty.len() / 2,
            Fate::Fails => 0,
        };
        // The later blocks first: the order is the disk's.
        for block in dirty.iter().rev().take(n_written) {
            self.write_back(*block);
        }
        if fate == Fate::Succeeds {
            self.disk.resize(self.cache.len(), 0);
            return Ok(());
        }
        let lost = dirty.get(..dirty.len() - n_written).unwrap();
        if self.damages {
            self.damage(lost);
        }
        if self.forgets {
            self.forget(lost);
        }
        Err(io::Error::from_raw_os_error(5))
    }

    fn damage(&mut self, blocks: &[usize]) {
        for place in blocks.iter().flat_map(|block| block * BLOCK..(block + 1) * BLOCK) {
            if let Some(byte) = self.disk.get_mut(place) {
                *byte = 0xff;
            }
        }
    }

    /// The cache reads these blocks from the disk again, where there is nothing: zeros.
    fn forget(&mut self, blocks: &[usize]) {
        for place in blocks.iter().flat_map(|block| block * BLOCK..(block + 1) * BLOCK) {
            let on_disk = self.disk.get(place).copied().unwrap_or(0);
            if let Some(byte) = self.cache.get_mut(place) {
                *byte = on_disk;
            }
        }
    }
}

impl Medium for Disk {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        let room = state.room.map_or(usize::MAX, |room| room.saturating_sub(state.cache.len()));
        let n_written = match state.fate() {
            Fate::Succeeds => bytes.len(),
            Fate::Fails => 0,
            Fate::FailsHalfway => bytes.len() / 2,
        };
        let n_written = n_written.min(room);
        state.write(&bytes[..n_written]);
        if n_written < bytes.len() {
            return Err(io::Error::from_raw_os_error(28));
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.lock().unwrap().sync()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.n_cuts += 1;
        if state.fate() == Fate::Fails {
            return Err(io::Error::from_raw_os_error(5));
        }
        let length = usize::try_from(length).unwrap();
        state.cache.truncate(length);
        state.dirty.retain(|block, ()| block * BLOCK < length);
        state.sync()
    }

    fn length(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.0.lock().unwrap().cache.len()).unwrap())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let state = self.0.lock().unwrap();
        let start = usize::try_from(offset).unwrap();
        buffer.copy_from_slice(&state.cache[start..start + buffer.len()]);
        Ok(())
    }
}

/// A journal's writer on such a disk.
struct Bench {
    disk: Disk,
    queue: Option<SyncSender<Request>>,
    progress: Arc<Progress>,
    thread: Option<std::thread::JoinHandle<()>>,
    acknowledged: Vec<Uuid>,
}

impl Bench {
    fn start(disk: Disk) -> Bench {
        let (queue, requests) = sync_channel(64);
        let progress = Arc::new(Progress::default());
        let chain = Chain::begin(Uuid::new_v4());
        let stored = Stored { chain, length: 0, last_line: 0 };
        let writer = Writer::new(disk.clone(), stored, Arc::clone(&progress));
        let thread = std::thread::spawn(move || writer.run(&requests));
        Bench { disk, queue: Some(queue), progress, thread: Some(thread), acknowledged: Vec::new() }
    }

    fn append(&mut self, n_bytes: usize) -> Result<(), JournalError> {
        let record = AuditRecord::now(Event::STORED_QUERY_AT_REGISTRY, Outcome::Success);
        let id = record.id;
        let mut json = record.to_json().unwrap();
        json.push_str(&" ".repeat(n_bytes));
        let (answer, pending) = oneshot::channel();
        let request = Request { entries: vec![Entry { row: None, json }], answer };
        self.queue.as_ref().unwrap().send(request).unwrap();
        pending.blocking_recv().unwrap()?;
        self.acknowledged.push(id);
        Ok(())
    }

    fn is_healthy(&self) -> bool {
        !self.progress.has_failed.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// What is on the disk now, in whole lines, begins with exactly what was acknowledged.
    #[track_caller]
    fn check_after_power_loss(&self) {
        let lines = whole_lines(&self.disk.0.lock().unwrap().disk);
        let n_acknowledged = lines.split(|byte| *byte == b'\n').take(self.acknowledged.len());
        let lines: Vec<&[u8]> = n_acknowledged.collect();
        let mut text = lines.join(&b'\n');
        text.push(b'\n');
        assert_eq!(lines.len(), self.acknowledged.len());
        for (line, id) in lines.iter().zip(&self.acknowledged) {
            assert!(String::from_utf8_lossy(line).contains(&id.to_string()));
        }
        if !lines.is_empty() {
            check_lines(&text, 0).unwrap();
        }
    }

    /// After an orderly end the file holds what was acknowledged and nothing else.
    #[track_caller]
    fn end(mut self) {
        self.queue = None;
        self.thread.take().unwrap().join().unwrap();
        let lines = self.disk.0.lock().unwrap().disk.clone();
        let end = check_lines(&lines, 0).unwrap();
        let expected: std::collections::HashSet<Uuid> = self.acknowledged.iter().copied().collect();
        assert_eq!(end.record_ids, expected);
        assert_eq!(end.stored.chain.sequence, u64::try_from(self.acknowledged.len()).unwrap());
    }
}

fn whole_lines(bytes: &[u8]) -> Vec<u8> {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    bytes[..end].to_vec()
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        3 => Just(Fate::Succeeds),
        1 => Just(Fate::Fails),
        1 => Just(Fate::FailsHalfway),
    ];
    prop::collection::vec(fate, 0..40)
}

proptest! {
    /// Any calls may fail in any way: nothing that was acknowledged is ever missing on the disk.
    #[test]
    fn what_was_acknowledged_is_on_the_disk(
        fates in fates(),
        sizes in prop::collection::vec(0..6000_usize, 1..12),
        forgets in any::<bool>(),
    ) {
        let disk = Disk::default();
        *disk.0.lock().unwrap() = State { fates, forgets, ..State::default() };
        let mut bench = Bench::start(disk);
        for n_bytes in sizes {
            let _either = bench.append(n_bytes);
            bench.check_after_power_loss();
        }
        bench.disk.0.lock().unwrap().fates.clear();
        bench.append(1).unwrap();
        assert!(bench.is_healthy());
        bench.check_after_power_loss();
        bench.end();
    }
}

#[track_caller]
fn await_that(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Old lines share a block with the new ones, and the block is written again before the journal goes on.
#[test]
fn a_block_that_a_failed_write_has_damaged_is_written_again() {
    let mut bench = Bench::start(Disk::default());
    bench.append(0).unwrap();
    {
        let mut state = bench.disk.0.lock().unwrap();
        // The calls are a write and a sync; the newest stands last.
        (state.damages, state.fates) = (true, vec![Fate::Fails, Fate::Succeeds]);
    }
    bench.append(0).unwrap_err();
    await_that("repaired", || bench.is_healthy());
    bench.check_after_power_loss();
    bench.append(0).unwrap();
    bench.end();
}

/// Readiness must come back although nobody asks anything of a server that is not ready.
#[test]
fn a_full_disk_that_has_room_again_is_noticed_without_a_record() {
    let mut bench = Bench::start(Disk::default());
    bench.append(0).unwrap();
    bench.disk.0.lock().unwrap().room = Some(1000);
    for _ in 0..2 {
        let refused = bench.append(1000);
        assert!(matches!(refused, Err(JournalError::Write(_))), "{refused:?}");
        assert!(!bench.is_healthy());
    }
    // Trying without a record does not mistake a few free bytes for room.
    let n_cuts = bench.disk.0.lock().unwrap().n_cuts;
    await_that("tried", || bench.disk.0.lock().unwrap().n_cuts >= n_cuts + 2);
    assert!(!bench.is_healthy());
    bench.disk.0.lock().unwrap().room = None;
    await_that("repaired", || bench.is_healthy());
    bench.check_after_power_loss();
    bench.append(0).unwrap();
    bench.end();
}

/// Somebody else has written to the file, or shortened it: nothing is put behind that.
#[test]
fn a_file_that_is_not_what_was_acknowledged_is_not_written_to() {
    for change in [|file: &mut Vec<u8>| file.truncate(40), |file: &mut Vec<u8>| file[40] ^= 1] {
        let mut bench = Bench::start(Disk::default());
        bench.append(0).unwrap();
        {
            let mut state = bench.disk.0.lock().unwrap();
            change(&mut state.cache);
            state.fates = vec![Fate::Fails];
        }
        for _ in 0..3 {
            let refused = bench.append(0);
            assert!(matches!(refused, Err(JournalError::Write(_))), "{refused:?}");
        }
        assert_eq!(bench.progress.records.load(std::sync::atomic::Ordering::Relaxed), 1);
    }
}

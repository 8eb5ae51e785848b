//! Opening the journal's file: one owner, a verified end, no torn last line.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use uuid::Uuid;

use super::line::{BrokenLine, Chain};
use super::{JournalError, MAX_LINE_BYTES, Synced};

/// How much of the end is read and verified at opening: enough to hold one whole line of
/// the greatest length after the one that was cut by the window's beginning.
const WINDOW_BYTES: usize = 2 * MAX_LINE_BYTES;

/// What the end of the file says.
pub(super) struct End {
    pub(super) stored: Stored,
    pub(super) record_ids: HashSet<Uuid>,
}

/// How far the file is on stable storage: what has been acknowledged, and what was there when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) chain: Chain,
    /// Bytes of the whole lines.
    pub(super) length: u64,
    /// Where the newest line begins; 0 if there is none.
    pub(super) last_line: u64,
}

impl Stored {
    pub(super) fn synced(&self) -> Synced {
        Synced { n_bytes: self.length, sequence: self.chain.sequence }
    }
}

/// Opens and locks the file, verifies its end, and leaves it ready for appending.
pub(super) fn open(path: &Path) -> Result<(File, End), JournalError> {
    // Readable by its owner only: audit records hold personal data.
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(JournalError::Open)?;
    file.try_lock().map_err(|refused| match refused {
        TryLockError::WouldBlock => JournalError::InUse,
        TryLockError::Error(error) => JournalError::Open(error),
    })?;
    sync_folder_of(path).map_err(JournalError::Open)?;
    let end = read_end(&mut file, path)?;
    Ok((file, end))
}

/// Without this a power loss could take a new file with it, synced lines included. Done at
/// every opening, because the process that made the file may have died before its turn.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

fn read_end(file: &mut File, path: &Path) -> Result<End, JournalError> {
    let length = file.metadata().map_err(JournalError::Open)?.len();
    let start = length.saturating_sub(u64::try_from(WINDOW_BYTES).unwrap_or(u64::MAX));
    let mut window = Vec::new();
    file.seek(SeekFrom::Start(start)).map_err(JournalError::Open)?;
    file.take(length - start).read_to_end(&mut window).map_err(JournalError::Open)?;

    let n_complete = window.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let (complete, torn) = window.split_at_checked(n_complete).unwrap_or_default();
    if torn.len() > MAX_LINE_BYTES {
        return Err(JournalError::Broken { offset: start, reason: BrokenLine::Format });
    }
    let end = check_lines(complete, start)?;
    cut_torn_line(file, torn, length)?;
    write_again(path, complete, start).map_err(JournalError::Open)?;
    Ok(end)
}

/// Puts the lines on stable storage that a process left in the cache when it died. After a failed sync they are
/// taken for clean, and syncing would not write them (`repair.rs`); the same bytes at the same place do no harm.
fn write_again(path: &Path, complete: &[u8], start: u64) -> io::Result<()> {
    if complete.is_empty() {
        return Ok(());
    }
    // What is opened for appending cannot be written to anywhere else.
    let file = OpenOptions::new().write(true).open(path)?;
    file.write_all_at(complete, start)?;
    file.sync_all()
}

/// A last line without line end was never acknowledged; keeping it would break the chain.
fn cut_torn_line(file: &File, torn: &[u8], length: u64) -> Result<(), JournalError> {
    let n_torn = u64::try_from(torn.len()).unwrap_or(u64::MAX);
    if n_torn == 0 {
        return Ok(());
    }
    tracing::warn!(size_bytes = n_torn, "cut off an unfinished last line of the journal");
    file.set_len(length.saturating_sub(n_torn)).map_err(JournalError::Open)?;
    file.sync_all().map_err(JournalError::Open)
}

/// Follows the chain through complete lines that begin at byte `start` of the file.
pub(super) fn check_lines(complete: &[u8], start: u64) -> Result<End, JournalError> {
    let mut chain = None;
    let mut record_ids = HashSet::new();
    let (mut offset, mut last_line) = (start, start);
    for (index, line) in complete.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        // The window's first line is usually the rest of one that began before it.
        let is_cut = index == 0 && start > 0;
        if !is_cut {
            let id = advance(&mut chain, content, start == 0)
                .map_err(|reason| JournalError::Broken { offset, reason })?;
            record_ids.insert(id);
        }
        last_line = offset;
        offset = offset.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
    }
    let chain = match chain {
        Some(chain) => chain,
        None if start == 0 => Chain::begin(Uuid::new_v4()),
        None => return Err(JournalError::Broken { offset: start, reason: BrokenLine::Format }),
    };
    Ok(End { stored: Stored { chain, length: offset, last_line }, record_ids })
}

fn advance(
    chain: &mut Option<Chain>,
    line: &[u8],
    from_the_beginning: bool,
) -> Result<Uuid, BrokenLine> {
    let (next, id) = match chain.take() {
        Some(mut chain) => {
            let id = chain.follow(line)?;
            (chain, id)
        }
        None if from_the_beginning => Chain::first(line)?,
        None => Chain::adopt(line)?,
    };
    *chain = Some(next);
    Ok(id)
}

//! Repairing the file after a write or a sync has failed, so that the journal goes on without a restart.
//!
//! When a sync fails, the kernel takes the pages that it could not write for clean: the cache shows bytes
//! that the disk does not have, and the next sync succeeds without writing them ("fsyncgate"). Syncing
//! again proves nothing, therefore; writing again does:
//!
//! 1. The file is cut to what was acknowledged. The pages behind are dropped, lying or not, and nothing of
//!    the failed group, whose records were refused, is left.
//! 2. The one block that old and new bytes may share was perhaps not written either, or by half. Filler
//!    appended there makes it dirty again with the acknowledged bytes in it, and a sync that succeeds has
//!    written it. Blocks before it were synced with success, and appending does not touch them again.
//!    Enough filler for an ordinary group also tells whether the disk has room; a crash in the middle
//!    leaves a torn line, which opening cuts off.
//! 3. The filler is cut off, and the end is read back and must be the end of the chain: had the cache lost
//!    the shared block, the filler would have been put behind what a failed write left on the disk.
//!
//! What is written then comes from our memory and not from the cache, into pages that no sync has failed on.

use std::io;

use super::file::{Stored, check_lines};
use super::medium::Medium;

/// More than a block of any file system, and room for an ordinary group.
static FILLER: [u8; 64 << 10] = [b' '; 64 << 10];

/// How much before the newest line is read back: more than a block of any file system.
const READ_BACK_BYTES: u64 = 64 << 10;

/// What an error says that is not the system's.
#[derive(Debug, thiserror::Error)]
enum Unrepairable {
    #[error("the journal is shorter than what was acknowledged")]
    Short,
    #[error("the journal does not end with what was acknowledged")]
    OtherEnd,
}

/// Leaves the file as it was acknowledged, on stable storage.
///
/// # Errors
/// Whatever fails; the file must then not be written to, except by another repair.
pub(super) fn repair(medium: &mut impl Medium, stored: &Stored) -> io::Result<()> {
    cut(medium, stored)?;
    medium.append(&FILLER)?;
    medium.sync()?;
    cut(medium, stored)?;
    read_back(medium, stored)
}

/// Setting a length that is greater than the file's would fill it with zeros.
fn cut(medium: &mut impl Medium, stored: &Stored) -> io::Result<()> {
    if medium.length()? < stored.length {
        return Err(io::Error::other(Unrepairable::Short));
    }
    medium.cut(stored.length)
}

fn read_back(medium: &impl Medium, stored: &Stored) -> io::Result<()> {
    if stored.length == 0 {
        return Ok(());
    }
    let start = stored.last_line.saturating_sub(READ_BACK_BYTES);
    let n_bytes = usize::try_from(stored.length - start).map_err(io::Error::other)?;
    let mut window = vec![0; n_bytes];
    medium.read_at(start, &mut window)?;
    match check_lines(&window, start) {
        Ok(end) if end.stored == *stored => Ok(()),
        Ok(_) => Err(io::Error::other(Unrepairable::OtherEnd)),
        Err(broken) => Err(io::Error::other(broken)),
    }
}

//! A data folder belongs to one process at a time, which begins by clearing what the one before it left.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use config::endpoints::Endpoints;

use crate::error::CommandError;

/// How long a process that is just ending may take to go.
const PATIENCE: Duration = Duration::from_millis(500);

/// The right to start a community from a folder; the system ends it however the process does.
pub(crate) struct Claim {
    /// The folder itself, locked; `None` if it was not there yet, or on a file system without such locks.
    _folder: Option<File>,
}

impl Claim {
    /// Takes the folder and removes an `endpoints.json` in it: a process that was killed has left it, and
    /// whoever reads it is sent to ports where nobody answers, or somebody else.
    ///
    /// # Errors
    /// [`CommandError::FolderInUse`] if another process runs there, whose file it then is.
    pub(crate) fn take(data: &Path) -> Result<Claim, CommandError> {
        let folder = match File::open(data) {
            Ok(folder) => folder,
            // What is wrong with it, if anything, is said by who reads it.
            Err(_missing_or_unreadable) => return Ok(Claim { _folder: None }),
        };
        match lock(&folder) {
            Ok(()) => {
                Endpoints::remove(data)?;
                Ok(Claim { _folder: Some(folder) })
            }
            Err(TryLockError::WouldBlock) => {
                Err(CommandError::FolderInUse { data: data.to_owned() })
            }
            // The databases and the journals have locks of their own; but whether the file is left over
            // cannot be known.
            Err(TryLockError::Error(_no_locks_here)) => Ok(Claim { _folder: None }),
        }
    }
}

fn lock(folder: &File) -> Result<(), TryLockError> {
    let begin = Instant::now();
    loop {
        match folder.try_lock() {
            Err(TryLockError::WouldBlock) if begin.elapsed() < PATIENCE => {
                std::thread::sleep(PATIENCE / 20);
            }
            locked => return locked,
        }
    }
}

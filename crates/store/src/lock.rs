//! One process per embedded database.
//!
//! The lock is on a file of its own beside the database. The database file itself must
//! not be opened here: SQLite locks it with POSIX locks, and closing *any* descriptor of
//! that file in this process would silently drop them.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::StoreError;

/// How long a holder may take to go: a process that is ending, or a child of one that has copies of its
/// descriptors until it runs its own program.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);

/// Holds `DATABASE.lock`; the system releases it however the process ends.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    pub(crate) fn take(database: &Path) -> Result<Lock, StoreError> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path_beside(database))
            .map_err(StoreError::File)?;
        let patience = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::Error(error)) => return Err(StoreError::File(error)),
                Err(TryLockError::WouldBlock) if patience.elapsed() >= PATIENCE => {
                    return Err(StoreError::InUse);
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PATIENCE / 20),
            }
        }
    }
}

fn path_beside(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(".lock");
    PathBuf::from(name)
}

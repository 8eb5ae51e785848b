//! One process per embedded database.
//!
//! The lock is on a file of its own beside the database. The database file itself must
//! not be opened here: SQLite locks it with POSIX locks, and closing *any* descriptor of
//! that file in this process would silently drop them.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

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
        file.try_lock().map_err(|refused| match refused {
            TryLockError::WouldBlock => StoreError::InUse,
            TryLockError::Error(error) => StoreError::File(error),
        })?;
        Ok(Lock { _file: file })
    }
}

fn path_beside(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(".lock");
    PathBuf::from(name)
}

//! Opening the embedded database: version, durability and isolation settings.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};

use crate::error::StoreError;

/// `busy_timeout` comes first, because the other settings may have to wait already.
///
/// FULL: an acknowledged commit must survive power loss; NORMAL may lose the newest ones.
/// `temp_store`: sort files must not spread personal data over the temporary folder.
/// `journal_size_limit`: after a long reader the log file shrinks to 64 MiB again.
const SETTINGS: &str = "\
PRAGMA busy_timeout = 5000;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA journal_size_limit = 67108864;";

/// Readers never write: only the writer commits, and so only it runs checkpoints.
const READER_SETTINGS: &str = "PRAGMA query_only = ON;";

/// Older versions can corrupt the file when two connections write or checkpoint at the
/// same moment (the WAL-reset fault).
const OLDEST_SAFE: (u32, u32, u32) = (3, 51, 3);

/// Withdrawn by its authors.
const WITHDRAWN: (u32, u32, u32) = (3, 52, 0);

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

#[derive(QueryableByName)]
struct Synchronous {
    #[diesel(sql_type = Integer)]
    synchronous: i32,
}

/// Makes an empty file that only its owner can read; SQLite gives its log file the same
/// rights. An existing file keeps what the operator chose.
pub(crate) fn create_file(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_file) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(StoreError::File(error)),
    }
    // The name of a new file is durable only when its folder is.
    let Some(folder) = path.parent() else { return Ok(()) };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::File)
}

/// Connects for writing and proves that the settings took effect.
pub(crate) fn connect_writer(path: &Path) -> Result<SqliteConnection, StoreError> {
    let mut connection = connect(path)?;
    let Version { version } =
        diesel::sql_query("SELECT sqlite_version() AS version").get_result(&mut connection)?;
    if !is_safe(&version) {
        return Err(StoreError::UnsafeSqlite { version });
    }
    let mode: JournalMode = diesel::sql_query("PRAGMA journal_mode").get_result(&mut connection)?;
    // Some file systems cannot share memory, and SQLite then stays in another mode.
    if mode.journal_mode != "wal" {
        return Err(StoreError::NotDurable { setting: "journal_mode = WAL" });
    }
    let level: Synchronous = diesel::sql_query("PRAGMA synchronous").get_result(&mut connection)?;
    if level.synchronous != 2 {
        return Err(StoreError::NotDurable { setting: "synchronous = FULL" });
    }
    Ok(connection)
}

/// Connects for reading.
pub(crate) fn connect_reader(path: &Path) -> Result<SqliteConnection, StoreError> {
    let mut connection = connect(path)?;
    connection.batch_execute(READER_SETTINGS)?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<SqliteConnection, StoreError> {
    let path = path.to_str().ok_or(StoreError::Url)?;
    let mut connection = SqliteConnection::establish(path)
        .map_err(|error| StoreError::Connection(error.to_string()))?;
    connection.batch_execute(SETTINGS)?;
    Ok(connection)
}

fn is_safe(version: &str) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    let (Some(Some(major)), Some(Some(minor)), Some(Some(patch))) =
        (numbers.next(), numbers.next(), numbers.next())
    else {
        return false;
    };
    let version = (major, minor, patch);
    version >= OLDEST_SAFE && version != WITHDRAWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_with_the_wal_reset_fault_are_not_safe() {
        for version in ["3.7.0", "3.46.0", "3.51.2", "3.52.0", "", "3.53", "nonsense"] {
            assert!(!is_safe(version), "{version}");
        }
        for version in ["3.51.3", "3.52.1", "3.53.2", "4.0.0"] {
            assert!(is_safe(version), "{version}");
        }
    }
}

//! Connecting to PostgreSQL: isolation of readers, durability of the writer.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};

use crate::database::Sharing;
use crate::error::StoreError;

/// Each read is one snapshot, and cannot write. Set once per connection, so that a read
/// costs no statement for it.
const READER_SETTINGS: &str = "\
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;";

/// A lock that somebody else holds must not stop all writes of this process.
const WRITER_SETTINGS: &str = "SET lock_timeout = '5s';";

/// Parameters of libpq that a connection gets unless the URL sets them: seconds until a
/// server that does not answer is given up, and milliseconds until one that stops
/// acknowledging what was sent is. Without them a broken network stops the writer for
/// many minutes.
const TIMEOUTS: [(&str, &str); 2] = [("connect_timeout", "5"), ("tcp_user_timeout", "10000")];

/// Key of the advisory lock that lets one process at a time bring the schema up to date.
const MIGRATION_LOCK: i64 = 0x52_45_4e_4b_45_49;

/// First half of the key of the lock on a schema; the other is the hash of its name.
const SCHEMA_LOCK: i32 = 0x52_45_4e;

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    setting: String,
}

/// Connects for writing, and refuses a server that acknowledges what it can lose.
pub(crate) fn connect_writer(url: &str, sharing: Sharing) -> Result<PgConnection, StoreError> {
    let mut connection = connect(url)?;
    connection.batch_execute(WRITER_SETTINGS)?;
    if sharing == Sharing::Exclusive && !take_schema(&mut connection)? {
        return Err(StoreError::InUse);
    }
    if setting(&mut connection, "synchronous_commit")? == "off" {
        connection.batch_execute("SET synchronous_commit = on")?;
    }
    Ok(connection)
}

/// Says so where the server itself was told not to sync: throw-away servers of tests are,
/// and only the operator can know that this one is not such a server.
pub(crate) fn warn_unless_durable(connection: &mut PgConnection) -> Result<(), StoreError> {
    if setting(connection, "fsync")? == "off" {
        tracing::warn!("PostgreSQL runs with fsync = off: power loss can take acknowledged data");
    }
    Ok(())
}

/// Connects for reading.
pub(crate) fn connect_reader(url: &str) -> Result<PgConnection, StoreError> {
    let mut connection = connect(url)?;
    connection.batch_execute(READER_SETTINGS)?;
    Ok(connection)
}

/// Runs `work` while no other process runs its own under this lock.
pub(crate) fn alone<T>(
    connection: &mut PgConnection,
    work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.batch_execute(&format!(
        "SET lock_timeout = 0; SELECT pg_advisory_lock({MIGRATION_LOCK});"
    ))?;
    let done = work(connection);
    connection.batch_execute(&format!(
        "SELECT pg_advisory_unlock({MIGRATION_LOCK}); {WRITER_SETTINGS}"
    ))?;
    done
}

/// Takes the lock on the schema that unqualified names lead to, which need not be there yet, for as long as the connection lives: who
/// has lost the lock has lost the connection, and writes nothing more.
fn take_schema(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let Taken { taken } = diesel::sql_query(
        "SELECT pg_try_advisory_lock($1, hashtext(current_setting('search_path'))) AS taken",
    )
    .bind::<Integer, _>(SCHEMA_LOCK)
    .get_result(connection)?;
    Ok(taken)
}

fn connect(url: &str) -> Result<PgConnection, StoreError> {
    // Before libpq does it: that would have OpenSSL cleaned up at exit, under the feet of threads that still
    // connect.
    openssl::init();
    PgConnection::establish(&with_timeouts(url))
        .map_err(|error| StoreError::Connection(error.to_string()))
}

fn with_timeouts(url: &str) -> String {
    TIMEOUTS.iter().fold(url.to_owned(), |url, (key, value)| {
        if url.contains(&format!("{key}=")) {
            return url;
        }
        let mark = if url.contains('?') { '&' } else { '?' };
        format!("{url}{mark}{key}={value}")
    })
}

fn setting(connection: &mut PgConnection, name: &str) -> Result<String, StoreError> {
    let setting: Setting = diesel::sql_query("SELECT current_setting($1) AS setting")
        .bind::<Text, _>(name)
        .get_result(connection)?;
    Ok(setting.setting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gets_the_timeouts_that_it_does_not_set() {
        assert_eq!(
            with_timeouts("postgres://host/db"),
            "postgres://host/db?connect_timeout=5&tcp_user_timeout=10000"
        );
        assert_eq!(
            with_timeouts("postgres://host/db?connect_timeout=60&sslmode=require"),
            "postgres://host/db?connect_timeout=60&sslmode=require&tcp_user_timeout=10000"
        );
    }
}

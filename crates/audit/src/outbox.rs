//! The table `audit_outbox`: audit records committed together with the work they describe.
//!
//! Every actor's database has it; the `store` crate creates it when it opens a database
//! and inserts into it inside the savepoint of the work. The row number is given by the
//! database, so that numbers grow and are never used twice: SQLite rolls a number back
//! together with its row and therefore leaves no gaps, PostgreSQL leaves gaps where work
//! was rolled back. Rows leave the table once the journal holds them.

use diesel::prelude::*;

use crate::record::AuditRecord;

/// `AUTOINCREMENT` because a plain rowid is given out again after the newest row is gone.
pub const SQLITE_DDL: &str = "\
CREATE TABLE IF NOT EXISTS audit_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    recorded_at BIGINT NOT NULL,
    record TEXT NOT NULL
)";

/// The same table for PostgreSQL.
pub const POSTGRES_DDL: &str = "\
CREATE TABLE IF NOT EXISTS audit_outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at BIGINT NOT NULL,
    record TEXT NOT NULL
)";

diesel::table! {
    /// Audit records that wait for the journal.
    audit_outbox (id) {
        /// Given by the database, growing, never used twice.
        id -> BigInt,
        /// Microseconds since 1970-01-01 UTC.
        recorded_at -> BigInt,
        /// The record as JSON.
        record -> Text,
    }
}

/// A record ready to be inserted: rendered before the writer's transaction begins, so
/// that the one writing thread spends no time on it.
#[derive(Clone, Insertable)]
#[diesel(table_name = audit_outbox)]
pub struct OutboxEntry {
    recorded_at: i64,
    record: String,
}

/// A record as it stands in the table.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = audit_outbox)]
pub struct OutboxRow {
    /// Row number, growing in the order of insertion within one process.
    pub id: i64,
    /// The record as JSON, exactly as it was inserted.
    pub record: String,
}

impl OutboxEntry {
    /// # Errors
    /// As [`AuditRecord::to_json`].
    pub fn new(record: &AuditRecord) -> Result<OutboxEntry, serde_json::Error> {
        Ok(OutboxEntry { recorded_at: record.time.as_microsecond(), record: record.to_json()? })
    }
}

/// Inserts one record; the caller's transaction decides whether it stays.
///
/// # Errors
/// What the database says.
pub fn insert_sqlite(connection: &mut SqliteConnection, entry: &OutboxEntry) -> QueryResult<()> {
    diesel::insert_into(audit_outbox::table).values(entry).execute(connection).map(drop)
}

/// Inserts one record; the caller's transaction decides whether it stays.
///
/// # Errors
/// What the database says.
pub fn insert_postgres(connection: &mut PgConnection, entry: &OutboxEntry) -> QueryResult<()> {
    diesel::insert_into(audit_outbox::table).values(entry).execute(connection).map(drop)
}

/// The `limit` oldest rows, oldest first.
///
/// # Errors
/// What the database says.
pub fn oldest_sqlite(connection: &mut SqliteConnection, limit: i64) -> QueryResult<Vec<OutboxRow>> {
    audit_outbox::table
        .select(OutboxRow::as_select())
        .order(audit_outbox::id)
        .limit(limit)
        .load(connection)
}

/// The `limit` oldest rows, oldest first.
///
/// # Errors
/// What the database says.
pub fn oldest_postgres(connection: &mut PgConnection, limit: i64) -> QueryResult<Vec<OutboxRow>> {
    audit_outbox::table
        .select(OutboxRow::as_select())
        .order(audit_outbox::id)
        .limit(limit)
        .load(connection)
}

/// Removes rows that the journal holds; the number of ids is bounded by the caller's batch.
///
/// # Errors
/// What the database says.
pub fn remove_sqlite(connection: &mut SqliteConnection, ids: &[i64]) -> QueryResult<usize> {
    diesel::delete(audit_outbox::table.filter(audit_outbox::id.eq_any(ids))).execute(connection)
}

/// Removes rows that the journal holds; the number of ids is bounded by the caller's batch.
///
/// # Errors
/// What the database says.
pub fn remove_postgres(connection: &mut PgConnection, ids: &[i64]) -> QueryResult<usize> {
    diesel::delete(audit_outbox::table.filter(audit_outbox::id.eq_any(ids))).execute(connection)
}

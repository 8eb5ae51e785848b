//! Table `checkpoint`: signed states of the chain.

use diesel::prelude::*;
use store::AnyConnection;

use super::schema::checkpoint;

/// A checkpoint as it stands in the table.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = checkpoint)]
pub struct CheckpointRow {
    /// Contiguous from 1.
    pub number: i64,
    /// Of the last record that it covers.
    pub sequence: i64,
    pub hash: Vec<u8>,
    /// Microseconds since 1970, UTC.
    pub signed_at: i64,
    pub certificate_sha256: Vec<u8>,
    pub signature: Vec<u8>,
}

/// Adds a checkpoint.
///
/// # Errors
/// Those of the database.
pub(crate) fn insert(connection: &mut AnyConnection, row: CheckpointRow) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(connection) => {
            diesel::insert_into(checkpoint::table).values(row).execute(connection).map(drop)
        }
        AnyConnection::Postgres(connection) => {
            diesel::insert_into(checkpoint::table).values(row).execute(connection).map(drop)
        }
    }
}

/// The newest checkpoint.
///
/// # Errors
/// Those of the database.
pub fn newest(connection: &mut AnyConnection) -> QueryResult<Option<CheckpointRow>> {
    checkpoint::table
        .select(CheckpointRow::as_select())
        .order(checkpoint::number.desc())
        .first(connection)
        .optional()
}

/// Checkpoints behind a number, ascending, at most `limit`.
///
/// # Errors
/// Those of the database.
pub fn page_behind(
    connection: &mut AnyConnection,
    number: i64,
    limit: i64,
) -> QueryResult<Vec<CheckpointRow>> {
    checkpoint::table
        .filter(checkpoint::number.gt(number))
        .select(CheckpointRow::as_select())
        .order(checkpoint::number.asc())
        .limit(limit)
        .load(connection)
}

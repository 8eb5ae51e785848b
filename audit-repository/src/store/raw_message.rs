//! Table `raw_message`: the bytes of each record, until retention drops them.

use diesel::prelude::*;
use store::AnyConnection;

use super::ROWS_PER_STATEMENT;
use super::schema::raw_message;

/// Stores messages under their sequence numbers.
///
/// # Errors
/// Those of the database.
pub(crate) fn insert(connection: &mut AnyConnection, rows: &[(i64, &[u8])]) -> QueryResult<()> {
    let row = |(sequence, raw): &(i64, &[u8])| {
        (raw_message::sequence.eq(*sequence), raw_message::raw.eq(raw.to_vec()))
    };
    let mut rows = rows.iter().map(row);
    match connection {
        // One row a statement: it is prepared once, and costs no way to a server.
        AnyConnection::Sqlite(connection) => rows.try_for_each(|row| {
            diesel::insert_into(raw_message::table).values(row).execute(connection).map(drop)
        }),
        AnyConnection::Postgres(connection) => {
            let rows: Vec<_> = rows.collect();
            rows.chunks(ROWS_PER_STATEMENT).try_for_each(|rows| {
                diesel::insert_into(raw_message::table).values(rows).execute(connection).map(drop)
            })
        }
    }
}

/// The bytes of a record; `None` if retention has dropped them, or there is no such record.
///
/// # Errors
/// Those of the database.
pub fn find(connection: &mut AnyConnection, sequence: i64) -> QueryResult<Option<Vec<u8>>> {
    raw_message::table.find(sequence).select(raw_message::raw).first(connection).optional()
}

/// Messages of records `first..=last`, ascending.
///
/// # Errors
/// Those of the database.
pub fn range(
    connection: &mut AnyConnection,
    first: i64,
    last: i64,
) -> QueryResult<Vec<(i64, Vec<u8>)>> {
    raw_message::table
        .filter(raw_message::sequence.between(first, last))
        .order(raw_message::sequence.asc())
        .load(connection)
}

/// Drops the message of a record.
///
/// # Errors
/// Those of the database.
pub(crate) fn remove(connection: &mut AnyConnection, sequence: i64) -> QueryResult<()> {
    diesel::delete(raw_message::table.find(sequence)).execute(connection).map(drop)
}

/// The first record behind `sequence` that has its message.
///
/// # Errors
/// Those of the database.
pub(crate) fn first_after(
    connection: &mut AnyConnection,
    sequence: i64,
) -> QueryResult<Option<i64>> {
    raw_message::table
        .filter(raw_message::sequence.gt(sequence))
        .select(raw_message::sequence)
        .order(raw_message::sequence.asc())
        .first(connection)
        .optional()
}

/// The last record that has its message, 0 if there is none.
///
/// # Errors
/// Those of the database.
pub(crate) fn last(connection: &mut AnyConnection) -> QueryResult<i64> {
    let last: Option<i64> =
        raw_message::table.select(diesel::dsl::max(raw_message::sequence)).first(connection)?;
    Ok(last.unwrap_or(0))
}

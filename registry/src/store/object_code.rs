//! Table `object_code`: which objects hold a code, for the queries over all patients.

use std::collections::BTreeSet;

use diesel::prelude::*;
use store::AnyConnection;

use super::schema::object_code;

/// Rows of one statement: two parameters each, far below the limit of PostgreSQL.
const ROWS_PER_STATEMENT: usize = 500;

/// Inserts the codes of new objects, as code number and object key.
///
/// # Errors
/// Those of the database.
pub fn insert(connection: &mut AnyConnection, codes: &BTreeSet<(i64, i64)>) -> QueryResult<()> {
    let row = |(code, key): &(i64, i64)| {
        (object_code::code_no.eq(*code), object_code::object_key.eq(*key))
    };
    let mut rows = codes.iter().map(row);
    match connection {
        // One row a statement: it is prepared once, and costs no way to a server.
        AnyConnection::Sqlite(connection) => rows.try_for_each(|row| {
            diesel::insert_into(object_code::table).values(row).execute(connection).map(drop)
        }),
        AnyConnection::Postgres(connection) => {
            let rows: Vec<_> = rows.collect();
            rows.chunks(ROWS_PER_STATEMENT).try_for_each(|rows| {
                diesel::insert_into(object_code::table).values(rows).execute(connection).map(drop)
            })
        }
    }
}

/// Keys of the objects that hold a code, ascending, at most `limit`.
///
/// # Errors
/// Those of the database.
pub fn keys(connection: &mut AnyConnection, code_no: u32, limit: i64) -> QueryResult<Vec<i64>> {
    object_code::table
        .filter(object_code::code_no.eq(i64::from(code_no)))
        .select(object_code::object_key)
        .order(object_code::object_key.asc())
        .limit(limit)
        .load(connection)
}

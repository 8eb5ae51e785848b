//! Table `object_reference`: which entries hold a reference id, for the queries over all patients.

use std::collections::BTreeSet;

use diesel::prelude::*;
use store::AnyConnection;

use super::schema::object_reference;

/// Inserts the reference ids of new entries, in normal form C, each with the entry's key. Most entries have
/// none, few have more than one.
///
/// # Errors
/// Those of the database.
pub fn insert(
    connection: &mut AnyConnection,
    references: &BTreeSet<(String, i64)>,
) -> QueryResult<()> {
    for (id, key) in references {
        diesel::insert_into(object_reference::table)
            .values((object_reference::reference_id.eq(id), object_reference::object_key.eq(key)))
            .execute(connection)?;
    }
    Ok(())
}

/// Keys of the entries that hold a reference id (in normal form C), ascending, at most `limit`.
///
/// # Errors
/// Those of the database.
pub fn keys(
    connection: &mut AnyConnection,
    reference_id: &str,
    limit: i64,
) -> QueryResult<Vec<i64>> {
    object_reference::table
        .filter(object_reference::reference_id.eq(reference_id))
        .select(object_reference::object_key)
        .order(object_reference::object_key.asc())
        .limit(limit)
        .load(connection)
}

//! Table `merge`: each merge of two patients of one domain, as it was said.

use diesel::prelude::*;
use store::AnyConnection;

use super::schema::merge;

/// A merge as it was said.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Merge {
    pub surviving_no: i64,
    /// Microseconds since 1970.
    pub merged_at: i64,
    pub cause: String,
}

/// How a patient was merged.
///
/// # Errors
/// Those of the database.
pub fn of_subsumed(connection: &mut AnyConnection, subsumed_no: i64) -> QueryResult<Option<Merge>> {
    merge::table
        .find(subsumed_no)
        .select((merge::surviving_no, merge::merged_at, merge::cause))
        .get_result(connection)
        .optional()
}

/// Into whom a patient was merged, by the one message that said so.
///
/// # Errors
/// Those of the database.
pub fn surviving(connection: &mut AnyConnection, subsumed_no: i64) -> QueryResult<Option<i64>> {
    merge::table.find(subsumed_no).select(merge::surviving_no).get_result(connection).optional()
}

/// # Errors
/// Those of the database.
pub fn insert(
    connection: &mut AnyConnection,
    (subsumed_no, surviving_no): (i64, i64),
    (merged_at, cause): (i64, &str),
) -> QueryResult<()> {
    diesel::insert_into(merge::table)
        .values((
            merge::subsumed_no.eq(subsumed_no),
            merge::surviving_no.eq(surviving_no),
            merge::merged_at.eq(merged_at),
            merge::cause.eq(cause),
        ))
        .execute(connection)?;
    Ok(())
}

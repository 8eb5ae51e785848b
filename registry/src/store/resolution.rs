//! Table `resolution`: merged patients, subsumed → surviving, with time and cause.
//!
//! A merge adds one row; no entry is rewritten, so its cost does not depend on how much a patient has.
//! Merges chain: A into B, then B into C; `patient.surviving_no` holds where each chain ends.

use diesel::prelude::*;
use store::AnyConnection;

use super::schema::resolution;

/// The patient that subsumed this one directly, if any did.
///
/// # Errors
/// Those of the database.
pub fn surviving(connection: &mut AnyConnection, patient_no: i64) -> QueryResult<Option<i64>> {
    resolution::table.find(patient_no).select(resolution::surviving_no).first(connection).optional()
}

/// Records a merge.
///
/// # Errors
/// Those of the database; a unique violation if the patient is subsumed already.
pub fn insert(
    connection: &mut AnyConnection,
    (subsumed, surviving): (i64, i64),
    (resolved_at, cause): (i64, &str),
) -> QueryResult<()> {
    diesel::insert_into(resolution::table)
        .values((
            resolution::subsumed_no.eq(subsumed),
            resolution::surviving_no.eq(surviving),
            resolution::resolved_at.eq(resolved_at),
            resolution::cause.eq(cause),
        ))
        .execute(connection)?;
    Ok(())
}

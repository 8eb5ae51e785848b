//! Table `resolution`: merged patients, subsumed → surviving, with time and cause.
//!
//! A merge adds one row; no entry is rewritten, so its cost does not depend on how much a patient has.
//! Merges chain: A into B, then B into C. The rules of a merge keep the table free of cycles, and the walks
//! below end all the same.

use std::collections::HashSet;

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

/// The patient that stands for this one at the end of its chain of merges.
///
/// # Errors
/// Those of the database.
pub fn resolve(connection: &mut AnyConnection, patient_no: i64) -> QueryResult<i64> {
    let mut seen = HashSet::from([patient_no]);
    let mut current = patient_no;
    while let Some(next) = surviving(connection, current)? {
        if !seen.insert(next) {
            return Err(diesel::result::Error::NotFound);
        }
        current = next;
    }
    Ok(current)
}

/// This patient and every one that it subsumed, over all chains.
///
/// # Errors
/// Those of the database.
pub fn members(connection: &mut AnyConnection, patient_no: i64) -> QueryResult<Vec<i64>> {
    let mut members = vec![patient_no];
    let mut seen = HashSet::from([patient_no]);
    let mut waiting = vec![patient_no];
    while let Some(survivor) = waiting.pop() {
        let subsumed: Vec<i64> = resolution::table
            .filter(resolution::surviving_no.eq(survivor))
            .select(resolution::subsumed_no)
            .order(resolution::subsumed_no.asc())
            .load(connection)?;
        for patient in subsumed.into_iter().filter(|patient| seen.insert(*patient)) {
            members.push(patient);
            waiting.push(patient);
        }
    }
    Ok(members)
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

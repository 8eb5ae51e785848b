//! ITI-8 A40 in the database: the conditions of a merge, and its one row (ITI TF-2: 3.8.4.2.3).

use datatypes::PatientId;
use policy::Permit;
use store::AnyConnection;

use super::{patient, relocation, resolution};
use crate::error::{FeedFault, MergeFault};

/// Lets `surviving` stand for `subsumed` from now on. The same merge once more changes nothing.
///
/// # Errors
/// [`FeedFault::Merge`] with the condition that does not hold; then nothing has changed.
pub fn merge(
    connection: &mut AnyConnection,
    _permit: &Permit,
    (subsumed, surviving): (&PatientId, &PatientId),
    (resolved_at, cause): (i64, &str),
) -> Result<(), FeedFault> {
    if subsumed == surviving {
        return Err(FeedFault::Merge(MergeFault::SamePatient));
    }
    // Both versions are bumped, the lower number first: two merges at once cannot lock each other out.
    patient::begin_change_of_both(connection, subsumed, surviving)?;
    let from = patient::number(connection, subsumed)?;
    let into = patient::number(connection, surviving)?;
    let from = from.ok_or(FeedFault::Merge(MergeFault::SubsumedUnknown))?;
    let into = into.ok_or(FeedFault::Merge(MergeFault::SurvivingUnknown))?;
    match resolution::surviving(connection, from)? {
        Some(survivor) if survivor == into => return Ok(()),
        Some(_) => return Err(FeedFault::Merge(MergeFault::SubsumedAlready)),
        None => {}
    }
    if resolution::surviving(connection, into)?.is_some() {
        return Err(FeedFault::Merge(MergeFault::SurvivingSubsumed));
    }
    resolution::insert(connection, (from, into), (resolved_at, cause))?;
    patient::subsume(connection, from, into)?;
    Ok(relocation::settle_after_merge(connection, surviving)?)
}

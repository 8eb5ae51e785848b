//! Table `moved`: where an object belongs now, if that is not where it is stored.
//!
//! An object is stored under the number of the patient for whom it was submitted, and stays there. When the
//! manager links a local patient to another patient of the affinity domain (ITI-64), a row here says to whom
//! the object belongs instead; when the object is back, the row is gone and everything is as it was.
//! [`super::relocation`] has the rules.

use std::collections::HashMap;

use diesel::prelude::*;
use store::AnyConnection;

use super::patient::{self, SEQUENCE_BITS};
use super::schema::moved;

/// Number of the patient under whom an object is stored.
pub(super) fn home_no(object_key: i64) -> i64 {
    object_key >> SEQUENCE_BITS
}

/// Where an object belongs.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(super) struct MovedTo {
    pub(super) patient_no: i64,
    /// Associations: whose the other end is, if that was another person's when this was written.
    pub(super) other_no: Option<i64>,
    /// DocumentEntries: CX of what is shown as sourcePatientId, if not what was submitted.
    pub(super) source_patient_id: Option<String>,
}

impl MovedTo {
    /// The place of an object that has no row.
    pub(super) fn nowhere(object_key: i64) -> MovedTo {
        MovedTo { patient_no: home_no(object_key), other_no: None, source_patient_id: None }
    }

    /// Whether an Association connects what are two patients now: merges count.
    pub(super) fn is_split(
        &self,
        connection: &mut AnyConnection,
        survivors: &mut Survivors,
    ) -> QueryResult<bool> {
        let Some(other_no) = self.other_no else { return Ok(false) };
        let owner = survivors.of(connection, self.patient_no)?;
        Ok(owner != survivors.of(connection, other_no)?)
    }
}

/// Who stands for whom after all merges, each looked up once; as of one transaction.
#[derive(Debug, Default)]
pub(super) struct Survivors {
    known: HashMap<i64, i64>,
}

impl Survivors {
    pub(super) fn of(
        &mut self,
        connection: &mut AnyConnection,
        patient_no: i64,
    ) -> QueryResult<i64> {
        if let Some(survivor) = self.known.get(&patient_no) {
            return Ok(*survivor);
        }
        let survivor = patient::survivor(connection, patient_no)?;
        self.known.insert(patient_no, survivor);
        Ok(survivor)
    }
}

/// The place of an object.
pub(super) fn of(connection: &mut AnyConnection, object_key: i64) -> QueryResult<MovedTo> {
    Ok(row(connection, object_key)?.unwrap_or_else(|| MovedTo::nowhere(object_key)))
}

fn row(connection: &mut AnyConnection, object_key: i64) -> QueryResult<Option<MovedTo>> {
    moved::table
        .find(object_key)
        .select((moved::patient_no, moved::other_no, moved::source_patient_id))
        .get_result(connection)
        .optional()
}

/// Gives an object its place; `false` if it had it already.
pub(super) fn put(
    connection: &mut AnyConnection,
    object_key: i64,
    place: &MovedTo,
) -> QueryResult<bool> {
    let row = row(connection, object_key)?;
    let nowhere = MovedTo::nowhere(object_key);
    if *row.as_ref().unwrap_or(&nowhere) == *place {
        return Ok(false);
    }
    if row.is_some() {
        diesel::delete(moved::table.find(object_key)).execute(connection)?;
    }
    if *place != nowhere {
        diesel::insert_into(moved::table)
            .values((
                moved::object_key.eq(object_key),
                moved::patient_no.eq(place.patient_no),
                moved::other_no.eq(place.other_no),
                moved::source_patient_id.eq(place.source_patient_id.as_deref()),
            ))
            .execute(connection)?;
    }
    Ok(true)
}

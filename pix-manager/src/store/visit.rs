//! Table `visit`: the last word on each visit.

use diesel::prelude::*;
use policy::Permit;
use store::AnyConnection;

use super::schema::visit;

/// The visits of a patient, as [`crate::record::read_visit`] reads them.
///
/// # Errors
/// Those of the database.
pub fn of_patient(
    connection: &mut AnyConnection,
    _permit: &Permit,
    patient_no: i64,
) -> QueryResult<Vec<String>> {
    visit::table
        .filter(visit::patient_no.eq(patient_no))
        .order(visit::number.asc())
        .select(visit::content)
        .load(connection)
}

/// # Errors
/// Those of the database.
pub fn put(
    connection: &mut AnyConnection,
    (patient_no, number): (i64, &str),
    content: &str,
) -> QueryResult<()> {
    diesel::delete(visit::table.find((patient_no, number))).execute(connection)?;
    diesel::insert_into(visit::table)
        .values((
            visit::patient_no.eq(patient_no),
            visit::number.eq(number),
            visit::content.eq(content),
        ))
        .execute(connection)?;
    Ok(())
}

/// The visits of one who was merged are the survivor's; of a visit that both have, the survivor's word counts.
///
/// # Errors
/// Those of the database.
pub fn move_all(connection: &mut AnyConnection, from: i64, into: i64) -> QueryResult<()> {
    let rows: Vec<(String, String)> = visit::table
        .filter(visit::patient_no.eq(from))
        .select((visit::number, visit::content))
        .load(connection)?;
    let known: Vec<String> =
        visit::table.filter(visit::patient_no.eq(into)).select(visit::number).load(connection)?;
    for (number, content) in rows.iter().filter(|(number, _)| !known.contains(number)) {
        put(connection, (into, number), content)?;
    }
    diesel::delete(visit::table.filter(visit::patient_no.eq(from))).execute(connection)?;
    Ok(())
}

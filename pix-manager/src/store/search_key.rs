//! Table `search_key`: the index by which patients are found and compared.

use std::collections::BTreeSet;

use diesel::prelude::*;
use policy::Permit;
use store::AnyConnection;

use super::schema::{patient, search_key};

/// The active patients under a key, oldest first, `n_most` at the most.
///
/// # Errors
/// Those of the database.
pub fn patients(
    connection: &mut AnyConnection,
    _permit: &Permit,
    (key, n_most): (&str, i64),
) -> QueryResult<Vec<i64>> {
    search_key::table
        .filter(search_key::key_text.eq(key))
        .order(search_key::patient_no.asc())
        .limit(n_most)
        .select(search_key::patient_no)
        .load(connection)
}

/// Keys and patients from a key on, whose keys begin with `prefix`, `n_most` at the most.
///
/// # Errors
/// Those of the database.
pub fn by_prefix(
    connection: &mut AnyConnection,
    _permit: &Permit,
    (prefix, after): (&str, Option<&(String, i64)>),
    n_most: i64,
) -> QueryResult<Vec<(String, i64)>> {
    let end = format!("{prefix}\u{10FFFF}");
    let (from_key, from_patient) = after.map_or((prefix, 0), |(key, number)| (key, *number));
    search_key::table
        .filter(search_key::key_text.ge(from_key))
        .filter(search_key::key_text.lt(end))
        .filter(search_key::key_text.gt(from_key).or(search_key::patient_no.gt(from_patient)))
        .order((search_key::key_text.asc(), search_key::patient_no.asc()))
        .limit(n_most)
        .select((search_key::key_text, search_key::patient_no))
        .load(connection)
}

/// Lets a patient be found by these keys instead of those.
///
/// # Errors
/// Those of the database.
pub fn replace(
    connection: &mut AnyConnection,
    patient_no: i64,
    (old, new): (&BTreeSet<String>, &BTreeSet<String>),
) -> QueryResult<()> {
    for key in old.difference(new) {
        diesel::delete(search_key::table.find((key, patient_no))).execute(connection)?;
    }
    for key in new.difference(old) {
        diesel::insert_into(search_key::table)
            .values((search_key::key_text.eq(key), search_key::patient_no.eq(patient_no)))
            .execute(connection)?;
    }
    Ok(())
}

/// Lets a patient be found by one more key.
///
/// # Errors
/// Those of the database.
pub fn add(connection: &mut AnyConnection, key: &str, patient_no: i64) -> QueryResult<()> {
    let is_there =
        search_key::table.find((key, patient_no)).count().get_result::<i64>(connection)? > 0;
    if !is_there {
        diesel::insert_into(search_key::table)
            .values((search_key::key_text.eq(key), search_key::patient_no.eq(patient_no)))
            .execute(connection)?;
    }
    Ok(())
}

/// How many active patients there are at the most; for metrics.
///
/// # Errors
/// Those of the database.
pub fn n_patients(connection: &mut AnyConnection) -> QueryResult<i64> {
    let last: Option<i64> =
        patient::table.select(diesel::dsl::max(patient::patient_no)).get_result(connection)?;
    Ok(last.unwrap_or(0))
}

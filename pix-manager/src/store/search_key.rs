//! Table `search_key`: the index by which patients are found and compared.

use std::collections::BTreeSet;

use diesel::prelude::*;
use policy::Permit;
use store::AnyConnection;

use super::patient::StoredPatient;
use super::schema::{patient, search_key};

/// Rows of one statement on SQLite, which is prepared once: as many as a patient usually has, with a name in
/// two scripts and a birth date.
const AT_ONCE: usize = 4;

/// SQLite hands over row by row, and plans a statement with a bound limit anew each time.
fn rows_of(n_most: i64) -> usize {
    usize::try_from(n_most).unwrap_or(usize::MAX)
}

/// The active patients under a key, oldest first, `n_most` at the most.
///
/// # Errors
/// Those of the database.
pub fn patients(
    connection: &mut AnyConnection,
    _permit: &Permit,
    (key, n_most): (&str, i64),
) -> QueryResult<Vec<i64>> {
    let query = search_key::table
        .filter(search_key::key_text.eq(key))
        .order(search_key::patient_no.asc())
        .select(search_key::patient_no);
    match connection {
        AnyConnection::Sqlite(connection) => {
            query.load_iter(connection)?.take(rows_of(n_most)).collect()
        }
        AnyConnection::Postgres(connection) => query.limit(n_most).load(connection),
    }
}

/// The active patients under a key, as they are stored: a piece at a time, behind a number.
///
/// # Errors
/// Those of the database.
pub fn rows(
    connection: &mut AnyConnection,
    _permit: &Permit,
    (key, after): (&str, i64),
    n_most: i64,
) -> QueryResult<Vec<StoredPatient>> {
    let query = search_key::table
        .inner_join(patient::table.on(patient::patient_no.eq(search_key::patient_no)))
        .filter(search_key::key_text.eq(key))
        .filter(search_key::patient_no.gt(after))
        .filter(patient::surviving_no.eq(patient::patient_no))
        .order(search_key::patient_no.asc())
        .select(patient::all_columns);
    match connection {
        AnyConnection::Sqlite(connection) => {
            query.load_iter(connection)?.take(rows_of(n_most)).collect()
        }
        AnyConnection::Postgres(connection) => query.limit(n_most).load(connection),
    }
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
    let added: Vec<&String> = new.difference(old).collect();
    insert(connection, &added, patient_no)
}

fn insert(connection: &mut AnyConnection, keys: &[&String], patient_no: i64) -> QueryResult<()> {
    let row = |key: &&String| {
        (search_key::key_text.eq((*key).clone()), search_key::patient_no.eq(patient_no))
    };
    let table = search_key::table;
    match connection {
        AnyConnection::Sqlite(connection) => {
            let (whole, rest) = keys.as_chunks::<AT_ONCE>();
            for keys in whole {
                let rows = keys.each_ref().map(row);
                diesel::insert_into(table).values(rows).execute(connection)?;
            }
            for key in rest {
                diesel::insert_into(table).values(row(key)).execute(connection)?;
            }
        }
        AnyConnection::Postgres(connection) => {
            let rows: Vec<_> = keys.iter().map(row).collect();
            diesel::insert_into(table).values(rows).execute(connection)?;
        }
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
        insert(connection, &[&key.to_owned()], patient_no)?;
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

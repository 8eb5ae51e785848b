//! Table `patient`: one identifier of one domain, and the person it belongs to.

use datatypes::Oid;
use diesel::prelude::*;
use policy::Permit;
use store::AnyConnection;

use super::schema::{domain, patient};

/// A row. `Debug` shows numbers only.
#[derive(Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = patient)]
pub struct StoredPatient {
    pub patient_no: i64,
    pub domain_no: i64,
    pub id: String,
    pub surviving_no: i64,
    pub person_no: i64,
    pub own_person_no: Option<i64>,
    pub facts: String,
}

impl StoredPatient {
    /// Whether the identifier was not merged into another.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.surviving_no == self.patient_no
    }
}

impl std::fmt::Debug for StoredPatient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredPatient")
            .field("patient_no", &self.patient_no)
            .field("person_no", &self.person_no)
            .field("surviving_no", &self.surviving_no)
            .finish_non_exhaustive()
    }
}

/// The patient with this identifier of this authority, active or subsumed.
///
/// # Errors
/// Those of the database.
pub fn find(
    connection: &mut AnyConnection,
    _permit: &Permit,
    (authority, id): (&Oid, &str),
) -> QueryResult<Option<StoredPatient>> {
    patient::table
        .inner_join(domain::table.on(domain::domain_no.eq(patient::domain_no)))
        .filter(domain::oid.eq(authority.as_str()))
        .filter(patient::id.eq(id))
        .select(patient::all_columns)
        .get_result(connection)
        .optional()
}

/// The person whom the active patient with this identifier is.
///
/// # Errors
/// Those of the database.
pub fn person_of(
    connection: &mut AnyConnection,
    _permit: &Permit,
    (authority, id): (&Oid, &str),
) -> QueryResult<Option<i64>> {
    patient::table
        .inner_join(domain::table.on(domain::domain_no.eq(patient::domain_no)))
        .filter(domain::oid.eq(authority.as_str()))
        .filter(patient::id.eq(id))
        .filter(patient::surviving_no.eq(patient::patient_no))
        .select(patient::person_no)
        .get_result(connection)
        .optional()
}

/// One patient by number.
///
/// # Errors
/// Those of the database.
pub fn get(
    connection: &mut AnyConnection,
    _permit: &Permit,
    patient_no: i64,
) -> QueryResult<Option<StoredPatient>> {
    patient::table.find(patient_no).get_result(connection).optional()
}

/// The active patients who are this person, oldest first.
///
/// # Errors
/// Those of the database.
pub fn of_person(
    connection: &mut AnyConnection,
    _permit: &Permit,
    person_no: i64,
) -> QueryResult<Vec<StoredPatient>> {
    patient::table
        .filter(patient::person_no.eq(person_no))
        .filter(patient::surviving_no.eq(patient::patient_no))
        .order(patient::patient_no.asc())
        .load(connection)
}

/// As [`of_person`], the numbers alone.
///
/// # Errors
/// Those of the database.
pub fn numbers_of_person(connection: &mut AnyConnection, person_no: i64) -> QueryResult<Vec<i64>> {
    patient::table
        .filter(patient::person_no.eq(person_no))
        .filter(patient::surviving_no.eq(patient::patient_no))
        .select(patient::patient_no)
        .load(connection)
}

/// The patients for whom this one stands, oldest first.
///
/// # Errors
/// Those of the database.
pub fn subsumed_by(
    connection: &mut AnyConnection,
    _permit: &Permit,
    patient_no: i64,
) -> QueryResult<Vec<StoredPatient>> {
    patient::table
        .filter(patient::surviving_no.eq(patient_no))
        .filter(patient::surviving_no.ne(patient::patient_no))
        .order(patient::patient_no.asc())
        .load(connection)
}

/// Active patients behind a number, in order of age: for scans, a piece at a time.
///
/// # Errors
/// Those of the database.
pub fn after(
    connection: &mut AnyConnection,
    _permit: &Permit,
    (patient_no, n_most): (i64, i64),
) -> QueryResult<Vec<StoredPatient>> {
    patient::table
        .filter(patient::patient_no.gt(patient_no))
        .filter(patient::surviving_no.eq(patient::patient_no))
        .order(patient::patient_no.asc())
        .limit(n_most)
        .load(connection)
}

/// The number that the next patient gets.
///
/// # Errors
/// Those of the database.
pub fn next_number(connection: &mut AnyConnection) -> QueryResult<i64> {
    let last: Option<i64> =
        patient::table.select(diesel::dsl::max(patient::patient_no)).get_result(connection)?;
    Ok(last.unwrap_or(0).saturating_add(1))
}

/// # Errors
/// Those of the database; a violated index if the identifier is known.
pub fn insert(connection: &mut AnyConnection, row: &StoredPatient) -> QueryResult<()> {
    diesel::insert_into(patient::table).values(row).execute(connection)?;
    Ok(())
}

/// # Errors
/// Those of the database.
pub fn set_facts(connection: &mut AnyConnection, patient_no: i64, facts: &str) -> QueryResult<()> {
    diesel::update(patient::table.find(patient_no))
        .set(patient::facts.eq(facts))
        .execute(connection)?;
    Ok(())
}

/// # Errors
/// Those of the database.
pub fn set_persons(
    connection: &mut AnyConnection,
    patient_no: i64,
    (person_no, own_person_no): (i64, Option<i64>),
) -> QueryResult<()> {
    diesel::update(patient::table.find(patient_no))
        .set((patient::person_no.eq(person_no), patient::own_person_no.eq(own_person_no)))
        .execute(connection)?;
    Ok(())
}

/// Gives a patient another identifier (A47).
///
/// # Errors
/// Those of the database; a violated index if the identifier is known.
pub fn rename(connection: &mut AnyConnection, patient_no: i64, id: &str) -> QueryResult<()> {
    diesel::update(patient::table.find(patient_no)).set(patient::id.eq(id)).execute(connection)?;
    Ok(())
}

/// Lets `into` stand for `from`, and for everybody for whom `from` stood.
///
/// # Errors
/// Those of the database.
pub fn subsume(connection: &mut AnyConnection, from: i64, into: i64) -> QueryResult<()> {
    // The patient itself, then those it subsumed before: the index knows only the latter.
    diesel::update(patient::table.find(from))
        .set(patient::surviving_no.eq(into))
        .execute(connection)?;
    diesel::update(
        patient::table
            .filter(patient::surviving_no.eq(from))
            .filter(patient::surviving_no.ne(patient::patient_no)),
    )
    .set(patient::surviving_no.eq(into))
    .execute(connection)?;
    Ok(())
}

/// Whether an active patient is this person, or has it to return to.
///
/// # Errors
/// Those of the database.
pub fn is_person_used(connection: &mut AnyConnection, person_no: i64) -> QueryResult<bool> {
    let active = || patient::table.filter(patient::surviving_no.eq(patient::patient_no));
    let members: i64 =
        active().filter(patient::person_no.eq(person_no)).count().get_result(connection)?;
    let owners: i64 =
        active().filter(patient::own_person_no.eq(person_no)).count().get_result(connection)?;
    Ok(members > 0 || owners > 0)
}

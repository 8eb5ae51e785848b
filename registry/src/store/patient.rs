//! Table `patient`: who is known from the identity feed, and where their objects are clustered.

use datatypes::PatientId;
use diesel::prelude::*;
use policy::Permit;
use store::AnyConnection;

use super::schema::patient;

/// Bits of an object key that number the objects of one patient.
pub const SEQUENCE_BITS: u32 = 20;
/// One more than the largest sequence number.
pub const SEQUENCE_END: i64 = 1 << SEQUENCE_BITS;

/// A known patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPatient {
    pub patient_no: i64,
    pub next_seq: i64,
}

impl KnownPatient {
    /// The key of the object that is the patient's `seq`-th.
    pub fn object_key(&self, seq: i64) -> i64 {
        (self.patient_no << SEQUENCE_BITS) | seq
    }
}

/// The number of the patient with this id, active or subsumed.
///
/// # Errors
/// Those of the database.
pub fn number(connection: &mut AnyConnection, id: &PatientId) -> QueryResult<Option<i64>> {
    patient::table
        .filter(patient::cx.eq(id.to_cx()))
        .select(patient::patient_no)
        .get_result(connection)
        .optional()
}

/// The active patient with this id. One who was subsumed is unknown from then on
/// (ITI TF-2: 3.8.4.2.3; 3.18.4.1.2.3.8).
///
/// # Errors
/// Those of the database.
pub fn find(connection: &mut AnyConnection, id: &PatientId) -> QueryResult<Option<KnownPatient>> {
    let found: Option<(i64, i64)> = patient::table
        .filter(patient::cx.eq(id.to_cx()))
        .filter(patient::surviving_no.eq(patient::patient_no))
        .select((patient::patient_no, patient::next_seq))
        .get_result(connection)
        .optional()?;
    Ok(found.map(|(patient_no, next_seq)| KnownPatient { patient_no, next_seq }))
}

/// One of the numbers under which a patient's objects are kept, and the version of what is kept there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct Member {
    pub patient_no: i64,
    pub version: i64,
}

/// The numbers of an active patient, in ascending order: their own and those of everybody they subsumed,
/// over all chains. An unknown or subsumed patient has none.
///
/// # Errors
/// Those of the database.
pub fn members(connection: &mut AnyConnection, id: &PatientId) -> QueryResult<Vec<Member>> {
    let survivor = diesel::alias!(patient as survivor);
    let is_survivor = patient::surviving_no.eq(survivor.field(patient::patient_no));
    patient::table
        .inner_join(survivor.on(is_survivor))
        .filter(survivor.field(patient::cx).eq(id.to_cx()))
        .select((patient::patient_no, patient::version))
        .order(patient::patient_no.asc())
        .load(connection)
}

/// The patient who stands for this one after all merges.
///
/// # Errors
/// Those of the database; `NotFound` if no patient has the number.
pub fn survivor(connection: &mut AnyConnection, patient_no: i64) -> QueryResult<i64> {
    patient::table.find(patient_no).select(patient::surviving_no).get_result(connection)
}

/// The id that answers show for the objects of this patient: that of whoever subsumed them.
///
/// # Errors
/// Those of the database; `NotFound` if no patient has the number.
pub fn cx_of(
    connection: &mut AnyConnection,
    _permit: &Permit,
    patient_no: i64,
) -> QueryResult<String> {
    let survivor = survivor(connection, patient_no)?;
    patient::table.find(survivor).select(patient::cx).get_result(connection)
}

/// As [`cx_of`], for several patients, whose number the caller bounds.
///
/// # Errors
/// Those of the database.
pub fn shown_ids(
    connection: &mut AnyConnection,
    _permit: &Permit,
    patient_nos: &[i64],
) -> QueryResult<Vec<(i64, String)>> {
    let survivor = diesel::alias!(patient as survivor);
    let is_survivor = patient::surviving_no.eq(survivor.field(patient::patient_no));
    patient::table
        .inner_join(survivor.on(is_survivor))
        .filter(patient::patient_no.eq_any(patient_nos))
        .select((patient::patient_no, survivor.field(patient::cx)))
        .load(connection)
}

/// Lets `into` stand for `from`, and for everybody for whom `from` stood.
///
/// # Errors
/// Those of the database.
pub fn subsume(connection: &mut AnyConnection, from: i64, into: i64) -> QueryResult<()> {
    diesel::update(patient::table.filter(patient::surviving_no.eq(from)))
        .set(patient::surviving_no.eq(into))
        .execute(connection)?;
    Ok(())
}

/// Makes the patient known; does nothing for one who is, or who was subsumed: a feed cannot undo a merge.
///
/// # Errors
/// Those of the database.
pub fn insert_if_unknown(
    connection: &mut AnyConnection,
    _permit: &Permit,
    id: &PatientId,
) -> QueryResult<()> {
    if number(connection, id)?.is_some() {
        return Ok(());
    }
    let last: Option<i64> =
        patient::table.select(diesel::dsl::max(patient::patient_no)).get_result(connection)?;
    let patient_no = last.unwrap_or(0).saturating_add(1);
    diesel::insert_into(patient::table)
        .values((
            patient::patient_no.eq(patient_no),
            patient::cx.eq(id.to_cx()),
            patient::surviving_no.eq(patient_no),
            patient::next_seq.eq(1_i64),
            patient::version.eq(1_i64),
        ))
        .execute(connection)?;
    Ok(())
}

/// Begins work on a patient: bumps the version, which on PostgreSQL also holds off every other
/// transaction on the same patient until this one ends. `None` if the patient is unknown.
///
/// # Errors
/// Those of the database.
pub fn begin_change(
    connection: &mut AnyConnection,
    id: &PatientId,
) -> QueryResult<Option<KnownPatient>> {
    let touched = diesel::update(patient::table.filter(patient::cx.eq(id.to_cx())))
        .set(patient::version.eq(patient::version + 1))
        .execute(connection)?;
    if touched == 0 { Ok(None) } else { find(connection, id) }
}

/// Begins work on two patients, as [`begin_change`]; the one known first is held first.
///
/// # Errors
/// Those of the database.
pub fn begin_change_of_both(
    connection: &mut AnyConnection,
    one: &PatientId,
    other: &PatientId,
) -> QueryResult<()> {
    let mut numbers = [number(connection, one)?, number(connection, other)?];
    numbers.sort_unstable();
    for number in numbers.into_iter().flatten() {
        diesel::update(patient::table.find(number))
            .set(patient::version.eq(patient::version + 1))
            .execute(connection)?;
    }
    Ok(())
}

/// Ends work on a patient: the sequence numbers below `next_seq` are used.
///
/// # Errors
/// Those of the database.
pub fn set_next_seq(
    connection: &mut AnyConnection,
    patient_no: i64,
    next_seq: i64,
) -> QueryResult<()> {
    diesel::update(patient::table.find(patient_no))
        .set(patient::next_seq.eq(next_seq))
        .execute(connection)?;
    Ok(())
}

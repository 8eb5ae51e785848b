//! Table `announcement`: what registry and consumers must still be told.
//!
//! A row is written by the transaction that makes it true and goes when the other side has acknowledged it,
//! so that neither a crash nor an hour without registry loses anything.

use audit::Patient;
use diesel::prelude::*;
use store::AnyConnection;

use super::schema::{announcement, last_announcement};

/// The name of the registry as a destination; consumers are called by their names in the configuration.
pub const REGISTRY: &str = "registry";

const WAITING: i16 = 0;
const REFUSED: i16 = 1;

/// A row.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Announcement {
    pub announcement_no: i64,
    pub destination: String,
    /// Key of the audit table's row.
    pub event: String,
    /// As it is sent: HL7 v2, or the payload of HL7 v3.
    pub message: String,
    /// Whom it is about, for the audit trail.
    pub patients: Vec<Patient>,
    /// The persons it is about.
    pub persons: Vec<i64>,
    /// The person whose network id it makes known.
    pub announced_no: Option<i64>,
    /// What the destination said when it refused it.
    pub refusal: Option<String>,
}

impl std::fmt::Debug for Announcement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Announcement")
            .field("announcement_no", &self.announcement_no)
            .field("destination", &self.destination)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

impl Announcement {
    /// MSH-10 of its message.
    #[must_use]
    pub fn control_id(&self) -> String {
        control_id(self.announcement_no)
    }
}

/// The control id of the message with this number.
#[must_use]
pub fn control_id(announcement_no: i64) -> String {
    format!("N{announcement_no}")
}

type Row = (i64, String, String, String, String, String, Option<i64>, i16, Option<String>);

impl From<Row> for Announcement {
    fn from(row: Row) -> Announcement {
        let (
            announcement_no,
            destination,
            event,
            message,
            patients,
            persons,
            announced_no,
            _,
            refusal,
        ) = row;
        // Both lists were written by `insert`; one that is damaged costs the record its patients, not the
        // registry its news.
        let patients = serde_json::from_str(&patients).unwrap_or_default();
        let persons = serde_json::from_str(&persons).unwrap_or_default();
        Announcement {
            announcement_no,
            destination,
            event,
            message,
            patients,
            persons,
            announced_no,
            refusal,
        }
    }
}

/// Takes the next `n` numbers and returns the first of them.
///
/// # Errors
/// Those of the database.
pub fn take_numbers(connection: &mut AnyConnection, n: i64) -> QueryResult<i64> {
    // The row is locked before it is read: another process may take numbers as well.
    diesel::update(last_announcement::table)
        .set(last_announcement::announcement_no.eq(last_announcement::announcement_no + n))
        .execute(connection)?;
    let last: i64 = last_announcement::table
        .select(last_announcement::announcement_no)
        .get_result(connection)?;
    Ok(last.saturating_sub(n).saturating_add(1))
}

/// # Errors
/// Those of the database.
pub fn insert(connection: &mut AnyConnection, row: &Announcement) -> QueryResult<()> {
    let json = |list: serde_json::Result<String>| list.unwrap_or_default();
    diesel::insert_into(announcement::table)
        .values((
            announcement::announcement_no.eq(row.announcement_no),
            announcement::destination.eq(&row.destination),
            announcement::event.eq(&row.event),
            announcement::message.eq(&row.message),
            announcement::patients.eq(json(serde_json::to_string(&row.patients))),
            announcement::persons.eq(json(serde_json::to_string(&row.persons))),
            announcement::announced_no.eq(row.announced_no),
            announcement::state.eq(WAITING),
        ))
        .execute(connection)?;
    Ok(())
}

/// What a destination must be told next, behind a number.
///
/// # Errors
/// Those of the database.
pub fn waiting(
    connection: &mut AnyConnection,
    (destination, after): (&str, i64),
    n_most: i64,
) -> QueryResult<Vec<Announcement>> {
    load(connection, (destination, after), WAITING, n_most)
}

/// What a destination has refused, oldest first.
///
/// # Errors
/// Those of the database.
pub fn refused(
    connection: &mut AnyConnection,
    destination: &str,
    n_most: i64,
) -> QueryResult<Vec<Announcement>> {
    load(connection, (destination, 0), REFUSED, n_most)
}

fn load(
    connection: &mut AnyConnection,
    (destination, after): (&str, i64),
    state: i16,
    n_most: i64,
) -> QueryResult<Vec<Announcement>> {
    let rows: Vec<Row> = announcement::table
        .filter(announcement::destination.eq(destination))
        .filter(announcement::state.eq(state))
        .filter(announcement::announcement_no.gt(after))
        .order(announcement::announcement_no.asc())
        .limit(n_most)
        .load(connection)?;
    Ok(rows.into_iter().map(Announcement::from).collect())
}

/// One row, in whatever state; whether it was refused beside it.
///
/// # Errors
/// Those of the database.
pub fn get(
    connection: &mut AnyConnection,
    number: i64,
) -> QueryResult<Option<(Announcement, bool)>> {
    let row: Option<Row> = announcement::table.find(number).get_result(connection).optional()?;
    Ok(row.map(|row| {
        let is_refused = row.7 == REFUSED;
        (Announcement::from(row), is_refused)
    }))
}

/// The destination has taken it, or an operator gave it up.
///
/// # Errors
/// Those of the database.
pub fn remove(connection: &mut AnyConnection, number: i64) -> QueryResult<()> {
    diesel::delete(announcement::table.find(number)).execute(connection)?;
    Ok(())
}

/// The destination refuses it for good; it stops what is about the same persons.
///
/// # Errors
/// Those of the database.
pub fn set_refused(connection: &mut AnyConnection, number: i64, refusal: &str) -> QueryResult<()> {
    diesel::update(announcement::table.find(number))
        .set((announcement::state.eq(REFUSED), announcement::refusal.eq(refusal)))
        .execute(connection)?;
    Ok(())
}

/// An operator lets it be tried again.
///
/// # Errors
/// Those of the database.
pub fn set_waiting(connection: &mut AnyConnection, number: i64) -> QueryResult<()> {
    diesel::update(announcement::table.find(number))
        .set(announcement::state.eq(WAITING))
        .execute(connection)?;
    Ok(())
}

/// How many wait and how many are refused, by destination.
///
/// # Errors
/// Those of the database.
pub fn counts(connection: &mut AnyConnection) -> QueryResult<Vec<(String, bool, i64)>> {
    let rows: Vec<(String, i16, i64)> = announcement::table
        .group_by((announcement::destination, announcement::state))
        .select((announcement::destination, announcement::state, diesel::dsl::count_star()))
        .load(connection)?;
    Ok(rows.into_iter().map(|(name, state, n)| (name, state == REFUSED, n)).collect())
}

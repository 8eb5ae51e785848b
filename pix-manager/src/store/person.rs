//! Table `person`: classes of cross-referenced patients, and their identifiers in the affinity domain.

use diesel::prelude::*;
use policy::Permit;
use store::AnyConnection;

use super::schema::{domain, patient, person};

/// A row.
#[derive(Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = person)]
pub struct StoredPerson {
    pub person_no: i64,
    /// Absent where a source feeds the affinity domain.
    pub network_id: Option<String>,
    /// The registry has acknowledged the network id.
    pub is_announced: bool,
    /// Itself, or the person with whom it was merged for good.
    pub surviving_no: i64,
}

impl std::fmt::Debug for StoredPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredPerson")
            .field("person_no", &self.person_no)
            .field("is_announced", &self.is_announced)
            .field("surviving_no", &self.surviving_no)
            .finish_non_exhaustive()
    }
}

impl StoredPerson {
    /// What answers may show: the registry knows it.
    #[must_use]
    pub fn shown_id(&self) -> Option<&str> {
        self.network_id.as_deref().filter(|_| self.is_announced)
    }
}

/// # Errors
/// Those of the database.
pub fn get(
    connection: &mut AnyConnection,
    _permit: &Permit,
    person_no: i64,
) -> QueryResult<Option<StoredPerson>> {
    person::table.find(person_no).get_result(connection).optional()
}

/// What a person is known by.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KnownAs {
    /// In the affinity domain, if answers may show it.
    pub network_id: Option<String>,
    /// Of the active patients who are the person, oldest first: OID of the authority, identifier.
    pub ids: Vec<(String, String)>,
}

impl std::fmt::Debug for KnownAs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownAs").field("n_ids", &self.ids.len()).finish_non_exhaustive()
    }
}

/// Network id and whether it is announced; OID and identifier of a patient, if there is one.
type KnownRow = (Option<String>, bool, Option<String>, Option<String>);

/// All identifiers of a person, in one statement; nothing of one who does not exist.
///
/// # Errors
/// Those of the database.
pub fn known_as(
    connection: &mut AnyConnection,
    _permit: &Permit,
    person_no: i64,
) -> QueryResult<KnownAs> {
    let is_member = patient::person_no.eq(person::person_no);
    let is_active = patient::surviving_no.eq(patient::patient_no);
    let rows: Vec<KnownRow> = person::table
        .left_join(patient::table.on(is_member.and(is_active)))
        .left_join(domain::table.on(patient::domain_no.eq(domain::domain_no)))
        .filter(person::person_no.eq(person_no))
        .order(patient::patient_no.asc())
        .select((
            person::network_id,
            person::is_announced,
            domain::oid.nullable(),
            patient::id.nullable(),
        ))
        .load(connection)?;
    let mut known = KnownAs::default();
    for (network_id, is_announced, oid, id) in rows {
        known.network_id = network_id.filter(|_| is_announced);
        // A person whom nobody is at the moment has one row, and no patient in it.
        known.ids.extend(oid.zip(id));
    }
    Ok(known)
}

/// The person with this identifier in the affinity domain.
///
/// # Errors
/// Those of the database.
pub fn of_network_id(
    connection: &mut AnyConnection,
    _permit: &Permit,
    network_id: &str,
) -> QueryResult<Option<StoredPerson>> {
    person::table.filter(person::network_id.eq(network_id)).get_result(connection).optional()
}

/// Makes a person; `id` names it in the affinity domain by its number.
///
/// # Errors
/// Those of the database.
pub fn insert(
    connection: &mut AnyConnection,
    id: impl FnOnce(i64) -> Option<String>,
) -> QueryResult<StoredPerson> {
    let last: Option<i64> =
        person::table.select(diesel::dsl::max(person::person_no)).get_result(connection)?;
    let person_no = last.unwrap_or(0).saturating_add(1);
    let network_id = id(person_no);
    let row = StoredPerson { person_no, network_id, is_announced: false, surviving_no: person_no };
    diesel::insert_into(person::table).values(&row).execute(connection)?;
    Ok(row)
}

/// The registry has acknowledged the identifier.
///
/// # Errors
/// Those of the database.
pub fn set_announced(connection: &mut AnyConnection, person_no: i64) -> QueryResult<()> {
    diesel::update(person::table.find(person_no))
        .set(person::is_announced.eq(true))
        .execute(connection)?;
    Ok(())
}

/// `into` stands for `from` from now on, whose identifier is used no more.
///
/// # Errors
/// Those of the database.
pub fn retire(connection: &mut AnyConnection, from: i64, into: i64) -> QueryResult<()> {
    // The person itself, then those for whom it stood: the index knows only the latter.
    diesel::update(person::table.find(from))
        .set(person::surviving_no.eq(into))
        .execute(connection)?;
    diesel::update(
        person::table
            .filter(person::surviving_no.eq(from))
            .filter(person::surviving_no.ne(person::person_no)),
    )
    .set(person::surviving_no.eq(into))
    .execute(connection)?;
    Ok(())
}

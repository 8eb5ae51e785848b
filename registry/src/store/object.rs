//! Table `object`: registry objects as compact records beside typed columns.
//!
//! Whatever hands metadata out takes a [`Permit`]: who has one has asked the policy. Whose an object is
//! stands in its key unless it moved; then table `moved` says it, beside which every object is read.

use datatypes::EntryUuid;
use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use policy::Permit;
use store::AnyConnection;
use xds::{AssociationType, AvailabilityStatus, ObjectKind};

use super::moved::{MovedTo, Survivors, home_no};
use super::patient::SEQUENCE_BITS;
use super::schema::{moved, object};
use crate::leaf_class::StoredObject;
use crate::record::{entry::status_number, kind_number};

/// A row to be inserted.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = object)]
pub struct NewObject {
    pub object_key: i64,
    pub kind: i16,
    pub status: i16,
    pub uuid: Vec<u8>,
    pub unique_id: Option<String>,
    pub hash: Option<Vec<u8>>,
    pub size: Option<i64>,
    pub association_type: Option<i16>,
    pub source: Option<Vec<u8>>,
    pub target: Option<Vec<u8>>,
    pub last_update_time: Option<String>,
    pub record: Vec<u8>,
}

impl NewObject {
    /// An Approved object without the columns of its kind.
    pub fn new(object_key: i64, kind: ObjectKind, uuid: EntryUuid, record: Vec<u8>) -> NewObject {
        NewObject {
            object_key,
            kind: i16::from(kind_number(kind)),
            status: status_number(AvailabilityStatus::Approved),
            uuid: uuid.as_bytes().to_vec(),
            unique_id: None,
            hash: None,
            size: None,
            association_type: None,
            source: None,
            target: None,
            last_update_time: None,
            record,
        }
    }
}

/// Inserts one object. (Several rows in one statement do not exist on the connection enum.)
///
/// # Errors
/// Those of the database.
pub fn insert(connection: &mut AnyConnection, row: &NewObject) -> QueryResult<()> {
    diesel::insert_into(object::table).values(row).execute(connection)?;
    Ok(())
}

/// What the rules of ITI-42 ask of an object that is already registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    pub object_key: i64,
    /// Number of the patient to whom the object belongs now.
    pub owner_no: i64,
    pub kind: i16,
    pub status: AvailabilityStatus,
}

impl Registered {
    pub fn is(&self, kind: ObjectKind) -> bool {
        self.kind == i16::from(kind_number(kind))
    }

    /// Number of the patient under whom the object is stored.
    pub fn home_no(&self) -> i64 {
        home_no(self.object_key)
    }
}

fn status(number: i16) -> AvailabilityStatus {
    if number == status_number(AvailabilityStatus::Approved) {
        AvailabilityStatus::Approved
    } else {
        AvailabilityStatus::Deprecated
    }
}

/// The registered object with this id.
///
/// # Errors
/// Those of the database.
pub fn by_uuid(connection: &mut AnyConnection, uuid: EntryUuid) -> QueryResult<Option<Registered>> {
    let found: Option<(i64, i16, i16, Option<i64>)> = object::table
        .left_join(moved::table.on(moved::object_key.eq(object::object_key)))
        .filter(object::uuid.eq(uuid.as_bytes().to_vec()))
        .select((object::object_key, object::kind, object::status, moved::patient_no.nullable()))
        .get_result(connection)
        .optional()?;
    Ok(found.map(|(object_key, kind, number, moved_to)| Registered {
        object_key,
        owner_no: moved_to.unwrap_or_else(|| home_no(object_key)),
        kind,
        status: status(number),
    }))
}

/// Lets no other process register one of these uniqueIds until the transaction ends, so that what is
/// looked up about them stays true. Two patients' submissions have no other row in common, and documents
/// of equal bytes share a uniqueId, which therefore no index keeps unique. On SQLite there is one writer.
///
/// # Errors
/// Those of the database.
pub fn hold_unique_ids(
    connection: &mut AnyConnection,
    mut unique_ids: Vec<&str>,
) -> QueryResult<()> {
    let connection = match connection {
        AnyConnection::Sqlite(_) => return Ok(()),
        AnyConnection::Postgres(connection) => connection,
    };
    // In one order everywhere: two submissions at once do not wait for each other.
    unique_ids.sort_unstable();
    let hold = "SELECT pg_advisory_xact_lock(hashtextextended(held, 0)) FROM unnest($1) AS held";
    diesel::sql_query(hold).bind::<Array<Text>, _>(unique_ids).execute(connection).map(drop)
}

/// Kind, hash and size of each object that has this uniqueId.
pub type SameUniqueId = (i16, Option<Vec<u8>>, Option<i64>);

/// Every object with this uniqueId.
///
/// # Errors
/// Those of the database.
pub fn with_unique_id(
    connection: &mut AnyConnection,
    unique_id: &str,
) -> QueryResult<Vec<SameUniqueId>> {
    object::table
        .filter(object::unique_id.eq(unique_id))
        .select((object::kind, object::hash, object::size))
        .order(object::object_key.asc())
        .load(connection)
}

/// Source and type of an Association, and the place that it moved to.
type SourceRow = (Option<Vec<u8>>, Option<i16>, Option<MovedTo>);

/// Source ids of the Associations of one of `kinds` whose target is `target`. An Association between what
/// are two patients now is none.
///
/// # Errors
/// Those of the database.
pub fn sources_of(
    connection: &mut AnyConnection,
    target: EntryUuid,
    kinds: &[AssociationType],
) -> QueryResult<Vec<EntryUuid>> {
    let rows: Vec<SourceRow> = object::table
        .left_join(moved::table.on(moved::object_key.eq(object::object_key)))
        .filter(object::target.eq(target.as_bytes().to_vec()))
        .select((
            object::source,
            object::association_type,
            (moved::patient_no, moved::other_no, moved::source_patient_id).nullable(),
        ))
        .order(object::object_key.asc())
        .load(connection)?;
    let wanted: Vec<i16> = kinds.iter().map(|kind| i16::from(kind.number())).collect();
    let mut sources = Vec::new();
    let mut survivors = Survivors::default();
    for (source, kind, moved_to) in rows {
        let is_split = moved_to.map(|to| to.is_split(connection, &mut survivors)).transpose()?;
        let is_wanted = kind.is_some_and(|kind| wanted.contains(&kind)) && is_split != Some(true);
        let source: Option<[u8; 16]> = source.and_then(|bytes| bytes.try_into().ok());
        sources.extend(source.filter(|_| is_wanted).map(EntryUuid::from_bytes));
    }
    Ok(sources)
}

/// Deprecates an Approved object; `false` if it was not Approved any more.
///
/// # Errors
/// Those of the database.
pub fn deprecate(connection: &mut AnyConnection, object_key: i64) -> QueryResult<bool> {
    let approved = status_number(AvailabilityStatus::Approved);
    let changed =
        diesel::update(object::table.find(object_key).filter(object::status.eq(approved)))
            .set(object::status.eq(status_number(AvailabilityStatus::Deprecated)))
            .execute(connection)?;
    Ok(changed == 1)
}

/// Sets a folder's lastUpdateTime.
///
/// # Errors
/// Those of the database.
pub fn touch_folder(
    connection: &mut AnyConnection,
    object_key: i64,
    time: &str,
) -> QueryResult<()> {
    diesel::update(object::table.find(object_key))
        .set(object::last_update_time.eq(time))
        .execute(connection)?;
    Ok(())
}

type StoredRow = (i64, i16, Option<String>, Vec<u8>, Option<MovedTo>);

/// Objects, each with the place that it moved to.
#[diesel::dsl::auto_type]
fn placed() -> _ {
    let with_place =
        object::table.left_join(moved::table.on(moved::object_key.eq(object::object_key)));
    with_place.select((
        object::object_key,
        object::status,
        object::last_update_time,
        object::record,
        (moved::patient_no, moved::other_no, moved::source_patient_id).nullable(),
    ))
}

/// The objects that answers may show: all but the Associations between what are two patients now.
fn shown(connection: &mut AnyConnection, rows: Vec<StoredRow>) -> QueryResult<Vec<StoredObject>> {
    let mut objects = Vec::with_capacity(rows.len());
    let mut survivors = Survivors::default();
    for (key, number, last_update_time, record, moved_to) in rows {
        let moved_to = moved_to.unwrap_or_else(|| MovedTo::nowhere(key));
        if moved_to.is_split(connection, &mut survivors)? {
            continue;
        }
        let source = moved_to.source_patient_id.as_deref();
        objects.push(StoredObject {
            key,
            owner_no: moved_to.patient_no,
            status: status(number),
            last_update_time,
            source_patient_id: source.map(|cx| xml::escape_attribute(cx).into()),
            record: record.into(),
        });
    }
    Ok(objects)
}

/// All objects that belong to a patient, oldest first: one range of the clustered key, without what moved
/// away, and with what moved here.
///
/// # Errors
/// Those of the database.
pub fn all_of_patient(
    connection: &mut AnyConnection,
    _permit: &Permit,
    patient_no: i64,
) -> QueryResult<Vec<StoredObject>> {
    let first = patient_no << SEQUENCE_BITS;
    let end = patient_no.saturating_add(1) << SEQUENCE_BITS;
    let own = placed()
        .filter(object::object_key.ge(first))
        .filter(object::object_key.lt(end))
        .order(object::object_key.asc());
    let own: Vec<StoredRow> = own.load(connection)?;
    let moved_here =
        placed().filter(moved::patient_no.eq(patient_no)).order(object::object_key.asc());
    let mut moved_here: Vec<StoredRow> = moved_here.load(connection)?;
    moved_here.retain(|(key, ..)| home_no(*key) != patient_no);
    let mut objects = shown(connection, own)?;
    objects.retain(|object| object.owner_no == patient_no);
    if !moved_here.is_empty() {
        objects.extend(shown(connection, moved_here)?);
        objects.sort_by_key(|object| object.key);
    }
    Ok(objects)
}

/// The object of this kind with this entryUUID.
///
/// # Errors
/// Those of the database.
pub fn stored_by_uuid(
    connection: &mut AnyConnection,
    _permit: &Permit,
    (kind, uuid): (ObjectKind, EntryUuid),
) -> QueryResult<Option<StoredObject>> {
    let rows: Vec<StoredRow> = placed()
        .filter(object::uuid.eq(uuid.as_bytes().to_vec()))
        .filter(object::kind.eq(i16::from(kind_number(kind))))
        .load(connection)?;
    Ok(shown(connection, rows)?.pop())
}

/// The objects with these keys, oldest first; the caller bounds their number.
///
/// # Errors
/// Those of the database.
pub fn by_keys(
    connection: &mut AnyConnection,
    _permit: &Permit,
    keys: &[i64],
) -> QueryResult<Vec<StoredObject>> {
    let rows: Vec<StoredRow> = placed()
        .filter(object::object_key.eq_any(keys))
        .order(object::object_key.asc())
        .load(connection)?;
    shown(connection, rows)
}

/// The objects of this kind with this uniqueId, oldest first.
///
/// # Errors
/// Those of the database.
pub fn by_unique_id(
    connection: &mut AnyConnection,
    _permit: &Permit,
    (kind, unique_id): (ObjectKind, &str),
) -> QueryResult<Vec<StoredObject>> {
    let rows: Vec<StoredRow> = placed()
        .filter(object::unique_id.eq(unique_id))
        .filter(object::kind.eq(i16::from(kind_number(kind))))
        .order(object::object_key.asc())
        .load(connection)?;
    shown(connection, rows)
}

/// The Associations that start at an object, oldest first.
///
/// # Errors
/// Those of the database.
pub fn associations_from(
    connection: &mut AnyConnection,
    _permit: &Permit,
    source: EntryUuid,
) -> QueryResult<Vec<StoredObject>> {
    let rows: Vec<StoredRow> = placed()
        .filter(object::source.eq(source.as_bytes().to_vec()))
        .order(object::object_key.asc())
        .load(connection)?;
    shown(connection, rows)
}

/// The Associations that end at an object, oldest first.
///
/// # Errors
/// Those of the database.
pub fn associations_to(
    connection: &mut AnyConnection,
    _permit: &Permit,
    target: EntryUuid,
) -> QueryResult<Vec<StoredObject>> {
    let rows: Vec<StoredRow> = placed()
        .filter(object::target.eq(target.as_bytes().to_vec()))
        .order(object::object_key.asc())
        .load(connection)?;
    shown(connection, rows)
}

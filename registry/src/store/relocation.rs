//! What goes along when documents become another patient's (ITI-64), and what is not shown meanwhile.
//!
//! The specification makes new versions of everything (ITI TF-2: 3.64.4.1.3); here nothing that is stored
//! changes, only table [`super::moved`] says to whom an object belongs. The rules:
//!
//! - A SubmissionSet or a Folder belongs to the patient of its documents once all of them are one patient's:
//!   members by Reference do not count. While they are several patients', and if there is none, it belongs
//!   to the patient for whom it was submitted.
//! - An Association belongs to the patient of its source. It is not shown while it connects what was one
//!   patient's when it was registered and is two patients' now: the Folder that stayed and its document that
//!   moved, and also the SubmissionSet's membership of that membership.
//! - A SubmissionSet's Reference to what was another patient's document already is shown as before.
//!
//! All this follows from where the documents are, and from nothing else. So whatever a link change did, the
//! change back undoes. A merge (ITI-8 A40) may make two patients one: then Associations come back by
//! themselves, since a row names both patients, and packages are settled again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use datatypes::{EntryUuid, PatientId};
use diesel::prelude::*;
use store::AnyConnection;
use xds::{AssociationType, ObjectKind};

use super::moved::{self, MovedTo, Survivors, home_no};
use super::object::{self, Registered};
use super::patient;
use super::schema::{moved as moved_table, object as object_table};
use crate::error::RelocationError;
use crate::record::{AssociationHead, DamagedRecord, kind_number, uuid};

/// An Association, shown or not.
#[derive(Clone, Copy, Debug)]
struct Link {
    key: i64,
    uuid: EntryUuid,
    head: AssociationHead,
}

/// One link change or merge at work: what it looks up, it looks up once.
pub(super) struct Relocation<'a> {
    pub(super) connection: &'a mut AnyConnection,
    survivors: Survivors,
    /// Ends of Associations, as long as their places do not change.
    objects: HashMap<EntryUuid, Option<Registered>>,
}

impl Relocation<'_> {
    pub(super) fn new(connection: &mut AnyConnection) -> Relocation<'_> {
        Relocation { connection, survivors: Survivors::default(), objects: HashMap::new() }
    }

    /// The number under which an object belongs to a patient: that under which it is stored, if the
    /// patient stands for it, so that an object which is back has no row.
    pub(super) fn number_with(&mut self, object_key: i64, patient_no: i64) -> QueryResult<i64> {
        let home_no = home_no(object_key);
        let is_home = self.survivor(home_no)? == self.survivor(patient_no)?;
        Ok(if is_home { home_no } else { patient_no })
    }

    fn survivor(&mut self, patient_no: i64) -> QueryResult<i64> {
        self.survivors.of(self.connection, patient_no)
    }

    fn object(&mut self, uuid: EntryUuid) -> QueryResult<Option<Registered>> {
        if let Some(found) = self.objects.get(&uuid) {
            return Ok(*found);
        }
        let found = object::by_uuid(self.connection, uuid)?;
        self.objects.insert(uuid, found);
        Ok(found)
    }

    /// Lets packages and Associations follow documents that have their new places already.
    ///
    /// # Errors
    /// Those of the database; a damaged record.
    pub(super) fn settle(mut self, entries: &BTreeSet<EntryUuid>) -> Result<(), RelocationError> {
        let mut links = BTreeMap::new();
        for entry in entries {
            add(&mut links, links_of(self.connection, *entry)?);
        }
        let own = links.values().filter(|link| is_own_membership(link));
        let packages: BTreeSet<EntryUuid> = own
            .filter(|link| entries.contains(&link.head.target))
            .map(|link| link.head.source)
            .collect();
        for package in packages {
            if self.settle_package(package)? {
                self.objects.remove(&package);
                add(&mut links, links_of(self.connection, package)?);
            }
        }
        let memberships: Vec<EntryUuid> = links.values().map(|link| link.uuid).collect();
        for membership in memberships {
            add(&mut links, links_to(self.connection, membership)?);
        }
        self.settle_links(links.values())
    }

    /// Whether the package has another place now.
    fn settle_package(&mut self, package: EntryUuid) -> Result<bool, RelocationError> {
        let Some(found) = self.object(package)? else { return Ok(false) };
        let mut patients = BTreeSet::new();
        for membership in
            links_from(self.connection, package)?.iter().filter(|link| is_own_membership(link))
        {
            let member = self.object(membership.head.target)?;
            if let Some(entry) = member.filter(|member| member.is(ObjectKind::DocumentEntry)) {
                patients.insert(self.survivor(entry.owner_no)?);
            }
        }
        let patient_no = match (patients.pop_first(), patients.is_empty()) {
            (Some(only), true) => self.number_with(found.object_key, only)?,
            (Some(_) | None, _) => found.home_no(),
        };
        let place = MovedTo { patient_no, ..MovedTo::nowhere(found.object_key) };
        Ok(moved::put(self.connection, found.object_key, &place)?)
    }

    /// An Association whose target is another one comes after that.
    fn settle_links<'l>(
        &mut self,
        links: impl Iterator<Item = &'l Link>,
    ) -> Result<(), RelocationError> {
        let mut of_memberships = Vec::new();
        for link in links {
            let (source, target) = (self.object(link.head.source)?, self.object(link.head.target)?);
            let (Some(source), Some(target)) = (source, target) else { continue };
            if target.is(ObjectKind::Association) {
                of_memberships.push((link, source, target));
            } else {
                self.settle_link(link, (source, &[target.owner_no]))?;
            }
        }
        for (link, source, target) in of_memberships {
            let MovedTo { patient_no, other_no, .. } =
                moved::of(self.connection, target.object_key)?;
            let ends: Vec<i64> = [patient_no].into_iter().chain(other_no).collect();
            self.settle_link(link, (source, &ends))?;
        }
        Ok(())
    }

    fn settle_link(
        &mut self,
        link: &Link,
        (source, targets): (Registered, &[i64]),
    ) -> Result<(), RelocationError> {
        let patient_no = self.number_with(link.key, source.owner_no)?;
        let owner = self.survivor(source.owner_no)?;
        let mut other_no = None;
        for target in targets.iter().filter(|_| !link.head.is_foreign) {
            if other_no.is_none() && self.survivor(*target)? != owner {
                other_no = Some(*target);
            }
        }
        let place = MovedTo { patient_no, other_no, source_patient_id: None };
        moved::put(self.connection, link.key, &place)?;
        Ok(())
    }
}

/// After a merge: what moved to either of the two patients may be together with the rest again.
///
/// # Errors
/// Those of the database; a damaged record.
pub(super) fn settle_after_merge(
    connection: &mut AnyConnection,
    surviving: &PatientId,
) -> Result<(), RelocationError> {
    let mut entries = BTreeSet::new();
    for member in patient::members(connection, surviving)? {
        let records: Vec<Vec<u8>> = object_table::table
            .inner_join(moved_table::table.on(moved_table::object_key.eq(object_table::object_key)))
            .filter(moved_table::patient_no.eq(member.patient_no))
            .filter(object_table::kind.eq(i16::from(kind_number(ObjectKind::DocumentEntry))))
            .select(object_table::record)
            .load(connection)?;
        for record in records {
            entries.insert(uuid(&record)?);
        }
    }
    Relocation::new(connection).settle(&entries)
}

fn add(links: &mut BTreeMap<i64, Link>, more: Vec<Link>) {
    links.extend(more.into_iter().map(|link| (link.key, link)));
}

fn is_own_membership(link: &Link) -> bool {
    link.head.kind == AssociationType::HasMember && !link.head.is_reference
}

/// The Associations that start or end at an object.
fn links_of(
    connection: &mut AnyConnection,
    object: EntryUuid,
) -> Result<Vec<Link>, RelocationError> {
    let mut links = links_from(connection, object)?;
    links.extend(links_to(connection, object)?);
    Ok(links)
}

fn links_from(
    connection: &mut AnyConnection,
    source: EntryUuid,
) -> Result<Vec<Link>, RelocationError> {
    let rows: Vec<(i64, Vec<u8>)> = object_table::table
        .filter(object_table::source.eq(source.as_bytes().to_vec()))
        .select((object_table::object_key, object_table::record))
        .load(connection)?;
    Ok(links(rows)?)
}

fn links_to(
    connection: &mut AnyConnection,
    target: EntryUuid,
) -> Result<Vec<Link>, RelocationError> {
    let rows: Vec<(i64, Vec<u8>)> = object_table::table
        .filter(object_table::target.eq(target.as_bytes().to_vec()))
        .select((object_table::object_key, object_table::record))
        .load(connection)?;
    Ok(links(rows)?)
}

fn links(rows: Vec<(i64, Vec<u8>)>) -> Result<Vec<Link>, DamagedRecord> {
    let link = |(key, record): (i64, Vec<u8>)| {
        Ok(Link { key, uuid: uuid(&record)?, head: AssociationHead::read(&record)? })
    };
    rows.into_iter().map(link).collect()
}

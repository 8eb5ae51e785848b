//! One query at work: a snapshot of the database, the permit, and the dictionary to match.

use std::collections::BTreeMap;
use std::sync::Arc;

use datatypes::{EntryUuid, PatientId};
use policy::{EntryCodes, Permit};
use store::{AnyConnection, Generation};
use xds::ObjectKind;
use xds::query::{ContentFilter, Selection};

use crate::Registry;
use crate::dictionary::Dictionary;
use crate::error::QueryError;
use crate::leaf_class::StoredObject;
use crate::patient_sets::PatientSet;
use crate::record::entry::EntryHead;
use crate::record::{self, AssociationHead};
use crate::select::ContentSelection;
use crate::store::object;
use crate::store::patient;

/// What the functions of a query share.
pub(super) struct Search<'a> {
    registry: &'a Registry,
    permit: &'a Permit,
    connection: &'a mut AnyConnection,
    generation: Option<Generation>,
    /// Patient ids by patient number, as CX.
    patients: BTreeMap<i64, String>,
}

impl<'a> Search<'a> {
    /// `generation` is the database's from before the snapshot was taken.
    pub(super) fn new(
        (registry, permit): (&'a Registry, &'a Permit),
        connection: &'a mut AnyConnection,
        generation: Option<Generation>,
    ) -> Search<'a> {
        Search { registry, permit, connection, generation, patients: BTreeMap::new() }
    }

    /// The answer: each object once, oldest first, with the ids of the patients they belong to.
    pub(super) fn finish(
        mut self,
        mut objects: Vec<StoredObject>,
    ) -> Result<(Vec<StoredObject>, BTreeMap<i64, String>), QueryError> {
        objects.sort_by_key(|object| object.key);
        objects.dedup_by_key(|object| object.key);
        self.dictionary(&objects)?;
        for object in &objects {
            if !self.patients.contains_key(&object.owner_no) {
                let cx = patient::cx_of(self.connection, self.permit, object.owner_no)?;
                self.patients.insert(object.owner_no, cx);
            }
        }
        Ok((objects, self.patients))
    }

    /// A snapshot of the dictionary that knows every code of these objects.
    pub(super) fn dictionary(
        &mut self,
        objects: &[StoredObject],
    ) -> Result<Arc<Dictionary>, QueryError> {
        self.registry.dictionary_for(self.connection, objects)
    }

    /// Everything of one patient.
    pub(super) fn set_of(&mut self, id: &PatientId) -> Result<Arc<PatientSet>, QueryError> {
        self.registry.patient_set_on(self.connection, (self.permit, id), self.generation)
    }

    /// The objects of one kind that a query names by id; unknown ids are silently absent.
    pub(super) fn selected(
        &mut self,
        kind: ObjectKind,
        selection: &Selection,
    ) -> Result<Vec<StoredObject>, QueryError> {
        let mut objects = Vec::new();
        match selection {
            Selection::EntryUuids(uuids) => {
                for uuid in uuids {
                    objects.extend(self.by_uuid(kind, *uuid)?);
                }
            }
            Selection::UniqueIds(unique_ids) => {
                for unique_id in unique_ids {
                    let found = object::by_unique_id(
                        self.connection,
                        self.permit,
                        (kind, unique_id.as_str()),
                    )?;
                    objects.extend(found);
                }
            }
        }
        self.admitted(objects)
    }

    pub(super) fn by_uuid(
        &mut self,
        kind: ObjectKind,
        uuid: EntryUuid,
    ) -> Result<Option<StoredObject>, QueryError> {
        Ok(object::stored_by_uuid(self.connection, self.permit, (kind, uuid))?)
    }

    /// Associations that start or end at an object.
    pub(super) fn touching(&mut self, uuid: EntryUuid) -> Result<Vec<StoredObject>, QueryError> {
        let mut associations = self.starting_at(uuid)?;
        associations.extend(self.ending_at(uuid)?);
        Ok(associations)
    }

    pub(super) fn starting_at(&mut self, uuid: EntryUuid) -> Result<Vec<StoredObject>, QueryError> {
        Ok(object::associations_from(self.connection, self.permit, uuid)?)
    }

    pub(super) fn ending_at(&mut self, uuid: EntryUuid) -> Result<Vec<StoredObject>, QueryError> {
        Ok(object::associations_to(self.connection, self.permit, uuid)?)
    }

    /// Whether the permit reaches this document.
    pub(super) fn admits(&self, head: &EntryHead<'_>) -> bool {
        admits(self.permit, head)
    }

    /// Those objects that the permit reaches. Only documents are judged: access rules beyond documents
    /// bring their own test here.
    fn admitted(&self, objects: Vec<StoredObject>) -> Result<Vec<StoredObject>, QueryError> {
        let mut admitted = Vec::with_capacity(objects.len());
        for object in objects {
            let is_entry = record::kind(&object.record)? == ObjectKind::DocumentEntry;
            if !is_entry || self.admits(&EntryHead::read(&object.record)?) {
                admitted.push(object);
            }
        }
        Ok(admitted)
    }

    /// Those entries that pass the filter of a …AndContents query.
    pub(super) fn contents(
        &mut self,
        entries: Vec<StoredObject>,
        filter: &ContentFilter,
    ) -> Result<Vec<StoredObject>, QueryError> {
        let dictionary = self.dictionary(&entries)?;
        let selection = ContentSelection::compile(filter, &dictionary);
        let mut passed = Vec::with_capacity(entries.len());
        for entry in entries {
            let head = EntryHead::read(&entry.record)?;
            if selection.admits(&head) && self.admits(&head) {
                passed.push(entry);
            }
        }
        Ok(passed)
    }
}

/// Whether the permit reaches this document.
pub(in crate::transactions) fn admits(permit: &Permit, head: &EntryHead<'_>) -> bool {
    let [class, type_code, format, _facility, _practice_setting] = head.singles;
    let confidentiality: Vec<u32> = head.confidentiality.iter().collect();
    permit.admits(&EntryCodes { class, type_code, format, confidentiality: &confidentiality })
}

/// The ends and the type of an Association.
pub(super) fn ends(association: &StoredObject) -> Result<AssociationHead, QueryError> {
    Ok(AssociationHead::read(&association.record)?)
}

/// The id of any object.
pub(super) fn uuid(object: &StoredObject) -> Result<EntryUuid, QueryError> {
    Ok(record::uuid(&object.record)?)
}

//! One query at work: a snapshot of the database, the permit, and the dictionary to match.

use std::collections::BTreeMap;
use std::sync::Arc;

use datatypes::{EntryUuid, PatientId};
use policy::{EntryCodes, Permit};
use store::AnyConnection;
use xds::ObjectKind;
use xds::query::{ContentFilter, Selection};

use crate::Registry;
use crate::dictionary::Dictionary;
use crate::error::QueryError;
use crate::leaf_class::StoredObject;
use crate::record::entry::EntryHead;
use crate::record::{self, AssociationHead};
use crate::select::ContentSelection;
use crate::store::object;
use crate::store::patient::{self, SEQUENCE_BITS};
use crate::store::resolution;

/// What the functions of a query share.
pub(super) struct Search<'a> {
    registry: &'a Registry,
    permit: &'a Permit,
    connection: &'a mut AnyConnection,
    /// Patient ids by patient number, as CX.
    patients: BTreeMap<i64, String>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        registry: &'a Registry,
        permit: &'a Permit,
        connection: &'a mut AnyConnection,
    ) -> Search<'a> {
        Search { registry, permit, connection, patients: BTreeMap::new() }
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
            let patient_no = object.key >> SEQUENCE_BITS;
            if !self.patients.contains_key(&patient_no) {
                let cx = patient::cx_of(self.connection, self.permit, patient_no)?;
                self.patients.insert(patient_no, cx);
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

    /// The numbers of a known patient: their own and those of everybody they subsumed. An unknown patient
    /// has none, and so no objects: Success and an empty list (ITI TF-2: 3.18.4.1.2.3.8).
    fn patient(&mut self, id: &PatientId) -> Result<Vec<i64>, QueryError> {
        let Some(known) = patient::find(self.connection, id)? else { return Ok(Vec::new()) };
        let members = resolution::members(self.connection, known.patient_no)?;
        self.patients.extend(members.iter().map(|member| (*member, id.to_cx())));
        Ok(members)
    }

    pub(super) fn entries_of(&mut self, id: &PatientId) -> Result<Vec<StoredObject>, QueryError> {
        let mut entries = Vec::new();
        for patient_no in self.patient(id)? {
            entries.extend(object::entries_of_patient(self.connection, self.permit, patient_no)?);
        }
        Ok(entries)
    }

    pub(super) fn objects_of(&mut self, id: &PatientId) -> Result<Vec<StoredObject>, QueryError> {
        let mut objects = Vec::new();
        for patient_no in self.patient(id)? {
            objects.extend(object::all_of_patient(self.connection, self.permit, patient_no)?);
        }
        Ok(objects)
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
        let [class, type_code, format, _facility, _practice_setting] = head.singles;
        let confidentiality: Vec<u32> = head.confidentiality.iter().collect();
        self.permit.admits(&EntryCodes {
            class,
            type_code,
            format,
            confidentiality: &confidentiality,
        })
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

/// The ends and the type of an Association.
pub(super) fn ends(association: &StoredObject) -> Result<AssociationHead, QueryError> {
    Ok(AssociationHead::read(&association.record)?)
}

/// The id of any object.
pub(super) fn uuid(object: &StoredObject) -> Result<EntryUuid, QueryError> {
    Ok(record::uuid(&object.record)?)
}

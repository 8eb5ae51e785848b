//! An object of an answer against what was submitted: every attribute, and what the registry adds.

use std::collections::{HashMap, HashSet};

use datatypes::{EntryUuid, ObjectId};
use ebxml::Stored;
use xds::{
    Association, Author, AvailabilityStatus, DocumentEntry, Folder, Identified, SubmissionSet,
};

/// The ids that the registry gave.
#[derive(Default)]
pub(crate) struct Ids {
    by_symbol: HashMap<ObjectId, EntryUuid>,
    given: HashSet<EntryUuid>,
}

impl Ids {
    /// An object or one of its parts was given this id: nothing else has it.
    fn claim(&mut self, uuid: EntryUuid) {
        assert!(self.given.insert(uuid), "two things have the id {uuid}");
    }

    /// The id that stands for the submitted one.
    fn resolved(&self, id: &ObjectId) -> ObjectId {
        ObjectId::Uuid(id.uuid().unwrap_or_else(|| self.by_symbol[id]))
    }
}

/// An object of a submission and of an answer.
pub(crate) trait Compared: Clone + PartialEq + std::fmt::Debug {
    fn id(&mut self) -> &mut ObjectId;

    /// Ids of Classifications and ExternalIdentifiers, in a fixed order.
    fn part_ids(&mut self) -> Vec<&mut Option<EntryUuid>>;

    /// What the registry sets by itself: the answer's value, or what follows from the id.
    fn adopt(&mut self, answered: &Self, ids: &Ids);
}

/// The answer holds these objects with these statuses, in this order, each as it was submitted.
#[track_caller]
pub(crate) fn check_objects<'o, T: Compared + 'o>(
    ids: &mut Ids,
    submitted: impl ExactSizeIterator<Item = (&'o T, AvailabilityStatus)>,
    answered: &[Stored<T>],
) {
    assert_eq!(submitted.len(), answered.len());
    for ((submitted, status), answered) in submitted.zip(answered) {
        assert_eq!(answered.status, Some(status));
        let (mut expected, mut answered) = (submitted.clone(), answered.object.clone());
        let given = answered.id().uuid().expect("no symbol is answered");
        ids.claim(given);
        if expected.id().uuid().is_none() {
            ids.by_symbol.insert(expected.id().clone(), given);
            *expected.id() = ObjectId::Uuid(given);
        }
        expected.adopt(&answered, ids);
        for (expected, answered) in expected.part_ids().into_iter().zip(answered.part_ids()) {
            let answered = answered.expect("every part has an id");
            ids.claim(answered);
            expected.get_or_insert(answered);
        }
        assert_eq!(expected, answered);
    }
}

fn ids_of_authors(authors: &mut [Author]) -> impl Iterator<Item = &mut Option<EntryUuid>> {
    authors.iter_mut().map(|author| &mut author.id)
}

fn ids_of<T>(parts: &mut [Identified<T>]) -> impl Iterator<Item = &mut Option<EntryUuid>> {
    parts.iter_mut().map(|part| &mut part.id)
}

impl Compared for DocumentEntry {
    fn id(&mut self) -> &mut ObjectId {
        &mut self.id
    }

    fn part_ids(&mut self) -> Vec<&mut Option<EntryUuid>> {
        let mut parts = vec![
            &mut self.class_code.id,
            &mut self.type_code.id,
            &mut self.format_code.id,
            &mut self.healthcare_facility_type_code.id,
            &mut self.practice_setting_code.id,
            &mut self.patient_id.id,
            &mut self.unique_id.id,
        ];
        parts.extend(ids_of(&mut self.confidentiality_codes));
        parts.extend(ids_of(&mut self.event_codes));
        parts.extend(ids_of_authors(&mut self.authors));
        parts
    }

    fn adopt(&mut self, _answered: &DocumentEntry, _ids: &Ids) {
        self.logical_id = self.logical_id.or(self.id.uuid());
    }
}

impl Compared for SubmissionSet {
    fn id(&mut self) -> &mut ObjectId {
        &mut self.id
    }

    fn part_ids(&mut self) -> Vec<&mut Option<EntryUuid>> {
        let mut parts = vec![
            &mut self.content_type_code.id,
            &mut self.patient_id.id,
            &mut self.source_id.id,
            &mut self.unique_id.id,
        ];
        parts.extend(ids_of_authors(&mut self.authors));
        parts
    }

    /// A SubmissionSet has no versions and so no logicalID of its own (ITI TF-3: 4.2.3.3).
    fn adopt(&mut self, _answered: &SubmissionSet, _ids: &Ids) {
        self.logical_id = self.id.uuid();
    }
}

impl Compared for Folder {
    fn id(&mut self) -> &mut ObjectId {
        &mut self.id
    }

    fn part_ids(&mut self) -> Vec<&mut Option<EntryUuid>> {
        let mut parts = vec![&mut self.patient_id.id, &mut self.unique_id.id];
        parts.extend(ids_of(&mut self.codes));
        parts
    }

    fn adopt(&mut self, answered: &Folder, _ids: &Ids) {
        self.logical_id = self.logical_id.or(self.id.uuid());
        self.last_update_time = answered.last_update_time.clone();
    }
}

impl Compared for Association {
    fn id(&mut self) -> &mut ObjectId {
        &mut self.id
    }

    fn part_ids(&mut self) -> Vec<&mut Option<EntryUuid>> {
        self.documentation.iter_mut().map(|documentation| &mut documentation.id).collect()
    }

    /// An Association has no versions and so no logicalID of its own.
    fn adopt(&mut self, _answered: &Association, ids: &Ids) {
        self.logical_id = self.id.uuid();
        self.source = ids.resolved(&self.source);
        self.target = ids.resolved(&self.target);
    }
}

//! The structure of one submission, worked out before the database is asked (ITI TF-3: 4.1.4, 4.2.1, 4.2.2).
//!
//! Works on the outline of a draft, so that it also tells what is wrong between objects of which one is
//! faulty by itself: a registry should report as much as it can find (ITI TF-2: 3.42.4.1.3.3).

use std::collections::{HashMap, HashSet};

use datatypes::{EntryUuid, ObjectId, PatientId, Sha1Hash};
use xds::{
    Association, AssociationType, ObjectKind, ObjectOutline, SubmissionDraft, SubmissionSetStatus,
};

use crate::error::RegistrationFault;

/// Why a registered object is named by an association of the submission, which decides what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A DocumentEntry that the submission's own entry relates to.
    RelatedEntry,
    /// An on-demand DocumentEntry of which the submission's entry is a snapshot.
    OnDemandEntry,
    /// A Folder that gains a member.
    Folder,
    /// A DocumentEntry that a Folder gains.
    FolderMember,
    /// A DocumentEntry that the SubmissionSet includes by reference; may belong to another patient.
    ByReference,
}

/// An end of an association that is not in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryEnd {
    pub uuid: EntryUuid,
    pub need: Need,
}

/// A uniqueId of the submission, with the digest of its document where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedUniqueId {
    pub kind: ObjectKind,
    pub unique_id: String,
    pub digest: Option<(Sha1Hash, u64)>,
}

/// What the rules ask the database about a submission.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub patient: Option<PatientId>,
    /// UUIDs that the submission gives to its own objects.
    pub uuids: Vec<EntryUuid>,
    pub unique_ids: Vec<UsedUniqueId>,
    pub ends: Vec<RegistryEnd>,
}

/// Reads the structure of a draft.
pub fn structure(draft: &SubmissionDraft) -> (Facts, Vec<RegistrationFault>) {
    let mut reading = Reading {
        kinds: draft.outline.iter().map(|object| (&object.id, object.kind)).collect(),
        folder_members: HashSet::new(),
        memberships: HashMap::new(),
        facts: Facts { patient: common_patient(&draft.outline), ..Facts::default() },
        faults: Vec::new(),
    };
    for association in &draft.associations {
        reading.kinds.insert(&association.id, ObjectKind::Association);
    }
    reading.folder_members(&draft.associations);
    for association in &draft.associations {
        reading.association(association);
    }
    reading.memberships(draft);
    reading.patients(&draft.outline);
    reading.unique_ids(draft);
    reading.facts.uuids = reading.kinds.keys().filter_map(|id| id.uuid()).collect();
    (reading.facts, reading.faults)
}

/// The patient of the SubmissionSet, or the first one that is named.
pub(crate) fn common_patient(outline: &[ObjectOutline]) -> Option<PatientId> {
    let set = outline.iter().find(|object| object.kind == ObjectKind::SubmissionSet);
    set.into_iter().chain(outline).find_map(|object| object.patient_id.clone())
}

struct Reading<'a> {
    kinds: HashMap<&'a ObjectId, ObjectKind>,
    /// Folder → DocumentEntry memberships, which must themselves be members of the SubmissionSet.
    folder_members: HashSet<&'a ObjectId>,
    /// How often the SubmissionSet claims each object of the message.
    memberships: HashMap<&'a ObjectId, usize>,
    facts: Facts,
    faults: Vec<RegistrationFault>,
}

impl<'a> Reading<'a> {
    fn kind(&self, id: &ObjectId) -> Option<ObjectKind> {
        self.kinds.get(id).copied()
    }

    fn structure_fault(&mut self, association: &Association, what: &'static str) {
        self.faults.push(RegistrationFault::Structure { object: association.id.to_string(), what });
    }

    fn folder_members(&mut self, associations: &'a [Association]) {
        for association in associations {
            let from_set = self.kind(&association.source) == Some(ObjectKind::SubmissionSet);
            if association.kind == AssociationType::HasMember && !from_set {
                self.folder_members.insert(&association.id);
            }
        }
    }

    fn association(&mut self, association: &'a Association) {
        match association.kind {
            AssociationType::HasMember => {
                if self.kind(&association.source) == Some(ObjectKind::SubmissionSet) {
                    self.set_member(association);
                } else {
                    self.folder_member(association);
                }
            }
            AssociationType::Append
            | AssociationType::Replace
            | AssociationType::Transform
            | AssociationType::TransformAndReplace
            | AssociationType::Signs
            | AssociationType::IsSnapshotOf => self.relationship(association),
            AssociationType::UpdateAvailabilityStatus | AssociationType::SubmitAssociation => {
                self.structure_fault(association, "associationType is for metadata update only");
            }
        }
    }

    /// SubmissionSet → anything, ITI TF-3: 4.2.1.4.
    fn set_member(&mut self, association: &'a Association) {
        let status = association.submission_set_status;
        match self.kind(&association.target) {
            Some(ObjectKind::DocumentEntry) => {
                if status != Some(SubmissionSetStatus::Original) {
                    self.structure_fault(
                        association,
                        "SubmissionSetStatus must be Original for an entry of this submission",
                    );
                }
                self.count_member(association);
            }
            Some(ObjectKind::Folder) => self.count_member(association),
            Some(ObjectKind::Association) => {
                if self.folder_members.contains(&association.target) {
                    self.count_member(association);
                } else {
                    self.structure_fault(
                        association,
                        "the member Association is not a Folder's membership",
                    );
                }
            }
            Some(ObjectKind::SubmissionSet) => {
                self.structure_fault(association, "a SubmissionSet cannot be a member");
            }
            None if status == Some(SubmissionSetStatus::Original) => {
                self.unresolved(&association.target);
            }
            None => {
                if status.is_none() {
                    self.structure_fault(association, "SubmissionSetStatus is missing");
                }
                self.registry_end(&association.target, Need::ByReference);
            }
        }
    }

    fn count_member(&mut self, association: &'a Association) {
        *self.memberships.entry(&association.target).or_default() += 1;
    }

    /// Folder → DocumentEntry, ITI TF-3: 4.2.1.5.
    fn folder_member(&mut self, association: &'a Association) {
        match self.kind(&association.source) {
            Some(ObjectKind::Folder) => {}
            None => self.registry_end(&association.source, Need::Folder),
            Some(
                ObjectKind::DocumentEntry | ObjectKind::SubmissionSet | ObjectKind::Association,
            ) => {
                self.structure_fault(
                    association,
                    "HasMember starts at a SubmissionSet or a Folder only",
                );
            }
        }
        match self.kind(&association.target) {
            Some(ObjectKind::DocumentEntry) => {}
            None => self.registry_end(&association.target, Need::FolderMember),
            Some(ObjectKind::Folder | ObjectKind::SubmissionSet | ObjectKind::Association) => {
                self.structure_fault(association, "a Folder holds DocumentEntries only");
            }
        }
    }

    /// DocumentEntry → DocumentEntry, ITI TF-3: 4.2.2.2.
    fn relationship(&mut self, association: &'a Association) {
        match self.kind(&association.source) {
            Some(ObjectKind::DocumentEntry) => {}
            None => self.unresolved(&association.source),
            Some(ObjectKind::Folder | ObjectKind::SubmissionSet | ObjectKind::Association) => {
                self.structure_fault(
                    association,
                    "the source of a document relationship must be a DocumentEntry",
                );
            }
        }
        let must_be_registered =
            association.kind.replaces() || association.kind == AssociationType::IsSnapshotOf;
        match self.kind(&association.target) {
            Some(ObjectKind::DocumentEntry) if must_be_registered => {
                self.unresolved(&association.target)
            }
            Some(ObjectKind::DocumentEntry) => {}
            None if association.kind == AssociationType::IsSnapshotOf => {
                self.registry_end(&association.target, Need::OnDemandEntry);
            }
            None => self.registry_end(&association.target, Need::RelatedEntry),
            Some(ObjectKind::Folder | ObjectKind::SubmissionSet | ObjectKind::Association) => {
                self.structure_fault(
                    association,
                    "the target of a document relationship must be a DocumentEntry",
                );
            }
        }
    }

    fn registry_end(&mut self, id: &ObjectId, need: Need) {
        match id.uuid() {
            Some(uuid) => self.facts.ends.push(RegistryEnd { uuid, need }),
            None => self.unresolved(id),
        }
    }

    fn unresolved(&mut self, id: &ObjectId) {
        self.faults.push(RegistrationFault::Unresolved { reference: id.to_string() });
    }

    /// Every object of the message belongs to its SubmissionSet exactly once.
    fn memberships(&mut self, draft: &'a SubmissionDraft) {
        let objects =
            draft.outline.iter().filter(|object| object.kind != ObjectKind::SubmissionSet);
        let ids = objects.map(|object| &object.id).chain(self.folder_members.iter().copied());
        for id in ids {
            let what = match self.memberships.get(id) {
                Some(1) => continue,
                None => "is not a member of the SubmissionSet",
                Some(_) => "is a member of the SubmissionSet more than once",
            };
            self.faults.push(RegistrationFault::Structure { object: id.to_string(), what });
        }
    }

    /// All objects of the message are of one patient, ITI TF-2: 3.42.4.1.3.3.1.
    fn patients(&mut self, outline: &[ObjectOutline]) {
        let Some(patient) = &self.facts.patient else { return };
        for object in outline {
            if object.patient_id.as_ref().is_some_and(|id| id != patient) {
                self.faults.push(RegistrationFault::PatientIdDoesNotMatch {
                    object: object.id.to_string(),
                });
            }
        }
    }

    fn unique_ids(&mut self, draft: &SubmissionDraft) {
        let mut seen = HashSet::new();
        for object in &draft.outline {
            let Some(unique_id) = &object.unique_id else { continue };
            if !seen.insert(unique_id) {
                self.faults.push(RegistrationFault::DuplicateUniqueIdInMessage {
                    unique_id: unique_id.clone(),
                });
            }
            self.facts.unique_ids.push(UsedUniqueId {
                kind: object.kind,
                unique_id: unique_id.clone(),
                digest: digest(draft, &object.id),
            });
        }
    }
}

fn digest(draft: &SubmissionDraft, id: &ObjectId) -> Option<(Sha1Hash, u64)> {
    let entry = draft.submission.as_ref()?.entries.iter().find(|entry| entry.id == *id)?;
    Some((entry.hash?, entry.size?))
}

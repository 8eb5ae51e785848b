//! What a registry must hold after what was sent to it, kept as it was submitted.

use std::collections::BTreeSet;

use datatypes::{EntryUuid, PatientId};
use xds::{AssociationType, AvailabilityStatus, DocumentEntry, Folder, SubmissionSet};

use super::link_changes::Locals;
use crate::feed::Acknowledged;

/// Everything registered, in the order of registration.
#[derive(Clone, Default)]
pub(super) struct World {
    pub(super) patients: Vec<Patient>,
    pub(super) entries: Vec<Held<DocumentEntry>>,
    pub(super) sets: Vec<Held<SubmissionSet>>,
    /// Their lastUpdateTime is the registry's, not the submitted one.
    pub(super) folders: Vec<Held<Folder>>,
    /// Those that may be seen.
    pub(super) links: Vec<Link>,
    pub(super) locals: Locals,
}

#[derive(Clone)]
pub(super) struct Patient {
    pub(super) id: PatientId,
    pub(super) is_known: bool,
    /// Place of the patient that this one was merged into.
    pub(super) merged_into: Option<usize>,
}

#[derive(Clone)]
pub(super) struct Held<T> {
    pub(super) uuid: EntryUuid,
    /// Place of the patient under whose id it was submitted.
    pub(super) home: usize,
    /// Place of the patient whose it is now.
    pub(super) patient: usize,
    pub(super) status: AvailabilityStatus,
    pub(super) object: T,
}

/// An Association.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) uuid: EntryUuid,
    pub(super) kind: AssociationType,
    pub(super) source: EntryUuid,
    pub(super) target: EntryUuid,
}

impl World {
    /// A world of people nobody has heard of yet.
    pub(super) fn new(ids: impl IntoIterator<Item = PatientId>, locals: Locals) -> World {
        let stranger = |id| Patient { id, is_known: false, merged_into: None };
        World { patients: ids.into_iter().map(stranger).collect(), locals, ..World::default() }
    }

    /// Whom the patient is after all merges.
    pub(super) fn survivor(&self, patient: usize) -> usize {
        match self.patients[patient].merged_into {
            Some(next) => self.survivor(next),
            None => patient,
        }
    }

    /// Known and not merged away.
    pub(super) fn is_active(&self, patient: usize) -> bool {
        let patient = &self.patients[patient];
        patient.is_known && patient.merged_into.is_none()
    }

    pub(super) fn active(&self) -> Vec<usize> {
        (0..self.patients.len()).filter(|patient| self.is_active(*patient)).collect()
    }

    /// The active patient with this id.
    pub(super) fn find(&self, id: &PatientId) -> Option<usize> {
        let place = self.patients.iter().position(|patient| patient.id == *id)?;
        self.is_active(place).then_some(place)
    }

    /// What an answer shows as patientId.
    pub(super) fn shown_id(&self, patient: usize) -> String {
        self.patients[self.survivor(patient)].id.to_cx()
    }

    /// A40 with the six conditions of pix-pdq.md 3.5, and redelivery.
    pub(super) fn merge(&mut self, subsumed: usize, surviving: usize) -> Acknowledged {
        let at_fault = |place: &str| Acknowledged::refused("204", place);
        if subsumed == surviving || !self.patients[subsumed].is_known {
            return at_fault("MRG^1^1^1^1");
        }
        if !self.patients[surviving].is_known {
            return at_fault("PID^1^3^1^1");
        }
        match self.patients[subsumed].merged_into {
            Some(earlier) if earlier == surviving => return Acknowledged::accepted(),
            Some(_) => return at_fault("MRG^1^1^1^1"),
            None => {}
        }
        if self.patients[surviving].merged_into.is_some() {
            return at_fault("PID^1^3^1^1");
        }
        self.patients[subsumed].merged_into = Some(surviving);
        self.settle();
        Acknowledged::accepted()
    }

    pub(super) fn entry(&self, uuid: EntryUuid) -> Option<&Held<DocumentEntry>> {
        self.entries.iter().find(|entry| entry.uuid == uuid)
    }

    pub(super) fn is_folder(&self, uuid: EntryUuid) -> bool {
        self.folders.iter().any(|folder| folder.uuid == uuid)
    }

    /// Approved documents that belong to the same person as this patient.
    pub(super) fn approved_of(&self, patient: usize) -> Vec<EntryUuid> {
        let person = self.survivor(patient);
        let entries = self.entries.iter().filter(|entry| {
            entry.status == AvailabilityStatus::Approved && self.survivor(entry.patient) == person
        });
        entries.map(|entry| entry.uuid).collect()
    }

    pub(super) fn folders_of(&self, patient: usize) -> Vec<EntryUuid> {
        let person = self.survivor(patient);
        let folders = self.folders.iter().filter(|folder| self.survivor(folder.patient) == person);
        folders.map(|folder| folder.uuid).collect()
    }

    /// Everything that has a uuid, Associations included.
    pub(super) fn uuids(&self) -> BTreeSet<EntryUuid> {
        let entries = self.entries.iter().map(|held| held.uuid);
        let sets = self.sets.iter().map(|held| held.uuid);
        let folders = self.folders.iter().map(|held| held.uuid);
        let links = self.links.iter().map(|link| link.uuid).chain(self.locals.hidden());
        entries.chain(sets).chain(folders).chain(links).collect()
    }
}

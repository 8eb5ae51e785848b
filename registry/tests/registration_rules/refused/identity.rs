//! Identifiers that are taken, patients that differ or are unknown, and limits.

use datatypes::{Oid, PatientId, Sha1Hash};
use xds::AssociationType::{Replace, Transform};
use xds::ErrorCode::{
    DuplicateUniqueIdInRegistry as IN_USE, NonIdenticalHash as OTHER_HASH,
    NonIdenticalSize as OTHER_SIZE, PatientIdDoesNotMatch as MISMATCH,
    RegistryDuplicateUniqueIdInMessage as TWICE, RegistryOutOfResources as RESOURCES,
    UnknownPatientId as UNKNOWN, UnresolvedReference as UNRESOLVED,
};

use super::super::Case;
use super::{METADATA, nobody};
use crate::metadata::{self, file, refer};
use crate::requests::{patient, written};

/// uniqueIds and entryUUIDs that are taken.
pub(super) const UNIQUE_IDS: &[Case] = &[
    (
        "unique_id_of_set_and_entry",
        |scene| {
            let mut submission = scene.good();
            let id = submission.submission_set.unique_id.value.to_string();
            submission.entries[0].unique_id.value = datatypes::UniqueId::parse(&id).unwrap();
            written(&submission)
        },
        &[TWICE],
    ),
    (
        "unique_id_of_a_registered_set",
        |scene| {
            let mut submission = scene.good();
            submission.submission_set.unique_id.value =
                scene.foreign.submission_set.unique_id.value.clone();
            written(&submission)
        },
        &[IN_USE],
    ),
    (
        "unique_id_of_a_registered_entry_for_a_set",
        |scene| {
            let mut submission = scene.good();
            let id = scene.registered.entries[0].unique_id.value.as_str();
            submission.submission_set.unique_id.value = Oid::parse(id).unwrap();
            written(&submission)
        },
        &[IN_USE],
    ),
    (
        "unique_id_of_a_registered_folder",
        |scene| {
            let mut submission = scene.good_with_folder();
            let id = scene.registered.folders[0].unique_id.value.clone();
            submission.folders[0].unique_id.value = id;
            written(&submission)
        },
        &[IN_USE],
    ),
    (
        "registered_document_with_another_hash",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].unique_id = scene.registered.entries[0].unique_id.clone();
            submission.entries[0].hash = Some(Sha1Hash::from_bytes([8; 20]));
            written(&submission)
        },
        &[OTHER_HASH],
    ),
    (
        "registered_document_with_another_size",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].unique_id = scene.foreign.entries[0].unique_id.clone();
            submission.entries[0].size = Some(7);
            written(&submission)
        },
        &[OTHER_SIZE],
    ),
    (
        "registered_document_with_other_bytes",
        |scene| {
            let target = &scene.registered.entries[0];
            let mut submission = scene.related(Replace, &target.id);
            submission.entries[0].unique_id = target.unique_id.clone();
            submission.entries[0].hash = Some(Sha1Hash::from_bytes([8; 20]));
            submission.entries[0].size = Some(7);
            written(&submission)
        },
        &[OTHER_HASH, OTHER_SIZE],
    ),
    (
        "uuid_of_a_registered_entry",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].id = scene.registered.entries[0].id.clone();
            submission.associations[0].target = submission.entries[0].id.clone();
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "uuid_of_a_registered_association",
        |scene| {
            let mut submission = scene.good();
            submission.associations[0].id = scene.registered.associations[0].id.clone();
            written(&submission)
        },
        &[METADATA],
    ),
];

/// Whose objects they are.
pub(super) const PATIENTS: &[Case] = &[
    (
        "entry_of_another_patient",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].patient_id = scene.foreign.entries[0].patient_id.clone();
            written(&submission)
        },
        &[MISMATCH],
    ),
    (
        "folder_of_another_patient",
        |scene| {
            let mut submission = scene.good_with_folder();
            submission.folders[0].patient_id = scene.foreign.folders[0].patient_id.clone();
            written(&submission)
        },
        &[MISMATCH],
    ),
    ("unknown_patient", |_| written(&metadata::document(&patient("unknown"))), &[UNKNOWN]),
    (
        "id_of_another_authority",
        |scene| {
            let authority = Oid::parse(crate::open_registry::HOSPITAL).unwrap();
            let stranger = PatientId::new(scene.patient.id(), authority).unwrap();
            written(&metadata::document(&stranger))
        },
        &[UNKNOWN],
    ),
    ("subsumed_patient", |scene| written(&metadata::document(&scene.subsumed)), &[UNKNOWN]),
    (
        "replacement_of_another_patients_entry",
        |scene| written(&scene.related(Replace, &scene.foreign.entries[0].id)),
        &[MISMATCH],
    ),
    (
        "transformation_of_another_patients_entry",
        |scene| written(&scene.related(Transform, &scene.foreign.entries[0].id)),
        &[MISMATCH],
    ),
    (
        "filing_in_another_patients_folder",
        |scene| {
            let mut submission = scene.good();
            let entry = submission.entries[0].id.clone();
            file(&mut submission, &scene.foreign.folders[0].id, &entry);
            written(&submission)
        },
        &[MISMATCH],
    ),
    (
        "filing_of_another_patients_entry",
        |scene| {
            let mut submission = scene.good_with_folder();
            let folder = submission.folders[0].id.clone();
            file(&mut submission, &folder, &scene.foreign.entries[0].id);
            written(&submission)
        },
        &[MISMATCH],
    ),
    (
        "several_faults_are_told_at_once",
        |scene| {
            let mut submission = scene.related(Replace, &nobody());
            submission.entries[0].size = None;
            submission.submission_set.unique_id = scene.registered.submission_set.unique_id.clone();
            submission.submission_set.patient_id.value = patient("unknown");
            submission.entries[0].patient_id.value = patient("unknown");
            written(&submission)
        },
        &[METADATA, UNRESOLVED, IN_USE, UNKNOWN],
    ),
];

pub(super) const LIMITS: &[Case] = &[
    (
        "more_objects_than_allowed",
        |scene| {
            let mut submission = scene.good();
            for _ in 0..20 {
                refer(&mut submission, &scene.registered.entries[0].id);
            }
            written(&submission)
        },
        &[RESOURCES],
    ),
    (
        "more_objects_than_the_patient_has_room_for",
        |scene| written(&metadata::document(&scene.full)),
        &[RESOURCES],
    ),
];

//! Submissions that break a rule, in the order of the checks of ITI-42.

use datatypes::{EntryUuid, ObjectId, Oid, PatientId, Sha1Hash};
use xds::AssociationType::{
    Append, HasMember, IsSnapshotOf, Replace, Signs, SubmitAssociation, Transform,
    TransformAndReplace, UpdateAvailabilityStatus,
};
use xds::{EntryType, ErrorCode, Slot, SubmissionSetStatus};

use super::Case;
use crate::metadata::{self, association, code, entry, file, refer};
use crate::requests::{changed, patient, written};

const METADATA: ErrorCode = ErrorCode::RegistryMetadataError;
const UNRESOLVED: ErrorCode = ErrorCode::UnresolvedReference;
const DEPRECATED: ErrorCode = ErrorCode::RegistryDeprecatedDocumentError;
const MISMATCH: ErrorCode = ErrorCode::PatientIdDoesNotMatch;
const TWICE: ErrorCode = ErrorCode::RegistryDuplicateUniqueIdInMessage;
const IN_USE: ErrorCode = ErrorCode::DuplicateUniqueIdInRegistry;
const OTHER_HASH: ErrorCode = ErrorCode::NonIdenticalHash;
const OTHER_SIZE: ErrorCode = ErrorCode::NonIdenticalSize;
const UNKNOWN: ErrorCode = ErrorCode::UnknownPatientId;
const RESOURCES: ErrorCode = ErrorCode::RegistryOutOfResources;

pub(super) const CASES: [&[Case]; 8] =
    [SHAPE, ATTRIBUTES, AGREEMENT, STRUCTURE, REFERENCES, UNIQUE_IDS, PATIENTS, LIMITS];

fn nobody() -> ObjectId {
    ObjectId::Uuid(EntryUuid::generate())
}

const SET_MARKER: &str = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd";
const FOLDER_MARKER: &str = "urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2";

/// Types of packages, ids, slots, lengths.
const SHAPE: &[Case] = &[
    (
        "no_submission_set",
        |scene| changed(written(&scene.good()), SET_MARKER, FOLDER_MARKER),
        &[METADATA],
    ),
    (
        "two_submission_sets",
        |scene| {
            let text = written(&scene.good());
            let (_, other) = text.split_once("<rim:RegistryPackage").unwrap();
            let (other, _) = other.split_once("</rim:RegistryPackage>").unwrap();
            let id = scene.good().submission_set.id.to_string();
            let other = format!("<rim:RegistryPackage{other}</rim:RegistryPackage>");
            let (own, _) = other.split_once("\" ").unwrap();
            let own = own.rsplit('"').next().unwrap().to_owned();
            let list = "<rim:RegistryObjectList>";
            let second = format!("{list}{}", other.replace(&own, &id));
            changed(text, list, &second)
        },
        // The second set repeats the uniqueId of the first, and nothing makes it a member.
        &[METADATA, TWICE],
    ),
    (
        "a_package_of_no_type",
        |scene| {
            let text = written(&scene.good_with_folder());
            changed(text, FOLDER_MARKER, "urn:uuid:00000000-0000-4000-8000-000000000000")
        },
        // What the set has as a member is then not in the message.
        &[METADATA, UNRESOLVED],
    ),
    (
        "an_id_stands_for_two_objects",
        |scene| {
            let mut submission = scene.good();
            submission.associations[0].id = submission.entries[0].id.clone();
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "a_slot_stands_twice",
        |scene| {
            let slot = "<rim:Slot name=\"languageCode\">";
            let other = "<rim:ValueList><rim:Value>en</rim:Value></rim:ValueList></rim:Slot>";
            changed(written(&scene.good()), slot, &format!("{slot}{other}{slot}"))
        },
        &[METADATA],
    ),
    (
        "a_value_is_too_long",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].uri = Some("u".repeat(4097));
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "an_on_demand_entry",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].entry_type = EntryType::OnDemand;
            written(&submission)
        },
        &[METADATA],
    ),
];

/// Required attributes, cardinalities, data types.
const ATTRIBUTES: &[Case] = &[
    (
        "creation_time_is_missing",
        |scene| changed(written(&scene.good()), "\"creationTime\"", "\"urn:example:other\""),
        &[METADATA],
    ),
    (
        "creation_time_is_no_day",
        |scene| changed(written(&scene.good()), ">20240401<", ">20240431<"),
        &[METADATA],
    ),
    (
        "hash_is_missing",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].hash = None;
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "size_is_missing",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].size = None;
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "repository_unique_id_is_missing",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].repository_unique_id = None;
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "confidentiality_is_missing",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].confidentiality_codes.clear();
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "coding_scheme_is_missing",
        |scene| changed(written(&scene.good()), "\"codingScheme\"", "\"urn:example:other\""),
        &[METADATA],
    ),
    (
        "patient_id_has_a_namespace",
        |scene| changed(written(&scene.good()), "^^^&amp;", "^^^NS&amp;"),
        &[METADATA],
    ),
    (
        "folder_has_no_code",
        |scene| {
            let mut submission = scene.good_with_folder();
            submission.folders[0].codes.clear();
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "limited_metadata",
        |scene| {
            let marker = "<rim:Classification id=\"limited\" \
                 classificationNode=\"urn:uuid:ab9b591b-83ab-4d03-8f5d-f93b1fb92e85\"/>";
            let end = "</rim:ExtrinsicObject>";
            changed(written(&scene.good()), end, &format!("{marker}{end}"))
        },
        &[METADATA],
    ),
    (
        "service_stops_before_it_starts",
        |scene| {
            let mut submission = scene.good();
            let time = |text| Some(datatypes::Dtm::parse(text).unwrap());
            submission.entries[0].service_start_time = time("2024040210");
            submission.entries[0].service_stop_time = time("20240401");
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "slot_name_of_ihe_that_means_nothing",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].extra.push(slot("urn:ihe:iti:xds:2099:invented"));
            written(&submission)
        },
        &[METADATA],
    ),
];

fn slot(name: &str) -> Slot {
    Slot { name: name.to_owned(), values: vec!["value".to_owned()] }
}

/// What the members agreed on.
const AGREEMENT: &[Case] = &[
    (
        "class_code_is_not_listed",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].class_code = code("unlisted");
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "class_code_is_listed_in_another_scheme",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].class_code.value.scheme = "1.2.3".to_owned();
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "mime_type_is_not_listed",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].mime_type = datatypes::MimeType::parse("text/html").unwrap();
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "author_is_two_persons",
        |scene| {
            let mut submission = scene.good();
            let person = |name| datatypes::Xcn::parse(name).unwrap();
            submission.entries[0].authors.push(xds::Author {
                id: None,
                persons: vec![person("^山田^太郎"), person("^鈴木^花子")],
                institutions: Vec::new(),
                roles: Vec::new(),
                specialties: Vec::new(),
                telecommunications: Vec::new(),
                extra: Vec::new(),
            });
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "slot_name_is_no_urn",
        |scene| {
            let mut submission = scene.good();
            submission.submission_set.extra.push(slot("ward"));
            written(&submission)
        },
        &[METADATA],
    ),
];

/// Memberships.
const STRUCTURE: &[Case] = &[
    (
        "entry_is_no_member",
        |scene| {
            let mut submission = scene.good();
            submission.associations.clear();
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "entry_is_a_member_twice",
        |scene| {
            let mut submission = scene.good();
            let mut again = submission.associations[0].clone();
            again.id = nobody();
            submission.associations.push(again);
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "entry_of_the_message_is_a_reference",
        |scene| {
            let mut submission = scene.good();
            submission.associations[0].submission_set_status = Some(SubmissionSetStatus::Reference);
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "status_of_membership_is_missing",
        |scene| {
            let mut submission = scene.good();
            submission.associations[0].submission_set_status = None;
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "status_of_reference_is_missing",
        |scene| {
            let mut submission = scene.good();
            refer(&mut submission, &scene.registered.entries[0].id);
            submission.associations.last_mut().unwrap().submission_set_status = None;
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "folder_is_no_member",
        |scene| {
            let mut submission = scene.good_with_folder();
            submission.associations.pop();
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "filing_is_no_member",
        |scene| {
            let mut submission = scene.good_with_folder();
            let (folder, entry) =
                (submission.folders[0].id.clone(), submission.entries[0].id.clone());
            file(&mut submission, &folder, &entry);
            submission.associations.pop();
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "relationship_is_a_member",
        |scene| {
            let mut submission = scene.related(Append, &scene.registered.entries[0].id);
            let relationship = submission.associations.last().unwrap().id.clone();
            let set = submission.submission_set.id.clone();
            submission.associations.push(association(HasMember, &set, &relationship));
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "set_is_its_own_member",
        |scene| {
            let mut submission = scene.good();
            let set = submission.submission_set.id.clone();
            submission.associations.push(association(HasMember, &set, &set));
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "folders_nest",
        |scene| {
            let mut submission = scene.good_with_folder();
            let mut inner = submission.folders[0].clone();
            inner.id = nobody();
            inner.unique_id.value = Oid::generate();
            let set = submission.submission_set.id.clone();
            submission.associations.push(association(HasMember, &set, &inner.id));
            let (outer, inner_id) = (submission.folders[0].id.clone(), inner.id.clone());
            submission.folders.push(inner);
            file(&mut submission, &outer, &inner_id);
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "document_holds_a_document",
        |scene| {
            let mut submission = scene.good();
            let entry = submission.entries[0].id.clone();
            file(&mut submission, &entry, &scene.registered.entries[0].id);
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "relationship_starts_at_a_folder",
        |scene| {
            let mut submission = scene.good_with_folder();
            let (folder, entry) =
                (submission.folders[0].id.clone(), submission.entries[0].id.clone());
            metadata::relate(&mut submission, Append, (&folder, &entry));
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "relationship_ends_at_a_folder",
        |scene| {
            let mut submission = scene.good_with_folder();
            let (folder, entry) =
                (submission.folders[0].id.clone(), submission.entries[0].id.clone());
            metadata::relate(&mut submission, Signs, (&entry, &folder));
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "association_type_of_metadata_update",
        |scene| written(&scene.related(UpdateAvailabilityStatus, &scene.registered.entries[0].id)),
        &[METADATA],
    ),
    (
        "submit_association_of_metadata_update",
        |scene| written(&scene.related(SubmitAssociation, &scene.registered.entries[0].id)),
        &[METADATA],
    ),
];

/// Ends of associations: whether they are there, and what they are.
const REFERENCES: &[Case] = &[
    (
        "replacement_of_an_unknown_entry",
        |scene| written(&scene.related(Replace, &nobody())),
        &[UNRESOLVED],
    ),
    (
        "replacement_of_a_symbol",
        |scene| written(&scene.related(Replace, &ObjectId::parse("nothing").unwrap())),
        &[UNRESOLVED],
    ),
    (
        "replacement_of_an_entry_of_the_message",
        |scene| {
            let mut submission = scene.good();
            let (source, target) = (submission.entries[0].id.clone(), nobody());
            let mut second = entry(&scene.patient);
            second.id = target.clone();
            submission.entries.push(second);
            let mut member = submission.associations[0].clone();
            (member.id, member.target) = (nobody(), target.clone());
            submission.associations.push(member);
            metadata::relate(&mut submission, TransformAndReplace, (&source, &target));
            written(&submission)
        },
        &[UNRESOLVED],
    ),
    (
        "replacement_of_a_folder",
        |scene| written(&scene.related(Replace, &scene.registered.folders[0].id)),
        &[UNRESOLVED],
    ),
    (
        "relationship_from_a_registered_entry",
        |scene| {
            let mut submission = scene.good();
            let target = submission.entries[0].id.clone();
            let source = &scene.registered.entries[0].id;
            metadata::relate(&mut submission, Append, (source, &target));
            written(&submission)
        },
        &[UNRESOLVED],
    ),
    (
        "reference_to_an_unknown_entry",
        |scene| {
            let mut submission = scene.good();
            refer(&mut submission, &nobody());
            written(&submission)
        },
        &[UNRESOLVED],
    ),
    (
        "original_that_is_not_in_the_message",
        |scene| {
            let mut submission = scene.good();
            refer(&mut submission, &scene.registered.entries[0].id);
            submission.associations.last_mut().unwrap().submission_set_status =
                Some(SubmissionSetStatus::Original);
            written(&submission)
        },
        &[UNRESOLVED],
    ),
    (
        "member_of_a_registered_submission_set",
        |scene| {
            let mut submission = scene.good();
            let entry = submission.entries[0].id.clone();
            file(&mut submission, &scene.registered.submission_set.id, &entry);
            written(&submission)
        },
        &[UNRESOLVED],
    ),
    (
        "replacement_of_a_deprecated_entry",
        |scene| written(&scene.related(Replace, &scene.deprecated.id)),
        &[DEPRECATED],
    ),
    (
        "appendix_to_a_deprecated_entry",
        |scene| written(&scene.related(Append, &scene.deprecated.id)),
        &[DEPRECATED],
    ),
    (
        "filing_of_a_deprecated_entry",
        |scene| {
            let mut submission = scene.good_with_folder();
            let folder = submission.folders[0].id.clone();
            file(&mut submission, &folder, &scene.deprecated.id);
            written(&submission)
        },
        &[DEPRECATED],
    ),
    (
        "reference_to_a_deprecated_entry",
        |scene| {
            let mut submission = scene.good();
            refer(&mut submission, &scene.deprecated.id);
            written(&submission)
        },
        &[DEPRECATED],
    ),
    (
        "one_entry_replaced_twice",
        |scene| {
            let target = &scene.registered.entries[0].id;
            let mut submission = scene.related(Replace, target);
            let source = submission.entries[0].id.clone();
            metadata::relate(&mut submission, Replace, (&source, target));
            written(&submission)
        },
        &[DEPRECATED],
    ),
    (
        "filing_in_a_deprecated_folder",
        |scene| {
            let mut submission = scene.good();
            let entry = submission.entries[0].id.clone();
            file(&mut submission, &scene.closed.id, &entry);
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "snapshot_of_a_stable_entry",
        |scene| written(&scene.related(IsSnapshotOf, &scene.registered.entries[0].id)),
        &[METADATA],
    ),
];

/// uniqueIds and entryUUIDs that are taken.
const UNIQUE_IDS: &[Case] = &[
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
const PATIENTS: &[Case] = &[
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

const LIMITS: &[Case] = &[
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

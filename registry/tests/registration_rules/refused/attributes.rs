//! What one object says of itself, and what the members agreed on.

use xds::ErrorCode::{
    RegistryDuplicateUniqueIdInMessage as TWICE, UnresolvedReference as UNRESOLVED,
};
use xds::{EntryType, Slot};

use super::super::Case;
use super::METADATA;
use crate::metadata::code;
use crate::requests::{changed, written};

const SET_MARKER: &str = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd";
const FOLDER_MARKER: &str = "urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2";

/// Types of packages, ids, slots, lengths.
pub(super) const SHAPE: &[Case] = &[
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
pub(super) const ATTRIBUTES: &[Case] = &[
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
pub(super) const AGREEMENT: &[Case] = &[
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

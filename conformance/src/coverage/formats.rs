//! Forms of objects and answers: ITI TF-3: 4.2.3, ITI TF-2: 3.18.4.1.2.6.

use super::Line;

pub(super) const FORMATS: &[Line] = &[
    (
        "lid: the logical id of a first version",
        &["iti-18/lid_and_version"],
        &["iti-42/version_submitted"],
    ),
    (
        "VersionInfo: assigned by the registry",
        &["iti-18/lid_and_version"],
        &["iti-42/version_submitted"],
    ),
    (
        "ids of nested classifications and identifiers are UUIDs",
        &["iti-18/ids_of_nested_objects"],
        &["iti-42/symbolic_ids_replaced"],
    ),
    (
        "home: a community, or absent",
        &["iti-42/home_submitted", "iti-18/find_documents/home"],
        &["iti-18/home_never_empty"],
    ),
    (
        "RegistryObjectList stands in every answer",
        &["iti-18/object_list_always_there"],
        &["iti-18/status_missing"],
    ),
    (
        "LeafClass: complete objects",
        &["iti-18/leaf_class", "iti-42/accepted", "iti-42/metadata_unchanged"],
        &["iti-18/return_type_unknown"],
    ),
    (
        "ObjectRef: references only",
        &["iti-18/object_references", "iti-18/find_documents_object_ref"],
        &["iti-18/return_type_unknown"],
    ),
    ("id of the stored query", &["iti-18/query_id_spelling"], &["iti-18/unknown_query"]),
    (
        "what is no parameter of the query",
        &["iti-18/unknown_parameter", "iti-18/paging_ignored"],
        &["iti-18/name_without_dollar"],
    ),
    (
        "queries of one patient (ITI-18) and of several (ITI-51)",
        &[
            "iti-51/find_documents_for_multiple_patients/patient_id",
            "iti-51/any_patient_by_class_code",
            "iti-51/any_patient_by_event_code",
            "iti-51/any_patient_by_facility_type",
            "iti-51/any_patient_by_folder_code",
        ],
        &["iti-51/query_of_another_transaction"],
    ),
];

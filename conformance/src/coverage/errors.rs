//! The error codes of ITI TF-3: Table 4.2.4.1-2 that belong to ITI-18, ITI-41, ITI-42 or ITI-43. Here
//! the positive case provokes the code, and the negative one comes near it without.

use super::Line;

pub(super) const CODES: &[Line] = &[
    (
        "DocumentQueued",
        &["-a Document Recipient of XDR sends it, not a registry"],
        &["iti-42/accepted"],
    ),
    (
        "InvalidDocumentContent",
        &[
            "-a recipient that reads documents sends it; repository and registry do not look into them",
        ],
        &["iti-42/accepted"],
    ),
    (
        "PartialAppendContentNotProcessed",
        &["-a Document Recipient of XDR sends it, not a registry"],
        &["iti-42/addendum"],
    ),
    (
        "PartialFolderContentNotProcessed",
        &["-a Document Recipient of XDR sends it, not a registry"],
        &["iti-42/relations/existing_folder"],
    ),
    (
        "PartialRelationshipContentNotProcessed",
        &["-a Document Recipient of XDR sends it, not a registry"],
        &["iti-42/relations/relation_ends"],
    ),
    (
        "PartialReplaceContentNotProcessed",
        &["-a Document Recipient of XDR sends it, not a registry"],
        &["iti-42/replaced"],
    ),
    (
        "PartialTransformNotProcessed",
        &["-a Document Recipient of XDR sends it, not a registry"],
        &["iti-42/relations/relation_ends"],
    ),
    (
        "PartialTransformReplaceNotProcessed",
        &["-a Document Recipient of XDR sends it, not a registry"],
        &["iti-42/relations/transform_and_replace"],
    ),
    (
        "UnknownRecipient",
        &["-a Document Recipient of XDR sends it, not a registry"],
        &["iti-42/attributes/intended_recipient"],
    ),
    (
        "UnavailableRecipient",
        &["-a Document Recipient of XDR sends it, not a registry"],
        &["iti-42/attributes/intended_recipient"],
    ),
    (
        "UnresolvedReferenceException",
        &[
            "iti-42/relations/relation_ends_refused",
            "iti-42/relations/existing_folder_refused",
            "iti-42/membership/member_by_reference_refused",
            "iti-42/replacement_of_unknown",
            "iti-41/registry/reference_refused",
        ],
        &["iti-42/relations/relation_ends", "iti-41/registry/reference"],
    ),
    (
        "XDSDuplicateUniqueIdInRegistry",
        &[
            "iti-42/identity/unique_ids_in_registry_refused",
            "iti-41/registry/unique_ids_in_registry_refused",
        ],
        &[
            "iti-42/identity/unique_ids_in_registry",
            "iti-42/identity/identical_bytes_refused",
            "iti-41/registry/unique_ids_in_registry",
        ],
    ),
    (
        "XDSExtraMetadataNotSaved",
        &["iti-42/extra_metadata_saved_or_warned", "iti-41/metadata_amended"],
        &["iti-42/extra_metadata_saved_or_warned", "iti-41/metadata_amended"],
    ),
    (
        "XDSMissingDocument",
        &["iti-41/document_missing", "iti-41/duties/document_of_each_entry_refused"],
        &["iti-41/document_inline", "iti-41/duties/document_of_each_entry"],
    ),
    (
        "XDSMissingDocumentMetadata",
        &["iti-41/entry_missing", "iti-41/duties/entry_of_each_document_refused"],
        &["iti-41/document_inline", "iti-41/duties/entry_of_each_document"],
    ),
    ("XDSMissingHomeCommunityId", &["-a gateway sends it"], &["iti-18/get_documents/entry_uuid"]),
    (
        "XDSNonIdenticalHash",
        &[
            "iti-42/identity/identical_bytes_refused",
            "iti-42/non_identical_hash",
            "iti-41/duties/bytes_of_unique_id_refused",
            "iti-41/other_bytes_again",
        ],
        &["iti-42/identity/identical_bytes", "iti-41/duties/bytes_of_unique_id"],
    ),
    (
        "XDSNonIdenticalSize",
        &[
            "iti-42/identity/identical_bytes_refused",
            "iti-41/duties/bytes_of_unique_id_refused",
            "iti-41/other_bytes_again",
        ],
        &["iti-42/identity/identical_bytes", "iti-41/duties/bytes_of_unique_id"],
    ),
    (
        "XDSPatientIdDoesNotMatch",
        &[
            "iti-42/identity/patients_in_message_refused",
            "iti-42/foreign/patients_of_relation_refused",
            "iti-42/foreign/patients_of_folder_refused",
            "iti-41/registry/one_patient_refused",
        ],
        &[
            "iti-42/identity/patients_in_message",
            "iti-42/identity/member_of_another_patient",
            "iti-41/registry/one_patient",
        ],
    ),
    (
        "XDSRegistryBusy",
        &["-nobody can provoke it from outside: it depends on the load of the server"],
        &["iti-42/accepted"],
    ),
    (
        "XDSRepositoryBusy",
        &["-nobody can provoke it from outside: it depends on the load of the server"],
        &["iti-41/document_inline"],
    ),
    (
        "XDSRegistryDeprecatedDocumentError",
        &[
            "iti-42/relations/deprecated_target_refused",
            "iti-42/relations/deprecated_document_in_folder_refused",
            "iti-41/registry/approved_target_refused",
        ],
        &[
            "iti-42/relations/deprecated_target",
            "iti-42/relations/deprecated_document_in_folder",
            "iti-41/registry/approved_target",
        ],
    ),
    (
        "XDSRegistryDuplicateUniqueIdInMessage",
        &["iti-42/identity/unique_ids_in_message_refused", "iti-42/unique_id_twice_in_message"],
        &["iti-42/identity/unique_ids_in_message"],
    ),
    (
        "XDSRepositoryDuplicateUniqueIdInMessage",
        &["iti-41/duties/unique_ids_in_message_refused"],
        &["iti-41/document_inline", "iti-41/duties/unique_ids_in_message"],
    ),
    (
        "XDSRegistryError",
        &["iti-18/return_type_unknown", "iti-18/find_documents/class_code_refused"],
        &["iti-42/accepted"],
    ),
    (
        "XDSRepositoryError",
        &["-it stands for a fault within the server"],
        &["iti-41/document_inline"],
    ),
    (
        "XDSRegistryMetadataError",
        &[
            "iti-42/required_attribute_missing",
            "iti-42/attributes/creation_time_refused",
            "iti-42/shape/type_marker_refused",
            "iti-42/shape/limited_metadata_refused",
            "iti-42/shape/extra_metadata_refused",
            "iti-41/registry/metadata_refused",
            "iti-41/registry/membership_refused",
        ],
        &[
            "iti-42/attributes/creation_time",
            "iti-42/shape/type_marker",
            "iti-42/shape/extra_metadata",
            "iti-41/registry/metadata",
        ],
    ),
    (
        "XDSRepositoryMetadataError",
        &[
            "iti-41/hash_mismatch",
            "iti-41/size_mismatch",
            "iti-41/duties/hash_refused",
            "iti-41/duties/size_refused",
        ],
        &["iti-41/hash_in_upper_case", "iti-41/duties/hash", "iti-41/duties/size"],
    ),
    (
        "XDSRegistryNotAvailable",
        &["-the registry would have to be stopped"],
        &["iti-41/document_inline"],
    ),
    (
        "XDSRegistryOutOfResources",
        &["-nobody can provoke it from outside: it depends on the load of the server"],
        &["iti-42/accepted"],
    ),
    (
        "XDSRepositoryOutOfResources",
        &["-nobody can provoke it from outside: it depends on the load of the server"],
        &["iti-41/binary_document_of_100_kib"],
    ),
    ("XDSReplaceFailed", &["-deprecated: nobody may send it"], &["iti-42/replacement_of_unknown"]),
    (
        "XDSResultNotSinglePatient",
        &["iti-18/result_not_single_patient"],
        &["iti-18/references_of_two_patients", "iti-18/one_patient_after_merge"],
    ),
    (
        "XDSStoredQueryMissingParam",
        &[
            "iti-18/status_missing",
            "iti-18/find_documents/status_refused",
            "iti-18/get_documents_by_nothing",
        ],
        &["iti-18/find_documents/status"],
    ),
    (
        "XDSStoredQueryParamNumber",
        &["iti-18/find_documents/patient_id_refused", "iti-18/get_documents_by_both"],
        &["iti-18/find_documents/patient_id"],
    ),
    (
        "XDSTooManyResults",
        &["-each registry has a limit of its own, which nobody outside knows"],
        &["iti-18/get_all/patient_id"],
    ),
    ("XDSUnavailableCommunity", &["-a gateway sends it"], &["iti-18/get_documents/home"]),
    (
        "XDSUnknownCommunity",
        &["-a gateway sends it; a registry may ignore home"],
        &["iti-18/get_documents/home"],
    ),
    (
        "XDSUnknownPatientId",
        &[
            "iti-42/unknown_patient",
            "iti-42/patient/known_patient_refused",
            "iti-41/registry/known_patient_refused",
        ],
        &["iti-42/patient/known_patient", "iti-41/registry/known_patient"],
    ),
    (
        "XDSUnknownRepositoryId",
        &["iti-43/foreign_repository", "iti-43/each_with_its_error", "iti-43/none_found"],
        &["iti-43/two_documents"],
    ),
    (
        "XDSDocumentUniqueIdError",
        &["iti-43/unknown_document", "iti-43/one_found_one_not", "iti-43/none_found"],
        &["iti-43/two_documents"],
    ),
    ("XDSUnknownStoredQuery", &["iti-18/unknown_query"], &["iti-18/query_id_spelling"]),
];

//! The parameters of all stored queries: ITI TF-2: 3.18.4.1.2.3.7 and 3.51.4.1.2.
//!
//! The case of a parameter finds by it, and does not find; the case with `_refused` behind its
//! name sends wrong values.

use super::{Cover, Row};

/// A stored query and the table of its cases.
struct Query {
    name: &'static str,
    table: &'static str,
    parameters: &'static [&'static [Parameter]],
}

/// Name of the parameter and of the case.
type Parameter = (&'static str, &'static str);

/// The attribute can be ignored whatever it holds, so nothing about it must be refused.
const NEVER_REFUSED: &[&str] = &["home"];

const FIND_DOCUMENTS: &[Parameter] = &[
    ("$XDSDocumentEntryPatientId", "patient_id"),
    ("$XDSDocumentEntryClassCode", "class_code"),
    ("$XDSDocumentEntryTypeCode", "type_code"),
    ("$XDSDocumentEntryPracticeSettingCode", "practice_setting_code"),
    ("$XDSDocumentEntryCreationTimeFrom", "creation_time_from"),
    ("$XDSDocumentEntryCreationTimeTo", "creation_time_to"),
    ("$XDSDocumentEntryServiceStartTimeFrom", "service_start_time_from"),
    ("$XDSDocumentEntryServiceStartTimeTo", "service_start_time_to"),
    ("$XDSDocumentEntryServiceStopTimeFrom", "service_stop_time_from"),
    ("$XDSDocumentEntryServiceStopTimeTo", "service_stop_time_to"),
    ("$XDSDocumentEntryHealthcareFacilityTypeCode", "healthcare_facility_type_code"),
    ("$XDSDocumentEntryEventCodeList", "event_code_list"),
    ("$XDSDocumentEntryConfidentialityCode", "confidentiality_code"),
    ("$XDSDocumentEntryAuthorPerson", "author_person"),
    ("$XDSDocumentEntryFormatCode", "format_code"),
    ("$XDSDocumentEntryStatus", "status"),
    ("$XDSDocumentEntryType", "type"),
    ("@home", "home"),
];
const FIND_FOLDERS: &[Parameter] = &[
    ("$XDSFolderPatientId", "patient_id"),
    ("$XDSFolderLastUpdateTimeFrom", "last_update_time_from"),
    ("$XDSFolderLastUpdateTimeTo", "last_update_time_to"),
    ("$XDSFolderCodeList", "code_list"),
    ("$XDSFolderStatus", "status"),
];
const EXCLUDE: &[Parameter] = &[
    ("$XDSDocumentEntryClassCodeExclude", "class_code_exclude"),
    ("$XDSDocumentEntryTypeCodeExclude", "type_code_exclude"),
    ("$XDSDocumentEntryPracticeSettingCodeExclude", "practice_setting_code_exclude"),
    ("$XDSDocumentEntryHealthcareFacilityTypeCodeExclude", "healthcare_facility_type_code_exclude"),
    ("$XDSDocumentEntryEventCodeListExclude", "event_code_list_exclude"),
    ("$XDSDocumentEntryConfidentialityCodeExclude", "confidentiality_code_exclude"),
    ("$XDSDocumentEntryAuthorPersonExclude", "author_person_exclude"),
    ("$XDSDocumentEntryFormatCodeExclude", "format_code_exclude"),
    ("$XDSDocumentEntryTypeExclude", "type_exclude"),
    ("$XDSDocumentEntryReferenceIdListExclude", "reference_id_list_exclude"),
];
const DOCUMENT_AVAILABILITY: &[Parameter] =
    &[("$XDSDocumentEntryDocumentAvailability", "document_availability")];
const METADATA_LEVEL: &[Parameter] = &[("$MetadataLevel", "metadata_level")];
const REFERENCE_ID: &[Parameter] = &[("$XDSDocumentEntryReferenceIdList", "reference_id_list")];
const HOME: &[Parameter] = &[("@home", "home")];
const ASSOCIATION_STATUS: &[Parameter] = &[("$XDSAssociationStatus", "association_status")];
const TYPE: &[Parameter] = &[("$XDSDocumentEntryType", "type")];
const UUID: &[Parameter] = &[("$uuid", "uuid")];
const DOCUMENT: &[Parameter] =
    &[("$XDSDocumentEntryEntryUUID", "entry_uuid"), ("$XDSDocumentEntryUniqueId", "unique_id")];
const FOLDER: &[Parameter] =
    &[("$XDSFolderEntryUUID", "entry_uuid"), ("$XDSFolderUniqueId", "unique_id")];
const SUBMISSION_SET: &[Parameter] =
    &[("$XDSSubmissionSetEntryUUID", "entry_uuid"), ("$XDSSubmissionSetUniqueId", "unique_id")];
const FILTERS: &[Parameter] = &[
    ("$XDSDocumentEntryFormatCode", "format_code"),
    ("$XDSDocumentEntryConfidentialityCode", "confidentiality_code"),
    ("$XDSDocumentEntryType", "type"),
];

const QUERIES: &[Query] = &[
    Query {
        name: "FindDocuments",
        table: "iti-18/find_documents",
        parameters: &[FIND_DOCUMENTS, DOCUMENT_AVAILABILITY, METADATA_LEVEL],
    },
    Query {
        name: "FindSubmissionSets",
        table: "iti-18/find_submission_sets",
        parameters: &[
            &[
                ("$XDSSubmissionSetPatientId", "patient_id"),
                ("$XDSSubmissionSetSourceId", "source_id"),
                ("$XDSSubmissionSetSubmissionTimeFrom", "submission_time_from"),
                ("$XDSSubmissionSetSubmissionTimeTo", "submission_time_to"),
                ("$XDSSubmissionSetAuthorPerson", "author_person"),
                ("$XDSSubmissionSetContentType", "content_type"),
                ("$XDSSubmissionSetStatus", "status"),
            ],
            HOME,
        ],
    },
    Query {
        name: "FindFolders",
        table: "iti-18/find_folders",
        parameters: &[FIND_FOLDERS, METADATA_LEVEL, HOME],
    },
    Query {
        name: "GetAll",
        table: "iti-18/get_all",
        parameters: &[
            &[
                ("$patientId", "patient_id"),
                ("$XDSDocumentEntryStatus", "document_entry_status"),
                ("$XDSSubmissionSetStatus", "submission_set_status"),
                ("$XDSFolderStatus", "folder_status"),
            ],
            FILTERS,
            ASSOCIATION_STATUS,
            METADATA_LEVEL,
            HOME,
        ],
    },
    Query {
        name: "GetDocuments",
        table: "iti-18/get_documents",
        parameters: &[
            DOCUMENT,
            &[("$XDSDocumentEntryLogicalID", "logical_id")],
            METADATA_LEVEL,
            HOME,
        ],
    },
    Query {
        name: "GetFolders",
        table: "iti-18/get_folders",
        parameters: &[FOLDER, &[("$XDSFolderLogicalID", "logical_id")], METADATA_LEVEL, HOME],
    },
    Query {
        name: "GetAssociations",
        table: "iti-18/get_associations",
        parameters: &[UUID, ASSOCIATION_STATUS, METADATA_LEVEL, HOME],
    },
    Query {
        name: "GetDocumentsAndAssociations",
        table: "iti-18/get_documents_and_associations",
        parameters: &[DOCUMENT, ASSOCIATION_STATUS, METADATA_LEVEL, HOME],
    },
    Query {
        name: "GetSubmissionSets",
        table: "iti-18/get_submission_sets",
        parameters: &[UUID, METADATA_LEVEL, HOME],
    },
    Query {
        name: "GetSubmissionSetAndContents",
        table: "iti-18/get_submission_set_and_contents",
        parameters: &[SUBMISSION_SET, FILTERS, METADATA_LEVEL, HOME],
    },
    Query {
        name: "GetFolderAndContents",
        table: "iti-18/get_folder_and_contents",
        parameters: &[FOLDER, FILTERS, ASSOCIATION_STATUS, METADATA_LEVEL, HOME],
    },
    Query {
        name: "GetFoldersForDocument",
        table: "iti-18/get_folders_for_document",
        parameters: &[DOCUMENT, ASSOCIATION_STATUS, METADATA_LEVEL, HOME],
    },
    Query {
        name: "GetRelatedDocuments",
        table: "iti-18/get_related_documents",
        parameters: &[
            DOCUMENT,
            &[("$AssociationTypes", "association_types")],
            TYPE,
            ASSOCIATION_STATUS,
            METADATA_LEVEL,
            HOME,
        ],
    },
    Query {
        name: "FindDocumentsByReferenceId",
        table: "iti-18/find_documents_by_reference_id",
        parameters: &[FIND_DOCUMENTS, DOCUMENT_AVAILABILITY, METADATA_LEVEL, REFERENCE_ID],
    },
    Query {
        name: "FindDocumentsExclude",
        table: "iti-18/find_documents_exclude",
        parameters: &[FIND_DOCUMENTS, DOCUMENT_AVAILABILITY, METADATA_LEVEL, EXCLUDE],
    },
    Query {
        name: "FindDocumentsForMultiplePatients",
        table: "iti-51/find_documents_for_multiple_patients",
        parameters: &[FIND_DOCUMENTS],
    },
    Query {
        name: "FindFoldersForMultiplePatients",
        table: "iti-51/find_folders_for_multiple_patients",
        parameters: &[FIND_FOLDERS, HOME],
    },
];

/// A row for each parameter of each query.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for query in QUERIES {
        for (parameter, case) in query.parameters.iter().copied().flatten() {
            rows.push(row(query, parameter, case));
        }
    }
    rows
}

fn row(query: &Query, parameter: &str, case: &str) -> Row {
    let (name, table) = (query.name, query.table);
    let negative = if NEVER_REFUSED.contains(&case) {
        Cover::None("a registry may ignore the attribute, whatever it holds".to_owned())
    } else {
        Cover::Cases(vec![format!("{table}/{case}_refused")])
    };
    Row {
        demand: format!("{name} {parameter}"),
        positive: Cover::Cases(vec![format!("{table}/{case}")]),
        negative,
    }
}

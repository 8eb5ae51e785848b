//! The stored queries, each with the parameters that are attacked.

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One CX.
    Patient,
    /// A list of them.
    Patients,
    Status,
    Code,
    Time,
    Oid,
    /// Identifiers without form.
    Text,
    /// One of them.
    SingleText,
    Uuid,
    SingleUuid,
    Pattern,
    EntryType,
    AssociationType,
}

use Kind::{
    AssociationType, Code, EntryType, Oid, Patient, Patients, Pattern, SingleText, SingleUuid,
    Status, Text, Time, Uuid,
};

/// A stored query: its id, the parameters of a request that finds something, and those under attack.
pub(super) struct Query {
    pub(super) id: &'static str,
    pub(super) base: &'static [(&'static str, &'static str)],
    pub(super) attacked: &'static [(&'static str, Kind)],
}

/// What restricts the documents of a submission set or of a folder.
const CONTENT: &[(&str, Kind)] = &[
    ("$XDSDocumentEntryFormatCode", Code),
    ("$XDSDocumentEntryConfidentialityCode", Code),
    ("$XDSDocumentEntryType", EntryType),
];

pub(super) const STATUS: &str = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')";

const DEPRECATED: &str = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated')";

pub(super) const QUERIES: &[Query] = &[
    // FindDocuments
    Query {
        id: "14d4debf-8f97-4251-9a74-a90016b0af0d",
        base: &[("$XDSDocumentEntryPatientId", "@PATIENT@"), ("$XDSDocumentEntryStatus", STATUS)],
        attacked: &[
            ("$XDSDocumentEntryPatientId", Patient),
            ("$XDSDocumentEntryStatus", Status),
            ("$XDSDocumentEntryClassCode", Code),
            ("$XDSDocumentEntryTypeCode", Code),
            ("$XDSDocumentEntryPracticeSettingCode", Code),
            ("$XDSDocumentEntryCreationTimeFrom", Time),
            ("$XDSDocumentEntryCreationTimeTo", Time),
            ("$XDSDocumentEntryServiceStartTimeFrom", Time),
            ("$XDSDocumentEntryServiceStartTimeTo", Time),
            ("$XDSDocumentEntryServiceStopTimeFrom", Time),
            ("$XDSDocumentEntryServiceStopTimeTo", Time),
            ("$XDSDocumentEntryHealthcareFacilityTypeCode", Code),
            ("$XDSDocumentEntryEventCodeList", Code),
            ("$XDSDocumentEntryConfidentialityCode", Code),
            ("$XDSDocumentEntryAuthorPerson", Pattern),
            ("$XDSDocumentEntryFormatCode", Code),
            ("$XDSDocumentEntryType", EntryType),
        ],
    },
    // FindDocumentsByReferenceId
    Query {
        id: "12941a89-e02e-4be5-967c-ce4bfc8fe492",
        base: &[("$XDSDocumentEntryPatientId", "@PATIENT@"), ("$XDSDocumentEntryStatus", STATUS)],
        attacked: &[("$XDSDocumentEntryReferenceIdList", Text)],
    },
    // FindSubmissionSets
    Query {
        id: "f26abbcb-ac74-4422-8a30-edb644bbc1a9",
        base: &[("$XDSSubmissionSetPatientId", "@PATIENT@"), ("$XDSSubmissionSetStatus", STATUS)],
        attacked: &[
            ("$XDSSubmissionSetPatientId", Patient),
            ("$XDSSubmissionSetStatus", Status),
            ("$XDSSubmissionSetSourceId", Oid),
            ("$XDSSubmissionSetSubmissionTimeFrom", Time),
            ("$XDSSubmissionSetSubmissionTimeTo", Time),
            ("$XDSSubmissionSetAuthorPerson", Pattern),
            ("$XDSSubmissionSetContentType", Code),
        ],
    },
    // FindFolders
    Query {
        id: "958f3006-baad-4929-a4de-ff1114824431",
        base: &[("$XDSFolderPatientId", "@PATIENT@"), ("$XDSFolderStatus", STATUS)],
        attacked: &[
            ("$XDSFolderPatientId", Patient),
            ("$XDSFolderStatus", Status),
            ("$XDSFolderLastUpdateTimeFrom", Time),
            ("$XDSFolderLastUpdateTimeTo", Time),
            ("$XDSFolderCodeList", Code),
        ],
    },
    // GetAll
    Query {
        id: "10b545ea-725c-446d-9b95-8aeb444eddf3",
        base: &[
            ("$patientId", "@PATIENT@"),
            ("$XDSDocumentEntryStatus", STATUS),
            ("$XDSSubmissionSetStatus", STATUS),
            ("$XDSFolderStatus", STATUS),
        ],
        attacked: &[
            ("$patientId", Patient),
            ("$XDSDocumentEntryStatus", Status),
            ("$XDSSubmissionSetStatus", Status),
            ("$XDSFolderStatus", Status),
        ],
    },
    // The same, so that only documents could be found
    Query {
        id: "10b545ea-725c-446d-9b95-8aeb444eddf3",
        base: &[
            ("$patientId", "@PATIENT@"),
            ("$XDSDocumentEntryStatus", STATUS),
            ("$XDSSubmissionSetStatus", DEPRECATED),
            ("$XDSFolderStatus", DEPRECATED),
        ],
        attacked: CONTENT,
    },
    // GetDocuments, GetDocumentsAndAssociations, GetFoldersForDocument
    Query {
        id: "5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4",
        base: &[],
        attacked: &[("$XDSDocumentEntryEntryUUID", Uuid), ("$XDSDocumentEntryUniqueId", Text)],
    },
    Query {
        id: "bab9529a-4a10-40b3-a01f-f68a615d247a",
        base: &[],
        attacked: &[("$XDSDocumentEntryEntryUUID", Uuid), ("$XDSDocumentEntryUniqueId", Text)],
    },
    Query {
        id: "10cae35a-c7f9-4cf5-b61e-fc3278ffb578",
        base: &[],
        attacked: &[
            ("$XDSDocumentEntryEntryUUID", SingleUuid),
            ("$XDSDocumentEntryUniqueId", SingleText),
        ],
    },
    // GetFolders, GetFolderAndContents
    Query {
        id: "5737b14c-8a1a-4539-b659-e03a34a5e1e4",
        base: &[],
        attacked: &[("$XDSFolderEntryUUID", Uuid), ("$XDSFolderUniqueId", Text)],
    },
    Query {
        id: "b909a503-523d-4517-8acf-8e5834dfc4c7",
        base: &[],
        attacked: &[("$XDSFolderEntryUUID", SingleUuid), ("$XDSFolderUniqueId", SingleText)],
    },
    Query {
        id: "b909a503-523d-4517-8acf-8e5834dfc4c7",
        base: &[("$XDSFolderUniqueId", "'1.2.3'")],
        attacked: CONTENT,
    },
    // GetAssociations, GetSubmissionSets
    Query { id: "a7ae438b-4bc2-4642-93e9-be891f7bb155", base: &[], attacked: &[("$uuid", Uuid)] },
    Query { id: "51224314-5390-4169-9b91-b1980040715a", base: &[], attacked: &[("$uuid", Uuid)] },
    // GetSubmissionSetAndContents, by either id, and its filters
    Query {
        id: "e8e3cb2c-e39c-46b9-99e4-c12f57260b83",
        base: &[],
        attacked: &[
            ("$XDSSubmissionSetEntryUUID", SingleUuid),
            ("$XDSSubmissionSetUniqueId", SingleText),
        ],
    },
    Query {
        id: "e8e3cb2c-e39c-46b9-99e4-c12f57260b83",
        base: &[("$XDSSubmissionSetUniqueId", "'1.2.3'")],
        attacked: CONTENT,
    },
    // GetRelatedDocuments
    Query {
        id: "d90e5407-b356-4d91-a89f-873917b4b0e6",
        base: &[("$AssociationTypes", "('urn:ihe:iti:2007:AssociationType:RPLC')")],
        attacked: &[
            ("$XDSDocumentEntryEntryUUID", SingleUuid),
            ("$XDSDocumentEntryUniqueId", SingleText),
        ],
    },
    Query {
        id: "d90e5407-b356-4d91-a89f-873917b4b0e6",
        base: &[("$XDSDocumentEntryUniqueId", "'1.2.3'")],
        attacked: &[("$AssociationTypes", AssociationType)],
    },
    Query {
        id: "d90e5407-b356-4d91-a89f-873917b4b0e6",
        base: &[
            ("$XDSDocumentEntryUniqueId", "'1.2.3'"),
            ("$AssociationTypes", "('urn:ihe:iti:2007:AssociationType:RPLC')"),
        ],
        attacked: &[("$XDSDocumentEntryType", EntryType)],
    },
    // FindDocumentsExclude: nothing is deprecated, so that nothing can be left over
    Query {
        id: "4308b1df-36de-4bef-8e2e-ba91f593c435",
        base: &[
            ("$XDSDocumentEntryPatientId", "@PATIENT@"),
            ("$XDSDocumentEntryStatus", DEPRECATED),
        ],
        attacked: &[
            ("$XDSDocumentEntryReferenceIdList", Text),
            ("$XDSDocumentEntryReferenceIdListExclude", Text),
            ("$XDSDocumentEntryClassCodeExclude", Code),
            ("$XDSDocumentEntryTypeCodeExclude", Code),
            ("$XDSDocumentEntryPracticeSettingCodeExclude", Code),
            ("$XDSDocumentEntryHealthcareFacilityTypeCodeExclude", Code),
            ("$XDSDocumentEntryEventCodeListExclude", Code),
            ("$XDSDocumentEntryConfidentialityCodeExclude", Code),
            ("$XDSDocumentEntryAuthorPersonExclude", Pattern),
            ("$XDSDocumentEntryFormatCodeExclude", Code),
            ("$XDSDocumentEntryTypeExclude", EntryType),
        ],
    },
    // FindDocumentsForMultiplePatients: without patients, and by them
    Query {
        id: "3d1bdb10-39a2-11de-89c2-2f44d94eaa9f",
        base: &[("$XDSDocumentEntryStatus", STATUS)],
        attacked: &[
            ("$XDSDocumentEntryPatientId", Patients),
            ("$XDSDocumentEntryClassCode", Code),
            ("$XDSDocumentEntryHealthcareFacilityTypeCode", Code),
            ("$XDSDocumentEntryEventCodeList", Code),
        ],
    },
    Query {
        id: "3d1bdb10-39a2-11de-89c2-2f44d94eaa9f",
        base: &[
            ("$XDSDocumentEntryStatus", STATUS),
            ("$XDSDocumentEntryClassCode", "('REPORTS^^1.2.392.99.6')"),
        ],
        attacked: &[
            ("$XDSDocumentEntryStatus", Status),
            ("$XDSDocumentEntryCreationTimeFrom", Time),
            ("$XDSDocumentEntryAuthorPerson", Pattern),
        ],
    },
    // FindDocumentsByReferenceIdForMultiplePatients
    Query {
        id: "1191642d-86c4-42d8-b784-f95445f9f0d5",
        base: &[("$XDSDocumentEntryStatus", STATUS)],
        attacked: &[("$XDSDocumentEntryReferenceIdList", Text)],
    },
    // FindFoldersForMultiplePatients
    Query {
        id: "50d3f5ac-39a2-11de-a1ca-b366239e58df",
        base: &[("$XDSFolderStatus", STATUS)],
        attacked: &[("$XDSFolderPatientId", Patients), ("$XDSFolderCodeList", Code)],
    },
    Query {
        id: "50d3f5ac-39a2-11de-a1ca-b366239e58df",
        base: &[("$XDSFolderStatus", STATUS), ("$XDSFolderPatientId", "@PATIENT@")],
        attacked: &[
            ("$XDSFolderStatus", Status),
            ("$XDSFolderLastUpdateTimeFrom", Time),
            ("$XDSFolderLastUpdateTimeTo", Time),
        ],
    },
];

//! The parameters of every stored query: type and number of values.
//!
//! One row stands for one row of the tables in ITI TF-2: 3.18.4.1.2.3.7 and
//! 3.51.4.1.2.1. Rows of the Metadata Update option are left out.

use crate::query::id::QueryId;
use crate::query::parameter::Parameter;

/// What the values of a parameter are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A patient id, `'id^^^&oid&ISO'`.
    Cx,
    /// `'code^^scheme'`.
    Code,
    /// A DTM, with or without quotes.
    Time,
    /// A pattern with `%` and `_`.
    Like,
    /// A status URN; unknown ones are ignored.
    Status,
    /// An `objectType` of DocumentEntries; unknown ones name no entry.
    EntryType,
    /// An entryUUID; other texts name no object.
    EntryUuid,
    /// A uniqueId; texts that cannot be one name no object.
    UniqueId,
    /// A sourceId.
    Oid,
    /// A CXi; other texts name no object.
    ReferenceId,
    /// An `associationType`; unknown ones name no association.
    AssociationType,
}

impl Kind {
    /// What is wrong with a value that cannot be read, as the end of a sentence about it.
    #[must_use]
    pub const fn complaint(self) -> &'static str {
        match self {
            Kind::Cx => "is not a patient id of the form 'id^^^&oid&ISO'",
            Kind::Code => "is not a code of the form 'code^^scheme'",
            Kind::Time => "is not a time of the form YYYY[MM[DD[hh[mm[ss]]]]]",
            Kind::Like => "is not a pattern",
            Kind::Status => "is not a status",
            Kind::EntryType => "is not a type of document entries",
            Kind::EntryUuid => "is not an entryUUID",
            Kind::UniqueId => "is not a uniqueId",
            Kind::Oid => "is not an OID",
            Kind::ReferenceId => "is not a reference id",
            Kind::AssociationType => "is not a type of associations",
        }
    }
}

/// How many slots and values a parameter may have.
///
/// Values inside one slot are alternatives; repeating the slot adds a condition
/// that must hold as well (ITI TF-2: 3.18.4.1.2.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurs {
    /// Required, one slot with one value.
    ExactlyOne,
    /// Optional, one slot with one value.
    AtMostOne,
    /// Required, one slot with one or more values.
    OneOrMore,
    /// Optional, one slot with one or more values.
    Optional,
    /// Required, one or more slots with one or more values.
    OneOrMoreAnded,
    /// Optional, any number of slots with one or more values.
    OptionalAnded,
}

impl Occurs {
    #[must_use]
    pub const fn is_required(self) -> bool {
        matches!(self, Occurs::ExactlyOne | Occurs::OneOrMore | Occurs::OneOrMoreAnded)
    }

    #[must_use]
    pub const fn is_single(self) -> bool {
        matches!(self, Occurs::ExactlyOne | Occurs::AtMostOne)
    }

    #[must_use]
    pub const fn may_repeat(self) -> bool {
        matches!(self, Occurs::OneOrMoreAnded | Occurs::OptionalAnded)
    }
}

/// One parameter of one query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub parameter: Parameter,
    pub kind: Kind,
    pub occurs: Occurs,
}

const fn rule(parameter: Parameter, kind: Kind, occurs: Occurs) -> Rule {
    Rule { parameter, kind, occurs }
}

/// What FindDocuments has besides the patient; shared with its three relatives.
const DOCUMENT_FILTER: &[Rule] = &[
    rule(Parameter::DocumentEntryClassCode, Kind::Code, Occurs::Optional),
    rule(Parameter::DocumentEntryTypeCode, Kind::Code, Occurs::Optional),
    rule(Parameter::DocumentEntryPracticeSettingCode, Kind::Code, Occurs::Optional),
    rule(Parameter::DocumentEntryCreationTimeFrom, Kind::Time, Occurs::AtMostOne),
    rule(Parameter::DocumentEntryCreationTimeTo, Kind::Time, Occurs::AtMostOne),
    rule(Parameter::DocumentEntryServiceStartTimeFrom, Kind::Time, Occurs::AtMostOne),
    rule(Parameter::DocumentEntryServiceStartTimeTo, Kind::Time, Occurs::AtMostOne),
    rule(Parameter::DocumentEntryServiceStopTimeFrom, Kind::Time, Occurs::AtMostOne),
    rule(Parameter::DocumentEntryServiceStopTimeTo, Kind::Time, Occurs::AtMostOne),
    rule(Parameter::DocumentEntryHealthcareFacilityTypeCode, Kind::Code, Occurs::Optional),
    rule(Parameter::DocumentEntryEventCodeList, Kind::Code, Occurs::OptionalAnded),
    rule(Parameter::DocumentEntryConfidentialityCode, Kind::Code, Occurs::OptionalAnded),
    rule(Parameter::DocumentEntryAuthorPerson, Kind::Like, Occurs::Optional),
    rule(Parameter::DocumentEntryFormatCode, Kind::Code, Occurs::Optional),
    rule(Parameter::DocumentEntryStatus, Kind::Status, Occurs::OneOrMore),
    rule(Parameter::DocumentEntryType, Kind::EntryType, Occurs::Optional),
];

/// What FindDocumentsExclude has besides: each but the patient, the times and the status has a second
/// form that names what is not wanted.
const DOCUMENT_EXCLUSION: &[Rule] = &[
    rule(Parameter::DocumentEntryClassCodeExclude, Kind::Code, Occurs::Optional),
    rule(Parameter::DocumentEntryTypeCodeExclude, Kind::Code, Occurs::Optional),
    rule(Parameter::DocumentEntryPracticeSettingCodeExclude, Kind::Code, Occurs::Optional),
    rule(Parameter::DocumentEntryHealthcareFacilityTypeCodeExclude, Kind::Code, Occurs::Optional),
    rule(Parameter::DocumentEntryEventCodeListExclude, Kind::Code, Occurs::OptionalAnded),
    rule(Parameter::DocumentEntryConfidentialityCodeExclude, Kind::Code, Occurs::OptionalAnded),
    rule(Parameter::DocumentEntryAuthorPersonExclude, Kind::Like, Occurs::Optional),
    rule(Parameter::DocumentEntryFormatCodeExclude, Kind::Code, Occurs::Optional),
    rule(Parameter::DocumentEntryTypeExclude, Kind::EntryType, Occurs::Optional),
    rule(Parameter::DocumentEntryReferenceIdListExclude, Kind::ReferenceId, Occurs::OptionalAnded),
];

const FOLDER_FILTER: &[Rule] = &[
    rule(Parameter::FolderLastUpdateTimeFrom, Kind::Time, Occurs::AtMostOne),
    rule(Parameter::FolderLastUpdateTimeTo, Kind::Time, Occurs::AtMostOne),
    rule(Parameter::FolderCodeList, Kind::Code, Occurs::OptionalAnded),
    rule(Parameter::FolderStatus, Kind::Status, Occurs::OneOrMore),
];

/// What restricts the documents of GetAll and of the two …AndContents queries.
const CONTENT_FILTER: &[Rule] = &[
    rule(Parameter::DocumentEntryFormatCode, Kind::Code, Occurs::Optional),
    rule(Parameter::DocumentEntryConfidentialityCode, Kind::Code, Occurs::OptionalAnded),
    rule(Parameter::DocumentEntryType, Kind::EntryType, Occurs::Optional),
];

const FIND_DOCUMENTS: &[&[Rule]] =
    &[&[rule(Parameter::DocumentEntryPatientId, Kind::Cx, Occurs::ExactlyOne)], DOCUMENT_FILTER];

const FIND_DOCUMENTS_BY_REFERENCE_ID: &[&[Rule]] = &[
    &[
        rule(Parameter::DocumentEntryPatientId, Kind::Cx, Occurs::ExactlyOne),
        rule(Parameter::DocumentEntryReferenceIdList, Kind::ReferenceId, Occurs::OneOrMoreAnded),
    ],
    DOCUMENT_FILTER,
];

const FIND_DOCUMENTS_EXCLUDE: &[&[Rule]] = &[
    &[
        rule(Parameter::DocumentEntryPatientId, Kind::Cx, Occurs::ExactlyOne),
        rule(Parameter::DocumentEntryReferenceIdList, Kind::ReferenceId, Occurs::OptionalAnded),
    ],
    DOCUMENT_FILTER,
    DOCUMENT_EXCLUSION,
];

const FIND_DOCUMENTS_FOR_MULTIPLE_PATIENTS: &[&[Rule]] =
    &[&[rule(Parameter::DocumentEntryPatientId, Kind::Cx, Occurs::Optional)], DOCUMENT_FILTER];

const FIND_DOCUMENTS_BY_REFERENCE_ID_FOR_MULTIPLE_PATIENTS: &[&[Rule]] = &[
    &[
        rule(Parameter::DocumentEntryPatientId, Kind::Cx, Occurs::Optional),
        rule(Parameter::DocumentEntryReferenceIdList, Kind::ReferenceId, Occurs::OneOrMoreAnded),
    ],
    DOCUMENT_FILTER,
];

const FIND_SUBMISSION_SETS: &[&[Rule]] = &[&[
    rule(Parameter::SubmissionSetPatientId, Kind::Cx, Occurs::ExactlyOne),
    rule(Parameter::SubmissionSetSourceId, Kind::Oid, Occurs::Optional),
    rule(Parameter::SubmissionSetSubmissionTimeFrom, Kind::Time, Occurs::AtMostOne),
    rule(Parameter::SubmissionSetSubmissionTimeTo, Kind::Time, Occurs::AtMostOne),
    rule(Parameter::SubmissionSetAuthorPerson, Kind::Like, Occurs::AtMostOne),
    rule(Parameter::SubmissionSetContentType, Kind::Code, Occurs::Optional),
    rule(Parameter::SubmissionSetStatus, Kind::Status, Occurs::OneOrMore),
]];

const FIND_FOLDERS: &[&[Rule]] =
    &[&[rule(Parameter::FolderPatientId, Kind::Cx, Occurs::ExactlyOne)], FOLDER_FILTER];

const FIND_FOLDERS_FOR_MULTIPLE_PATIENTS: &[&[Rule]] =
    &[&[rule(Parameter::FolderPatientId, Kind::Cx, Occurs::Optional)], FOLDER_FILTER];

const GET_ALL: &[&[Rule]] = &[
    &[
        rule(Parameter::PatientId, Kind::Cx, Occurs::ExactlyOne),
        rule(Parameter::DocumentEntryStatus, Kind::Status, Occurs::OneOrMore),
        rule(Parameter::SubmissionSetStatus, Kind::Status, Occurs::OneOrMore),
        rule(Parameter::FolderStatus, Kind::Status, Occurs::OneOrMore),
    ],
    CONTENT_FILTER,
];

/// One or the other of these, see [`DOCUMENT_KEY`]: GetDocuments, GetDocumentsAndAssociations.
const DOCUMENTS: &[&[Rule]] = &[&[
    rule(Parameter::DocumentEntryEntryUuid, Kind::EntryUuid, Occurs::Optional),
    rule(Parameter::DocumentEntryUniqueId, Kind::UniqueId, Occurs::Optional),
]];

const DOCUMENT: &[Rule] = &[
    rule(Parameter::DocumentEntryEntryUuid, Kind::EntryUuid, Occurs::AtMostOne),
    rule(Parameter::DocumentEntryUniqueId, Kind::UniqueId, Occurs::AtMostOne),
];

const GET_FOLDERS: &[&[Rule]] = &[&[
    rule(Parameter::FolderEntryUuid, Kind::EntryUuid, Occurs::Optional),
    rule(Parameter::FolderUniqueId, Kind::UniqueId, Occurs::Optional),
]];

/// GetAssociations and GetSubmissionSets.
const OBJECTS: &[&[Rule]] = &[&[rule(Parameter::Uuid, Kind::EntryUuid, Occurs::OneOrMore)]];

const GET_SUBMISSION_SET_AND_CONTENTS: &[&[Rule]] = &[
    &[
        rule(Parameter::SubmissionSetEntryUuid, Kind::EntryUuid, Occurs::AtMostOne),
        rule(Parameter::SubmissionSetUniqueId, Kind::UniqueId, Occurs::AtMostOne),
    ],
    CONTENT_FILTER,
];

const GET_FOLDER_AND_CONTENTS: &[&[Rule]] = &[
    &[
        rule(Parameter::FolderEntryUuid, Kind::EntryUuid, Occurs::AtMostOne),
        rule(Parameter::FolderUniqueId, Kind::UniqueId, Occurs::AtMostOne),
    ],
    CONTENT_FILTER,
];

const GET_FOLDERS_FOR_DOCUMENT: &[&[Rule]] = &[DOCUMENT];

const GET_RELATED_DOCUMENTS: &[&[Rule]] = &[
    DOCUMENT,
    &[
        rule(Parameter::AssociationTypes, Kind::AssociationType, Occurs::OneOrMore),
        rule(Parameter::DocumentEntryType, Kind::EntryType, Occurs::Optional),
    ],
];

/// No wildcard arm: a new query does not compile until its parameters are declared.
pub fn rules(query: QueryId) -> impl Iterator<Item = &'static Rule> {
    let tables = match query {
        QueryId::FindDocuments => FIND_DOCUMENTS,
        QueryId::FindSubmissionSets => FIND_SUBMISSION_SETS,
        QueryId::FindFolders => FIND_FOLDERS,
        QueryId::GetAll => GET_ALL,
        QueryId::GetDocuments | QueryId::GetDocumentsAndAssociations => DOCUMENTS,
        QueryId::GetFolders => GET_FOLDERS,
        QueryId::GetAssociations | QueryId::GetSubmissionSets => OBJECTS,
        QueryId::GetSubmissionSetAndContents => GET_SUBMISSION_SET_AND_CONTENTS,
        QueryId::GetFolderAndContents => GET_FOLDER_AND_CONTENTS,
        QueryId::GetFoldersForDocument => GET_FOLDERS_FOR_DOCUMENT,
        QueryId::GetRelatedDocuments => GET_RELATED_DOCUMENTS,
        QueryId::FindDocumentsByReferenceId => FIND_DOCUMENTS_BY_REFERENCE_ID,
        QueryId::FindDocumentsExclude => FIND_DOCUMENTS_EXCLUDE,
        QueryId::FindDocumentsForMultiplePatients => FIND_DOCUMENTS_FOR_MULTIPLE_PATIENTS,
        QueryId::FindFoldersForMultiplePatients => FIND_FOLDERS_FOR_MULTIPLE_PATIENTS,
        QueryId::FindDocumentsByReferenceIdForMultiplePatients => {
            FIND_DOCUMENTS_BY_REFERENCE_ID_FOR_MULTIPLE_PATIENTS
        }
    };
    tables.iter().copied().flatten()
}

/// What a query demands of parameters together, though each of them is optional.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// No such demand.
    Free,
    ExactlyOneOf(&'static [Parameter]),
    AtLeastOneOf(&'static [Parameter]),
    /// In each of these groups.
    AtMostOneOfEach(&'static [&'static [Parameter]]),
}

const DOCUMENT_KEY: Choice =
    Choice::ExactlyOneOf(&[Parameter::DocumentEntryEntryUuid, Parameter::DocumentEntryUniqueId]);

const FOLDER_KEY: Choice =
    Choice::ExactlyOneOf(&[Parameter::FolderEntryUuid, Parameter::FolderUniqueId]);

const SUBMISSION_SET_KEY: Choice =
    Choice::ExactlyOneOf(&[Parameter::SubmissionSetEntryUuid, Parameter::SubmissionSetUniqueId]);

/// ITI TF-2: 3.51.4.1.2.1: the whole registry is never asked for.
const ANY_PATIENT_DOCUMENTS: Choice = Choice::AtLeastOneOf(&[
    Parameter::DocumentEntryPatientId,
    Parameter::DocumentEntryClassCode,
    Parameter::DocumentEntryEventCodeList,
    Parameter::DocumentEntryHealthcareFacilityTypeCode,
]);

const ANY_PATIENT_FOLDERS: Choice =
    Choice::AtLeastOneOf(&[Parameter::FolderPatientId, Parameter::FolderCodeList]);

/// ITI TF-2: 3.18.4.1.2.3.7.15: what is wanted of an attribute, or what is not wanted.
const WANTED_OR_EXCLUDED: Choice = Choice::AtMostOneOfEach(&[
    &[Parameter::DocumentEntryClassCode, Parameter::DocumentEntryClassCodeExclude],
    &[Parameter::DocumentEntryTypeCode, Parameter::DocumentEntryTypeCodeExclude],
    &[
        Parameter::DocumentEntryPracticeSettingCode,
        Parameter::DocumentEntryPracticeSettingCodeExclude,
    ],
    &[
        Parameter::DocumentEntryHealthcareFacilityTypeCode,
        Parameter::DocumentEntryHealthcareFacilityTypeCodeExclude,
    ],
    &[Parameter::DocumentEntryEventCodeList, Parameter::DocumentEntryEventCodeListExclude],
    &[
        Parameter::DocumentEntryConfidentialityCode,
        Parameter::DocumentEntryConfidentialityCodeExclude,
    ],
    &[Parameter::DocumentEntryAuthorPerson, Parameter::DocumentEntryAuthorPersonExclude],
    &[Parameter::DocumentEntryFormatCode, Parameter::DocumentEntryFormatCodeExclude],
    &[Parameter::DocumentEntryType, Parameter::DocumentEntryTypeExclude],
    &[Parameter::DocumentEntryReferenceIdList, Parameter::DocumentEntryReferenceIdListExclude],
]);

#[must_use]
pub const fn choice(query: QueryId) -> Choice {
    match query {
        QueryId::GetDocuments
        | QueryId::GetDocumentsAndAssociations
        | QueryId::GetFoldersForDocument
        | QueryId::GetRelatedDocuments => DOCUMENT_KEY,
        QueryId::GetFolders | QueryId::GetFolderAndContents => FOLDER_KEY,
        QueryId::GetSubmissionSetAndContents => SUBMISSION_SET_KEY,
        QueryId::FindDocumentsForMultiplePatients => ANY_PATIENT_DOCUMENTS,
        QueryId::FindFoldersForMultiplePatients => ANY_PATIENT_FOLDERS,
        QueryId::FindDocumentsExclude => WANTED_OR_EXCLUDED,
        QueryId::FindDocuments
        | QueryId::FindSubmissionSets
        | QueryId::FindFolders
        | QueryId::GetAll
        | QueryId::GetAssociations
        | QueryId::GetSubmissionSets
        | QueryId::FindDocumentsByReferenceId
        | QueryId::FindDocumentsByReferenceIdForMultiplePatients => Choice::Free,
    }
}

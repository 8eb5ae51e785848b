//! Names of the parameters of stored queries.

use std::fmt;

/// A parameter of a stored query (ITI TF-2: 3.18.4.1.2.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    DocumentEntryPatientId,
    DocumentEntryClassCode,
    DocumentEntryTypeCode,
    DocumentEntryPracticeSettingCode,
    DocumentEntryCreationTimeFrom,
    DocumentEntryCreationTimeTo,
    DocumentEntryServiceStartTimeFrom,
    DocumentEntryServiceStartTimeTo,
    DocumentEntryServiceStopTimeFrom,
    DocumentEntryServiceStopTimeTo,
    DocumentEntryHealthcareFacilityTypeCode,
    DocumentEntryEventCodeList,
    DocumentEntryConfidentialityCode,
    DocumentEntryAuthorPerson,
    DocumentEntryFormatCode,
    DocumentEntryStatus,
    DocumentEntryType,
    DocumentEntryReferenceIdList,
    DocumentEntryClassCodeExclude,
    DocumentEntryTypeCodeExclude,
    DocumentEntryPracticeSettingCodeExclude,
    DocumentEntryHealthcareFacilityTypeCodeExclude,
    DocumentEntryEventCodeListExclude,
    DocumentEntryConfidentialityCodeExclude,
    DocumentEntryAuthorPersonExclude,
    DocumentEntryFormatCodeExclude,
    DocumentEntryTypeExclude,
    DocumentEntryReferenceIdListExclude,
    DocumentEntryEntryUuid,
    DocumentEntryUniqueId,
    SubmissionSetPatientId,
    SubmissionSetSourceId,
    SubmissionSetSubmissionTimeFrom,
    SubmissionSetSubmissionTimeTo,
    SubmissionSetAuthorPerson,
    SubmissionSetContentType,
    SubmissionSetStatus,
    SubmissionSetEntryUuid,
    SubmissionSetUniqueId,
    FolderPatientId,
    FolderLastUpdateTimeFrom,
    FolderLastUpdateTimeTo,
    FolderCodeList,
    FolderStatus,
    FolderEntryUuid,
    FolderUniqueId,
    PatientId,
    Uuid,
    AssociationTypes,
}

impl Parameter {
    /// The slot name on the wire; case-sensitive.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table, one line for each parameter")]
    pub const fn name(self) -> &'static str {
        match self {
            Parameter::DocumentEntryPatientId => "$XDSDocumentEntryPatientId",
            Parameter::DocumentEntryClassCode => "$XDSDocumentEntryClassCode",
            Parameter::DocumentEntryTypeCode => "$XDSDocumentEntryTypeCode",
            Parameter::DocumentEntryPracticeSettingCode => "$XDSDocumentEntryPracticeSettingCode",
            Parameter::DocumentEntryCreationTimeFrom => "$XDSDocumentEntryCreationTimeFrom",
            Parameter::DocumentEntryCreationTimeTo => "$XDSDocumentEntryCreationTimeTo",
            Parameter::DocumentEntryServiceStartTimeFrom => "$XDSDocumentEntryServiceStartTimeFrom",
            Parameter::DocumentEntryServiceStartTimeTo => "$XDSDocumentEntryServiceStartTimeTo",
            Parameter::DocumentEntryServiceStopTimeFrom => "$XDSDocumentEntryServiceStopTimeFrom",
            Parameter::DocumentEntryServiceStopTimeTo => "$XDSDocumentEntryServiceStopTimeTo",
            Parameter::DocumentEntryHealthcareFacilityTypeCode => {
                "$XDSDocumentEntryHealthcareFacilityTypeCode"
            }
            Parameter::DocumentEntryEventCodeList => "$XDSDocumentEntryEventCodeList",
            Parameter::DocumentEntryConfidentialityCode => "$XDSDocumentEntryConfidentialityCode",
            Parameter::DocumentEntryAuthorPerson => "$XDSDocumentEntryAuthorPerson",
            Parameter::DocumentEntryFormatCode => "$XDSDocumentEntryFormatCode",
            Parameter::DocumentEntryStatus => "$XDSDocumentEntryStatus",
            Parameter::DocumentEntryType => "$XDSDocumentEntryType",
            Parameter::DocumentEntryReferenceIdList => "$XDSDocumentEntryReferenceIdList",
            Parameter::DocumentEntryClassCodeExclude => "$XDSDocumentEntryClassCodeExclude",
            Parameter::DocumentEntryTypeCodeExclude => "$XDSDocumentEntryTypeCodeExclude",
            Parameter::DocumentEntryPracticeSettingCodeExclude => {
                "$XDSDocumentEntryPracticeSettingCodeExclude"
            }
            Parameter::DocumentEntryHealthcareFacilityTypeCodeExclude => {
                "$XDSDocumentEntryHealthcareFacilityTypeCodeExclude"
            }
            Parameter::DocumentEntryEventCodeListExclude => "$XDSDocumentEntryEventCodeListExclude",
            Parameter::DocumentEntryConfidentialityCodeExclude => {
                "$XDSDocumentEntryConfidentialityCodeExclude"
            }
            Parameter::DocumentEntryAuthorPersonExclude => "$XDSDocumentEntryAuthorPersonExclude",
            Parameter::DocumentEntryFormatCodeExclude => "$XDSDocumentEntryFormatCodeExclude",
            Parameter::DocumentEntryTypeExclude => "$XDSDocumentEntryTypeExclude",
            Parameter::DocumentEntryReferenceIdListExclude => {
                "$XDSDocumentEntryReferenceIdListExclude"
            }
            Parameter::DocumentEntryEntryUuid => "$XDSDocumentEntryEntryUUID",
            Parameter::DocumentEntryUniqueId => "$XDSDocumentEntryUniqueId",
            Parameter::SubmissionSetPatientId => "$XDSSubmissionSetPatientId",
            Parameter::SubmissionSetSourceId => "$XDSSubmissionSetSourceId",
            Parameter::SubmissionSetSubmissionTimeFrom => "$XDSSubmissionSetSubmissionTimeFrom",
            Parameter::SubmissionSetSubmissionTimeTo => "$XDSSubmissionSetSubmissionTimeTo",
            Parameter::SubmissionSetAuthorPerson => "$XDSSubmissionSetAuthorPerson",
            Parameter::SubmissionSetContentType => "$XDSSubmissionSetContentType",
            Parameter::SubmissionSetStatus => "$XDSSubmissionSetStatus",
            Parameter::SubmissionSetEntryUuid => "$XDSSubmissionSetEntryUUID",
            Parameter::SubmissionSetUniqueId => "$XDSSubmissionSetUniqueId",
            Parameter::FolderPatientId => "$XDSFolderPatientId",
            Parameter::FolderLastUpdateTimeFrom => "$XDSFolderLastUpdateTimeFrom",
            Parameter::FolderLastUpdateTimeTo => "$XDSFolderLastUpdateTimeTo",
            Parameter::FolderCodeList => "$XDSFolderCodeList",
            Parameter::FolderStatus => "$XDSFolderStatus",
            Parameter::FolderEntryUuid => "$XDSFolderEntryUUID",
            Parameter::FolderUniqueId => "$XDSFolderUniqueId",
            Parameter::PatientId => "$patientId",
            Parameter::Uuid => "$uuid",
            Parameter::AssociationTypes => "$AssociationTypes",
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

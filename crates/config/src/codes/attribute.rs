//! The attributes of the metadata that take their values from a list.

use std::fmt;

/// An attribute whose values the affinity domain may restrict (ITI TF-3: 4.2.3).
///
/// The names are those of the specification, except the two that it gives no attribute
/// name: the codes of a Folder and those that document an Association; they are called as
/// in the XDS Toolkit's `codes.xml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeAttribute {
    ClassCode,
    TypeCode,
    FormatCode,
    HealthcareFacilityTypeCode,
    PracticeSettingCode,
    EventCodeList,
    ConfidentialityCode,
    /// SubmissionSet.contentTypeCode.
    ContentTypeCode,
    /// Folder.codeList.
    FolderCodeList,
    /// The documentation of an Association (ITI TF-3: 4.2.2.2).
    AssociationDocumentation,
    /// DocumentEntry.mimeType, which has no scheme and needs no display name.
    MimeType,
}

impl CodeAttribute {
    /// Every attribute, in the order in which `codes.toml` has them.
    pub const ALL: [CodeAttribute; 11] = [
        CodeAttribute::ClassCode,
        CodeAttribute::TypeCode,
        CodeAttribute::FormatCode,
        CodeAttribute::HealthcareFacilityTypeCode,
        CodeAttribute::PracticeSettingCode,
        CodeAttribute::EventCodeList,
        CodeAttribute::ConfidentialityCode,
        CodeAttribute::ContentTypeCode,
        CodeAttribute::FolderCodeList,
        CodeAttribute::AssociationDocumentation,
        CodeAttribute::MimeType,
    ];

    /// The name in `codes.toml` and in `codes.xml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            CodeAttribute::ClassCode => "classCode",
            CodeAttribute::TypeCode => "typeCode",
            CodeAttribute::FormatCode => "formatCode",
            CodeAttribute::HealthcareFacilityTypeCode => "healthcareFacilityTypeCode",
            CodeAttribute::PracticeSettingCode => "practiceSettingCode",
            CodeAttribute::EventCodeList => "eventCodeList",
            CodeAttribute::ConfidentialityCode => "confidentialityCode",
            CodeAttribute::ContentTypeCode => "contentTypeCode",
            CodeAttribute::FolderCodeList => "folderCodeList",
            CodeAttribute::AssociationDocumentation => "associationDocumentation",
            CodeAttribute::MimeType => "mimeType",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<CodeAttribute> {
        CodeAttribute::ALL.into_iter().find(|attribute| attribute.as_str() == name)
    }
}

impl fmt::Display for CodeAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

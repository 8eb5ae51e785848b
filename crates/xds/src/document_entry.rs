//! DocumentEntry, ITI TF-3: 4.2.3.2.

use datatypes::{
    Code, Dtm, EntryUuid, HomeCommunityId, LanguageCode, MimeType, ObjectId, PatientId,
    ReferenceId, RepositoryUniqueId, Sha1Hash, UniqueId, Xcn,
};

use crate::{Author, Identified, LocalizedText, Slot};

/// Whether the entry stands for stored bytes or for a document made on demand, ITI TF-3: 4.2.3.2.30.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryType {
    Stable,
    OnDemand,
}

impl EntryType {
    /// The `objectType` UUID as the wire writes it.
    pub const fn urn(self) -> &'static str {
        match self {
            EntryType::Stable => "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1",
            EntryType::OnDemand => "urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248",
        }
    }

    /// The type that an `objectType` names, in any case of its hexadecimal digits.
    pub fn from_urn(urn: &str) -> Option<EntryType> {
        [EntryType::Stable, EntryType::OnDemand]
            .into_iter()
            .find(|entry_type| entry_type.urn().eq_ignore_ascii_case(urn))
    }
}

/// Metadata of one document.
///
/// `Option` stands where the attribute is optional for a Document Source (column *DS* of the
/// attribute table); `hash`, `size` and `repository_unique_id` are required of a repository (column
/// *DR*), which is what [`crate::submission::Submission::missing_for_registration`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentEntry {
    /// entryUUID, or the symbol that stands for it inside one submission.
    pub id: ObjectId,
    /// logicalID; the same as the entryUUID for a first version.
    pub logical_id: Option<EntryUuid>,
    pub home: Option<HomeCommunityId>,
    pub entry_type: EntryType,
    pub mime_type: MimeType,
    pub patient_id: Identified<PatientId>,
    pub unique_id: Identified<UniqueId>,
    /// Absent on on-demand entries only.
    pub creation_time: Option<Dtm>,
    pub service_start_time: Option<Dtm>,
    pub service_stop_time: Option<Dtm>,
    pub language_code: LanguageCode,
    pub source_patient_id: PatientId,
    /// PID fields, one a value: `PID-5|Yamada^Taro`.
    pub source_patient_info: Vec<String>,
    pub legal_authenticator: Option<Xcn>,
    pub repository_unique_id: Option<RepositoryUniqueId>,
    pub hash: Option<Sha1Hash>,
    /// Bytes.
    pub size: Option<u64>,
    pub uri: Option<String>,
    pub title: Option<LocalizedText>,
    pub comments: Option<LocalizedText>,
    pub authors: Vec<Author>,
    pub class_code: Identified<Code>,
    pub type_code: Identified<Code>,
    pub format_code: Identified<Code>,
    pub healthcare_facility_type_code: Identified<Code>,
    pub practice_setting_code: Identified<Code>,
    /// At least one.
    pub confidentiality_codes: Vec<Identified<Code>>,
    pub event_codes: Vec<Identified<Code>>,
    pub reference_ids: Vec<ReferenceId>,
    pub extra: Vec<Slot>,
}

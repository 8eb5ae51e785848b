//! Folder, ITI TF-3: 4.2.3.4.

use datatypes::{Code, Dtm, EntryUuid, HomeCommunityId, ObjectId, Oid, PatientId};

use crate::{Identified, LocalizedText, Slot};

/// Metadata of a collection of documents of one patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// entryUUID, or the symbol that stands for it inside one submission.
    pub id: ObjectId,
    pub logical_id: Option<EntryUuid>,
    pub home: Option<HomeCommunityId>,
    pub patient_id: Identified<PatientId>,
    pub unique_id: Identified<Oid>,
    pub title: LocalizedText,
    pub comments: Option<LocalizedText>,
    /// At least one.
    pub codes: Vec<Identified<Code>>,
    /// Ignored on submission: the registry sets it.
    pub last_update_time: Option<Dtm>,
    pub extra: Vec<Slot>,
}

//! SubmissionSet, ITI TF-3: 4.2.3.3.

use datatypes::{Code, Dtm, EntryUuid, HomeCommunityId, ObjectId, Oid, PatientId};

use crate::{Author, Identified, LocalizedText, Slot};

/// Metadata of one act of submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionSet {
    /// entryUUID, or the symbol that stands for it inside one submission.
    pub id: ObjectId,
    pub logical_id: Option<EntryUuid>,
    pub home: Option<HomeCommunityId>,
    pub patient_id: Identified<PatientId>,
    pub unique_id: Identified<Oid>,
    pub source_id: Identified<Oid>,
    pub submission_time: Dtm,
    /// `XON|XCN|XTN`, one recipient a value.
    pub intended_recipients: Vec<String>,
    pub title: Option<LocalizedText>,
    pub comments: Option<LocalizedText>,
    pub authors: Vec<Author>,
    pub content_type_code: Identified<Code>,
    pub extra: Vec<Slot>,
}

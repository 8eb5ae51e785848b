//! A submission: one SubmissionSet with everything that arrives with it, ITI TF-3: 4.1.4.

use datatypes::{ObjectId, PatientId};

use crate::{Association, DocumentEntry, Folder, MetadataFault, Problem, SubmissionSet};

/// The kinds of registry objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    DocumentEntry,
    SubmissionSet,
    Folder,
    Association,
}

/// A complete, well-typed submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    pub submission_set: SubmissionSet,
    pub entries: Vec<DocumentEntry>,
    pub folders: Vec<Folder>,
    pub associations: Vec<Association>,
}

impl Submission {
    /// Whose the set, its documents and folders are; those of a valid submission are one patient's.
    pub fn patients(&self) -> impl Iterator<Item = &PatientId> {
        let set = std::iter::once(&self.submission_set.patient_id.value);
        let entries = self.entries.iter().map(|entry| &entry.patient_id.value);
        set.chain(entries).chain(self.folders.iter().map(|folder| &folder.patient_id.value))
    }

    /// What a repository owes a registry and this submission lacks: `hash`, `size` and
    /// `repositoryUniqueId` of each entry (ITI TF-3: Table 4.3.1.1-3, column of the repository).
    pub fn missing_for_registration(&self) -> Vec<MetadataFault> {
        let mut faults = Vec::new();
        for entry in &self.entries {
            let present = [
                ("hash", entry.hash.is_some()),
                ("size", entry.size.is_some()),
                ("repositoryUniqueId", entry.repository_unique_id.is_some()),
            ];
            for (attribute, _) in present.into_iter().filter(|(_, is_there)| !is_there) {
                faults.push(MetadataFault {
                    object: entry.id.to_string(),
                    attribute,
                    problem: Problem::Missing,
                });
            }
        }
        faults
    }
}

/// What one object says of itself even where the rest of it is at fault, so that checks between
/// objects (duplicates, patients) can go on and report as much as they can find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectOutline {
    pub kind: ObjectKind,
    pub id: ObjectId,
    /// uniqueId as sent.
    pub unique_id: Option<String>,
    pub patient_id: Option<PatientId>,
}

/// What the reader of a submission found.
///
/// Invariant: `submission` is there if and only if `faults` is empty.
#[derive(Clone, Debug)]
pub struct SubmissionDraft {
    pub submission: Option<Submission>,
    /// SubmissionSet, DocumentEntries and Folders in the order of the message.
    pub outline: Vec<ObjectOutline>,
    /// The Associations that could be read, also beside faulty objects.
    pub associations: Vec<Association>,
    pub faults: Vec<MetadataFault>,
    /// Names of Classifications and ExternalIdentifiers that no attribute of XDS stands for; they are
    /// not stored, which the registry says with the warning XDSExtraMetadataNotSaved.
    pub not_saved: Vec<String>,
}

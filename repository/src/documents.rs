//! The documents of one submission, matched with the entries that describe them (ITI TF-2: 3.41.4.1.3).

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use datatypes::{ObjectId, Sha1Hash};
use ebxml::content::Content;
use ebxml::provide_and_register::SubmittedDocument;
use net::soap_endpoint::Attachment;
use xds::{DocumentEntry, ObjectKind, SubmissionDraft};

use crate::error::{SubmissionError, SubmissionFault};

/// Where the bytes of a document are before they are stored.
#[derive(Debug)]
pub enum Bytes {
    /// A synced file in the spool; removed on drop unless it is kept.
    Spooled(Attachment),
    /// They stood in the envelope.
    Inline(Vec<u8>),
}

/// A document with its digests.
#[derive(Debug)]
pub struct ReceivedDocument {
    pub entry: ObjectId,
    pub bytes: Bytes,
    pub sha1: Sha1Hash,
    pub sha256: [u8; 32],
    /// Bytes.
    pub size: u64,
}

impl ReceivedDocument {
    fn inline(entry: ObjectId, bytes: Vec<u8>) -> ReceivedDocument {
        ReceivedDocument {
            entry,
            sha1: Sha1Hash::from_bytes(openssl::sha::sha1(&bytes)),
            sha256: openssl::sha::sha256(&bytes),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            bytes: Bytes::Inline(bytes),
        }
    }

    fn spooled(entry: ObjectId, attachment: Attachment) -> ReceivedDocument {
        ReceivedDocument {
            entry,
            sha1: Sha1Hash::from_bytes(attachment.sha1()),
            sha256: attachment.sha256(),
            size: attachment.size(),
            bytes: Bytes::Spooled(attachment),
        }
    }

    /// The file to be taken over, for a spooled document.
    pub fn into_bytes(self) -> StorableBytes {
        match self.bytes {
            Bytes::Spooled(attachment) => StorableBytes::File(attachment.keep()),
            Bytes::Inline(bytes) => StorableBytes::Memory(bytes),
        }
    }
}

/// Bytes on their way into the content-addressed store.
#[derive(Debug)]
pub enum StorableBytes {
    File(PathBuf),
    Memory(Vec<u8>),
}

/// Finds the bytes of each `Document`; parts that no Document refers to are dropped with their files.
///
/// # Errors
/// [`SubmissionError::ContentNotInMessage`] if a reference leads to no part, or two to the same.
pub fn resolve(
    documents: Vec<SubmittedDocument>,
    attachments: Vec<Attachment>,
) -> Result<Vec<ReceivedDocument>, SubmissionError> {
    let mut parts: HashMap<String, Attachment> = attachments
        .into_iter()
        .filter_map(|part| part.content_id.clone().map(|id| (id, part)))
        .collect();
    let mut received = Vec::with_capacity(documents.len());
    for SubmittedDocument { id, content } in documents {
        received.push(match content {
            Content::Bytes(bytes) => ReceivedDocument::inline(id, bytes),
            Content::Xop(href) => {
                let candidates = soap::mtom::resolve_cid(&href).unwrap_or_default();
                let part = candidates.iter().find_map(|id| parts.remove(id));
                ReceivedDocument::spooled(id, part.ok_or(SubmissionError::ContentNotInMessage)?)
            }
        });
    }
    Ok(received)
}

/// What is wrong between the entries and the documents of a submission.
pub fn check(draft: &SubmissionDraft, documents: &[ReceivedDocument]) -> Vec<SubmissionFault> {
    let mut faults: Vec<_> = draft.faults.iter().cloned().map(SubmissionFault::Metadata).collect();
    let described: HashSet<&ObjectId> = draft
        .outline
        .iter()
        .filter(|object| object.kind == ObjectKind::DocumentEntry)
        .map(|object| &object.id)
        .collect();
    let sent: HashSet<&ObjectId> = documents.iter().map(|document| &document.entry).collect();
    for entry in described.difference(&sent) {
        faults.push(SubmissionFault::MissingDocument { entry: entry.to_string() });
    }
    for document in sent.difference(&described) {
        faults.push(SubmissionFault::MissingDocumentMetadata { document: document.to_string() });
    }
    unique_ids(draft, &mut faults);
    if !faults.is_empty() {
        // The registry will not be asked, so what it would say first is said here.
        patients(draft, &mut faults);
    }
    let entries = draft.submission.iter().flat_map(|submission| &submission.entries);
    for entry in entries {
        let document = documents.iter().find(|document| document.entry == entry.id);
        faults.extend(document.into_iter().flat_map(|document| digests(entry, document)));
    }
    faults
}

fn unique_ids(draft: &SubmissionDraft, faults: &mut Vec<SubmissionFault>) {
    let mut seen = HashSet::new();
    for unique_id in draft.outline.iter().filter_map(|object| object.unique_id.as_ref()) {
        if !seen.insert(unique_id) {
            faults
                .push(SubmissionFault::DuplicateUniqueIdInMessage { unique_id: unique_id.clone() });
        }
    }
}

fn patients(draft: &SubmissionDraft, faults: &mut Vec<SubmissionFault>) {
    let mut patients =
        draft.outline.iter().filter_map(|object| Some((object, object.patient_id.as_ref()?)));
    let Some((_, first)) = patients.next() else { return };
    for (object, _) in patients.filter(|(_, patient)| *patient != first) {
        faults.push(SubmissionFault::PatientIdDoesNotMatch { object: object.id.to_string() });
    }
}

/// hash and size, where the sender gave them, are those of the bytes (ITI TF-2: 3.41.4.1.3).
fn digests(entry: &DocumentEntry, document: &ReceivedDocument) -> Vec<SubmissionFault> {
    let unique_id = || entry.unique_id.value.as_str().to_owned();
    let mut faults = Vec::new();
    if entry.hash.as_ref().is_some_and(|hash| *hash != document.sha1) {
        faults.push(SubmissionFault::HashMismatch { unique_id: unique_id() });
    }
    if entry.size.is_some_and(|size| size != document.size) {
        faults.push(SubmissionFault::SizeMismatch { unique_id: unique_id() });
    }
    faults
}

//! ITI-41 Provide and Register Document Set-b as a Document Source sends it (ITI TF-2: 3.41).

use std::fs::File;

use client::soap::{OutAttachment, PartSource};
use datatypes::{MimeType, ObjectId};
use ebxml::ContentToSend;
use ebxml::namespace::RS;
use xds::{RegistryResponse, Submission};

use crate::wire::{Packaging, SoapCall, SoapEndpoint, Transaction, WireError};

const TRANSACTION: Transaction = Transaction {
    action: "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
    response_action: "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse",
};

/// The bytes of one DocumentEntry.
pub(crate) struct DocumentToSend {
    pub(crate) entry: ObjectId,
    pub(crate) mime_type: MimeType,
    pub(crate) content: ContentSource,
}

/// How the bytes travel; the receiver must take either (XOP 1.0: 3.1).
pub(crate) enum ContentSource {
    /// In a part of its own, streamed from the file's present position.
    Part { file: File, size: u64 },
    /// As base64 inside the envelope.
    Inline(Vec<u8>),
}

/// Submits documents with their metadata; a Failure is an answer.
///
/// `seed` is new for each call: it makes the ids of the parts.
pub(crate) async fn provide_and_register_document_set(
    repository: &SoapEndpoint,
    submission: &Submission,
    documents: Vec<DocumentToSend>,
    seed: &str,
) -> Result<RegistryResponse, WireError> {
    let (payload, parts) = package(submission, documents, seed);
    let answered = repository
        .call(SoapCall {
            transaction: TRANSACTION,
            payload,
            packaging: Packaging::Mtom(parts),
            spool: None,
        })
        .await?;
    answered.read((RS, "RegistryResponse"), ebxml::read_registry_response)
}

/// The request and the parts it refers to.
fn package(
    submission: &Submission,
    documents: Vec<DocumentToSend>,
    seed: &str,
) -> (String, Vec<OutAttachment>) {
    let content_ids: Vec<String> =
        (1..=documents.len()).map(|place| format!("{place}.{seed}@renkei")).collect();
    let contents: Vec<(ObjectId, ContentToSend<'_>)> = documents
        .iter()
        .zip(&content_ids)
        .map(|(document, content_id)| match &document.content {
            ContentSource::Part { .. } => (document.entry.clone(), ContentToSend::Xop(content_id)),
            ContentSource::Inline(bytes) => (document.entry.clone(), ContentToSend::Base64(bytes)),
        })
        .collect();
    let payload = ebxml::write_provide_and_register(submission, &contents);
    let parts = documents.into_iter().zip(content_ids).filter_map(|(document, content_id)| {
        let ContentSource::Part { file, size } = document.content else { return None };
        let content_type = document.mime_type.as_str().to_owned();
        let source = PartSource::Reader(Box::new(file));
        Some(OutAttachment { content_id, content_type, source, size })
    });
    (payload, parts.collect())
}

#[cfg(test)]
mod tests;

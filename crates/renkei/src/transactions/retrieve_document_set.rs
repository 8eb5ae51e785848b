//! ITI-43 Retrieve Document Set as a Document Consumer sends it (ITI TF-2: 3.43), one document a
//! time: the bytes of one can never be taken for those of another.

use std::path::Path;

use client::InAttachment;
use client::soap::Content;
use ebxml::namespace::XDS;
use ebxml::retrieve_document_set::{
    DocumentRequest, RetrieveDocumentSetResponse, read_response, write_request,
};
use xds::RegistryError;

use crate::wire::{
    AnswerError, Packaging, SoapAnswered, SoapCall, SoapEndpoint, Transaction, WireError,
};

const TRANSACTION: Transaction = Transaction {
    action: "urn:ihe:iti:2007:RetrieveDocumentSet",
    response_action: "urn:ihe:iti:2007:RetrieveDocumentSetResponse",
};

/// What the repository has to say about one document.
#[derive(Debug)]
pub(crate) enum Retrieved {
    Document(Content),
    /// Not there, or not for us; the repository does not tell which.
    Refused(Vec<RegistryError>),
}

/// Asks for one document; large ones are received into a file in `spool`.
pub(crate) async fn retrieve_document_set(
    repository: &SoapEndpoint,
    request: &DocumentRequest,
    spool: &Path,
) -> Result<Retrieved, WireError> {
    let mut answered = repository
        .call(SoapCall {
            transaction: TRANSACTION,
            payload: write_request(std::slice::from_ref(request)),
            packaging: Packaging::Mtom(Vec::new()),
            spool: Some(spool.to_owned()),
        })
        .await?;
    let name = (XDS, "RetrieveDocumentSetResponse");
    let response = answered.read(name, |reader, _| read_response(reader))?;
    let attachments = std::mem::take(&mut answered.attachments);
    document(response, request, attachments).map_err(|error| unbelievable(&answered, error))
}

fn unbelievable(answered: &SoapAnswered, error: AnswerError) -> WireError {
    answered.unbelievable(error)
}

/// The one document that was asked for.
fn document(
    response: RetrieveDocumentSetResponse,
    request: &DocumentRequest,
    attachments: Vec<InAttachment>,
) -> Result<Retrieved, AnswerError> {
    let mut documents = response.documents.into_iter();
    let (Some(document), None) = (documents.next(), documents.next()) else {
        return match response.response.errors {
            errors if errors.is_empty() => Err(AnswerError::OtherDocument),
            errors => Ok(Retrieved::Refused(errors)),
        };
    };
    if !is_same(&document.request, request) {
        return Err(AnswerError::OtherDocument);
    }
    match document.content {
        ebxml::Content::Bytes(bytes) => Ok(Retrieved::Document(Content::Memory(bytes))),
        ebxml::Content::Xop(href) => part(&href, attachments).map(Retrieved::Document),
    }
}

/// The home community is not compared: it is no part of the name of a document.
fn is_same(echoed: &DocumentRequest, request: &DocumentRequest) -> bool {
    echoed.document_unique_id == request.document_unique_id
        && echoed.repository_unique_id == request.repository_unique_id
}

fn part(href: &str, attachments: Vec<InAttachment>) -> Result<Content, AnswerError> {
    let Ok(candidates) = soap::mtom::resolve_cid(href) else {
        return Err(AnswerError::MissingPart);
    };
    let is_meant =
        |part: &InAttachment, candidate: &String| part.content_id.as_ref() == Some(candidate);
    let place = candidates
        .iter()
        .find_map(|candidate| attachments.iter().position(|part| is_meant(part, candidate)))
        .ok_or(AnswerError::MissingPart)?;
    let part = attachments.into_iter().nth(place);
    part.map(|part| part.content).ok_or(AnswerError::MissingPart)
}

#[cfg(test)]
mod tests;

//! ITI-43 Retrieve Document Set.

use std::path::PathBuf;

use ebxml::retrieve_document_set::DocumentRequest;
use store::AnyConnection;

use super::Origin;
use crate::Repository;
use crate::error::{RetrieveError, RetrieveFault};
use crate::store::document::{self, StoredDocument};

/// A document to be sent.
#[derive(Debug)]
pub struct FoundDocument {
    /// What was asked for, echoed in the answer.
    pub request: DocumentRequest,
    pub mime_type: String,
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
}

/// What was found and what was not.
#[derive(Debug, Default)]
pub struct Retrieved {
    pub documents: Vec<FoundDocument>,
    pub faults: Vec<RetrieveFault>,
}

/// Finds each document that is asked for, once per request element. Blocking.
///
/// # Errors
/// [`RetrieveError`] if nothing can be said about any of them.
pub fn retrieve_document_set(
    repository: &Repository,
    origin: &Origin,
    requests: &[DocumentRequest],
) -> Result<Retrieved, RetrieveError> {
    let permit =
        repository.policy.permit_retrieve(&origin.requester).map_err(RetrieveError::Denied)?;
    let limit = repository.max_documents_per_request;
    if requests.len() > limit {
        return Err(RetrieveError::TooMany { found: requests.len(), limit });
    }
    let rows = repository.database.read(|connection| rows(connection, &permit, requests))?;
    let mut retrieved = Retrieved::default();
    for (request, row) in requests.iter().zip(rows) {
        match find(repository, request, row) {
            Ok(document) => retrieved.documents.push(document),
            Err(fault) => retrieved.faults.push(fault),
        }
    }
    Ok(retrieved)
}

fn rows(
    connection: &mut AnyConnection,
    permit: &policy::Permit,
    requests: &[DocumentRequest],
) -> Result<Vec<Option<StoredDocument>>, RetrieveError> {
    let find =
        |request: &DocumentRequest| document::find(connection, permit, &request.document_unique_id);
    Ok(requests.iter().map(find).collect::<Result<_, _>>()?)
}

fn find(
    repository: &Repository,
    request: &DocumentRequest,
    row: Option<StoredDocument>,
) -> Result<FoundDocument, RetrieveFault> {
    let unique_id = || request.document_unique_id.clone();
    if request.repository_unique_id != repository.agreement.load().repository_unique_id.as_str() {
        return Err(RetrieveFault::UnknownRepositoryId { unique_id: unique_id() });
    }
    let document = row.ok_or_else(|| RetrieveFault::DocumentUniqueId { unique_id: unique_id() })?;
    let path = repository.blobs.locate(&document.sha256, document.size).map_err(|error| {
        // Registered and not readable: somebody must act, whatever the requester is told.
        tracing::error!(iti = 43, %error, "a stored document cannot be read");
        RetrieveFault::DocumentUniqueId { unique_id: unique_id() }
    })?;
    Ok(FoundDocument {
        request: request.clone(),
        mime_type: document.mime_type,
        path,
        size: document.size,
    })
}

//! ITI-43 Retrieve Document Set.

use std::io;

use datatypes::PatientId;
use ebxml::retrieve_document_set::DocumentRequest;
use store::AnyConnection;

use super::Origin;
use crate::Repository;
use crate::blobs::{self, BlobError, Blobs, StoredFile};
use crate::error::{RetrieveError, RetrieveFault};
use crate::store::document::{self, StoredDocument};

/// Documents up to this size are held against their digest before the answer begins, so that a damaged
/// one costs the answer nothing but itself: 1 MiB, about a millisecond. So many bytes are also kept until
/// they are sent, for all documents of an answer together; others are read a second time.
const SMALL_BYTES: u64 = 1024 * 1024;

/// Documents in one answer without MTOM, which is held in memory: 8 MiB.
pub const MAX_INLINE_BYTES: u64 = 8 * 1024 * 1024;

/// How the documents will leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// As parts of a message that is made while it is sent.
    Streamed,
    /// Inside the envelope.
    Inline,
}

/// A document to be sent.
#[derive(Debug)]
pub struct FoundDocument {
    /// What was asked for, echoed in the answer.
    pub request: DocumentRequest,
    pub mime_type: String,
    pub content: FoundContent,
    /// Bytes.
    pub size: u64,
    /// Whose it was when it was submitted, as CX.
    pub patient_id: String,
}

/// The bytes of a document to be sent.
#[derive(Debug)]
pub enum FoundContent {
    /// Known to be what was stored.
    Memory(Vec<u8>),
    /// Known when their end is read.
    File(StoredFile),
}

/// What was found and what was not.
#[derive(Debug, Default)]
pub struct Retrieved {
    pub documents: Vec<FoundDocument>,
    pub faults: Vec<RetrieveFault>,
}

impl FoundContent {
    /// All bytes. Blocking.
    ///
    /// # Errors
    /// Those of reading, among them that the document is damaged.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        match self {
            FoundContent::Memory(bytes) => Ok(bytes),
            FoundContent::File(file) => file.into_bytes(),
        }
    }
}

/// Finds each document that is asked for, once per request element. Blocking.
///
/// # Errors
/// [`RetrieveError`] if nothing can be said about any of them.
pub fn retrieve_document_set(
    repository: &Repository,
    origin: &Origin,
    requests: &[DocumentRequest],
    delivery: Delivery,
) -> Result<Retrieved, RetrieveError> {
    let permit =
        repository.policy.permit_retrieve(&origin.requester).map_err(RetrieveError::Denied)?;
    let limit = repository.max_documents_per_request;
    if requests.len() > limit {
        return Err(RetrieveError::TooMany { found: requests.len(), limit });
    }
    let mut rows = repository.database.read(|connection| rows(connection, &permit, requests))?;
    // Another patient's document is as good as none for an assertion that is for one patient.
    for row in &mut rows {
        row.take_if(|document| !is_reached(&permit, document));
    }
    let mut reading = Reading::of(&repository.blobs, delivery, &rows)?;
    let mut retrieved = Retrieved::default();
    for (request, row) in requests.iter().zip(rows) {
        match find(repository, request, row, &mut reading) {
            Ok(document) => retrieved.documents.push(document),
            Err(fault) => retrieved.faults.push(fault),
        }
    }
    Ok(retrieved)
}

fn is_reached(permit: &policy::Permit, document: &StoredDocument) -> bool {
    permit.only_patient().is_none()
        || PatientId::parse(&document.patient_id).is_ok_and(|patient| permit.reaches(&patient))
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

/// homeCommunityId is echoed and decides nothing: repositoryUniqueId tells worldwide whose document is asked
/// for, and a home that a source made up must not hide its document.
fn find(
    repository: &Repository,
    request: &DocumentRequest,
    row: Option<StoredDocument>,
    reading: &mut Reading<'_>,
) -> Result<FoundDocument, RetrieveFault> {
    let unique_id = || request.document_unique_id.clone();
    if request.repository_unique_id != repository.agreement.load().repository_unique_id.as_str() {
        return Err(RetrieveFault::UnknownRepositoryId { unique_id: unique_id() });
    }
    let document = row.ok_or_else(|| RetrieveFault::DocumentUniqueId { unique_id: unique_id() })?;
    let content = reading.content(&document).map_err(|error| {
        // Registered and not readable: somebody must act, whatever the requester is told.
        let (address, cause) = (blobs::hex(&document.sha256), std::error::Error::source(&error));
        tracing::error!(iti = 43, address, %error, cause, "a stored document cannot be read");
        RetrieveFault::DocumentUniqueId { unique_id: unique_id() }
    })?;
    Ok(FoundDocument {
        request: request.clone(),
        mime_type: document.mime_type,
        content,
        size: document.size,
        patient_id: document.patient_id,
    })
}

/// What of an answer is read before it begins.
struct Reading<'a> {
    blobs: &'a Blobs,
    delivery: Delivery,
    /// Bytes that may still be kept in memory.
    room: u64,
}

impl Reading<'_> {
    fn of<'a>(
        blobs: &'a Blobs,
        delivery: Delivery,
        rows: &[Option<StoredDocument>],
    ) -> Result<Reading<'a>, RetrieveError> {
        let sizes = rows.iter().flatten().map(|document| document.size);
        let total = sizes.fold(0, u64::saturating_add);
        let room = match delivery {
            Delivery::Streamed => SMALL_BYTES,
            Delivery::Inline if total > MAX_INLINE_BYTES => {
                return Err(RetrieveError::TooLargeInline);
            }
            Delivery::Inline => MAX_INLINE_BYTES,
        };
        Ok(Reading { blobs, delivery, room })
    }

    fn content(&mut self, document: &StoredDocument) -> Result<FoundContent, BlobError> {
        let open = || self.blobs.open_document(&document.sha256, document.size);
        if self.delivery == Delivery::Streamed && document.size > SMALL_BYTES {
            return open().map(FoundContent::File);
        }
        let Some(room) = self.room.checked_sub(document.size) else {
            open()?.verify().map_err(BlobError::Read)?;
            return open().map(FoundContent::File);
        };
        let bytes = self.blobs.read_document(&document.sha256, document.size)?;
        self.room = room;
        Ok(FoundContent::Memory(bytes))
    }
}

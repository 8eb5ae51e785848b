//! The only place where this actor chooses error codes (ITI TF-3: Table 4.2.4.1-2).

use audit::Outcome;
use store::StoreError;
use xds::{ErrorCode, MetadataFault, RegistryError, Severity};

use crate::blobs::BlobError;

/// One reason why a submission is refused here. `Display` goes to logs: no ids, no values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionFault {
    #[error("{0}")]
    Metadata(MetadataFault),
    #[error("an entry has no document")]
    MissingDocument { entry: String },
    #[error("a document has no entry")]
    MissingDocumentMetadata { document: String },
    #[error("the hash of a document is not the one in its metadata")]
    HashMismatch { unique_id: String },
    #[error("the size of a document is not the one in its metadata")]
    SizeMismatch { unique_id: String },
    #[error("a uniqueId stands twice in the message")]
    DuplicateUniqueIdInMessage { unique_id: String },
    #[error("patient ids differ where they must agree")]
    PatientIdDoesNotMatch { object: String },
    #[error("a document uniqueId is stored with other bytes")]
    NonIdenticalHash { unique_id: String },
    #[error("a document uniqueId is stored with another size")]
    NonIdenticalSize { unique_id: String },
}

/// The only place that gives a refused submission its XDS codes.
impl From<&SubmissionFault> for RegistryError {
    fn from(fault: &SubmissionFault) -> RegistryError {
        let (code, context) = match fault {
            SubmissionFault::Metadata(fault) => {
                (ErrorCode::RepositoryMetadataError, fault.code_context())
            }
            SubmissionFault::MissingDocument { entry } => {
                (ErrorCode::MissingDocument, format!("no Document for {entry}"))
            }
            SubmissionFault::MissingDocumentMetadata { document } => {
                (ErrorCode::MissingDocumentMetadata, format!("no DocumentEntry for {document}"))
            }
            SubmissionFault::HashMismatch { unique_id } => (
                ErrorCode::RepositoryMetadataError,
                format!("hash of {unique_id} differs from its document"),
            ),
            SubmissionFault::SizeMismatch { unique_id } => (
                ErrorCode::RepositoryMetadataError,
                format!("size of {unique_id} differs from its document"),
            ),
            SubmissionFault::DuplicateUniqueIdInMessage { unique_id } => {
                (ErrorCode::RepositoryDuplicateUniqueIdInMessage, unique_id.clone())
            }
            SubmissionFault::PatientIdDoesNotMatch { object } => {
                (ErrorCode::PatientIdDoesNotMatch, format!("patientId of {object}"))
            }
            SubmissionFault::NonIdenticalHash { unique_id } => {
                (ErrorCode::NonIdenticalHash, unique_id.clone())
            }
            SubmissionFault::NonIdenticalSize { unique_id } => {
                (ErrorCode::NonIdenticalSize, unique_id.clone())
            }
        };
        RegistryError::error(code, context)
    }
}

/// Why a submission was not stored and registered.
#[derive(Debug, thiserror::Error)]
pub enum SubmissionError {
    #[error("the submission breaks {} rules", .0.len())]
    Refused(Vec<SubmissionFault>),
    #[error("a document's content is not in the message")]
    ContentNotInMessage,
    #[error("the request's text could not be amended")]
    Amendment(#[source] ebxml::ReadError),
    #[error("the requester may not submit")]
    Denied(#[source] policy::Denied),
    #[error("the registry refused the submission")]
    RefusedByRegistry(Vec<RegistryError>),
    #[error("the registry did not receive the submission")]
    RegistryNotReached(#[source] client::CallError),
    /// The registry may have registered it: the documents stay.
    #[error("the registry's answer does not tell whether it registered the submission")]
    InDoubt,
    #[error("the documents could not be stored")]
    Blob(#[from] BlobError),
    #[error("the repository's store is not available")]
    Store(#[from] StoreError),
    #[error("the database failed")]
    Database(#[from] diesel::result::Error),
    #[error("the work was interrupted")]
    Interrupted,
}

impl SubmissionError {
    /// Whether someone here must act, rather than the requester.
    pub fn is_ours(&self) -> bool {
        match self {
            SubmissionError::Refused(_)
            | SubmissionError::ContentNotInMessage
            | SubmissionError::Denied(_)
            | SubmissionError::RefusedByRegistry(_) => false,
            SubmissionError::Amendment(_)
            | SubmissionError::RegistryNotReached(_)
            | SubmissionError::InDoubt
            | SubmissionError::Blob(_)
            | SubmissionError::Store(_)
            | SubmissionError::Database(_)
            | SubmissionError::Interrupted => true,
        }
    }

    /// For the audit trail.
    pub fn outcome(&self) -> Outcome {
        if self.is_ours() { Outcome::SeriousFailure } else { Outcome::MinorFailure }
    }

    /// For the audit trail: what the requester is told.
    pub fn summary(&self) -> String {
        RegistryError::summary(&self.to_registry_errors())
    }

    /// Whether the trail has it already: it was recorded with what became of the documents.
    pub fn is_recorded(&self) -> bool {
        match self {
            SubmissionError::RefusedByRegistry(_)
            | SubmissionError::RegistryNotReached(_)
            | SubmissionError::InDoubt => true,
            SubmissionError::Refused(_)
            | SubmissionError::ContentNotInMessage
            | SubmissionError::Amendment(_)
            | SubmissionError::Denied(_)
            | SubmissionError::Blob(_)
            | SubmissionError::Store(_)
            | SubmissionError::Database(_)
            | SubmissionError::Interrupted => false,
        }
    }

    /// What the requester is told, at least one error.
    pub fn to_registry_errors(&self) -> Vec<RegistryError> {
        let one = |code, context: &str| vec![RegistryError::error(code, context)];
        match self {
            SubmissionError::Refused(faults) => faults.iter().map(RegistryError::from).collect(),
            SubmissionError::RefusedByRegistry(errors) => with_an_error(errors.clone()),
            SubmissionError::ContentNotInMessage => one(
                ErrorCode::MissingDocument,
                "a Document refers to a part that is not in the message, or that another Document uses",
            ),
            SubmissionError::Denied(_) => one(ErrorCode::RepositoryError, "not permitted"),
            SubmissionError::RegistryNotReached(_) => one(
                ErrorCode::RegistryNotAvailable,
                "the registry cannot be reached; nothing was registered",
            ),
            SubmissionError::InDoubt => one(
                ErrorCode::RegistryNotAvailable,
                "the registry did not answer; whether the submission is registered is being settled",
            ),
            SubmissionError::Store(StoreError::Busy) => {
                one(ErrorCode::RepositoryBusy, "too many submissions are waiting")
            }
            SubmissionError::Blob(_) => {
                one(ErrorCode::RepositoryOutOfResources, "the documents could not be stored")
            }
            SubmissionError::Amendment(_)
            | SubmissionError::Store(_)
            | SubmissionError::Database(_)
            | SubmissionError::Interrupted => {
                one(ErrorCode::RepositoryError, "the submission could not be stored")
            }
        }
    }
}

/// A Failure that names no error is a Failure all the same: without one, ours would read as Success.
fn with_an_error(mut errors: Vec<RegistryError>) -> Vec<RegistryError> {
    if errors.iter().all(|error| error.severity == Severity::Warning) {
        errors.push(RegistryError::error(
            ErrorCode::RegistryError,
            "the registry refused the submission and did not say why",
        ));
    }
    errors
}

/// A submission above the limits of the door.
pub fn too_large() -> RegistryError {
    RegistryError::error(
        ErrorCode::RepositoryOutOfResources,
        "the message or one of its documents is larger than this repository takes",
    )
}

/// A submission whose documents find no place while they arrive.
pub fn no_room() -> RegistryError {
    RegistryError::error(ErrorCode::RepositoryOutOfResources, "the documents could not be taken in")
}

/// Why one document is not in an answer of ITI-43.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetrieveFault {
    #[error("another repository's document")]
    UnknownRepositoryId { unique_id: String },
    /// Unknown, not permitted or not readable: the requester cannot tell which.
    #[error("the document is not available")]
    DocumentUniqueId { unique_id: String },
}

/// The only place that gives a document that is not there its XDS code.
impl From<&RetrieveFault> for RegistryError {
    fn from(fault: &RetrieveFault) -> RegistryError {
        match fault {
            RetrieveFault::UnknownRepositoryId { unique_id } => {
                RegistryError::error(ErrorCode::UnknownRepositoryId, "this is another repository")
                    .at(unique_id)
            }
            RetrieveFault::DocumentUniqueId { unique_id } => RegistryError::error(
                ErrorCode::DocumentUniqueIdError,
                "the document is not available",
            )
            .at(unique_id),
        }
    }
}

/// Why a retrieval was not answered at all.
#[derive(Debug, thiserror::Error)]
pub enum RetrieveError {
    #[error("the requester may not retrieve")]
    Denied(#[source] policy::Denied),
    #[error("{found} documents asked for, {limit} allowed")]
    TooMany { found: usize, limit: usize },
    #[error("the documents do not fit into an answer without MTOM")]
    TooLargeInline,
    #[error("the repository could not read its store")]
    Store(#[from] StoreError),
    #[error("the database failed")]
    Database(#[from] diesel::result::Error),
    #[error("the retrieval could not be recorded in the audit journal")]
    Audit(#[from] audit::JournalError),
    #[error("the work was interrupted")]
    Interrupted,
}

impl RetrieveError {
    /// Whether someone here must act, rather than the requester.
    pub fn is_ours(&self) -> bool {
        match self {
            RetrieveError::Denied(_)
            | RetrieveError::TooMany { .. }
            | RetrieveError::TooLargeInline => false,
            RetrieveError::Store(_)
            | RetrieveError::Database(_)
            | RetrieveError::Audit(_)
            | RetrieveError::Interrupted => true,
        }
    }
}

/// The only place that gives a failed retrieval its XDS code.
impl From<&RetrieveError> for RegistryError {
    fn from(error: &RetrieveError) -> RegistryError {
        match error {
            RetrieveError::Denied(_) => {
                RegistryError::error(ErrorCode::RepositoryError, "not permitted")
            }
            RetrieveError::TooMany { limit, .. } => RegistryError::error(
                ErrorCode::RepositoryOutOfResources,
                format!("at most {limit} documents in one request"),
            ),
            RetrieveError::TooLargeInline => RegistryError::error(
                ErrorCode::RepositoryOutOfResources,
                "too large for an answer without MTOM; ask with MTOM",
            ),
            RetrieveError::Store(StoreError::Busy) => {
                RegistryError::error(ErrorCode::RepositoryBusy, "too many requests are waiting")
            }
            RetrieveError::Store(_)
            | RetrieveError::Database(_)
            | RetrieveError::Audit(_)
            | RetrieveError::Interrupted => RegistryError::error(
                ErrorCode::RepositoryError,
                "the documents could not be retrieved",
            ),
        }
    }
}

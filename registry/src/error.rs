//! The only place where this actor chooses error codes (ITI TF-3: Table 4.2.4.1-2).

mod feed;
mod feed_v2;
mod feed_v3;

use datatypes::EntryUuid;
use store::StoreError;
use xds::query::QueryFault;
use xds::{ErrorCode, MetadataFault, RegistryError};

pub(crate) use feed::Refusal;
pub use feed::{FeedFault, FeedId, LinkFault, MergeFault};
pub use feed_v2::FeedRefusal;
pub use feed_v3::FeedV3Refusal;

/// One reason why a submission is refused. `Display` goes to logs: no ids, no values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationFault {
    #[error("{0}")]
    Metadata(MetadataFault),
    #[error("submission structure: {what}")]
    Structure { object: String, what: &'static str },
    #[error("a uniqueId stands twice in the message")]
    DuplicateUniqueIdInMessage { unique_id: String },
    #[error("a uniqueId is in use")]
    DuplicateUniqueIdInRegistry { attribute: &'static str, unique_id: String },
    #[error("a document uniqueId is registered with another hash")]
    NonIdenticalHash { unique_id: String },
    #[error("a document uniqueId is registered with another size")]
    NonIdenticalSize { unique_id: String },
    #[error("an entryUUID is in use")]
    UuidInUse { uuid: EntryUuid },
    #[error("patient ids differ where they must agree")]
    PatientIdDoesNotMatch { object: String },
    #[error("the patient is unknown")]
    UnknownPatientId { cx: String },
    #[error("a reference cannot be resolved")]
    Unresolved { reference: String },
    #[error("a related document is deprecated")]
    DeprecatedDocument { uuid: EntryUuid },
    #[error("a related object is of the wrong kind or state: {what}")]
    UnsuitableObject { uuid: EntryUuid, what: &'static str },
    #[error("the patient has no room for more objects")]
    PatientFull,
    #[error("{found} objects in one submission, {limit} allowed")]
    TooManyObjects { found: usize, limit: usize },
}

/// The only place that gives a refused registration its XDS codes.
impl From<&RegistrationFault> for RegistryError {
    fn from(fault: &RegistrationFault) -> RegistryError {
        let (code, context) = match fault {
            RegistrationFault::Metadata(fault) => {
                (ErrorCode::RegistryMetadataError, fault.code_context())
            }
            RegistrationFault::Structure { object, what } => {
                (ErrorCode::RegistryMetadataError, format!("{object}: {what}"))
            }
            RegistrationFault::DuplicateUniqueIdInMessage { unique_id } => {
                (ErrorCode::RegistryDuplicateUniqueIdInMessage, unique_id.clone())
            }
            RegistrationFault::DuplicateUniqueIdInRegistry { attribute, unique_id } => {
                (ErrorCode::DuplicateUniqueIdInRegistry, format!("{attribute} {unique_id}"))
            }
            RegistrationFault::NonIdenticalHash { unique_id } => {
                (ErrorCode::NonIdenticalHash, unique_id.clone())
            }
            RegistrationFault::NonIdenticalSize { unique_id } => {
                (ErrorCode::NonIdenticalSize, unique_id.clone())
            }
            RegistrationFault::UuidInUse { uuid } => {
                (ErrorCode::RegistryMetadataError, format!("{uuid} is already registered"))
            }
            RegistrationFault::PatientIdDoesNotMatch { object } => {
                (ErrorCode::PatientIdDoesNotMatch, format!("patientId of {object}"))
            }
            RegistrationFault::UnknownPatientId { cx } => (ErrorCode::UnknownPatientId, cx.clone()),
            RegistrationFault::Unresolved { reference } => {
                (ErrorCode::UnresolvedReference, reference.clone())
            }
            RegistrationFault::DeprecatedDocument { uuid } => {
                (ErrorCode::RegistryDeprecatedDocumentError, uuid.to_string())
            }
            RegistrationFault::UnsuitableObject { uuid, what } => {
                (ErrorCode::RegistryMetadataError, format!("{uuid}: {what}"))
            }
            RegistrationFault::TooManyObjects { limit, .. } => (
                ErrorCode::RegistryOutOfResources,
                format!("at most {limit} objects in one submission"),
            ),
            RegistrationFault::PatientFull => (
                ErrorCode::RegistryOutOfResources,
                "the patient has no room for more objects".to_owned(),
            ),
        };
        RegistryError::error(code, context)
    }
}

/// A rule of the agreement that is broken and only worth a warning.
pub fn rule_warning(fault: &MetadataFault) -> RegistryError {
    RegistryError::warning(ErrorCode::RegistryMetadataError, fault.code_context())
}

/// Metadata that no attribute of XDS stands for and that is not stored.
pub fn not_saved(name: &str) -> RegistryError {
    RegistryError::warning(ErrorCode::ExtraMetadataNotSaved, name)
}

/// Why objects could not be given to whom they belong after a link change.
#[derive(Debug, thiserror::Error)]
pub enum RelocationError {
    #[error("the database could not be used")]
    Database(#[from] diesel::result::Error),
    #[error("a stored record is damaged")]
    Damaged(#[from] crate::record::DamagedRecord),
}

/// Why a submission was not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    #[error("the submission breaks {} rules", .0.len())]
    Refused(Vec<RegistrationFault>),
    #[error("the requester may not register")]
    Denied(#[source] policy::Denied),
    #[error("the registry could not store the submission")]
    Store(#[from] StoreError),
    #[error("a stored record is damaged")]
    Damaged(#[from] crate::record::DamagedRecord),
    #[error("the work was interrupted")]
    Interrupted,
}

impl From<RelocationError> for RegistrationError {
    fn from(error: RelocationError) -> RegistrationError {
        match error {
            RelocationError::Database(error) => RegistrationError::from(error),
            RelocationError::Damaged(damaged) => RegistrationError::Damaged(damaged),
        }
    }
}

/// A failed statement is a failure of the store, which knows whether trying again may help.
impl From<diesel::result::Error> for RegistrationError {
    fn from(error: diesel::result::Error) -> RegistrationError {
        RegistrationError::Store(StoreError::Database(error))
    }
}

impl RegistrationError {
    /// What the requester is told, at least one error.
    pub fn to_registry_errors(&self) -> Vec<RegistryError> {
        match self {
            RegistrationError::Refused(faults) => faults.iter().map(RegistryError::from).collect(),
            RegistrationError::Denied(_) => {
                vec![RegistryError::error(ErrorCode::RegistryError, "not permitted")]
            }
            RegistrationError::Store(error) => vec![store_failure(error)],
            RegistrationError::Damaged(_) | RegistrationError::Interrupted => {
                vec![RegistryError::error(
                    ErrorCode::RegistryError,
                    "the submission could not be stored",
                )]
            }
        }
    }
}

impl RegistrationError {
    /// The registry does not know itself whether it has the submission: an answer of the profile would say
    /// Failure, and the repository would remove documents that are registered. A fault says nothing about them.
    pub fn undecided(&self) -> Option<soap::Fault> {
        let RegistrationError::Store(error) = self else { return None };
        error
            .may_be_kept()
            .then(|| soap::Fault::receiver("The registry failed while it stored the submission."))
    }
}

fn store_failure(error: &StoreError) -> RegistryError {
    if matches!(error, StoreError::Busy) || error.is_transient() {
        return RegistryError::error(ErrorCode::RegistryBusy, "too many submissions are waiting");
    }
    RegistryError::error(ErrorCode::RegistryError, "the registry's store is not available")
}

/// Why a stored query was not answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error("{0}")]
    Fault(#[from] QueryFault),
    #[error("this stored query belongs to another transaction")]
    NotOffered,
    #[error("the requester may not query")]
    Denied(#[source] policy::Denied),
    #[error("answer spans patients, one was demanded")]
    ResultNotSinglePatient,
    #[error("{found} results, {limit} allowed")]
    TooManyResults { found: usize, limit: usize },
    #[error("more than {limit} objects would have to be looked at")]
    TooManyCandidates { limit: usize },
    #[error("a stored record is damaged")]
    Damaged(#[from] crate::record::DamagedRecord),
    #[error("the registry could not read its store")]
    Store(#[from] StoreError),
    #[error("the database failed")]
    Database(#[from] diesel::result::Error),
    #[error("the query could not be recorded in the audit journal")]
    Audit(#[from] audit::JournalError),
    #[error("the work was interrupted")]
    Interrupted,
}

impl QueryError {
    /// Whether someone here must act, rather than the requester.
    pub fn is_ours(&self) -> bool {
        match self {
            QueryError::Fault(_)
            | QueryError::NotOffered
            | QueryError::Denied(_)
            | QueryError::ResultNotSinglePatient
            | QueryError::TooManyResults { .. }
            | QueryError::TooManyCandidates { .. } => false,
            QueryError::Damaged(_)
            | QueryError::Store(_)
            | QueryError::Database(_)
            | QueryError::Audit(_)
            | QueryError::Interrupted => true,
        }
    }
}

fn fault_code(fault: &QueryFault) -> ErrorCode {
    match fault {
        QueryFault::UnknownStoredQuery => ErrorCode::UnknownStoredQuery,
        QueryFault::MissingParameter { .. } | QueryFault::MissingOneOf { .. } => {
            ErrorCode::StoredQueryMissingParam
        }
        QueryFault::Exclusive { .. }
        | QueryFault::NotSingleValued { .. }
        | QueryFault::RepeatedParameter { .. } => ErrorCode::StoredQueryParamNumber,
        QueryFault::ReturnType
        | QueryFault::InvalidValue { .. }
        | QueryFault::TooManyValues { .. } => ErrorCode::RegistryError,
    }
}

/// The only place that gives a query failure its XDS code.
impl From<&QueryError> for RegistryError {
    fn from(error: &QueryError) -> RegistryError {
        match error {
            QueryError::Fault(fault) => {
                RegistryError::error(fault_code(fault), fault.code_context())
            }
            QueryError::NotOffered => RegistryError::error(
                ErrorCode::UnknownStoredQuery,
                "this transaction does not know the stored query",
            ),
            QueryError::Denied(_) => {
                RegistryError::error(ErrorCode::RegistryError, "not permitted")
            }
            QueryError::ResultNotSinglePatient => RegistryError::error(
                ErrorCode::ResultNotSinglePatient,
                "the result spans patients; ask with returnType ObjectRef",
            ),
            QueryError::TooManyResults { limit, .. } => RegistryError::error(
                ErrorCode::TooManyResults,
                format!(
                    "more than {limit} results; ask with returnType ObjectRef or narrow the query"
                ),
            ),
            QueryError::TooManyCandidates { limit } => RegistryError::error(
                ErrorCode::TooManyResults,
                format!("more than {limit} objects would have to be looked at; narrow the query"),
            ),
            QueryError::Store(StoreError::Busy) => {
                RegistryError::error(ErrorCode::RegistryBusy, "too many requests are waiting")
            }
            QueryError::Damaged(_)
            | QueryError::Store(_)
            | QueryError::Database(_)
            | QueryError::Audit(_)
            | QueryError::Interrupted => {
                RegistryError::error(ErrorCode::RegistryError, "the query could not be answered")
            }
        }
    }
}

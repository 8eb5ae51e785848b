//! The only place where this actor chooses error codes (ITI TF-3: Table 4.2.4.1-2).

use datatypes::EntryUuid;
use hl7v2::{Ack, ErrDetail, ErrorCode as Table0357, FeedError, Location};
use store::StoreError;
use xds::query::QueryFault;
use xds::{ErrorCode, MetadataFault, RegistryError};

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

/// Why a submission was not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    #[error("the submission breaks {} rules", .0.len())]
    Refused(Vec<RegistrationFault>),
    #[error("the requester may not register")]
    Denied(#[source] policy::Denied),
    #[error("the registry could not store the submission")]
    Store(#[from] StoreError),
    #[error("the database failed")]
    Database(#[from] diesel::result::Error),
    #[error("the work was interrupted")]
    Interrupted,
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
            RegistrationError::Database(_) | RegistrationError::Interrupted => {
                vec![RegistryError::error(
                    ErrorCode::RegistryError,
                    "the submission could not be stored",
                )]
            }
        }
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
    #[error("this stored query is not offered")]
    NotOffered,
    #[error("the requester may not query")]
    Denied(#[source] policy::Denied),
    #[error("answer spans patients, one was demanded")]
    ResultNotSinglePatient,
    #[error("{found} results, {limit} allowed")]
    TooManyResults { found: usize, limit: usize },
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
            | QueryError::TooManyResults { .. } => false,
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
                "this registry does not offer the stored query",
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

/// Why a feed message was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum FeedFault {
    #[error("the message cannot be read")]
    Unreadable(#[source] hl7v2::Hl7Error),
    #[error("the message is no patient identity feed")]
    Feed(#[source] FeedError),
    #[error("the merge is refused: {0}")]
    Merge(MergeFault),
    #[error("the sender may not feed identifiers")]
    Denied(#[source] policy::Denied),
    #[error("repetition {repetition} of PID-3 names two different authorities")]
    InconsistentAuthority { repetition: usize },
    #[error("PID-3 names no assigning authority")]
    AuthorityMissing,
    #[error("repetition {repetition} of PID-3 holds an id that XDS cannot carry")]
    Id {
        repetition: usize,
        #[source]
        source: datatypes::InvalidPatientId,
    },
    #[error("the registry could not store the patient")]
    Store(#[from] StoreError),
    #[error("the database failed")]
    Database(#[from] diesel::result::Error),
    #[error("the refusal could not be recorded in the audit journal")]
    Audit(#[from] audit::JournalError),
}

/// Which condition of a merge does not hold (ITI TF-2: 3.8.4.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeFault {
    #[error("MRG-1 names not exactly one identifier of the affinity domain")]
    SubsumedAuthority,
    #[error("PID-3 names not exactly one identifier of the affinity domain")]
    SurvivingAuthority,
    #[error("both identifiers are the same")]
    SamePatient,
    #[error("the subsumed identifier is not known")]
    SubsumedUnknown,
    #[error("the surviving identifier is not known")]
    SurvivingUnknown,
    #[error("the subsumed identifier is subsumed by another already")]
    SubsumedAlready,
    #[error("the surviving identifier is itself subsumed")]
    SurvivingSubsumed,
}

impl MergeFault {
    /// Where in the message the identifier at fault stands.
    fn location(self) -> Location {
        let mrg =
            |component| Location::segment("MRG", 1).field(1).repetition(1).component(component);
        let pid =
            |component| Location::segment("PID", 1).field(3).repetition(1).component(component);
        match self {
            MergeFault::SubsumedAuthority => mrg(4),
            MergeFault::SurvivingAuthority => pid(4),
            MergeFault::SamePatient | MergeFault::SubsumedUnknown | MergeFault::SubsumedAlready => {
                mrg(1)
            }
            MergeFault::SurvivingUnknown | MergeFault::SurvivingSubsumed => pid(1),
        }
    }
}

/// The only place that gives a refused feed message its acknowledgement (ITI TF-2: C.2.3).
impl From<&FeedFault> for Ack {
    fn from(fault: &FeedFault) -> Ack {
        let pid_3 = |repetition: usize| Location::segment("PID", 1).field(3).repetition(repetition);
        match fault {
            FeedFault::Unreadable(error) => Ack::reject(detail(
                error.location(),
                Table0357::DataTypeError,
                "the message cannot be read",
            )),
            FeedFault::Feed(error) => feed_error(error),
            FeedFault::Merge(fault) => Ack::error(detail(
                Some(fault.location()),
                Table0357::UnknownKeyIdentifier,
                &fault.to_string(),
            )),
            FeedFault::Denied(_) => {
                Ack::error(detail(None, Table0357::ApplicationInternalError, "not permitted"))
            }
            FeedFault::InconsistentAuthority { repetition } => Ack::error(detail(
                Some(pid_3(*repetition).component(4)),
                Table0357::UnknownKeyIdentifier,
                "namespace and OID name different assigning authorities",
            )),
            FeedFault::AuthorityMissing => Ack::error(detail(
                Some(pid_3(1).component(4)),
                Table0357::UnknownKeyIdentifier,
                "the identifier has no assigning authority",
            )),
            FeedFault::Id { repetition, .. } => Ack::error(detail(
                Some(pid_3(*repetition).component(1)),
                Table0357::DataTypeError,
                "the identifier cannot stand in XDS metadata",
            )),
            FeedFault::Store(_) | FeedFault::Database(_) | FeedFault::Audit(_) => {
                Ack::reject(detail(None, Table0357::ApplicationInternalError, "try again later"))
            }
        }
    }
}

fn detail(location: Option<Location>, code: Table0357, text: &str) -> ErrDetail {
    ErrDetail { location, code, text: text.to_owned() }
}

fn feed_error(error: &FeedError) -> Ack {
    let with = |code, text: &str| detail(Some(error.location()), code, text);
    match error {
        FeedError::UnsupportedMessageType => {
            Ack::reject(with(Table0357::UnsupportedMessageType, "only ADT is received here"))
        }
        FeedError::UnsupportedTriggerEvent => Ack::reject(with(
            Table0357::UnsupportedEventCode,
            "A01, A04, A05, A08 and A40 are received here",
        )),
        FeedError::UnsupportedProcessingId => Ack::reject(with(
            Table0357::UnsupportedProcessingId,
            "the processing id is not accepted",
        )),
        FeedError::UnsupportedVersion => Ack::reject(with(
            Table0357::UnsupportedVersionId,
            "2.3.1, 2.4 and 2.5 are received here",
        )),
        FeedError::SegmentMissing { .. } => {
            Ack::error(with(Table0357::SegmentSequenceError, "a required segment is missing"))
        }
        FeedError::SegmentSequence { .. } => Ack::error(with(
            Table0357::SegmentSequenceError,
            "the segment is out of order or one too many",
        )),
        FeedError::FieldMissing { .. } => {
            Ack::error(with(Table0357::RequiredFieldMissing, "a required field is missing"))
        }
        FeedError::InvalidField { .. } => {
            Ack::error(with(Table0357::DataTypeError, "the field is not of its data type"))
        }
        FeedError::UnknownTableValue { .. } => {
            Ack::error(with(Table0357::TableValueNotFound, "the value is not in its table"))
        }
        FeedError::UnknownKey { .. } => Ack::error(with(
            Table0357::UnknownKeyIdentifier,
            "the identifier or its authority is unknown",
        )),
    }
}

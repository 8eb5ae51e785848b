//! Error codes, severities and statuses of registry answers, ITI TF-3: 4.2.4.

/// `errorCode` of ITI TF-3: Table 4.2.4.1-2, as far as XDS.b and XCA use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    DuplicateUniqueIdInRegistry,
    DocumentUniqueIdError,
    ExtraMetadataNotSaved,
    MissingDocument,
    MissingDocumentMetadata,
    MissingHomeCommunityId,
    NonIdenticalHash,
    NonIdenticalSize,
    PatientIdDoesNotMatch,
    RegistryBusy,
    RegistryDeprecatedDocumentError,
    RegistryDuplicateUniqueIdInMessage,
    RegistryError,
    RegistryMetadataError,
    RegistryNotAvailable,
    RegistryOutOfResources,
    RepositoryBusy,
    RepositoryDuplicateUniqueIdInMessage,
    RepositoryError,
    RepositoryMetadataError,
    RepositoryOutOfResources,
    ResultNotSinglePatient,
    StoredQueryMissingParam,
    StoredQueryParamNumber,
    TooManyResults,
    UnavailableCommunity,
    UnknownCommunity,
    UnknownPatientId,
    UnknownRepositoryId,
    UnknownStoredQuery,
    UnresolvedReference,
}

impl ErrorCode {
    /// The code as the wire writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorCode::DuplicateUniqueIdInRegistry => "XDSDuplicateUniqueIdInRegistry",
            ErrorCode::DocumentUniqueIdError => "XDSDocumentUniqueIdError",
            ErrorCode::ExtraMetadataNotSaved => "XDSExtraMetadataNotSaved",
            ErrorCode::MissingDocument => "XDSMissingDocument",
            ErrorCode::MissingDocumentMetadata => "XDSMissingDocumentMetadata",
            ErrorCode::MissingHomeCommunityId => "XDSMissingHomeCommunityId",
            ErrorCode::NonIdenticalHash => "XDSNonIdenticalHash",
            ErrorCode::NonIdenticalSize => "XDSNonIdenticalSize",
            ErrorCode::PatientIdDoesNotMatch => "XDSPatientIdDoesNotMatch",
            ErrorCode::RegistryBusy => "XDSRegistryBusy",
            ErrorCode::RegistryDeprecatedDocumentError => "XDSRegistryDeprecatedDocumentError",
            ErrorCode::RegistryDuplicateUniqueIdInMessage => {
                "XDSRegistryDuplicateUniqueIdInMessage"
            }
            ErrorCode::RegistryError => "XDSRegistryError",
            ErrorCode::RegistryMetadataError => "XDSRegistryMetadataError",
            ErrorCode::RegistryNotAvailable => "XDSRegistryNotAvailable",
            ErrorCode::RegistryOutOfResources => "XDSRegistryOutOfResources",
            ErrorCode::RepositoryBusy => "XDSRepositoryBusy",
            ErrorCode::RepositoryDuplicateUniqueIdInMessage => {
                "XDSRepositoryDuplicateUniqueIdInMessage"
            }
            ErrorCode::RepositoryError => "XDSRepositoryError",
            ErrorCode::RepositoryMetadataError => "XDSRepositoryMetadataError",
            ErrorCode::RepositoryOutOfResources => "XDSRepositoryOutOfResources",
            ErrorCode::ResultNotSinglePatient => "XDSResultNotSinglePatient",
            ErrorCode::StoredQueryMissingParam => "XDSStoredQueryMissingParam",
            ErrorCode::StoredQueryParamNumber => "XDSStoredQueryParamNumber",
            ErrorCode::TooManyResults => "XDSTooManyResults",
            ErrorCode::UnavailableCommunity => "XDSUnavailableCommunity",
            ErrorCode::UnknownCommunity => "XDSUnknownCommunity",
            ErrorCode::UnknownPatientId => "XDSUnknownPatientId",
            ErrorCode::UnknownRepositoryId => "XDSUnknownRepositoryId",
            ErrorCode::UnknownStoredQuery => "XDSUnknownStoredQuery",
            ErrorCode::UnresolvedReference => "UnresolvedReferenceException",
        }
    }
}

/// `severity` of a registry error, ITI TF-3: 4.2.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

impl Severity {
    /// The URN as the wire writes it.
    pub const fn urn(self) -> &'static str {
        match self {
            Severity::Warning => "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning",
            Severity::Error => "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error",
        }
    }
}

/// One `rs:RegistryError`.
///
/// `code` is text because an answer may carry codes that this version does not know; what Renkei
/// itself sends is made by [`RegistryError::error`] and [`RegistryError::warning`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryError {
    pub code: String,
    /// Text for the requester; may repeat what the requester sent.
    pub code_context: String,
    pub severity: Severity,
    pub location: Option<String>,
}

impl RegistryError {
    /// An error of severity Error without location.
    pub fn error(code: ErrorCode, code_context: impl Into<String>) -> RegistryError {
        RegistryError {
            code: code.as_str().to_owned(),
            code_context: code_context.into(),
            severity: Severity::Error,
            location: None,
        }
    }

    /// What the audit trail says of a failure: the first few errors, `CODE: context`.
    #[must_use]
    pub fn summary(errors: &[RegistryError]) -> String {
        const MAX_ERRORS: usize = 4;
        const MAX_CONTEXT: usize = 256;
        let told = errors.iter().take(MAX_ERRORS).map(|error| {
            let context: String = error.code_context.chars().take(MAX_CONTEXT).collect();
            format!("{}: {context}", error.code)
        });
        let mut told = told.collect::<Vec<_>>().join("; ");
        if errors.len() > MAX_ERRORS {
            told.push_str("; and more");
        }
        told
    }

    /// A warning without location.
    pub fn warning(code: ErrorCode, code_context: impl Into<String>) -> RegistryError {
        RegistryError { severity: Severity::Warning, ..RegistryError::error(code, code_context) }
    }

    /// The same error with a `location`, whose meaning depends on the transaction (ITI TF-3: 4.2.4.1).
    #[must_use]
    pub fn at(self, location: impl Into<String>) -> RegistryError {
        RegistryError { location: Some(location.into()), ..self }
    }
}

/// `status` of an answer, ITI TF-3: 4.2.4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResponseStatus {
    Success,
    PartialSuccess,
    Failure,
}

impl ResponseStatus {
    /// The URN as the wire writes it; note that PartialSuccess is IHE's, the others are ebRS's.
    pub const fn urn(self) -> &'static str {
        match self {
            ResponseStatus::Success => "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success",
            ResponseStatus::PartialSuccess => "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess",
            ResponseStatus::Failure => "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure",
        }
    }

    /// The status that a URN names.
    pub fn from_urn(urn: &str) -> Option<ResponseStatus> {
        [ResponseStatus::Success, ResponseStatus::PartialSuccess, ResponseStatus::Failure]
            .into_iter()
            .find(|status| status.urn() == urn)
    }
}

/// `rs:RegistryResponse`: a status with its errors and warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryResponse {
    pub status: ResponseStatus,
    pub errors: Vec<RegistryError>,
}

impl RegistryResponse {
    /// Success without anything to say.
    pub fn success() -> RegistryResponse {
        RegistryResponse { status: ResponseStatus::Success, errors: Vec::new() }
    }

    /// Failure if any of `errors` has severity Error, otherwise Success with warnings.
    pub fn of(errors: Vec<RegistryError>) -> RegistryResponse {
        let failed = errors.iter().any(|error| error.severity == Severity::Error);
        let status = if failed { ResponseStatus::Failure } else { ResponseStatus::Success };
        RegistryResponse { status, errors }
    }

    /// Whether a receiver may treat the submission as registered: the status says Success and no
    /// error contradicts it.
    pub fn is_success(&self) -> bool {
        self.status == ResponseStatus::Success
            && self.errors.iter().all(|error| error.severity == Severity::Warning)
    }
}

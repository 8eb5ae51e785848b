//! Every error has its code and keeps its cause to itself.
//!
//! Each list is complete: the function beside it names the variants, and does not compile until a new one
//! has a name. The only absent variant is `Denied`: nobody but the policy can make one, and open access
//! denies nothing.

use std::io;

use audit::JournalError;
use client::CallError;
use ebxml::ReadError;
use repository::blobs::BlobError;
use repository::error::{
    RetrieveError, RetrieveFault, SubmissionError, SubmissionFault, too_large,
};
use store::StoreError;
use xds::{ErrorCode, MetadataFault, Problem, RegistryError, Severity};

use crate::submission_rules::{VARIANTS, variant as variant_of_fault};

/// Stands for what the requester sent.
const SENT: &str = "SENT-4711";
/// Stands for what only the repository knows.
const INTERNAL: &str = "INTERNAL-4711";

/// The listed variants are all there are, but for those that cannot be made.
#[track_caller]
fn check_complete<'a>(mut listed: Vec<&'a str>, all: &[&'a str], cannot_be_made: &[&'a str]) {
    listed.extend(cannot_be_made);
    listed.sort_unstable();
    listed.dedup();
    assert_eq!(listed, all);
}

fn faults() -> Vec<(SubmissionFault, ErrorCode)> {
    let sent = || SENT.to_owned();
    let metadata =
        MetadataFault { object: sent(), attribute: "Document", problem: Problem::Repeated };
    vec![
        (SubmissionFault::Metadata(metadata), ErrorCode::RepositoryMetadataError),
        (SubmissionFault::MissingDocument { entry: sent() }, ErrorCode::MissingDocument),
        (
            SubmissionFault::MissingDocumentMetadata { document: sent() },
            ErrorCode::MissingDocumentMetadata,
        ),
        (SubmissionFault::HashMismatch { unique_id: sent() }, ErrorCode::RepositoryMetadataError),
        (SubmissionFault::SizeMismatch { unique_id: sent() }, ErrorCode::RepositoryMetadataError),
        (
            SubmissionFault::DuplicateUniqueIdInMessage { unique_id: sent() },
            ErrorCode::RepositoryDuplicateUniqueIdInMessage,
        ),
        (
            SubmissionFault::PatientIdDoesNotMatch { object: sent() },
            ErrorCode::PatientIdDoesNotMatch,
        ),
        (SubmissionFault::NonIdenticalHash { unique_id: sent() }, ErrorCode::NonIdenticalHash),
        (SubmissionFault::NonIdenticalSize { unique_id: sent() }, ErrorCode::NonIdenticalSize),
    ]
}

#[test]
fn every_fault_of_a_submission_has_a_code_and_says_what_it_is_about() {
    for (fault, code) in faults() {
        let error = RegistryError::from(&fault);
        assert_eq!((error.code.as_str(), error.severity), (code.as_str(), Severity::Error));
        assert!(error.code_context.contains(SENT), "{}", error.code_context);
        assert!(!fault.to_string().contains(SENT), "a log would tell what was sent: {fault}");
    }
    check_complete(
        faults().iter().map(|(fault, _)| variant_of_fault(fault)).collect(),
        &VARIANTS,
        &[],
    );
}

/// A failure of the database whose text must stay here.
fn database_failure() -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(INTERNAL.into())
}

fn failure() -> io::Error {
    io::Error::other(INTERNAL)
}

/// Each error with its code, and whether somebody here must act.
fn submission_errors() -> Vec<(SubmissionError, ErrorCode, bool)> {
    let refusal = RegistryError::error(ErrorCode::UnknownPatientId, SENT);
    let fault = SubmissionFault::MissingDocument { entry: SENT.to_owned() };
    let unreadable = ReadError::Unexpected { inside: "message" };
    let ours = |error: SubmissionError, code| (error, code, true);
    vec![
        (SubmissionError::Refused(vec![fault]), ErrorCode::MissingDocument, false),
        (SubmissionError::ContentNotInMessage, ErrorCode::MissingDocument, false),
        (SubmissionError::RefusedByRegistry(vec![refusal]), ErrorCode::UnknownPatientId, false),
        ours(SubmissionError::Amendment(unreadable), ErrorCode::RepositoryError),
        ours(SubmissionError::RegistryNotReached(not_reached()), ErrorCode::RegistryNotAvailable),
        ours(SubmissionError::InDoubt, ErrorCode::RegistryNotAvailable),
        ours(
            SubmissionError::Blob(BlobError::Write(failure())),
            ErrorCode::RepositoryOutOfResources,
        ),
        ours(SubmissionError::Store(StoreError::Busy), ErrorCode::RepositoryBusy),
        ours(SubmissionError::Store(StoreError::Unavailable), ErrorCode::RepositoryError),
        ours(SubmissionError::Database(database_failure()), ErrorCode::RepositoryError),
        ours(SubmissionError::Interrupted, ErrorCode::RepositoryError),
    ]
}

fn not_reached() -> CallError {
    CallError::Connect(INTERNAL.into())
}

#[test]
fn every_error_of_a_submission_has_a_code_and_keeps_its_cause() {
    for (error, code, is_ours) in submission_errors() {
        let told = error.to_registry_errors();
        assert_eq!(told.len(), 1, "{error}");
        assert_eq!((told[0].code.as_str(), told[0].severity), (code.as_str(), Severity::Error));
        assert!(!told[0].code_context.contains(INTERNAL), "{error}");
        assert_eq!(error.is_ours(), is_ours, "{error}");
    }
    let listed = submission_errors().iter().map(|(error, ..)| submission_variant(error)).collect();
    let all = [
        "Amendment",
        "Blob",
        "ContentNotInMessage",
        "Database",
        "Denied",
        "InDoubt",
        "Interrupted",
        "Refused",
        "RefusedByRegistry",
        "RegistryNotReached",
        "Store",
    ];
    check_complete(listed, &all, &["Denied"]);
}

fn submission_variant(error: &SubmissionError) -> &'static str {
    match error {
        SubmissionError::Refused(_) => "Refused",
        SubmissionError::ContentNotInMessage => "ContentNotInMessage",
        SubmissionError::Amendment(_) => "Amendment",
        SubmissionError::Denied(_) => "Denied",
        SubmissionError::RefusedByRegistry(_) => "RefusedByRegistry",
        SubmissionError::RegistryNotReached(_) => "RegistryNotReached",
        SubmissionError::InDoubt => "InDoubt",
        SubmissionError::Blob(_) => "Blob",
        SubmissionError::Store(_) => "Store",
        SubmissionError::Database(_) => "Database",
        SubmissionError::Interrupted => "Interrupted",
    }
}

#[test]
fn what_the_registry_says_is_passed_on_as_it_is() {
    let said = vec![
        RegistryError::error(ErrorCode::UnknownPatientId, SENT).at("somewhere"),
        RegistryError::warning(ErrorCode::ExtraMetadataNotSaved, "slot"),
    ];
    let error = SubmissionError::RefusedByRegistry(said.clone());
    assert_eq!(error.to_registry_errors(), said);
}

#[test]
fn a_refusal_without_an_error_is_none_the_less_told_as_one() {
    for said in [Vec::new(), vec![RegistryError::warning(ErrorCode::ExtraMetadataNotSaved, SENT)]] {
        let told = SubmissionError::RefusedByRegistry(said.clone()).to_registry_errors();
        assert_eq!(told.len(), said.len() + 1);
        assert!(told.iter().any(|error| error.severity == Severity::Error));
    }
}

#[test]
fn a_document_that_is_not_there_is_told_with_its_id_and_nothing_else() {
    let unique_id = || SENT.to_owned();
    let faults = [
        (
            RetrieveFault::UnknownRepositoryId { unique_id: unique_id() },
            ErrorCode::UnknownRepositoryId,
        ),
        (
            RetrieveFault::DocumentUniqueId { unique_id: unique_id() },
            ErrorCode::DocumentUniqueIdError,
        ),
    ];
    for (fault, code) in &faults {
        let error = RegistryError::from(fault);
        assert_eq!((error.code.as_str(), error.severity), (code.as_str(), Severity::Error));
        assert_eq!(error.location.as_deref(), Some(SENT));
        assert!(!fault.to_string().contains(SENT), "{fault}");
    }
    let variant = |fault: &RetrieveFault| match fault {
        RetrieveFault::UnknownRepositoryId { .. } => "UnknownRepositoryId",
        RetrieveFault::DocumentUniqueId { .. } => "DocumentUniqueId",
    };
    let listed = faults.iter().map(|(fault, _)| variant(fault)).collect();
    check_complete(listed, &["DocumentUniqueId", "UnknownRepositoryId"], &[]);
}

/// Each error with its code, and whether somebody here must act.
fn retrieve_errors() -> Vec<(RetrieveError, ErrorCode, bool)> {
    let out_of_resources = ErrorCode::RepositoryOutOfResources;
    let ours = |error: RetrieveError, code| (error, code, true);
    vec![
        (RetrieveError::TooMany { found: 9, limit: 5 }, out_of_resources, false),
        (RetrieveError::TooLargeInline, out_of_resources, false),
        ours(RetrieveError::Store(StoreError::Busy), ErrorCode::RepositoryBusy),
        ours(RetrieveError::Store(StoreError::Closed), ErrorCode::RepositoryError),
        ours(RetrieveError::Database(database_failure()), ErrorCode::RepositoryError),
        ours(RetrieveError::Audit(JournalError::Open(failure())), ErrorCode::RepositoryError),
        ours(RetrieveError::Interrupted, ErrorCode::RepositoryError),
    ]
}

#[test]
fn every_error_of_a_retrieval_has_a_code_and_keeps_its_cause() {
    for (error, code, is_ours) in retrieve_errors() {
        let told = RegistryError::from(&error);
        assert_eq!((told.code.as_str(), told.severity), (code.as_str(), Severity::Error));
        assert!(!told.code_context.contains(INTERNAL), "{error}");
        assert_eq!(error.is_ours(), is_ours, "{error}");
    }
    let variant = |error: &RetrieveError| match error {
        RetrieveError::Denied(_) => "Denied",
        RetrieveError::TooMany { .. } => "TooMany",
        RetrieveError::TooLargeInline => "TooLargeInline",
        RetrieveError::Store(_) => "Store",
        RetrieveError::Database(_) => "Database",
        RetrieveError::Audit(_) => "Audit",
        RetrieveError::Interrupted => "Interrupted",
    };
    let listed = retrieve_errors().iter().map(|(error, ..)| variant(error)).collect();
    let all = ["Audit", "Database", "Denied", "Interrupted", "Store", "TooLargeInline", "TooMany"];
    check_complete(listed, &all, &["Denied"]);
}

#[test]
fn what_is_too_large_says_so() {
    for error in [too_large(), RegistryError::from(&RetrieveError::TooLargeInline)] {
        assert_eq!(error.code, ErrorCode::RepositoryOutOfResources.as_str());
        assert!(error.code_context.contains("large"), "{}", error.code_context);
    }
}

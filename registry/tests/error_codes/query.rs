//! ITI-18 and ITI-51.

use audit::JournalError;
use registry::error::QueryError;
use registry::record::DamagedRecord;
use store::StoreError;
use xds::query::{Parameter, QueryFault};
use xds::{ErrorCode, RegistryError, Severity};

use super::{INTERNAL, check_complete, database_failure};

/// Each error with its code, and whether somebody here must act.
fn errors() -> Vec<(QueryError, ErrorCode, bool)> {
    let ours = |error, code| (error, code, true);
    let mut errors = vec![
        (QueryError::NotOffered, ErrorCode::UnknownStoredQuery, false),
        (QueryError::ResultNotSinglePatient, ErrorCode::ResultNotSinglePatient, false),
        (QueryError::TooManyResults { found: 9, limit: 5 }, ErrorCode::TooManyResults, false),
        (QueryError::TooManyCandidates { limit: 5 }, ErrorCode::TooManyResults, false),
        ours(QueryError::Damaged(DamagedRecord), ErrorCode::RegistryError),
        ours(QueryError::Store(StoreError::Busy), ErrorCode::RegistryBusy),
        ours(QueryError::Store(StoreError::Unavailable), ErrorCode::RegistryError),
        ours(
            QueryError::Store(StoreError::Connection(INTERNAL.to_owned())),
            ErrorCode::RegistryError,
        ),
        ours(QueryError::Database(database_failure()), ErrorCode::RegistryError),
        ours(QueryError::Audit(JournalError::Failed), ErrorCode::RegistryError),
        ours(QueryError::Interrupted, ErrorCode::RegistryError),
    ];
    errors
        .extend(faults().into_iter().map(|(fault, code)| (QueryError::Fault(fault), code, false)));
    errors
}

fn faults() -> Vec<(QueryFault, ErrorCode)> {
    let parameter = Parameter::DocumentEntryPatientId;
    let parameters: &[Parameter] = &[Parameter::FolderEntryUuid, Parameter::FolderUniqueId];
    vec![
        (QueryFault::UnknownStoredQuery, ErrorCode::UnknownStoredQuery),
        (QueryFault::ReturnType, ErrorCode::RegistryError),
        (QueryFault::MissingParameter { parameter }, ErrorCode::StoredQueryMissingParam),
        (QueryFault::MissingOneOf { parameters }, ErrorCode::StoredQueryMissingParam),
        (QueryFault::Exclusive { parameters }, ErrorCode::StoredQueryParamNumber),
        (QueryFault::NotSingleValued { parameter, count: 2 }, ErrorCode::StoredQueryParamNumber),
        (QueryFault::RepeatedParameter { parameter }, ErrorCode::StoredQueryParamNumber),
        (QueryFault::InvalidValue { parameter, what: "has no value" }, ErrorCode::RegistryError),
        (QueryFault::TooManyValues { limit: 5 }, ErrorCode::RegistryError),
    ]
}

#[test]
fn every_error_has_a_code_and_keeps_its_cause() {
    for (error, code, is_ours) in errors() {
        let told = RegistryError::from(&error);
        assert_eq!((told.code.as_str(), told.severity), (code.as_str(), Severity::Error));
        assert_eq!(error.is_ours(), is_ours, "{error}");
        assert!(!told.code_context.is_empty() && !told.code_context.contains(INTERNAL), "{error}");
    }
    let listed = errors().iter().map(|(error, ..)| variant(error)).collect();
    let all = [
        "Audit",
        "Damaged",
        "Database",
        "Denied",
        "Fault",
        "Interrupted",
        "NotOffered",
        "ResultNotSinglePatient",
        "Store",
        "TooManyCandidates",
        "TooManyResults",
    ];
    check_complete(listed, &all, &["Denied"]);
}

#[test]
fn every_fault_of_a_request_is_listed() {
    let listed = faults().iter().map(|(fault, _)| fault_variant(fault)).collect();
    let all = [
        "Exclusive",
        "InvalidValue",
        "MissingOneOf",
        "MissingParameter",
        "NotSingleValued",
        "RepeatedParameter",
        "ReturnType",
        "TooManyValues",
        "UnknownStoredQuery",
    ];
    check_complete(listed, &all, &[]);
}

#[test]
fn too_many_results_say_what_to_do() {
    let error = RegistryError::from(&QueryError::TooManyResults { found: 900, limit: 500 });
    assert!(error.code_context.contains("500") && error.code_context.contains("ObjectRef"));
}

fn variant(error: &QueryError) -> &'static str {
    match error {
        QueryError::Fault(_) => "Fault",
        QueryError::NotOffered => "NotOffered",
        QueryError::Denied(_) => "Denied",
        QueryError::ResultNotSinglePatient => "ResultNotSinglePatient",
        QueryError::TooManyResults { .. } => "TooManyResults",
        QueryError::TooManyCandidates { .. } => "TooManyCandidates",
        QueryError::Damaged(_) => "Damaged",
        QueryError::Store(_) => "Store",
        QueryError::Database(_) => "Database",
        QueryError::Audit(_) => "Audit",
        QueryError::Interrupted => "Interrupted",
    }
}

fn fault_variant(fault: &QueryFault) -> &'static str {
    match fault {
        QueryFault::UnknownStoredQuery => "UnknownStoredQuery",
        QueryFault::ReturnType => "ReturnType",
        QueryFault::MissingParameter { .. } => "MissingParameter",
        QueryFault::MissingOneOf { .. } => "MissingOneOf",
        QueryFault::Exclusive { .. } => "Exclusive",
        QueryFault::NotSingleValued { .. } => "NotSingleValued",
        QueryFault::RepeatedParameter { .. } => "RepeatedParameter",
        QueryFault::InvalidValue { .. } => "InvalidValue",
        QueryFault::TooManyValues { .. } => "TooManyValues",
    }
}

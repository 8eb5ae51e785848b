//! ITI-42.

use datatypes::EntryUuid;
use registry::error::{RegistrationError, RegistrationFault};
use store::StoreError;
use xds::{ErrorCode, MetadataFault, Problem, RegistryError, Severity};

use crate::registration_rules::{VARIANTS, variant as variant_of_fault};

use super::{INTERNAL, SENT, check_complete, database_failure};

/// Each fault with its code and what `codeContext` must hold (ITI TF-3: Table 4.2.4.1-2).
type Faults = Vec<(RegistrationFault, ErrorCode, String)>;

fn faults() -> Faults {
    let mut faults = faults_of_the_message();
    faults.extend(faults_against_the_registry());
    faults
}

fn sent() -> String {
    SENT.to_owned()
}

fn faults_of_the_message() -> Faults {
    let metadata = MetadataFault { object: sent(), attribute: "title", problem: Problem::TooLong };
    vec![
        (RegistrationFault::Metadata(metadata), ErrorCode::RegistryMetadataError, sent()),
        (
            RegistrationFault::Structure { object: sent(), what: "is no member" },
            ErrorCode::RegistryMetadataError,
            format!("{SENT}: is no member"),
        ),
        (
            RegistrationFault::DuplicateUniqueIdInMessage { unique_id: sent() },
            ErrorCode::RegistryDuplicateUniqueIdInMessage,
            sent(),
        ),
    ]
}

fn faults_against_the_registry() -> Faults {
    let uuid = EntryUuid::generate();
    vec![
        (
            RegistrationFault::DuplicateUniqueIdInRegistry {
                attribute: "XDSFolder.uniqueId",
                unique_id: sent(),
            },
            ErrorCode::DuplicateUniqueIdInRegistry,
            format!("XDSFolder.uniqueId {SENT}"),
        ),
        (
            RegistrationFault::NonIdenticalHash { unique_id: sent() },
            ErrorCode::NonIdenticalHash,
            sent(),
        ),
        (
            RegistrationFault::NonIdenticalSize { unique_id: sent() },
            ErrorCode::NonIdenticalSize,
            sent(),
        ),
        (RegistrationFault::UuidInUse { uuid }, ErrorCode::RegistryMetadataError, uuid.to_string()),
        (
            RegistrationFault::PatientIdDoesNotMatch { object: sent() },
            ErrorCode::PatientIdDoesNotMatch,
            sent(),
        ),
        (RegistrationFault::UnknownPatientId { cx: sent() }, ErrorCode::UnknownPatientId, sent()),
        (
            RegistrationFault::Unresolved { reference: sent() },
            ErrorCode::UnresolvedReference,
            sent(),
        ),
        (
            RegistrationFault::DeprecatedDocument { uuid },
            ErrorCode::RegistryDeprecatedDocumentError,
            uuid.to_string(),
        ),
        (
            RegistrationFault::UnsuitableObject { uuid, what: "is a Folder" },
            ErrorCode::RegistryMetadataError,
            format!("{uuid}: is a Folder"),
        ),
        (RegistrationFault::PatientFull, ErrorCode::RegistryOutOfResources, "room".to_owned()),
        (
            RegistrationFault::TooManyObjects { found: 9, limit: 5 },
            ErrorCode::RegistryOutOfResources,
            "at most 5".to_owned(),
        ),
    ]
}

#[test]
fn every_fault_has_a_code_and_says_what_it_is_about() {
    for (fault, code, context) in faults() {
        let error = RegistryError::from(&fault);
        assert_eq!((error.code.as_str(), error.severity), (code.as_str(), Severity::Error));
        assert!(error.code_context.contains(&context), "{}", error.code_context);
        assert_eq!(error.location, None);
        assert!(!fault.to_string().contains(SENT), "a log would tell what was sent: {fault}");
    }
    let listed = faults().iter().map(|(fault, ..)| variant_of_fault(fault)).collect();
    check_complete(listed, &VARIANTS, &[]);
}

fn errors() -> Vec<(RegistrationError, ErrorCode)> {
    let of_store = |error, code| (RegistrationError::Store(error), code);
    vec![
        (
            RegistrationError::Refused(vec![RegistrationFault::PatientFull]),
            ErrorCode::RegistryOutOfResources,
        ),
        of_store(StoreError::Busy, ErrorCode::RegistryBusy),
        of_store(StoreError::Unavailable, ErrorCode::RegistryError),
        of_store(StoreError::Closed, ErrorCode::RegistryError),
        of_store(StoreError::Panicked, ErrorCode::RegistryError),
        of_store(StoreError::Commit(database_failure().into()), ErrorCode::RegistryError),
        of_store(StoreError::Database(database_failure()), ErrorCode::RegistryError),
        (RegistrationError::from(database_failure()), ErrorCode::RegistryError),
        (RegistrationError::from(serialization_failure()), ErrorCode::RegistryBusy),
        (RegistrationError::from(registry::record::DamagedRecord), ErrorCode::RegistryError),
        (RegistrationError::Interrupted, ErrorCode::RegistryError),
    ]
}

/// Another process got in the way: the sender may try again.
fn serialization_failure() -> diesel::result::Error {
    let kind = diesel::result::DatabaseErrorKind::SerializationFailure;
    diesel::result::Error::DatabaseError(kind, Box::new(INTERNAL.to_owned()))
}

#[test]
fn every_error_has_a_code_and_keeps_its_cause() {
    for (error, code) in errors() {
        let told = error.to_registry_errors();
        assert_eq!(told.len(), 1, "{error}");
        assert_eq!((told[0].code.as_str(), told[0].severity), (code.as_str(), Severity::Error));
        assert!(!told[0].code_context.contains(INTERNAL), "{error}");
    }
    let listed = errors().iter().map(|(error, _)| variant(error)).collect();
    check_complete(listed, &["Damaged", "Denied", "Interrupted", "Refused", "Store"], &["Denied"]);
}

fn variant(error: &RegistrationError) -> &'static str {
    match error {
        RegistrationError::Refused(_) => "Refused",
        RegistrationError::Denied(_) => "Denied",
        RegistrationError::Store(_) => "Store",
        RegistrationError::Damaged(_) => "Damaged",
        RegistrationError::Interrupted => "Interrupted",
    }
}

#[test]
fn every_fault_of_a_submission_is_told() {
    let refused = RegistrationError::Refused(faults().into_iter().map(|(f, ..)| f).collect());
    let told: Vec<String> =
        refused.to_registry_errors().into_iter().map(|error| error.code).collect();
    let expected: Vec<&str> = faults().iter().map(|(_, code, _)| code.as_str()).collect();
    assert_eq!(told, expected);
}

//! The rules of ITI-41 on one submission, one change to a good one at a time (ITI TF-2: 3.41.4.1.3).

use std::collections::{BTreeMap, BTreeSet};

use datatypes::{EntryUuid, ObjectId, Sha1Hash};
use ebxml::{Content, SubmittedDocument};
use repository::documents;
use repository::error::{SubmissionError, SubmissionFault};
use xds::{ErrorCode, RegistryError};

use crate::submission::{Sent, patient, read};

/// The name, what is changed, and the codes of the answer.
type Case = (&'static str, fn() -> String, &'static [ErrorCode]);

const METADATA: ErrorCode = ErrorCode::RepositoryMetadataError;
const NO_DOCUMENT: ErrorCode = ErrorCode::MissingDocument;
const NO_ENTRY: ErrorCode = ErrorCode::MissingDocumentMetadata;
const TWICE: ErrorCode = ErrorCode::RepositoryDuplicateUniqueIdInMessage;
const MISMATCH: ErrorCode = ErrorCode::PatientIdDoesNotMatch;

fn good() -> Sent {
    Sent::of(&[b"first", b"second"])
}

const CASES: &[Case] = &[
    ("a_good_submission", || good().text(), &[]),
    ("no_documents_at_all", || Sent::of(&[]).text(), &[]),
    ("two_documents_of_the_same_bytes", || Sent::of(&[b"same", b"same"]).text(), &[]),
    (
        "hash_and_size_are_those_of_the_bytes",
        || {
            let mut sent = good();
            sent.submission.entries[0].hash =
                Some(Sha1Hash::from_bytes(openssl::sha::sha1(b"first")));
            sent.submission.entries[0].size = Some(5);
            sent.text()
        },
        &[],
    ),
    (
        "an_entry_without_its_document",
        || {
            let mut sent = good();
            sent.documents.pop();
            sent.text()
        },
        &[NO_DOCUMENT],
    ),
    (
        "a_document_without_its_entry",
        || {
            let mut sent = good();
            let stray = ObjectId::Uuid(EntryUuid::generate());
            sent.documents.push((stray, b"third".to_vec()));
            sent.text()
        },
        &[NO_ENTRY],
    ),
    (
        "a_document_of_the_submission_set",
        || {
            let mut sent = good();
            let set = sent.submission.submission_set.id.clone();
            sent.documents.push((set, b"third".to_vec()));
            sent.text()
        },
        &[NO_ENTRY],
    ),
    (
        "two_documents_for_one_entry",
        || {
            let mut sent = good();
            let first = sent.documents[0].0.clone();
            sent.documents.push((first, b"other bytes".to_vec()));
            sent.text()
        },
        &[METADATA],
    ),
    (
        "another_hash",
        || {
            let mut sent = good();
            sent.submission.entries[1].hash = Some(Sha1Hash::from_bytes([7; 20]));
            sent.text()
        },
        &[METADATA],
    ),
    (
        "another_size",
        || {
            let mut sent = good();
            sent.submission.entries[1].size = Some(7);
            sent.text()
        },
        &[METADATA],
    ),
    (
        "a_unique_id_stands_twice",
        || {
            let mut sent = good();
            sent.submission.entries[1].unique_id = sent.submission.entries[0].unique_id.clone();
            sent.text()
        },
        &[TWICE],
    ),
    (
        "a_required_attribute_is_missing",
        || {
            let mut sent = good();
            sent.submission.entries[0].confidentiality_codes.clear();
            sent.text()
        },
        &[METADATA],
    ),
    (
        "several_faults_are_told_at_once",
        || {
            let mut sent = good();
            sent.documents.pop();
            sent.submission.entries[0].size = Some(7);
            sent.submission.entries[1].patient_id.value = patient("somebody else");
            sent.text()
        },
        &[NO_DOCUMENT, METADATA, MISMATCH],
    ),
];

#[test]
fn each_rule_is_told_by_its_code() {
    let mut provoked = BTreeMap::new();
    for (name, text, codes) in CASES {
        let faults = faults_of(&text());
        let answered: BTreeSet<String> =
            faults.iter().map(|fault| RegistryError::from(fault).code).collect();
        let expected: BTreeSet<String> =
            codes.iter().map(|code| code.as_str().to_owned()).collect();
        assert_eq!(answered, expected, "{name}");
        for fault in faults {
            provoked.entry(variant(&fault)).or_insert(*name);
        }
    }
    let names: Vec<&str> = provoked.keys().copied().collect();
    // The other two need what is stored already: `submissions` provokes them.
    let expected: Vec<&str> =
        VARIANTS.into_iter().filter(|name| !name.starts_with("NonIdentical")).collect();
    assert_eq!(names, expected);
}

fn faults_of(text: &str) -> Vec<SubmissionFault> {
    let request = read(text);
    let documents = documents::resolve(request.documents, Vec::new()).unwrap();
    documents::check(&request.draft, &documents)
}

#[test]
fn a_patient_that_differs_is_the_registrys_to_tell() {
    let mut sent = good();
    sent.submission.entries[1].patient_id.value = patient("somebody else");
    assert_eq!(faults_of(&sent.text()), []);
}

#[test]
fn a_reference_needs_its_part() {
    for href in ["cid:absent@example", "http://elsewhere.example/document", ""] {
        let id = ObjectId::Uuid(EntryUuid::generate());
        let document = SubmittedDocument { id, content: Content::Xop(href.to_owned()) };
        let resolved = documents::resolve(vec![document], Vec::new());
        assert!(matches!(resolved, Err(SubmissionError::ContentNotInMessage)), "{href}");
    }
}

#[test]
fn digests_are_those_of_the_bytes() {
    let request = read(&Sent::of(&[b"document", b""]).text());
    let documents = documents::resolve(request.documents, Vec::new()).unwrap();
    for (document, bytes) in documents.iter().zip([b"document".as_slice(), b""]) {
        assert_eq!(*document.sha1.as_bytes(), openssl::sha::sha1(bytes));
        assert_eq!(document.sha256, openssl::sha::sha256(bytes));
        assert_eq!(document.size, u64::try_from(bytes.len()).unwrap());
    }
}

/// The names of all faults; a new one does not compile until it has its name here and a case.
pub(crate) fn variant(fault: &SubmissionFault) -> &'static str {
    match fault {
        SubmissionFault::Metadata(_) => "Metadata",
        SubmissionFault::MissingDocument { .. } => "MissingDocument",
        SubmissionFault::MissingDocumentMetadata { .. } => "MissingDocumentMetadata",
        SubmissionFault::HashMismatch { .. } => "HashMismatch",
        SubmissionFault::SizeMismatch { .. } => "SizeMismatch",
        SubmissionFault::DuplicateUniqueIdInMessage { .. } => "DuplicateUniqueIdInMessage",
        SubmissionFault::PatientIdDoesNotMatch { .. } => "PatientIdDoesNotMatch",
        SubmissionFault::NonIdenticalHash { .. } => "NonIdenticalHash",
        SubmissionFault::NonIdenticalSize { .. } => "NonIdenticalSize",
    }
}

pub(crate) const VARIANTS: [&str; 9] = [
    "DuplicateUniqueIdInMessage",
    "HashMismatch",
    "Metadata",
    "MissingDocument",
    "MissingDocumentMetadata",
    "NonIdenticalHash",
    "NonIdenticalSize",
    "PatientIdDoesNotMatch",
    "SizeMismatch",
];

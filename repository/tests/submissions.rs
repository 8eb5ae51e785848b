//! ITI-41 while the registry does not run: what is stored already, and what is released again.

use std::sync::Arc;

use repository::Repository;
use repository::error::SubmissionError;
use repository::store::document::{self, NewDocument, State};
use repository::transactions::provide_and_register_document_set::provide_and_register_document_set;
use xds::RegistryError;

use crate::open_repository::{Place, maintenance, n_rows, on_each_backend, origin};
use crate::submission::{Sent, read};

async fn provide(
    repository: Arc<Repository>,
    text: String,
) -> Result<Vec<RegistryError>, SubmissionError> {
    let request = read(&text);
    provide_and_register_document_set(&repository, &origin(), &text, request, Vec::new()).await
}

/// A document that was registered when the registry still ran.
fn registered(place: &Place, repository: &Repository, unique_id: &str, bytes: &[u8]) {
    let sha256 = openssl::sha::sha256(bytes);
    repository.blobs.put(&place.spool(), bytes, &sha256).unwrap();
    let document = NewDocument {
        unique_id: unique_id.to_owned(),
        mime_type: "text/plain".to_owned(),
        sha1: openssl::sha::sha1(bytes),
        sha256,
        size: u64::try_from(bytes.len()).unwrap(),
        patient_id: "TEST-1^^^&1.2.3&ISO".to_owned(),
    };
    let permit = maintenance();
    place.commit(&repository.database, move |connection| {
        let numbers = document::insert(connection, &permit, ("1.2.3", 0), &[document])?;
        document::set_state(connection, &numbers, State::Registered)
    });
}

fn is_stored(repository: &Repository, bytes: &[u8]) -> bool {
    let size = u64::try_from(bytes.len()).unwrap();
    repository.blobs.locate(&openssl::sha::sha256(bytes), size).is_ok()
}

#[test]
fn a_submission_that_did_not_reach_the_registry_leaves_nothing() {
    on_each_backend(|place| {
        let repository = place.open();
        let sent = Sent::of(&[b"first", b"second"]);
        let provided = place.runtime.block_on(provide(Arc::clone(&repository), sent.text()));
        assert!(matches!(provided, Err(SubmissionError::RegistryNotReached(_))), "{provided:?}");
        assert_eq!(n_rows(&repository.database, "document"), 0);
        assert!(!is_stored(&repository, b"first") && !is_stored(&repository, b"second"));
        assert_eq!(std::fs::read_dir(place.spool()).unwrap().count(), 0);
    });
}

#[test]
fn a_released_submission_leaves_the_bytes_that_another_names() {
    on_each_backend(|place| {
        let repository = place.open();
        registered(place, &repository, "1.2.3.1", b"shared");
        let text = || Sent::of(&[b"shared", b"own"]).text();
        let tasks: Vec<_> = (0..16)
            .map(|_| place.runtime.spawn(provide(Arc::clone(&repository), text())))
            .collect();
        for task in tasks {
            let provided = place.runtime.block_on(task).unwrap();
            assert!(matches!(provided, Err(SubmissionError::RegistryNotReached(_))));
        }
        assert_eq!(n_rows(&repository.database, "document"), 1);
        assert!(is_stored(&repository, b"shared"));
        assert!(!is_stored(&repository, b"own"));
    });
}

#[test]
fn a_unique_id_stands_for_the_same_bytes_for_ever() {
    on_each_backend(|place| {
        let repository = place.open();
        let sent = Sent::of(&[b"document"]);
        registered(place, &repository, &sent.unique_id(), b"document");
        let end = |bytes: &[u8]| {
            let sent = Sent {
                submission: sent.submission.clone(),
                documents: vec![(sent.documents[0].0.clone(), bytes.to_vec())],
            };
            let provided = place.runtime.block_on(provide(Arc::clone(&repository), sent.text()));
            let errors = provided.unwrap_err().to_registry_errors();
            errors.into_iter().map(|error| error.code).collect::<Vec<_>>()
        };
        assert_eq!(end(b"DOCUMENT"), ["XDSNonIdenticalHash"]);
        assert_eq!(end(b"other"), ["XDSNonIdenticalHash", "XDSNonIdenticalSize"]);
        assert_eq!(end(b"document"), ["XDSRegistryNotAvailable"], "nothing against it here");
        assert_eq!(n_rows(&repository.database, "document"), 1);
        assert!(is_stored(&repository, b"document"));
        assert!(!is_stored(&repository, b"DOCUMENT") && !is_stored(&repository, b"other"));
    });
}

#[test]
fn a_refused_submission_stores_nothing() {
    let place = Place::sqlite();
    let repository = place.open();
    let mut sent = Sent::of(&[b"first", b"second"]);
    sent.documents.pop();
    let n_records = n_rows(&repository.database, "audit_outbox");
    let provided = place.runtime.block_on(provide(Arc::clone(&repository), sent.text()));
    assert!(matches!(provided, Err(SubmissionError::Refused(_))), "{provided:?}");
    assert_eq!(n_rows(&repository.database, "document"), 0);
    assert_eq!(n_rows(&repository.database, "audit_outbox"), n_records);
    assert!(!is_stored(&repository, b"first"));
}

#[test]
fn of_parallel_submissions_that_fail_no_bytes_stay() {
    on_each_backend(|place| {
        let repository = place.open();
        let sent = Sent::of(&[b"document"]);
        let with_bytes = |n: u8| Sent {
            submission: sent.submission.clone(),
            documents: vec![(sent.documents[0].0.clone(), vec![n; 100])],
        };
        let tasks: Vec<_> = (0..16)
            .map(|n| place.runtime.spawn(provide(Arc::clone(&repository), with_bytes(n).text())))
            .collect();
        for task in tasks {
            place.runtime.block_on(task).unwrap().unwrap_err();
        }
        assert_eq!(n_rows(&repository.database, "document"), 0);
        let left = (0..16).filter(|n| is_stored(&repository, &[*n; 100])).count();
        assert_eq!(left, 0, "bytes that nobody names");
    });
}

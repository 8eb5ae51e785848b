//! ITI-43: which documents are found, once per request element.

use ebxml::retrieve_document_set::DocumentRequest;
use repository::Repository;
use repository::error::{RetrieveError, RetrieveFault};
use repository::store::document::{self, NewDocument};
use repository::transactions::retrieve_document_set::{Retrieved, retrieve_document_set};

use crate::open_repository::{Place, REPOSITORY, maintenance, on_each_backend, origin};

fn request(repository_unique_id: &str, document_unique_id: &str) -> DocumentRequest {
    DocumentRequest {
        home: None,
        repository_unique_id: repository_unique_id.to_owned(),
        document_unique_id: document_unique_id.to_owned(),
    }
}

fn store(place: &Place, repository: &Repository, unique_id: &str, bytes: &[u8]) {
    let sha256 = openssl::sha::sha256(bytes);
    repository.blobs.put(&place.spool(), bytes, &sha256).unwrap();
    let document = NewDocument {
        unique_id: unique_id.to_owned(),
        mime_type: "text/plain".to_owned(),
        sha1: openssl::sha::sha1(bytes),
        sha256,
        size: u64::try_from(bytes.len()).unwrap(),
    };
    let permit = maintenance();
    place.commit(&repository.database, move |connection| {
        document::insert(connection, &permit, ("1.2.3", 0), &[document])
    });
}

fn retrieve(
    repository: &Repository,
    requests: &[DocumentRequest],
) -> Result<Retrieved, RetrieveError> {
    retrieve_document_set(repository, &origin(), requests)
}

#[test]
fn each_request_element_is_answered() {
    on_each_backend(|place| {
        let repository = place.open();
        store(place, &repository, "1.2.3.1", b"first");
        store(place, &repository, "1.2.3.2^it's", b"second");
        let wanted = [
            request(REPOSITORY, "1.2.3.1"),
            request(REPOSITORY, "unknown"),
            request("1.2.3.4", "1.2.3.1"),
            request(REPOSITORY, "1.2.3.2^it's"),
            request(REPOSITORY, "1.2.3.1"),
        ];
        let retrieved = retrieve(&repository, &wanted).unwrap();
        let contents: Vec<Vec<u8>> = retrieved
            .documents
            .iter()
            .map(|document| std::fs::read(&document.path).unwrap())
            .collect();
        assert_eq!(contents, [b"first".to_vec(), b"second".to_vec(), b"first".to_vec()]);
        for document in &retrieved.documents {
            assert_eq!(document.mime_type, "text/plain");
            let length = std::fs::metadata(&document.path).unwrap().len();
            assert_eq!(document.size, length);
        }
        let expected = [
            RetrieveFault::DocumentUniqueId { unique_id: "unknown".to_owned() },
            RetrieveFault::UnknownRepositoryId { unique_id: "1.2.3.1".to_owned() },
        ];
        assert_eq!(retrieved.faults, expected);
    });
}

#[test]
fn bytes_that_are_torn_or_gone_are_not_sent() {
    let place = Place::sqlite();
    let repository = place.open();
    store(&place, &repository, "torn", b"torn bytes");
    store(&place, &repository, "gone", b"gone bytes");
    let torn = repository.blobs.locate(&openssl::sha::sha256(b"torn bytes"), 10).unwrap();
    std::fs::write(torn, b"torn").unwrap();
    repository.blobs.remove(&openssl::sha::sha256(b"gone bytes")).unwrap();
    let wanted = [request(REPOSITORY, "torn"), request(REPOSITORY, "gone")];
    let retrieved = retrieve(&repository, &wanted).unwrap();
    assert!(retrieved.documents.is_empty());
    let unavailable =
        |unique_id: &str| RetrieveFault::DocumentUniqueId { unique_id: unique_id.to_owned() };
    assert_eq!(retrieved.faults, [unavailable("torn"), unavailable("gone")]);
}

#[test]
fn more_documents_than_allowed_are_refused() {
    let place = Place::sqlite();
    let repository = place.open();
    let wanted = vec![request(REPOSITORY, "any"); 6];
    let refused = retrieve(&repository, &wanted).unwrap_err();
    assert!(matches!(refused, RetrieveError::TooMany { found: 6, limit: 5 }), "{refused:?}");
    assert_eq!(retrieve(&repository, &wanted[..5]).unwrap().faults.len(), 5);
}

//! ITI-43: which documents are found, once per request element.

use std::fs;
use std::path::Path;

use ebxml::retrieve_document_set::DocumentRequest;
use repository::Repository;
use repository::error::{RetrieveError, RetrieveFault};
use repository::store::document::{self, NewDocument};
use repository::transactions::retrieve_document_set::{
    Delivery, FoundContent, MAX_INLINE_BYTES, Retrieved, retrieve_document_set,
};

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
        patient_id: "TEST-1^^^&1.2.3&ISO".to_owned(),
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
    retrieve_document_set(repository, &origin(), requests, Delivery::Streamed)
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
        let mut contents = Vec::new();
        for document in retrieved.documents {
            assert_eq!(document.mime_type, "text/plain");
            let bytes = document.content.into_bytes().unwrap();
            assert_eq!(document.size, u64::try_from(bytes.len()).unwrap());
            contents.push(bytes);
        }
        assert_eq!(contents, [b"first".to_vec(), b"second".to_vec(), b"first".to_vec()]);
        let expected = [
            RetrieveFault::DocumentUniqueId { unique_id: "unknown".to_owned() },
            RetrieveFault::UnknownRepositoryId { unique_id: "1.2.3.1".to_owned() },
        ];
        assert_eq!(retrieved.faults, expected);
    });
}

/// A registry hands back whatever homeCommunityId the source of an entry wrote, and consumers repeat it.
#[test]
fn the_home_community_id_hides_no_document() {
    on_each_backend(|place| {
        let repository = place.open();
        store(place, &repository, "1.2.3.1", b"bytes");
        let homes = [None, Some("urn:oid:1.2.3"), Some("urn:oid:9.9.9"), Some("what?")];
        let wanted: Vec<_> = homes
            .iter()
            .map(|home| DocumentRequest {
                home: home.map(str::to_owned),
                ..request(REPOSITORY, "1.2.3.1")
            })
            .collect();
        let retrieved = retrieve(&repository, &wanted).unwrap();
        let echoed: Vec<_> =
            retrieved.documents.iter().map(|found| found.request.home.as_deref()).collect();
        assert_eq!(echoed, homes);
        assert_eq!(retrieved.faults, []);
    });
}

fn unavailable(unique_id: &str) -> RetrieveFault {
    RetrieveFault::DocumentUniqueId { unique_id: unique_id.to_owned() }
}

/// What somebody or something does to a stored file.
type Damage = fn(&Path);

const DAMAGES: [(&str, Damage); 6] = [
    ("shorter", |file| fs::write(file, b"torn").unwrap()),
    ("longer", |file| fs::write(file, b"dose: 10 mg a day").unwrap()),
    ("changed", |file| fs::write(file, b"dose: 90 mg").unwrap()),
    ("zeroed", |file| fs::write(file, [0; 11]).unwrap()),
    ("gone", |file| fs::remove_file(file).unwrap()),
    ("folder", |file| {
        fs::remove_file(file).unwrap();
        fs::create_dir(file).unwrap();
    }),
];

#[test]
fn a_document_that_is_not_what_was_stored_costs_only_itself() {
    for delivery in [Delivery::Streamed, Delivery::Inline] {
        let place = Place::sqlite();
        let repository = place.open();
        for (name, damage) in DAMAGES {
            store(&place, &repository, &format!("{name}.damaged"), b"dose: 10 mg");
            store(&place, &repository, &format!("{name}.whole"), b"whole");
            damage(&repository.blobs.locate(&openssl::sha::sha256(b"dose: 10 mg"), 11).unwrap());
            let (damaged, whole) = (format!("{name}.damaged"), format!("{name}.whole"));
            let wanted = [request(REPOSITORY, &damaged), request(REPOSITORY, &whole)];
            let found = retrieve_document_set(&repository, &origin(), &wanted, delivery).unwrap();
            assert_eq!(found.faults, [unavailable(&damaged)], "{delivery:?}");
            let found = found.documents.into_iter();
            let contents: Vec<_> = found.map(|found| found.content.into_bytes().unwrap()).collect();
            assert_eq!(contents, [b"whole"], "{delivery:?}");
        }
    }
}

#[test]
fn a_large_document_fails_at_its_end() {
    let place = Place::sqlite();
    let repository = place.open();
    let mut bytes = vec![b'x'; 3_000_000];
    store(&place, &repository, "large", &bytes);
    let file = repository.blobs.locate(&openssl::sha::sha256(&bytes), 3_000_000).unwrap();
    *bytes.first_mut().unwrap() = b'y';
    fs::write(file, &bytes).unwrap();
    let mut found = retrieve(&repository, &[request(REPOSITORY, "large")]).unwrap();
    let content = found.documents.pop().unwrap().content;
    assert!(matches!(content, FoundContent::File(_)), "a large document is held in memory");
    assert!(content.into_bytes().is_err());
    // Inside an envelope it is known before.
    let wanted = [request(REPOSITORY, "large")];
    let found = retrieve_document_set(&repository, &origin(), &wanted, Delivery::Inline).unwrap();
    assert_eq!(found.faults, [unavailable("large")]);
}

#[test]
fn small_documents_are_verified_also_where_memory_does_not_hold_them_all() {
    let place = Place::sqlite();
    let repository = place.open();
    let content = |letter: u8| vec![letter; 700_000];
    let mut wanted = Vec::new();
    for letter in *b"abc" {
        let unique_id = char::from(letter).to_string();
        store(&place, &repository, &unique_id, &content(letter));
        wanted.push(request(REPOSITORY, &unique_id));
    }
    let file = repository.blobs.locate(&openssl::sha::sha256(&content(b'c')), 700_000).unwrap();
    fs::write(file, content(b'd')).unwrap();
    let found = retrieve(&repository, &wanted).unwrap();
    assert_eq!(found.faults, [unavailable("c")]);
    let found = found.documents.into_iter();
    let contents: Vec<_> = found.map(|found| found.content.into_bytes().unwrap()).collect();
    assert_eq!(contents, [content(b'a'), content(b'b')]);
}

#[test]
fn an_answer_without_mtom_has_a_limit() {
    let place = Place::sqlite();
    let repository = place.open();
    let size = usize::try_from(MAX_INLINE_BYTES).unwrap();
    store(&place, &repository, "most", &vec![b'x'; size]);
    store(&place, &repository, "more", b"x");
    let mut wanted = vec![request(REPOSITORY, "most")];
    let inline = |wanted: &[DocumentRequest]| {
        retrieve_document_set(&repository, &origin(), wanted, Delivery::Inline)
    };
    assert_eq!(inline(&wanted).unwrap().documents.len(), 1);
    wanted.push(request(REPOSITORY, "more"));
    assert!(matches!(inline(&wanted), Err(RetrieveError::TooLargeInline)));
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

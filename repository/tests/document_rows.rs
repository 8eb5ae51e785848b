//! Table `document`: which bytes are named by whom, and from when on by nobody.

use std::sync::Arc;

use proptest::prelude::*;
use repository::store::document::{
    self, DocumentInDoubt, DocumentNumbers, NewDocument, State, StoredDocument,
};
use store::{AnyConnection, Database, StoreError};

use crate::open_repository::{Place, maintenance, on_each_backend};

/// A document whose bytes are known by a number.
fn new(unique_id: &str, bytes: u8) -> NewDocument {
    NewDocument {
        unique_id: unique_id.to_owned(),
        mime_type: format!("text/of-{bytes}"),
        sha1: [bytes; 20],
        sha256: [bytes; 32],
        size: u64::from(bytes),
        patient_id: "TEST-1^^^&1.2.3&ISO".to_owned(),
    }
}

struct Rows<'p> {
    place: &'p Place,
    database: Arc<Database>,
}

impl Rows<'_> {
    fn new(place: &Place) -> Rows<'_> {
        Rows { place, database: place.database() }
    }

    fn insert(&self, documents: Vec<NewDocument>) -> DocumentNumbers {
        let permit = maintenance();
        self.place.commit(&self.database, move |connection| {
            document::insert(connection, &permit, ("1.2.3", 0), &documents)
        })
    }

    fn remove(&self, numbers: DocumentNumbers) -> Vec<[u8; 32]> {
        self.place.commit(&self.database, move |connection| document::remove(connection, &numbers))
    }

    fn set_state(&self, numbers: DocumentNumbers, state: State) {
        self.place.commit(&self.database, move |connection| {
            document::set_state(connection, &numbers, state)
        });
    }

    fn find(&self, unique_id: &str) -> Option<StoredDocument> {
        let permit = maintenance();
        self.read(|connection| Ok(document::find(connection, &permit, unique_id)?))
    }

    fn read<T>(&self, read: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError>) -> T {
        self.database.read(read).unwrap()
    }

    fn in_doubt(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut last = 0;
        while let Some(next) =
            self.read(|connection| Ok(document::next_in_doubt(connection, last)?))
        {
            last = next.document_no;
            found.push(next.unique_id);
        }
        found
    }
}

#[test]
fn a_stored_document_is_found_by_its_unique_id() {
    on_each_backend(|place| {
        let rows = Rows::new(place);
        let numbers = rows.insert(vec![new("a'b", 1), new("c", 2)]);
        assert_eq!(numbers.len(), 2);
        let expected = StoredDocument {
            mime_type: "text/of-1".to_owned(),
            sha256: [1; 32],
            size: 1,
            patient_id: "TEST-1^^^&1.2.3&ISO".to_owned(),
        };
        assert_eq!(rows.find("a'b"), Some(expected));
        assert_eq!(rows.find("A'B"), None, "identifiers have their case");
        assert_eq!(rows.find(""), None);
        let digests = rows.read(|connection| Ok(document::digests(connection, "c")?));
        assert_eq!(digests, [(vec![2; 20], 2)]);
    });
}

#[test]
fn the_first_of_two_answers_for_their_unique_id() {
    on_each_backend(|place| {
        let rows = Rows::new(place);
        let first = rows.insert(vec![new("same", 1)]);
        rows.insert(vec![NewDocument { mime_type: "text/later".to_owned(), ..new("same", 1) }]);
        assert_eq!(rows.find("same").unwrap().mime_type, "text/of-1");
        assert!(rows.remove(first).is_empty(), "the second still names the bytes");
        assert_eq!(rows.find("same").unwrap().mime_type, "text/later");
    });
}

#[test]
fn bytes_are_orphans_when_the_last_document_that_names_them_goes() {
    on_each_backend(|place| {
        let rows = Rows::new(place);
        let first = rows.insert(vec![new("a", 1), new("b", 2)]);
        let second = rows.insert(vec![new("c", 1)]);
        assert_eq!(rows.remove(first), [[2; 32]]);
        assert_eq!(rows.remove(second), [[1; 32]]);
    });
}

#[test]
fn a_submission_that_names_bytes_twice_leaves_them_once() {
    on_each_backend(|place| {
        let rows = Rows::new(place);
        let numbers = rows.insert(vec![new("a", 1), new("b", 1)]);
        let mut orphans = rows.remove(numbers);
        orphans.dedup();
        assert_eq!(orphans, [[1; 32]]);
    });
}

#[test]
fn rows_that_are_gone_leave_nothing() {
    on_each_backend(|place| {
        let rows = Rows::new(place);
        let numbers = rows.insert(vec![new("a", 1)]);
        rows.remove(numbers.clone());
        assert!(rows.remove(numbers).is_empty());
    });
}

#[test]
fn a_crash_puts_what_was_sent_in_doubt_and_nothing_else() {
    on_each_backend(|place| {
        let rows = Rows::new(place);
        let registered = rows.insert(vec![new("registered", 1)]);
        rows.set_state(registered, State::Registered);
        rows.insert(vec![new("sent", 2), new("sent too", 3)]);
        let doubtful = rows.insert(vec![new("in doubt", 4)]);
        rows.set_state(doubtful.clone(), State::InDoubt);
        assert_eq!(rows.in_doubt(), ["in doubt"]);
        let doubt_interrupted = || rows.place.commit(&rows.database, document::doubt_interrupted);
        assert_eq!(doubt_interrupted(), 3);
        assert_eq!(rows.in_doubt(), ["sent", "sent too", "in doubt"]);
        assert_eq!(doubt_interrupted(), 3, "once more changes nothing");
        rows.set_state(doubtful, State::Registered);
        assert_eq!(doubt_interrupted(), 2);
        for unique_id in ["registered", "sent", "in doubt"] {
            assert!(rows.find(unique_id).is_some(), "{unique_id} is retrievable");
        }
    });
}

/// The number of a row that was removed is given again: nothing may be done to the row that has it now.
#[test]
fn only_the_document_that_was_asked_for_is_settled_or_removed() {
    on_each_backend(|place| {
        let rows = Rows::new(place);
        let settle = |doubtful: &DocumentInDoubt| {
            let doubtful = doubtful.clone();
            rows.place
                .commit(&rows.database, move |connection| document::settle(connection, &doubtful))
        };
        let remove = |doubtful: &DocumentInDoubt| {
            let doubtful = doubtful.clone();
            rows.place.commit(&rows.database, move |connection| {
                document::remove_in_doubt(connection, &doubtful)
            })
        };
        let numbers = rows.insert(vec![new("first", 1), new("same bytes", 1)]);
        rows.set_state(numbers, State::InDoubt);
        let next = |last| rows.read(|connection| Ok(document::next_in_doubt(connection, last)?));
        let first = next(0).unwrap();
        let second = next(first.document_no).unwrap();
        assert_eq!(remove(&second), Some(vec![]), "the first names the bytes");
        assert_eq!(remove(&second), None, "twice");
        let again = rows.insert(vec![new("another", 2)]);
        assert_eq!(again, [second.document_no]);
        rows.set_state(again, State::InDoubt);
        assert_eq!((remove(&second), settle(&second)), (None, false));
        assert_eq!(rows.in_doubt(), ["first", "another"]);
        assert!(settle(&first));
        assert!(!settle(&first));
        assert_eq!(remove(&first), None, "registered");
        assert_eq!(rows.in_doubt(), ["another"]);
        assert_eq!(remove(&next(0).unwrap()), Some(vec![[2; 32]]));
    });
}

/// A submission comes with documents of these bytes, or an earlier one is released.
#[derive(Clone, Debug)]
enum Step {
    Store(Vec<u8>),
    Release(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    let store = prop::collection::vec(1_u8..5, 1..4).prop_map(Step::Store);
    prop_oneof![store, any::<prop::sample::Index>().prop_map(Step::Release)]
}

#[test]
fn bytes_stay_as_long_as_any_document_names_them() {
    let place = Place::sqlite();
    let rows = Rows::new(&place);
    let cases = ProptestConfig::default().cases / 16;
    proptest!(ProptestConfig::with_cases(cases), |(steps in prop::collection::vec(step(), 1..20))| {
        let mut submissions: Vec<(DocumentNumbers, Vec<u8>)> = Vec::new();
        for step in steps {
            match step {
                Step::Store(contents) => {
                    let documents = contents.iter().map(|bytes| new("any", *bytes)).collect();
                    submissions.push((rows.insert(documents), contents));
                }
                Step::Release(_) if submissions.is_empty() => {}
                Step::Release(index) => {
                    let (numbers, contents) = submissions.remove(index.index(submissions.len()));
                    let mut orphans = rows.remove(numbers);
                    orphans.sort_unstable();
                    orphans.dedup();
                    let is_named = |bytes: &u8| {
                        submissions.iter().any(|(_, contents)| contents.contains(bytes))
                    };
                    let mut expected: Vec<[u8; 32]> = contents
                        .iter()
                        .filter(|bytes| !is_named(bytes))
                        .map(|bytes| [*bytes; 32])
                        .collect();
                    expected.sort_unstable();
                    expected.dedup();
                    prop_assert_eq!(orphans, expected);
                }
            }
        }
        for (numbers, _) in submissions {
            rows.remove(numbers);
        }
    });
}

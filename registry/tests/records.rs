//! What is registered is answered: every attribute of every object through the database, the compact
//! record, the rendered XML and the reader of a client.

use std::cell::RefCell;
use std::sync::Arc;

use datatypes::PatientId;
use ebxml::{AdhocQueryResponse, Stored};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use registry::Registry;
use registry::record::{self, entry::EntryHead};
use xds::query::{QueryId, ReturnType};
use xds::{AvailabilityStatus, DocumentEntry, Submission};

use crate::answered::{Ids, check_objects};
use crate::feed::Feed;
use crate::generate;
use crate::metadata;
use crate::open_registry::{Place, ask, on_each_backend};
use crate::requests::{
    answer_of, patient, query, quoted, register_text, stored_objects, understood, written,
};
use crate::schemas;

/// Each case is a registration that reaches the disk.
fn config() -> ProptestConfig {
    ProptestConfig::with_cases(ProptestConfig::default().cases / 4)
}

fn any_submission() -> impl Strategy<Value = (PatientId, Submission)> {
    generate::patient_id().prop_flat_map(|patient| {
        generate::submission(patient.clone()).prop_map(move |sent| (patient.clone(), sent))
    })
}

#[test]
fn every_object_is_answered_as_it_was_submitted() {
    on_each_backend(|place| {
        let registry = place.open();
        let messages = RefCell::new(Vec::new());
        proptest!(config(), |((patient, submission) in any_submission())| {
            Feed::new(&registry).announce(place, [&patient]);
            let before = now();
            place.register(&registry, &submission).unwrap();
            let (patient_no, objects) = stored_objects(&registry, &patient);
            let envelope = answer_of(&registry, (&patient, patient_no), objects).whole().unwrap();
            let answer = understood(&envelope);
            prop_assert_eq!(&answer.faults, &[]);
            check_answer(&submission, &answer, before);
            check_documents(&registry, &submission, &answer.entries);
            messages.borrow_mut().push(envelope);
        });
        schemas::check_answers(&messages.take());
    });
}

/// The answer holds the objects of one submission and nothing else, each as it was submitted.
fn check_answer(submission: &Submission, answer: &AdhocQueryResponse, before: i64) {
    let mut ids = Ids::default();
    let approved = AvailabilityStatus::Approved;
    let sets = std::slice::from_ref(&submission.submission_set);
    check_objects(&mut ids, sets.iter().map(|set| (set, approved)), &answer.submission_sets);
    let entries = submission.entries.iter().map(|entry| (entry, approved));
    check_objects(&mut ids, entries, &answer.entries);
    for folder in &answer.folders {
        let updated = folder.object.last_update_time.as_ref().unwrap().as_str();
        assert_eq!(updated.len(), 14);
        assert!((before..=now()).contains(&updated.parse().unwrap()), "the registry's own clock");
    }
    let folders = submission.folders.iter().map(|folder| (folder, approved));
    check_objects(&mut ids, folders, &answer.folders);
    // Last: the ids of their ends are known now.
    let associations = submission.associations.iter().map(|association| (association, approved));
    check_objects(&mut ids, associations, &answer.associations);
}

/// GetDocuments by either id gives the same entries.
fn check_documents(
    registry: &Registry,
    submission: &Submission,
    expected: &[Stored<DocumentEntry>],
) {
    for entry in expected {
        let uuid = quoted(&entry.object.id.to_string());
        let unique_id = quoted(entry.object.unique_id.value.as_str());
        for parameter in
            [("$XDSDocumentEntryEntryUUID", uuid), ("$XDSDocumentEntryUniqueId", unique_id)]
        {
            let parameter = (parameter.0, vec![parameter.1]);
            let request = query(QueryId::GetDocuments, ReturnType::LeafClass, [parameter]);
            assert_eq!(ask(registry, &request).unwrap().entries, std::slice::from_ref(entry));
        }
    }
    assert_eq!(submission.entries.len(), expected.len());
}

/// The clock as the registry writes it, as a number.
fn now() -> i64 {
    let seconds = jiff::Timestamp::now().as_second();
    datatypes::Dtm::from_unix_seconds(seconds).unwrap().as_str().parse().unwrap()
}

#[test]
fn hashes_and_ids_in_upper_case_are_answered_in_lower_case() {
    let place = Place::sqlite();
    let registry = place.open();
    let patient = patient("upper");
    Feed::new(&registry).announce(&place, [&patient]);
    let mut submission = metadata::document(&patient);
    let hash = datatypes::Sha1Hash::from_bytes([0xab; 20]);
    submission.entries[0].hash = Some(hash);
    let uuid = submission.entries[0].id.to_string();
    let upper = format!("urn:uuid:{}", uuid.trim_start_matches("urn:uuid:").to_uppercase());
    let payload = written(&submission)
        .replace(&hash.to_string(), &hash.to_string().to_uppercase())
        .replace(&uuid, &upper);
    assert!(payload.contains("ABABAB") && payload.contains(&upper));
    register_text(&place, &registry, &payload).unwrap();
    let (patient_no, objects) = stored_objects(&registry, &patient);
    let envelope = answer_of(&registry, (&patient, patient_no), objects).whole().unwrap();
    assert!(envelope.contains(&format!("<Value>{hash}</Value>")));
    assert!(envelope.contains(&uuid) && !envelope.contains(&upper));
}

#[test]
fn the_pieces_of_an_answer_are_the_whole_of_it() {
    let place = Place::sqlite();
    let registry = place.open();
    let patient = patient("pieces");
    Feed::new(&registry).announce(&place, [&patient]);
    fill(&place, &registry, &patient);
    let (patient_no, objects) = stored_objects(&registry, &patient);
    let most = 3 * registry::answer::OBJECTS_PER_PIECE + 1;
    assert!(objects.len() >= most, "enough objects for four pieces");
    for n in [0, 1, 31, 32, 33, 63, 64, 65, 96, most] {
        let answer = || {
            answer_of(&registry, (&patient, patient_no), objects.iter().take(n).cloned().collect())
        };
        let whole = answer().whole().unwrap();
        let pieces: Vec<String> = answer().map(Result::unwrap).collect();
        assert_eq!(pieces.concat(), whole, "{n} objects");
        assert_eq!(pieces.len(), n.div_ceil(32).max(1), "{n} objects");
        assert_eq!(answer().is_short(), n <= 32);
        let read = understood(&whole);
        let n_packages = read.submission_sets.len() + read.folders.len();
        assert_eq!(read.entries.len() + n_packages + read.associations.len(), n);
    }
}

/// Registers submissions of every kind of object until there are more than a hundred.
fn fill(place: &Place, registry: &Arc<Registry>, patient: &PatientId) {
    let mut runner = TestRunner::deterministic();
    let strategy = generate::submission(patient.clone());
    while stored_objects(registry, patient).1.len() < 120 {
        let submission = strategy.new_tree(&mut runner).unwrap().current();
        place.register(registry, &submission).unwrap();
    }
}

#[test]
fn a_damaged_record_is_refused_or_read_but_never_panics() {
    let place = Place::sqlite();
    let registry = place.open();
    let patient = patient("damaged");
    Feed::new(&registry).announce(&place, [&patient]);
    fill(&place, &registry, &patient);
    let (patient_no, objects) = stored_objects(&registry, &patient);
    let render = |record: Vec<u8>, like: &registry::leaf_class::StoredObject| {
        let damaged = registry::leaf_class::StoredObject { record: record.into(), ..like.clone() };
        look_at(&damaged.record);
        answer_of(&registry, (&patient, patient_no), vec![damaged]).whole()
    };
    for object in objects.iter().step_by(6) {
        let record = &object.record;
        for end in 0..record.len() {
            assert!(render(record[..end].to_vec(), object).is_err(), "a prefix of {end} bytes");
        }
        let mut longer = record.to_vec();
        longer.push(0);
        assert!(render(longer, object).is_err(), "one byte too many");
        for place in 0..record.len() {
            for flipped in [0x01, 0x20, 0x80, 0xff] {
                let mut changed = record.to_vec();
                changed[place] ^= flipped;
                let _refused_or_read = render(changed, object);
            }
        }
    }
}

/// Reads a record in every way that queries do.
fn look_at(bytes: &[u8]) {
    let _ = record::kind(bytes);
    let _ = record::uuid(bytes);
    let _ = record::for_each_code(bytes, drop);
    let _ = record::AssociationHead::read(bytes);
    let _ = record::submission_set::SubmissionSetHead::read(bytes);
    let _ = EntryHead::read(bytes).map(|head| head.confidentiality.iter().count());
}

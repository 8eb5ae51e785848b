//! Submissions that arrive at once and cannot all be registered. On SQLite one process has the database;
//! on PostgreSQL two do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datatypes::{PatientId, Sha1Hash};
use registry::Registry;
use registry::error::RegistrationError;
use registry::transactions::register_document_set::{Registered, register_document_set};
use tokio::task::JoinHandle;
use xds::query::{QueryId, ReturnType};
use xds::{AssociationType, AvailabilityStatus, ErrorCode, Submission};

use crate::feed::Feed;
use crate::metadata::{self, document};
use crate::open_registry::{Place, ask, on_each_backend, origin};
use crate::requests::{number, patient, query, quoted, read, written};

/// As many processes as the database allows, here two, or one.
fn processes(place: &Place) -> Vec<Arc<Registry>> {
    let n = if place.is_shared() { 2 } else { 1 };
    (0..n).map(|_| place.open()).collect()
}

/// How each submission ended: `None`, or the codes of its refusal. They are sent at once, by turns to each
/// of the processes.
fn send_all(
    place: &Place,
    registries: &[Arc<Registry>],
    submissions: &[Submission],
) -> Vec<Option<Vec<String>>> {
    let tasks: Vec<_> = submissions
        .iter()
        .zip(registries.iter().cycle())
        .map(|(submission, registry)| {
            let (registry, draft) = (Arc::clone(registry), read(&written(submission)));
            let register =
                async move { register_document_set(&registry, &origin("at-once"), draft).await };
            place.runtime.spawn(register)
        })
        .collect();
    let codes = |error: RegistrationError| -> Vec<String> {
        error.to_registry_errors().into_iter().map(|error| error.code).collect()
    };
    let end = |task: JoinHandle<Result<Registered, _>>| {
        place.runtime.block_on(task).unwrap().err().map(codes)
    };
    tasks.into_iter().map(end).collect()
}

/// Exactly one was registered, all others were refused for this reason; tells which one.
#[track_caller]
fn check_one_winner(ends: &[Option<Vec<String>>], refusal: ErrorCode) -> usize {
    let winners: Vec<usize> = (0..ends.len()).filter(|n| ends[*n].is_none()).collect();
    let [winner] = winners.as_slice() else { panic!("{} of {}", winners.len(), ends.len()) };
    for codes in ends.iter().flatten() {
        assert_eq!(codes, &[refusal.as_str()]);
    }
    *winner
}

fn announced(place: &Place, registry: &Arc<Registry>, names: &[&str]) -> Vec<PatientId> {
    let patients: Vec<PatientId> = names.iter().map(|name| patient(name)).collect();
    Feed::new(registry).announce(place, &patients);
    patients
}

#[test]
fn of_many_replacements_of_one_document_one_is_registered() {
    on_each_backend(|place| {
        let registries = processes(place);
        let patients = announced(place, &registries[0], &["replaced"]);
        let original = document(&patients[0]);
        place.register(&registries[0], &original).unwrap();
        let replacing = || {
            let mut submission = document(&patients[0]);
            let ends = (&submission.entries[0].id.clone(), &original.entries[0].id);
            metadata::relate(&mut submission, AssociationType::Replace, ends);
            submission
        };
        let submissions: Vec<Submission> = (0..64).map(|_| replacing()).collect();
        let ends = send_all(place, &registries, &submissions);
        let winner = check_one_winner(&ends, ErrorCode::RegistryDeprecatedDocumentError);
        for registry in &registries {
            let approved = approved(registry, &patients[0]);
            assert_eq!(approved, [submissions[winner].entries[0].id.uuid().unwrap()]);
        }
        let n_objects = number(&registries[0], "SELECT count(*) AS number FROM object");
        assert_eq!(n_objects, 3 + 4, "the original with set and membership, and one replacement");
    });
}

/// Approved documents of a patient.
fn approved(registry: &Registry, patient: &PatientId) -> Vec<datatypes::EntryUuid> {
    let status = quoted(AvailabilityStatus::Approved.urn());
    let parameters = [
        ("$XDSDocumentEntryPatientId", vec![quoted(&patient.to_cx())]),
        ("$XDSDocumentEntryStatus", vec![format!("({status})")]),
    ];
    let request = query(QueryId::FindDocuments, ReturnType::ObjectRef, parameters);
    ask(registry, &request).unwrap().object_refs
}

#[test]
fn of_many_submissions_with_one_unique_id_one_is_registered() {
    on_each_backend(|place| {
        let registries = processes(place);
        let patients = announced(place, &registries[0], &["a", "b", "c", "d"]);
        let first = document(&patients[0]).submission_set.unique_id;
        let with_this_id = |patient: &PatientId| {
            let mut submission = document(patient);
            submission.submission_set.unique_id = first.clone();
            submission
        };
        let submissions: Vec<Submission> =
            (0..16).map(|n| with_this_id(&patients[n % 4])).collect();
        let ends = send_all(place, &registries, &submissions);
        check_one_winner(&ends, ErrorCode::DuplicateUniqueIdInRegistry);
        let n_sets = "SELECT count(*) AS number FROM object WHERE kind = 2";
        assert_eq!(number(&registries[0], n_sets), 1);
    });
}

#[test]
fn one_document_of_many_senders_is_registered_for_each() {
    on_each_backend(|place| {
        let registries = processes(place);
        let patients = announced(place, &registries[0], &["e", "f", "g", "h"]);
        let first = document(&patients[0]).entries[0].unique_id.clone();
        let same_bytes = |patient: &PatientId| {
            let mut submission = document(patient);
            submission.entries[0].unique_id = first.clone();
            submission
        };
        let submissions: Vec<Submission> = (0..16).map(|n| same_bytes(&patients[n % 4])).collect();
        let ends = send_all(place, &registries, &submissions);
        assert!(ends.iter().all(Option::is_none), "{ends:?}");
        let parameter = ("$XDSDocumentEntryUniqueId", vec![quoted(first.value.as_str())]);
        let request = query(QueryId::GetDocuments, ReturnType::ObjectRef, [parameter]);
        assert_eq!(ask(&registries[0], &request).unwrap().object_refs.len(), 16);
    });
}

#[test]
fn of_different_documents_with_one_unique_id_one_is_registered() {
    on_each_backend(|place| {
        let registries = processes(place);
        let patients = announced(place, &registries[0], &["i", "j", "k", "l"]);
        place.register(&registries[0], &document(&patients[0])).unwrap();
        let first = document(&patients[0]).entries[0].unique_id.clone();
        let other_bytes = |n: u8| {
            let mut submission = document(&patients[usize::from(n) % 4]);
            submission.entries[0].unique_id = first.clone();
            submission.entries[0].hash = Some(Sha1Hash::from_bytes([n; 20]));
            submission
        };
        let submissions: Vec<Submission> = (0..16).map(other_bytes).collect();
        let ends = send_all(place, &registries, &submissions);
        check_one_winner(&ends, ErrorCode::NonIdenticalHash);
    });
}

#[test]
fn submissions_of_many_patients_do_not_get_in_each_others_way() {
    on_each_backend(|place| {
        let registries = processes(place);
        let names: Vec<String> = (0..8).map(|n| format!("busy-{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let patients = announced(place, &registries[0], &names);
        // Codes that nobody used before: their numbers are given at the same time.
        let recoded = |n: usize| {
            let mut submission = document(&patients[n * 5 % 8]);
            submission.entries[0].class_code = metadata::code(&format!("new-{}", n % 40));
            submission
        };
        let submissions: Vec<Submission> = (0..200).map(recoded).collect();
        let ends = send_all(place, &registries, &submissions);
        assert!(ends.iter().all(Option::is_none), "{ends:?}");
        let n_found: usize =
            patients.iter().map(|patient| approved(&registries[0], patient).len()).sum();
        assert_eq!(n_found, 200);
        let codes = "SELECT count(*) AS number FROM code WHERE code LIKE 'new-%'";
        assert_eq!(number(&registries[0], codes), 40, "each code has one number");
    });
}

/// What makes it safe to use a patient in memory without a look at the database.
#[test]
fn what_was_read_in_one_generation_is_current_to_its_end() {
    const N_COMMITS: usize = 400;
    let place = Place::sqlite();
    let registry = place.open();
    announced(&place, &registry, &["counted"]);
    let is_over = AtomicBool::new(false);
    let read_twice = || {
        let mut n_quiet = 0;
        while !is_over.load(Ordering::SeqCst) {
            let version = || number(&registry, "SELECT version AS number FROM patient");
            let before = registry.database.generation();
            let (one, other) = (version(), version());
            if before.is_some() && before == registry.database.generation() {
                assert_eq!(one, other, "a commit was seen inside {before:?}");
                n_quiet += 1;
            }
        }
        n_quiet
    };
    std::thread::scope(|scope| {
        let readers = [(), ()].map(|()| scope.spawn(read_twice));
        let writer = scope.spawn(|| {
            for _ in 0..N_COMMITS {
                place.execute(&registry, "UPDATE patient SET version = version + 1".to_owned());
            }
        });
        let written = writer.join();
        is_over.store(true, Ordering::SeqCst);
        written.unwrap();
        for reader in readers {
            assert!(reader.join().unwrap() > N_COMMITS / 10, "hardly ever was it quiet");
        }
    });
}

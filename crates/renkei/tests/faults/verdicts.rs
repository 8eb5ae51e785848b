//! What the registry decided is what the sender hears, and one uniqueId has one content.

use std::sync::Barrier;

use super::alone::RepositoryAlone;
use super::scripted::{
    FAILURE, REGISTERED, SUCCESS, Script, ScriptedRegistry, is_registration, response, soap,
};
use crate::harness::database::Database;
use crate::harness::submission::Submission;

const PATIENT: &str = "4711^^^&1.2.392.99.1&ISO";

fn refuse_with(severities: &'static [&'static str]) {
    let registry = ScriptedRegistry::start(move |request| {
        Script::Say(soap(request, REGISTERED, &response(FAILURE, severities)))
    });
    let repository = RepositoryAlone::start(Database::Sqlite, &registry.url());
    let submission = Submission::of(PATIENT, &[b"refused"]);
    let reply = repository.submit(&submission);
    assert_eq!(reply.outcome(), "Failure", "{}", reply.text);
    assert!(!reply.errors().is_empty(), "{}", reply.text);
}

#[test]
fn a_failure_without_errors_is_a_failure() {
    refuse_with(&[]);
}

#[test]
fn a_failure_with_warnings_only_is_a_failure() {
    refuse_with(&["Warning"]);
}

/// Two submissions of one uniqueId with different bytes at the same time: whichever the registry has, its
/// bytes are handed out.
#[test]
fn bytes_of_one_name_are_those_that_are_registered() {
    let registry = ScriptedRegistry::start(move |request| {
        // Size 5: the first; it is lost, and never registered.
        if !is_registration(request) || request.contains("<Value>5</Value>") {
            return Script::HangUp;
        }
        Script::Say(soap(request, REGISTERED, &response(SUCCESS, &[])))
    });
    let repository = RepositoryAlone::start(Database::Sqlite, &registry.url());
    let mut n_both = 0;
    let mut wrong = 0;
    for _ in 0..200 {
        let first = Submission::of(PATIENT, &[b"first"]);
        let mut second = Submission::of(PATIENT, &[b"the second"]);
        second.documents.first_mut().unwrap().unique_id =
            first.documents.first().unwrap().unique_id.clone();
        let start = Barrier::new(2);
        let (lost, registered) = std::thread::scope(|scope| {
            let losing = scope.spawn(|| {
                start.wait();
                repository.submit(&first)
            });
            let winning = scope.spawn(|| {
                start.wait();
                repository.submit(&second)
            });
            (losing.join().unwrap(), winning.join().unwrap())
        });
        if registered.outcome() == "Success" {
            if lost.codes() == ["XDSRegistryNotAvailable"] {
                n_both += 1;
            }
            if repository.documents_of(&second) != [b"the second"] {
                wrong += 1;
            }
        }
    }
    eprintln!("both {n_both} wrong {wrong}");
    assert_eq!(wrong, 0);
}

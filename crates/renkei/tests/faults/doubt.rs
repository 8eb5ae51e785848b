//! A registry that registered and could not say so, in every way in which an answer can be lost: the sender tries
//! again, and in the end the documents are registered and nothing is doubled or lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ::repository::maintenance::Maintenance;
use ::repository::maintenance::reconcile::ReconcileOptions;

use super::alone::RepositoryAlone;
use super::answers::{Case, NONSENSE};
use super::reconciling::{Memory, NOW, answer, entries, reconcile};
use super::scripted::{FAILURE, REGISTERED, SUCCESS, Script, ScriptedRegistry};
use super::scripted::{is_registration, response, soap};
use crate::harness::community::LOOK;
use crate::harness::database::Database;
use crate::harness::submission::Submission;

const PATIENT: &str = "4711^^^&1.2.392.99.1&ISO";
const DEADLINE: Duration = Duration::from_secs(60);

/// Registers what it is sent, says so as the case wants it, and hears no questions.
fn losing(memory: &Memory, script: fn(&str) -> Script) -> ScriptedRegistry {
    let memory = Arc::clone(memory);
    ScriptedRegistry::start(move |request| {
        if !is_registration(request) {
            return Script::HangUp;
        }
        for entry in entries(request) {
            let unique_id = entry.unique_id.value.as_str().to_owned();
            memory.lock().unwrap().entry(unique_id).or_insert(entry);
        }
        script(request)
    })
}

/// Has the same memory, and says what is right: no uniqueId is registered twice.
fn honest(memory: &Memory) -> ScriptedRegistry {
    let memory = Arc::clone(memory);
    ScriptedRegistry::start(move |request| {
        if !is_registration(request) {
            return answer(&memory, request);
        }
        let mut memory = memory.lock().unwrap();
        let entries = entries(request);
        let is_known = entries.iter().any(|e| memory.contains_key(e.unique_id.value.as_str()));
        if is_known {
            return Script::Say(soap(request, REGISTERED, &response(FAILURE, &["Error"])));
        }
        memory.extend(entries.into_iter().map(|e| (e.unique_id.value.as_str().to_owned(), e)));
        Script::Say(soap(request, REGISTERED, &response(SUCCESS, &[])))
    })
}

/// Waits until the repository has settled what was in doubt, by itself.
#[track_caller]
fn await_certainty(maintenance: &Maintenance, what: &str) {
    let dry_run = ReconcileOptions { is_dry_run: true, ..NOW };
    let end = Instant::now() + DEADLINE;
    loop {
        let status = reconcile(maintenance, &dry_run);
        let n_open = status.counts.n_registered + status.counts.n_in_doubt;
        assert_eq!(status.counts.n_removed, 0, "{what}: a registered document would be removed");
        if n_open == 0 {
            return;
        }
        assert!(Instant::now() < end, "{what}: {status:?}");
        std::thread::sleep(LOOK);
    }
}

#[track_caller]
fn check(repository: &mut RepositoryAlone, (name, script, _): &Case) {
    let memory = Memory::default();
    let n_before = repository.n_stored();
    let losing = losing(&memory, *script);
    repository.restart(&losing.url());
    let submission = Submission::of(PATIENT, &[name.as_bytes(), b"shared by all"]);
    let bytes = [name.as_bytes().to_vec(), b"shared by all".to_vec()];
    // The sender tries twice, and hears the same.
    for _ in 0..2 {
        repository.submit(&submission).assert_failure("XDSRegistryNotAvailable");
        assert_eq!(repository.documents_of(&submission), bytes, "{name}");
    }
    // A reconciliation removes nothing while nobody answers.
    let status = reconcile(&repository.maintenance(), &NOW);
    assert_eq!((status.counts.n_removed, status.counts.n_in_doubt), (0, 4), "{name}");
    let honest = honest(&memory);
    repository.restart(&honest.url());
    // The registry has it already, whoever sends it again is told so, and the documents of the first try stay.
    repository.submit(&submission).assert_failure("XDSRegistryError");
    assert_eq!(repository.documents_of(&submission), bytes, "{name}");
    await_certainty(&repository.maintenance(), name);
    assert_eq!(repository.documents_of(&submission), bytes, "{name}");
    let status = reconcile(&repository.maintenance(), &NOW);
    assert_eq!(status.counts.n_removed + status.counts.n_orphans_removed, 0, "{name}");
    assert_eq!(repository.documents_of(&submission), bytes, "{name}");
    assert!(repository.n_stored() <= n_before + 2, "{name}");
}

#[test]
fn what_was_registered_is_known_to_be_in_the_end_however_the_answer_was_lost() {
    for database in Database::all() {
        let mut repository = RepositoryAlone::start(database, "http://127.0.0.1:1/xds/registry");
        for case in NONSENSE {
            check(&mut repository, case);
        }
    }
}

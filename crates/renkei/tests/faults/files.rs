//! Files and folders that vanish, shrink or belong to somebody else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::community::Community;
use crate::harness::reply::Reply;
use crate::harness::soap::new_message_id;
use crate::harness::submission::Submission;
use crate::harness::transactions::{
    self, add_patient, find_documents, provide_request, retrieve, submit,
};

fn n_entries(community: &Community, patient: &str) -> usize {
    let found = find_documents(&mut community.registry(), patient).unwrap();
    found.assert_success();
    found.payload().all("ExtrinsicObject").len()
}

fn submit_inline(community: &Community, submission: &Submission) -> Reply {
    transactions::submit_inline(&mut community.repository(), submission).unwrap()
}

fn retrieved(community: &Community, submissions: &[&Submission]) -> Reply {
    let documents = submissions.iter().flat_map(|submission| &submission.documents);
    let ids: Vec<_> = documents.map(|document| document.unique_id.clone()).collect();
    retrieve(&mut community.repository(), community.repository_unique_id(), &ids).unwrap()
}

/// Where the bytes of a document lie: the store is searched, not its names believed.
fn file_of(community: &Community, bytes: &[u8]) -> PathBuf {
    let files = community.files_below("documents").into_iter();
    let mut found = files.filter(|path| fs::read(path).unwrap() == bytes);
    let file = found.next().unwrap();
    assert_eq!(found.next(), None);
    file
}

/// A folder that is taken away for a while.
fn without<T>(folder: &Path, work: impl FnOnce() -> T) -> T {
    let away = folder.with_extension("away");
    fs::rename(folder, &away).unwrap();
    let done = work();
    if folder.is_file() {
        fs::remove_file(folder).unwrap();
    }
    fs::rename(away, folder).unwrap();
    done
}

#[test]
fn without_a_spool_nothing_is_registered() {
    let community = Community::plain();
    let patient = add_patient(&community, "spool");
    let (part, inline) =
        (Submission::of(&patient, &[b"a part"]), Submission::of(&patient, &[b"inline"]));
    without(&community.data().join("spool"), || {
        let request = provide_request(&new_message_id(), &part);
        let reply = Reply::read(community.repository().exchange(&request).unwrap());
        reply.assert_failure("XDSRepositoryOutOfResources");
    });
    assert_eq!(n_entries(&community, &patient), 0);
    without(&community.data().join("spool"), || {
        submit_inline(&community, &inline).assert_failure("XDSRepositoryOutOfResources");
    });
    assert_eq!(n_entries(&community, &patient), 0);
    submit(&mut community.repository(), &part).unwrap().assert_success();
    submit_inline(&community, &inline).assert_success();
    assert_eq!(retrieved(&community, &[&part, &inline]).documents().len(), 2);
}

#[test]
fn without_a_store_nothing_is_registered() {
    let community = Community::plain();
    let patient = add_patient(&community, "store");
    let before = Submission::of(&patient, &[b"before"]);
    submit(&mut community.repository(), &before).unwrap().assert_success();
    let documents = community.data().join("documents");
    let submission = Submission::of(&patient, &[b"no place for it"]);
    without(&documents, || {
        fs::write(&documents, b"no folder").unwrap();
        let reply = submit(&mut community.repository(), &submission).unwrap();
        reply.assert_failure("XDSRepositoryOutOfResources");
        submit_inline(&community, &submission).assert_failure("XDSRepositoryOutOfResources");
        let reply = retrieved(&community, &[&before]);
        reply.assert_failure("XDSDocumentUniqueIdError");
        assert!(!reply.text.contains("documents/"), "{}", reply.text);
    });
    assert_eq!(n_entries(&community, &patient), 1);
    submit(&mut community.repository(), &submission).unwrap().assert_success();
    assert_eq!(retrieved(&community, &[&before, &submission]).documents().len(), 2);
}

#[test]
fn a_torn_document_is_not_handed_out_and_is_healed_by_the_same_bytes() {
    let community = Community::plain();
    let patient = add_patient(&community, "torn");
    let (torn, whole) =
        (Submission::of(&patient, &[b"soon to be torn"]), Submission::of(&patient, &[b"whole"]));
    for submission in [&torn, &whole] {
        submit(&mut community.repository(), submission).unwrap().assert_success();
    }
    let file = file_of(&community, b"soon to be torn");
    type Damage = fn(&Path);
    let damages: [Damage; 3] = [
        |file| fs::write(file, b"soon").unwrap(),
        |file| fs::write(file, b"soon to be torn, and longer").unwrap(),
        |file| fs::remove_file(file).unwrap(),
    ];
    for damage in damages {
        damage(&file);
        let reply = retrieved(&community, &[&torn, &whole]);
        assert_eq!(reply.outcome(), "PartialSuccess", "{}", reply.text);
        assert_eq!(reply.codes(), ["XDSDocumentUniqueIdError"]);
        let bytes: Vec<_> = reply.documents().into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(bytes, [b"whole"]);
        let again = Submission::of(&patient, &[b"soon to be torn"]);
        submit(&mut community.repository(), &again).unwrap().assert_success();
        assert_eq!(retrieved(&community, &[&torn, &again]).documents().len(), 2);
    }
}

/// Runs `renkei up` on a data folder that cannot be used; it must end by itself and say why.
#[track_caller]
fn check_refusal(data: &Path, words: &str) {
    // A community that starts all the same would serve for ever.
    let output = Command::new("timeout")
        .args(["60", env!("CARGO_BIN_EXE_renkei")])
        .args(["up", "--access", "open", "--transport", "plain", "--port-base", "0", "--data"])
        .arg(data)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(words), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_data_folder_in_use_is_not_opened_twice() {
    let community = Community::plain();
    let patient = add_patient(&community, "first");
    check_refusal(&community.data(), "another process has this folder open");
    // The running one has lost nothing, and is still found.
    assert!(community.data().join("endpoints.json").exists());
    let submission = Submission::of(&patient, &[b"unimpressed"]);
    submit(&mut community.repository(), &submission).unwrap().assert_success();
}

/// Whoever looks for the community meanwhile must not be sent where nobody answers, or somebody else.
#[test]
fn what_a_killed_process_says_of_its_ports_is_removed_before_anything_else() {
    let mut community = Community::plain();
    community.kill();
    let file = community.data().join("endpoints.json");
    assert!(file.exists());
    let registry = community.data().join("registry.toml");
    let intact = fs::read_to_string(&registry).unwrap();
    fs::write(&registry, format!("{intact}\nunknown_key = 1\n")).unwrap();
    check_refusal(&community.data(), "1 fault");
    assert!(!file.exists());
    fs::write(&registry, intact).unwrap();
    community.up();
    assert!(file.exists());
}

#[test]
fn a_trail_that_was_tampered_with_stops_the_start() {
    let mut community = Community::plain();
    let patient = add_patient(&community, "trail");
    let submission = Submission::of(&patient, &[b"recorded"]);
    submit(&mut community.repository(), &submission).unwrap().assert_success();
    community.stop();
    let journal = community.data().join("registry.journal");
    let intact = fs::read(&journal).unwrap();
    let mut torn = intact.clone();
    torn.extend_from_slice(b"{\"half\": \"a li");
    fs::write(&journal, torn).unwrap();
    // A crash leaves half a line; that is no reason.
    community.up();
    community.stop();
    let text = String::from_utf8(fs::read(&journal).unwrap()).unwrap();
    let changed = text.replacen("\"outcome\":0", "\"outcome\":4", 1);
    assert_ne!(changed, text);
    fs::write(&journal, changed).unwrap();
    check_refusal(&community.data(), "journal");
}

#[test]
fn a_damaged_database_stops_the_start() {
    let mut community = Community::plain();
    community.stop();
    let database = community.data().join("registry.sqlite");
    let size = fs::metadata(&database).unwrap().len();
    fs::write(&database, vec![b'x'; usize::try_from(size).unwrap()]).unwrap();
    // What was not moved from it into the database yet would heal the database.
    let _ = fs::remove_file(community.data().join("registry.sqlite-wal"));
    check_refusal(&community.data(), "registry");
}

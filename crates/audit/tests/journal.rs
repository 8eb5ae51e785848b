//! Appending, opening again, and failing closed.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use audit::{AuditRecord, Event, Journal, JournalError, Outcome, Party, verify};
use tokio::task::JoinSet;

pub(crate) fn query_of(requester: &str) -> AuditRecord {
    AuditRecord {
        peer: Party::named(requester.to_owned()),
        ..AuditRecord::now(Event::STORED_QUERY_AT_REGISTRY, Outcome::Success)
    }
}

#[tokio::test]
async fn the_chain_goes_on_when_the_journal_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    for round in 1..=3 {
        let journal = Journal::open(&path).unwrap();
        journal.append(&query_of("a")).await.unwrap();
        journal.append(&query_of("b\n\"\u{0}連携")).await.unwrap();
        drop(journal);
        let report = verify(&path).unwrap();
        assert_eq!((report.n_records, report.torn_bytes), (round * 2, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_appends_are_all_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let journal = Arc::new(Journal::open(&path).unwrap());
    let mut appends = JoinSet::new();
    for number in 0..64 {
        let journal = Arc::clone(&journal);
        appends.spawn(async move { journal.append(&query_of(&format!("node-{number}"))).await });
    }
    while let Some(appended) = appends.join_next().await {
        appended.unwrap().unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    for number in 0..64 {
        assert_eq!(text.matches(&format!("\"node-{number}\"")).count(), 1);
    }
    let (records, syncs) = journal.n_records_and_syncs();
    assert_eq!((records, verify(&path).unwrap().n_records), (64, 64));
    assert!(syncs <= records);
}

#[tokio::test]
async fn an_acknowledged_record_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let journal = Journal::open(&path).unwrap();
    for number in 1..=20 {
        journal.append(&query_of("a")).await.unwrap();
        assert_eq!(verify(&path).unwrap().n_records, number);
    }
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let journal = Journal::open(&path).unwrap();
    journal.append(&query_of("kept")).await.unwrap();
    journal.append(&query_of("torn")).await.unwrap();
    drop(journal);
    let whole = std::fs::read(&path).unwrap();
    let first_line = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;

    for cut in [first_line + 1, first_line + 100, whole.len() - 1] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let torn = verify(&path).unwrap();
        let n_torn = u64::try_from(cut - first_line).unwrap();
        assert_eq!((torn.n_records, torn.torn_bytes), (1, n_torn));
        let journal = Journal::open(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole[..first_line]);
        journal.append(&query_of("next")).await.unwrap();
        drop(journal);
        assert_eq!(verify(&path).unwrap().n_records, 2);
    }
}

#[tokio::test]
async fn a_file_of_nothing_but_a_torn_line_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    std::fs::write(&path, b"{\"lane\":\"").unwrap();
    Journal::open(&path).unwrap().append(&query_of("a")).await.unwrap();
    assert_eq!(verify(&path).unwrap().n_records, 1);
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_fails_closed() {
    let journal = Journal::open(Path::new("/dev/full")).unwrap();
    assert!(journal.is_healthy());
    let first = journal.append(&query_of("a")).await;
    assert!(matches!(first, Err(JournalError::Write(_))), "{first:?}");
    assert!(!journal.is_healthy());
    for _ in 0..3 {
        let later = journal.append(&query_of("b")).await;
        assert!(matches!(later, Err(JournalError::Write(_))), "{later:?}");
        assert!(!journal.is_healthy());
    }
}

/// The null device takes every write and can sync none: what was only written is not stored.
#[tokio::test]
async fn a_journal_that_cannot_be_synced_fails_closed() {
    let journal = Journal::open(Path::new("/dev/null")).unwrap();
    let appended = journal.append(&query_of("a")).await;
    assert!(matches!(appended, Err(JournalError::Write(_))), "{appended:?}");
    assert!(!journal.is_healthy());
}

#[tokio::test]
async fn a_record_too_long_is_refused_and_the_journal_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let journal = Journal::open(&path).unwrap();
    let long = query_of(&"x".repeat(4 << 20));
    assert!(matches!(journal.append(&long).await, Err(JournalError::TooLong)));
    journal.append(&query_of("a")).await.unwrap();
    assert_eq!(verify(&path).unwrap().n_records, 1);
}

#[test]
fn a_second_owner_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let journal = Journal::open(&path).unwrap();
    assert!(matches!(Journal::open(&path), Err(JournalError::InUse)));
    drop(journal);
    assert!(Journal::open(&path).is_ok());
}

#[test]
fn only_the_owner_can_read_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let _journal = Journal::open(&path).unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn of_a_long_file_the_end_is_checked_at_opening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let journal = Journal::open(&path).unwrap();
    for _ in 0..12 {
        journal.append(&query_of(&"x".repeat(1 << 20))).await.unwrap();
    }
    drop(journal);
    Journal::open(&path).unwrap().append(&query_of("next")).await.unwrap();
    assert_eq!(verify(&path).unwrap().n_records, 13);

    // A change far from the end is found by reading everything, not by opening.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(Journal::open(&path).is_ok());
    assert!(matches!(verify(&path), Err(JournalError::Broken { offset: 0, .. })));
}

#[test]
fn a_file_without_any_line_end_is_not_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
    file.write_all(&vec![b'x'; 5 << 20]).unwrap();
    assert!(matches!(Journal::open(&path), Err(JournalError::Broken { .. })));
    assert!(matches!(verify(&path), Err(JournalError::Broken { .. })));
    assert_eq!(path.metadata().unwrap().len(), 5 << 20);
}

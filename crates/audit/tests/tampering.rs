//! Whatever is changed in the file afterwards is found.

use std::path::{Path, PathBuf};

use audit::{Journal, JournalError, verify};

use crate::journal::query_of;

async fn journal_of(n_records: usize, folder: &Path) -> (PathBuf, Vec<u8>) {
    let path = folder.join("journal");
    let journal = Journal::open(&path).unwrap();
    for _ in 0..n_records {
        journal.append(&query_of("a")).await.unwrap();
    }
    drop(journal);
    let bytes = std::fs::read(&path).unwrap();
    (path, bytes)
}

#[track_caller]
fn check_refused(path: &Path, bytes: &[u8], what: &str) {
    std::fs::write(path, bytes).unwrap();
    assert!(matches!(verify(path), Err(JournalError::Broken { .. })), "{what}: verify");
    assert!(matches!(Journal::open(path), Err(JournalError::Broken { .. })), "{what}: open");
    assert_eq!(std::fs::read(path).unwrap(), bytes, "{what}: evidence was changed");
}

#[tokio::test]
async fn every_flipped_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = journal_of(3, folder.path()).await;
    // The last line end is left out: without it the line is a torn one, next test.
    for index in 0..bytes.len() - 1 {
        let mut flipped = bytes.clone();
        flipped[index] ^= 0x04;
        check_refused(&path, &flipped, &format!("byte {index}"));
    }
}

#[tokio::test]
async fn a_flipped_last_line_end_is_reported_as_torn() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut bytes) = journal_of(3, folder.path()).await;
    *bytes.last_mut().unwrap() ^= 0x04;
    std::fs::write(&path, &bytes).unwrap();
    let report = verify(&path).unwrap();
    assert_eq!(report.n_records, 2);
    assert!(report.torn_bytes > 0);
}

#[tokio::test]
async fn lines_cannot_be_removed_added_or_moved() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = journal_of(4, folder.path()).await;
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let orders: [(&str, &[usize]); 4] = [
        ("first removed", &[1, 2, 3]),
        ("middle removed", &[0, 1, 3]),
        ("doubled", &[0, 1, 1, 2, 3]),
        ("swapped", &[0, 2, 1, 3]),
    ];
    for (what, order) in orders {
        let changed: Vec<u8> = order.iter().flat_map(|index| lines[*index]).copied().collect();
        check_refused(&path, &changed, what);
    }
}

#[tokio::test]
async fn lines_of_another_journal_cannot_be_added() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (path, mut bytes) = journal_of(2, ours.path()).await;
    let (_, foreign) = journal_of(3, theirs.path()).await;
    let third = foreign.split_inclusive(|byte| *byte == b'\n').nth(2).unwrap();
    bytes.extend_from_slice(third);
    check_refused(&path, &bytes, "foreign line");
}

/// Two copies of one journal went different ways; their lines have the same lane and fit
/// by number, and still do not follow from each other.
#[tokio::test]
async fn lines_of_a_diverged_copy_cannot_be_added() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (path, bytes) = journal_of(1, ours.path()).await;
    std::fs::write(theirs.path().join("journal"), &bytes).unwrap();
    let (_, foreign) = journal_of(2, theirs.path()).await;
    let (_, mut bytes) = journal_of(1, ours.path()).await;
    let third = foreign.split_inclusive(|byte| *byte == b'\n').nth(2).unwrap();
    bytes.extend_from_slice(third);
    check_refused(&path, &bytes, "line of a copy");
}

#[tokio::test]
async fn a_shortened_journal_shows_in_its_last_hash_only() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = journal_of(3, folder.path()).await;
    let before = verify(&path).unwrap();
    let kept: Vec<u8> =
        bytes.split_inclusive(|byte| *byte == b'\n').take(2).flatten().copied().collect();
    std::fs::write(&path, kept).unwrap();
    let after = verify(&path).unwrap();
    assert_eq!((after.lane, after.n_records), (before.lane, 2));
    assert_ne!(after.last_hash, before.last_hash);
}

//! The table on SQLite alone; together with commits it is tested in the `store` crate.

use audit::outbox::{self, OutboxRow};
use audit::{Journal, OutboxEntry, verify};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use crate::journal::query_of;

fn table() -> SqliteConnection {
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    connection.batch_execute(outbox::SQLITE_DDL).unwrap();
    connection
}

fn insert(connection: &mut SqliteConnection, requester: &str) {
    let entry = OutboxEntry::new(&query_of(requester)).unwrap();
    outbox::insert_sqlite(connection, &entry).unwrap();
}

fn ids(connection: &mut SqliteConnection) -> Vec<i64> {
    outbox::oldest_sqlite(connection, 100).unwrap().iter().map(|row| row.id).collect()
}

#[test]
fn row_numbers_grow_and_are_never_used_twice() {
    let connection = &mut table();
    insert(connection, "a");
    insert(connection, "b");
    assert_eq!(ids(connection), [1, 2]);
    assert_eq!(outbox::remove_sqlite(connection, &[1, 2]).unwrap(), 2);
    insert(connection, "c");
    assert_eq!(ids(connection), [3]);
}

#[test]
fn a_number_that_was_rolled_back_leaves_no_gap() {
    let connection = &mut table();
    insert(connection, "a");
    let undone = connection.transaction(|connection| -> QueryResult<()> {
        insert(connection, "b");
        Err(diesel::result::Error::RollbackTransaction)
    });
    assert!(undone.is_err());
    insert(connection, "c");
    assert_eq!(ids(connection), [1, 2]);
}

#[test]
fn the_definition_can_run_again() {
    let connection = &mut table();
    insert(connection, "a");
    connection.batch_execute(outbox::SQLITE_DDL).unwrap();
    assert_eq!(ids(connection), [1]);
}

#[tokio::test]
async fn rows_that_a_crash_left_behind_are_not_appended_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let rows: Vec<OutboxRow> = {
        let connection = &mut table();
        insert(connection, "a");
        insert(connection, "b");
        outbox::oldest_sqlite(connection, 100).unwrap()
    };
    let (first, second) = rows.split_at(1);
    Journal::open(&path).unwrap().append_outbox(first).await.unwrap();
    let journal = Journal::open(&path).unwrap();
    journal.append_outbox(&rows).await.unwrap();
    journal.append_outbox(&[]).await.unwrap();
    drop(journal);
    assert_eq!(verify(&path).unwrap().n_records, 2);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"row\":1,") && text.contains("\"row\":2,"));
    assert!(text.contains(&second[0].record));
}

#[tokio::test]
async fn a_row_that_is_missing_between_two_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let connection = &mut table();
    (0..4).for_each(|_| insert(connection, "a"));
    let rows = outbox::oldest_sqlite(connection, 100).unwrap();
    let journal = Journal::open(&path).unwrap();
    journal.append_outbox(&rows[..2]).await.unwrap();
    journal.append(&query_of("b")).await.unwrap();
    assert_eq!(verify(&path).unwrap().missing_row, None);
    journal.append_outbox(&rows[3..]).await.unwrap();
    assert_eq!(verify(&path).unwrap().missing_row, Some(3));
}

#[tokio::test]
async fn a_row_that_is_no_record_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal")).unwrap();
    let row = OutboxRow { id: 1, record: "{\"id\":\"x\"}\n".to_owned() };
    assert!(matches!(journal.append_outbox(&[row]).await, Err(audit::JournalError::Record(_))));
}

/// Also when a crash comes between appending and removing: the id of a record outlives its shortening.
#[tokio::test]
async fn a_shortened_record_is_not_appended_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let connection = &mut table();
    insert(connection, &"x".repeat(5_000_000));
    insert(connection, "behind");
    let rows = outbox::oldest_sqlite(connection, 100).unwrap();
    for _ in 0..2 {
        Journal::open(&path).unwrap().append_outbox(&rows).await.unwrap();
    }
    assert_eq!(verify(&path).unwrap().n_records, 2);
    assert!(std::fs::read_to_string(&path).unwrap().contains("\"behind\""));
}

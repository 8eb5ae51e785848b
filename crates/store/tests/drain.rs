//! The outbox reaches the journal, each record once.

use std::sync::Arc;

use audit::{AuditRecord, Journal, outbox::OutboxRow, verify};
use store::{DrainTask, OutboxDrain};

use crate::fixture::{content, insert, on_each_backend};

#[test]
fn every_record_reaches_the_journal_once() {
    on_each_backend(|fixture| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let database = fixture.open();
        let waiting: Vec<_> = (0..300)
            .map(|id| {
                let record = crate::fixture::record(&format!("node-{id}"));
                database.commit(record, move |connection| insert(connection, id))
            })
            .collect();
        for answer in waiting {
            fixture.runtime.block_on(answer).unwrap();
        }
        let journal = Arc::new(Journal::open(&path).unwrap());
        let mut drain = OutboxDrain::new(Arc::clone(&database), journal);
        let mut n_moved = Vec::new();
        while n_moved.last() != Some(&0) {
            n_moved.push(fixture.runtime.block_on(drain.run_once()).unwrap());
        }
        assert_eq!(n_moved, [256, 44, 0]);
        assert!(content(&database).outbox.is_empty());
        assert_eq!(verify(&path).unwrap().n_records, 300);
        let journal = std::fs::read_to_string(&path).unwrap();
        for id in 0..300 {
            assert_eq!(journal.matches(&format!("\"node-{id}\"")).count(), 1);
        }
    });
}

/// The crash happens after the journal took the rows and before the table lost them.
#[test]
fn rows_left_behind_by_a_crash_are_removed_and_not_doubled() {
    on_each_backend(|fixture| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let database = fixture.open();
        for id in 0..3 {
            fixture.commit(&database, move |connection| insert(connection, id)).unwrap();
        }
        let rows: Vec<OutboxRow> = (1..)
            .zip(content(&database).outbox)
            .map(|(id, record)| OutboxRow { id, record })
            .collect();
        let journal = Journal::open(&path).unwrap();
        fixture.runtime.block_on(journal.append_outbox(&rows)).unwrap();
        drop(journal);

        let journal = Arc::new(Journal::open(&path).unwrap());
        let mut drain = OutboxDrain::new(Arc::clone(&database), journal);
        assert_eq!(fixture.runtime.block_on(drain.run_once()).unwrap(), 3);
        assert!(content(&database).outbox.is_empty());
        assert_eq!(verify(&path).unwrap().n_records, 3);
    });
}

#[test]
fn a_stopped_task_has_moved_what_was_committed() {
    on_each_backend(|fixture| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let database = fixture.open();
        let journal = Arc::new(Journal::open(&path).unwrap());
        let drain = OutboxDrain::new(Arc::clone(&database), journal);
        let task = fixture.runtime.block_on(async { DrainTask::start(drain) });
        for id in 0..3 {
            fixture.commit(&database, move |connection| insert(connection, id)).unwrap();
        }
        fixture.runtime.block_on(task.stop());
        assert!(content(&database).outbox.is_empty());
        assert_eq!(verify(&path).unwrap().n_records, 3);
    });
}

/// Nothing waits behind a record that no line of the journal can hold.
#[test]
fn a_record_that_is_too_long_is_shortened_and_nothing_waits_behind_it() {
    on_each_backend(|fixture| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let database = fixture.open();
        for (id, message_id) in [(0, "before"), (1, &*"x".repeat(5_000_000)), (2, "behind")] {
            let message_id = Some(message_id.to_owned());
            let record = AuditRecord { message_id, ..crate::fixture::record("node") };
            let committed = database.commit(record, move |connection| insert(connection, id));
            fixture.runtime.block_on(committed).unwrap();
        }
        let journal = Arc::new(Journal::open(&path).unwrap());
        let mut drain = OutboxDrain::new(Arc::clone(&database), journal);
        assert_eq!(fixture.runtime.block_on(drain.run_once()).unwrap(), 3);
        assert!(content(&database).outbox.is_empty());
        drop(drain);
        assert_eq!(verify(&path).unwrap().n_records, 3);
        let trail = std::fs::read_to_string(&path).unwrap();
        let shortened: Vec<_> = trail.lines().map(|line| line.contains("\"shortened\":")).collect();
        assert_eq!(shortened, [false, true, false]);
        assert!(trail.contains("\"behind\""));
    });
}

//! Jobs that share a transaction get their own answers.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use store::{Settings, StoreError};

use crate::fixture::{self, Fixture, insert, items, on_each_backend, record, recorded};

#[test]
fn each_job_gets_its_own_answer() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        let gate = fixture.hold_writer(&database);
        let waiting: Vec<_> = (0..50)
            .map(|id| {
                database.commit(record(&format!("{id:02}")), move |connection| {
                    insert(connection, id).map(|id| id * 10)
                })
            })
            .collect();
        drop(gate);
        for (id, answer) in (0..50).zip(waiting) {
            assert_eq!(fixture.runtime.block_on(answer).unwrap(), id * 10);
        }
        assert_eq!(items(&database), (0..50).collect::<Vec<i64>>());
        assert_eq!(recorded(&database).len(), 50);
        // The gate was a group of its own; everything that waited behind it is one more.
        assert_eq!(database.n_jobs_and_commits(), (51, 2));
    });
}

#[test]
fn a_failing_job_does_not_fail_its_neighbours() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        let gate = fixture.hold_writer(&database);
        let before = database.commit(record("before"), |connection| insert(connection, 1));
        let failing = database.commit(record("failing"), |connection| {
            insert(connection, 2)?;
            Err::<i64, _>(StoreError::Busy)
        });
        let after = database.commit(record("after"), |connection| insert(connection, 3));
        drop(gate);
        assert!(fixture.runtime.block_on(before).is_ok());
        assert!(matches!(fixture.runtime.block_on(failing), Err(StoreError::Busy)));
        assert!(fixture.runtime.block_on(after).is_ok());
        assert_eq!(items(&database), [1, 3]);
        assert_eq!(recorded(&database), ["after", "before"]);
    });
}

#[test]
fn a_unique_violation_is_recognised_and_undone_alone() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        fixture.commit(&database, |connection| insert(connection, 1)).unwrap();
        let gate = fixture.hold_writer(&database);
        let violating = database.commit(record("violating"), |connection| {
            insert(connection, 2)?;
            insert(connection, 1)
        });
        let neighbour = database.commit(record("neighbour"), |connection| insert(connection, 3));
        drop(gate);
        let error = fixture.runtime.block_on(violating).unwrap_err();
        assert!(error.is_unique_violation() && !error.is_transient(), "{error:?}");
        fixture.runtime.block_on(neighbour).unwrap();
        assert_eq!(items(&database), [1, 3]);
        assert_eq!(recorded(&database), ["neighbour", "single"]);
    });
}

#[test]
fn other_failures_are_no_unique_violation() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        let failed = fixture.commit(&database, |connection| -> Result<(), StoreError> {
            diesel::sql_query("SELECT * FROM no_such_table").execute(connection)?;
            Ok(())
        });
        let error = failed.unwrap_err();
        assert!(matches!(error, StoreError::Database(_)) && !error.is_unique_violation());
    });
}

#[test]
fn a_panicking_job_is_undone_and_the_writer_lives_on() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        let gate = fixture.hold_writer(&database);
        let panicking = database.commit(record("panicking"), |connection| {
            insert(connection, 1)?;
            // The panic leaves two further levels open.
            connection.transaction(|connection| -> Result<i64, StoreError> {
                insert(connection, 2)?;
                connection.transaction(|_| -> Result<i64, StoreError> { panic!("on purpose") })
            })
        });
        let neighbour = database.commit(record("neighbour"), |connection| insert(connection, 3));
        drop(gate);
        assert!(matches!(fixture.runtime.block_on(panicking), Err(StoreError::Panicked)));
        fixture.runtime.block_on(neighbour).unwrap();
        fixture.commit(&database, |connection| insert(connection, 4)).unwrap();
        assert_eq!(items(&database), [3, 4]);
        assert_eq!(recorded(&database), ["neighbour", "single"]);
        assert!(database.is_healthy());
    });
}

#[test]
fn a_job_may_nest_transactions() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        let inserted = fixture.commit(&database, |connection| {
            insert(connection, 1)?;
            let undone = connection.transaction(|connection| {
                insert(connection, 2)?;
                Err::<i64, _>(StoreError::Busy)
            });
            assert!(undone.is_err());
            connection.transaction(|connection| insert(connection, 3))
        });
        assert_eq!(inserted.unwrap(), 3);
        assert_eq!(items(&database), [1, 3]);
    });
}

#[test]
fn dropping_the_future_does_not_take_the_job_back() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        drop(database.commit(record("dropped"), |connection| insert(connection, 1)));
        // Jobs run in the order in which they were submitted.
        fixture.commit(&database, |connection| insert(connection, 2)).unwrap();
        assert_eq!(items(&database), [1, 2]);
    });
}

#[test]
fn a_full_queue_refuses_at_once_and_loses_nothing() {
    let fixture = Fixture::sqlite();
    let database = fixture.open();
    let queue_length = i64::try_from(Settings::default().write_queue).unwrap();
    let gate = fixture.hold_writer(&database);
    let waiting: Vec<_> = (0..queue_length)
        .map(|id| database.commit(record("queued"), move |connection| insert(connection, id)))
        .collect();
    let asked = Instant::now();
    let refused = fixture.commit(&database, |connection| insert(connection, -1));
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    assert!(asked.elapsed() < Duration::from_secs(1));
    drop(gate);
    for answer in waiting {
        fixture.runtime.block_on(answer).unwrap();
    }
    assert_eq!(items(&database), (0..queue_length).collect::<Vec<i64>>());
    fixture.commit(&database, |connection| insert(connection, -1)).unwrap();
}

#[test]
fn closing_commits_what_is_queued() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        let waiting: Vec<_> = (0..100)
            .map(|id| database.commit(record("queued"), move |connection| insert(connection, id)))
            .collect();
        std::sync::Arc::into_inner(database).unwrap().close();
        for answer in waiting {
            fixture.runtime.block_on(answer).unwrap();
        }
        let database = fixture.open();
        assert_eq!(fixture::items(&database).len(), 100);
    });
}

//! What fails a whole group leaves nothing half-written, and the writer goes on.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use store::{AnyConnection, StoreError};

use crate::fixture::{Fixture, insert, insert_owned, items, on_each_backend, record, recorded};

#[test]
fn a_failed_commit_fails_every_job_of_its_group() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        fixture.commit(&database, |connection| insert(connection, 1)).unwrap();
        let gate = fixture.hold_writer(&database);
        // The gate's own group is committed before; these three are the next one.
        let waiting = [(2, None), (3, Some(99)), (4, None)].map(|(id, owner)| {
            database.commit(record("lost"), move |connection| insert_owned(connection, id, owner))
        });
        drop(gate);
        for answer in waiting {
            let answer = fixture.runtime.block_on(answer);
            assert!(matches!(answer, Err(StoreError::Commit(_))), "{answer:?}");
        }
        assert_eq!(items(&database), [1]);
        assert_eq!(recorded(&database), ["single"]);

        fixture.commit(&database, |connection| insert(connection, 5)).unwrap();
        assert_eq!(items(&database), [1, 5]);
        assert!(database.is_healthy());
    });
}

#[test]
fn an_own_failure_is_answered_as_such_even_if_the_commit_fails() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        let gate = fixture.hold_writer(&database);
        let failing = database.commit(record("failing"), |_| Err::<i64, _>(StoreError::Busy));
        let owned =
            database.commit(record("owned"), |connection| insert_owned(connection, 3, Some(99)));
        drop(gate);
        assert!(matches!(fixture.runtime.block_on(failing), Err(StoreError::Busy)));
        assert!(matches!(fixture.runtime.block_on(owned), Err(StoreError::Commit(_))));
    });
}

/// What a full disk or an I/O error does to SQLite: the whole transaction is gone while a
/// job runs. Jobs that ran before it must not be acknowledged, later ones still can be.
#[test]
fn a_transaction_lost_in_the_middle_is_never_acknowledged() {
    on_each_backend(|fixture| {
        for outcome in [Ok(2), Err(())] {
            let database = fixture.open();
            let gate = fixture.hold_writer(&database);
            let before = database.commit(record("before"), |connection| insert(connection, 1));
            let losing = database.commit(record("losing"), move |connection| {
                insert(connection, 2)?;
                connection.batch_execute("ROLLBACK")?;
                outcome.map_err(|()| StoreError::Busy)
            });
            let after = database.commit(record("after"), |connection| insert(connection, 3));
            drop(gate);
            let before = fixture.runtime.block_on(before);
            assert!(matches!(before, Err(StoreError::Commit(_))), "{before:?}");
            assert!(fixture.runtime.block_on(losing).is_err());
            fixture.runtime.block_on(after).unwrap();
            assert_eq!(items(&database), [3]);

            fixture.commit(&database, clear).unwrap();
        }
    });
}

fn clear(connection: &mut AnyConnection) -> Result<(), StoreError> {
    connection.batch_execute("DELETE FROM item")?;
    Ok(())
}

#[test]
fn a_full_database_leaves_rows_and_records_in_step() {
    let fixture = Fixture::sqlite();
    let database = fixture.open();
    fixture.commit(&database, |connection| insert(connection, 1)).unwrap();
    let gate = fixture.hold_writer(&database);
    let jobs: Vec<_> = (2..30)
        .map(|id| {
            database.commit(record(&format!("{id}")), move |connection| {
                insert(connection, id)?;
                if id == 10 {
                    fill_up(connection)?;
                }
                Ok::<i64, StoreError>(id)
            })
        })
        .collect();
    drop(gate);
    let mut kept = vec![1];
    for answer in jobs {
        kept.extend(fixture.runtime.block_on(answer));
    }
    assert!(!kept.contains(&10));
    assert_eq!(items(&database), kept);
    assert_eq!(recorded(&database).len(), kept.len());
}

/// Allows the file no further page and then asks for many: SQLITE_FULL.
fn fill_up(connection: &mut AnyConnection) -> Result<(), StoreError> {
    connection.batch_execute("PRAGMA max_page_count = 1")?;
    diesel::sql_query("UPDATE item SET note = hex(zeroblob(10000000))").execute(connection)?;
    Ok(())
}

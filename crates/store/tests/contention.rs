//! Several processes on one server get in each other's way, and are told so.

use std::sync::{Arc, Barrier};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use store::{AnyConnection, StoreError};

use crate::fixture::{insert, on_postgres, record};

fn touch(connection: &mut AnyConnection, id: i64) -> Result<(), StoreError> {
    let statement = format!("UPDATE item SET note = note || '!' WHERE id = {id}");
    diesel::sql_query(statement).execute(connection)?;
    Ok(())
}

#[test]
fn of_two_that_wait_for_each_other_one_may_try_again() {
    on_postgres(|fixture| {
        let (first, second) = (fixture.open(), fixture.open());
        fixture.commit(&first, |connection| insert(connection, 1)).unwrap();
        fixture.commit(&first, |connection| insert(connection, 2)).unwrap();
        let both_hold_one = Arc::new(Barrier::new(2));
        let crossing = [(&first, 1, 2), (&second, 2, 1)].map(|(database, held, wanted)| {
            let both_hold_one = Arc::clone(&both_hold_one);
            database.commit(record("crossing"), move |connection| {
                touch(connection, held)?;
                both_hold_one.wait();
                touch(connection, wanted)
            })
        });
        let failures: Vec<StoreError> =
            crossing.into_iter().filter_map(|done| fixture.runtime.block_on(done).err()).collect();
        assert_eq!(failures.len(), 1);
        assert!(failures[0].is_transient(), "{failures:?}");
        fixture.commit(&first, |connection| touch(connection, 1)).unwrap();
        fixture.commit(&second, |connection| touch(connection, 2)).unwrap();
    });
}

#[test]
fn a_lock_held_elsewhere_does_not_stop_the_writer_for_long() {
    on_postgres(|fixture| {
        let database = fixture.open();
        fixture.commit(&database, |connection| insert(connection, 1)).unwrap();
        let mut other = PgConnection::establish(&fixture.url).unwrap();
        other.batch_execute("BEGIN; UPDATE item SET note = 'held' WHERE id = 1").unwrap();
        let gate = fixture.hold_writer(&database);
        let waiting = database.commit(record("waiting"), |connection| {
            // Shorter than the writer's own limit, for the sake of the test's time.
            connection.batch_execute("SET LOCAL lock_timeout = '50ms'")?;
            touch(connection, 1)
        });
        let neighbour = database.commit(record("neighbour"), |connection| insert(connection, 2));
        drop(gate);
        let error = fixture.runtime.block_on(waiting).unwrap_err();
        assert!(error.is_transient(), "{error:?}");
        fixture.runtime.block_on(neighbour).unwrap();
    });
}

#[test]
fn the_writer_has_a_limit_for_locks() {
    on_postgres(|fixture| {
        #[derive(QueryableByName)]
        struct Limit {
            #[diesel(sql_type = diesel::sql_types::Text)]
            lock_timeout: String,
        }
        let database = fixture.open();
        let limit = fixture.commit(&database, |connection| {
            let query = diesel::sql_query("SELECT current_setting('lock_timeout') AS lock_timeout");
            Ok(query.get_result::<Limit>(connection)?.lock_timeout)
        });
        assert_eq!(limit.unwrap(), "5s");
    });
}

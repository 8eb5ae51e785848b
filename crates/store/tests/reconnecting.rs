//! After the server dropped every connection, reads and commits go on by themselves.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use store::StoreError;

use crate::fixture::{Fixture, insert, items, on_postgres, record};

/// Ends every connection of this test on the server, as a restart does.
fn drop_connections(fixture: &Fixture) {
    let schema = fixture.schema.as_ref().unwrap();
    let mut connection = PgConnection::establish(&schema.server).unwrap();
    connection
        .batch_execute(&format!(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity \
             WHERE application_name = '{}'",
            schema.name
        ))
        .unwrap();
}

#[test]
fn reads_and_commits_go_on_after_connections_were_dropped() {
    on_postgres(|fixture| {
        let database = fixture.open();
        for id in 0..3 {
            fixture.commit(&database, move |connection| insert(connection, id)).unwrap();
            assert_eq!(items(&database).len(), usize::try_from(id + 1).unwrap());
            drop_connections(fixture);
        }
        assert_eq!(items(&database), [0, 1, 2]);
        assert!(database.is_healthy());
    });
}

#[test]
fn a_connection_lost_in_the_middle_of_a_group_keeps_nothing_of_it() {
    on_postgres(|fixture| {
        let database = fixture.open();
        let gate = fixture.hold_writer(&database);
        let before = database.commit(record("before"), |connection| insert(connection, 1));
        let losing = database.commit(record("losing"), |connection| {
            insert(connection, 2)?;
            connection.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())")?;
            Ok::<(), StoreError>(())
        });
        let after = database.commit(record("after"), |connection| insert(connection, 3));
        drop(gate);
        assert!(matches!(fixture.runtime.block_on(before), Err(StoreError::Commit(_))));
        assert!(fixture.runtime.block_on(losing).is_err());
        fixture.runtime.block_on(after).unwrap();
        assert_eq!(items(&database), [3]);
    });
}

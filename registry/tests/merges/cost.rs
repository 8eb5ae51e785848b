//! A merge writes a row of its own and rewrites no entry, whatever the patients have.

use std::sync::Arc;

use diesel::prelude::*;
use policy::Permit;
use registry::error::FeedFault;
use registry::store::merge;
use store::{AnyConnection, StoreError};

use super::ward::Ward;
use crate::open_registry::on_each_backend;

diesel::table! {
    object (object_key) {
        object_key -> BigInt,
        kind -> SmallInt,
        status -> SmallInt,
        uuid -> Binary,
        last_update_time -> Nullable<Text>,
        record -> Binary,
    }
}

type Row = (i64, i16, i16, Vec<u8>, Option<String>, Vec<u8>);

fn objects(ward: &Ward<'_>) -> Vec<Row> {
    let rows = ward.registry.database.read(|connection| -> Result<_, StoreError> {
        Ok(object::table.order(object::object_key).load(connection)?)
    });
    rows.unwrap()
}

#[test]
fn no_object_is_rewritten() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut ward = Ward::new(place, &registry);
        for letter in "AABBBC".chars() {
            ward.add_document(letter).unwrap();
        }
        let before = objects(&ward);
        ward.merge('A', 'B');
        ward.merge('B', 'C');
        assert_eq!(objects(&ward), before);
    });
}

#[derive(QueryableByName)]
struct Changes {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    changes: i64,
}

/// Rows that this connection has changed since it was opened; SQLite counts them.
fn n_changes(connection: &mut SqliteConnection) -> i64 {
    let query = diesel::sql_query("SELECT total_changes() AS changes");
    query.get_result::<Changes>(connection).unwrap().changes
}

/// Two patients' versions, one row of the resolution table, and the survivor of the subsumed.
#[test]
fn the_rows_written_do_not_grow_with_the_entries() {
    let place = crate::open_registry::Place::sqlite();
    let registry = place.open();
    let mut ward = Ward::new(&place, &registry);
    for _ in 0..20 {
        ward.add_document('C').unwrap();
    }
    // A has one document, C has twenty-one.
    for (subsumed, surviving) in [('A', 'B'), ('C', 'D')] {
        let (subsumed, surviving) = (ward.patient(subsumed), ward.patient(surviving));
        let record =
            audit::AuditRecord::now(audit::Event::FEED_V2_AT_REGISTRY, audit::Outcome::Success);
        let work = move |connection: &mut AnyConnection| -> Result<i64, FeedFault> {
            let n_rows = |connection: &mut AnyConnection| match connection {
                AnyConnection::Sqlite(connection) => n_changes(connection),
                AnyConnection::Postgres(_) => panic!("the database is an SQLite file"),
            };
            let before = n_rows(connection);
            let permit = Permit::maintenance("test", "count rows");
            merge::merge(connection, &permit, (&subsumed, &surviving), (0, "test"))?;
            Ok(n_rows(connection) - before)
        };
        let database = Arc::clone(&registry.database);
        assert_eq!(place.runtime.block_on(database.commit(record, work)).unwrap(), 4);
    }
}

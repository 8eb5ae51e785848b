//! Reads see one state of the database and change nothing.

use diesel::prelude::*;
use store::StoreError;

use crate::fixture::{insert, item, items, on_each_backend};

#[test]
fn a_read_sees_one_snapshot() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        fixture.commit(&database, |connection| insert(connection, 1)).unwrap();
        let counts = database.read(|connection| -> Result<(i64, i64), StoreError> {
            let before = item::table.count().get_result(connection)?;
            fixture.commit(&database, |connection| insert(connection, 2))?;
            Ok((before, item::table.count().get_result(connection)?))
        });
        assert_eq!(counts.unwrap(), (1, 1));
        assert_eq!(items(&database), [1, 2]);
    });
}

#[test]
fn a_read_sees_what_was_acknowledged_before() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        for id in 0..20 {
            fixture.commit(&database, move |connection| insert(connection, id)).unwrap();
            assert_eq!(items(&database).len(), usize::try_from(id + 1).unwrap());
        }
    });
}

#[test]
fn a_read_cannot_write() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        let written = database.read(|connection| insert(connection, 1));
        assert!(matches!(written, Err(StoreError::Database(_))), "{written:?}");
        assert_eq!(items(&database), [0_i64; 0]);
        fixture.commit(&database, |connection| insert(connection, 1)).unwrap();
    });
}

#[test]
fn a_panicking_read_leaves_no_snapshot_behind() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        for id in 0..20 {
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                database.read(|connection| -> Result<(), StoreError> {
                    item::table.count().get_result::<i64>(connection)?;
                    panic!("on purpose")
                })
            }));
            assert!(panicked.is_err());
            fixture.commit(&database, move |connection| insert(connection, id)).unwrap();
            assert_eq!(items(&database).len(), usize::try_from(id + 1).unwrap());
        }
    });
}

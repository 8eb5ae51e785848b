//! Who may open a database, and which one.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use store::{Database, Settings, Sharing, StoreError};

use crate::fixture::{Fixture, Schema, content, insert, item, items, migrations, on_each_backend};

#[test]
fn what_was_committed_is_there_after_opening_again() {
    on_each_backend(|fixture| {
        for id in 0..3 {
            let database = fixture.open();
            fixture.commit(&database, move |connection| insert(connection, id)).unwrap();
        }
        assert_eq!(items(&fixture.open()), [0, 1, 2]);
    });
}

#[test]
fn a_second_open_of_one_file_is_refused() {
    let fixture = Fixture::sqlite();
    let database = fixture.open();
    let plain_path = fixture.url.strip_prefix("sqlite://").unwrap();
    for url in [fixture.url.as_str(), plain_path] {
        assert!(
            matches!(
                Database::open(url, migrations(), Settings::default()),
                Err(StoreError::InUse)
            ),
            "{url}"
        );
    }
    drop(database);
    fixture.open();
}

/// Set in the process that this test starts: the URL that it must not be able to open.
const OPEN_IN_CHILD: &str = "RENKEI_STORE_TEST_OPEN";

#[test]
fn a_second_process_is_refused() {
    if let Ok(url) = std::env::var(OPEN_IN_CHILD) {
        assert!(matches!(
            Database::open(&url, migrations(), Settings::default()),
            Err(StoreError::InUse)
        ));
        return;
    }
    let fixture = Fixture::sqlite();
    let database = fixture.open();
    let child = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "opening::a_second_process_is_refused"])
            .env(OPEN_IN_CHILD, &fixture.url)
            .output()
            .unwrap()
    };
    let refused = child();
    assert!(refused.status.success(), "{}", String::from_utf8_lossy(&refused.stdout));
    // The same child fails its assertion once the file is free, so it did open the file.
    drop(database);
    assert!(!child().status.success());
}

#[test]
fn several_processes_may_share_a_server() {
    crate::fixture::on_postgres(|fixture| {
        let (first, second) = (fixture.open(), fixture.open());
        fixture.commit(&first, |connection| insert(connection, 1)).unwrap();
        fixture.commit(&second, |connection| insert(connection, 2)).unwrap();
        assert_eq!(items(&first), [1, 2]);
    });
}

#[test]
fn a_server_may_be_kept_for_one_process() {
    crate::fixture::on_postgres(|fixture| {
        let settings = Settings { sharing: Sharing::Exclusive, ..Settings::default() };
        let open = || Database::open(&fixture.url, migrations(), settings);
        let first = open().unwrap();
        fixture.commit(&first, |connection| insert(connection, 1)).unwrap();
        assert!(matches!(open(), Err(StoreError::InUse)));
        drop(first);
        assert_eq!(items(&open().unwrap()), [1]);
    });
}

#[test]
fn a_reader_who_owns_nothing_sees_what_is_committed() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        fixture.commit(&database, |connection| insert(connection, 1)).unwrap();
        let writes = store::read_offline(&fixture.url, None, |connection| insert(connection, 2));
        assert!(matches!(writes, Err(StoreError::Database(_))));
        assert_eq!(items(&database), [1]);
        let reads = || {
            store::read_offline(&fixture.url, None, |connection| -> Result<Vec<i64>, StoreError> {
                Ok(item::table.select(item::id).load(connection)?)
            })
        };
        assert_eq!(reads().unwrap(), [1]);
        drop(database);
        assert_eq!(reads().unwrap(), [1]);
    });
    assert!(matches!(
        store::read_offline("/no/such.db", None, |_| Ok::<(), StoreError>(())),
        Err(StoreError::File(_))
    ));
}

#[test]
fn actors_with_a_schema_each_share_a_database() {
    crate::fixture::on_postgres(|fixture| {
        let Schema { server, name } = fixture.schema.as_ref().unwrap();
        let names = ["one", "two"].map(|end| format!("{name}_{end}"));
        let actors = names.each_ref().map(|name| {
            // The setting is for names that are written in the program.
            let schema = Some(&*name.clone().leak());
            let settings = Settings { schema, ..Settings::default() };
            Database::open(server, migrations(), settings).unwrap()
        });
        fixture.commit(&actors[0], |connection| insert(connection, 1)).unwrap();
        fixture.commit(&actors[1], |connection| insert(connection, 1)).unwrap();
        let contents = actors.each_ref().map(content);
        drop(actors);
        let mut connection = PgConnection::establish(server).unwrap();
        for name in names {
            connection.batch_execute(&format!("DROP SCHEMA {name} CASCADE")).unwrap();
        }
        for content in contents {
            assert_eq!((content.items, content.outbox.len()), (vec![1], 1));
        }
    });
}

#[test]
fn several_processes_may_bring_one_schema_up_to_date() {
    crate::fixture::on_postgres(|fixture| {
        std::thread::scope(|scope| {
            let opening: Vec<_> = (0..4).map(|_| scope.spawn(|| fixture.open())).collect();
            for opened in opening {
                assert!(opened.join().unwrap().is_healthy());
            }
        });
    });
}

#[test]
fn a_schema_with_an_unknown_migration_is_refused() {
    on_each_backend(|fixture| {
        let database = fixture.open();
        fixture
            .commit(&database, |connection| {
                connection.batch_execute(
                    "INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')",
                )?;
                Ok(())
            })
            .unwrap();
        drop(database);
        let refused = Database::open(&fixture.url, migrations(), Settings::default()).err();
        assert!(
            matches!(&refused, Some(StoreError::UnknownMigration { version }) if version == "99999999999999"),
            "{refused:?}"
        );
    });
}

#[test]
fn only_the_owner_can_read_the_files() {
    let fixture = Fixture::sqlite();
    let database = fixture.open();
    fixture.commit(&database, |connection| insert(connection, 1)).unwrap();
    let path = fixture.url.strip_prefix("sqlite://").unwrap();
    for name in [path.to_owned(), format!("{path}-wal"), format!("{path}.lock")] {
        let mode = Path::new(&name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_reported() {
    let opened = Database::open("/no/such/folder/test.db", migrations(), Settings::default());
    assert!(matches!(opened, Err(StoreError::File(_))));
}

#[test]
fn a_server_that_is_down_is_not_taken_for_a_file() {
    // Port 1 of the own machine: nothing listens there.
    let opened =
        Database::open("postgres://nobody@127.0.0.1:1/none", migrations(), Settings::default());
    let Err(StoreError::Connection(cause)) = opened else {
        panic!("opened a server that is not there");
    };
    assert!(cause.contains("refused"), "{cause}");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_kept() {
    let fixture = Fixture::sqlite();
    let path = fixture.url.strip_prefix("sqlite://").unwrap();
    let content = "not a database, and not ours to overwrite ".repeat(100);
    std::fs::write(path, &content).unwrap();
    assert!(Database::open(&fixture.url, migrations(), Settings::default()).is_err());
    assert_eq!(std::fs::read_to_string(path).unwrap(), content);
}

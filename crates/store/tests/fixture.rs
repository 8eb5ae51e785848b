//! A database of its own for each test, on each back end, and a table to write to.
#![expect(clippy::unwrap_used, reason = "set-up of tests: what fails here fails the test")]

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};

use audit::{AuditRecord, EventAction, Outcome};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use store::{AnyConnection, Database, Migrations, StoreError};
use tempfile::TempDir;
use tokio::runtime::Runtime;

diesel::table! {
    item (id) {
        id -> BigInt,
        owner -> Nullable<BigInt>,
        note -> Text,
    }
}

diesel::table! {
    audit_outbox (id) {
        id -> BigInt,
        recorded_at -> BigInt,
        record -> Text,
    }
}

/// One empty database with its runtime; removed at the end.
pub(crate) struct Fixture {
    pub(crate) url: String,
    pub(crate) runtime: Runtime,
    place: Place,
}

/// What is removed when the test is over.
enum Place {
    Folder(TempDir),
    Schema { server: String, name: String },
}

/// Runs the test on SQLite, then on PostgreSQL.
pub(crate) fn on_each_backend(test: impl Fn(&Fixture)) {
    test(&Fixture::sqlite());
    on_postgres(test);
}

/// Runs the test on PostgreSQL only.
pub(crate) fn on_postgres(test: impl Fn(&Fixture)) {
    match env::var("RENKEI_TEST_POSTGRES") {
        Ok(server) => test(&Fixture::postgres(server)),
        Err(_unset) => eprintln!("skipped: RENKEI_TEST_POSTGRES not set"),
    }
}

pub(crate) fn migrations() -> Migrations {
    const SQLITE: EmbeddedMigrations = embed_migrations!("tests/migrations/sqlite");
    const POSTGRES: EmbeddedMigrations = embed_migrations!("tests/migrations/postgres");
    Migrations { sqlite: SQLITE, postgres: POSTGRES }
}

impl Fixture {
    pub(crate) fn sqlite() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Fixture { url, runtime: Runtime::new().unwrap(), place: Place::Folder(folder) }
    }

    /// A schema with a name of its own, which is also the application's name, so that a
    /// test can find its own connections on the server.
    fn postgres(server: String) -> Fixture {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("store_test_{}_{number}", std::process::id());
        let mut connection = PgConnection::establish(&server).unwrap();
        connection.batch_execute(&format!("CREATE SCHEMA {name}")).unwrap();
        let mark = if server.contains('?') { '&' } else { '?' };
        let url =
            format!("{server}{mark}options=-c%20search_path%3D{name}&application_name={name}");
        let place = Place::Schema { server, name };
        Fixture { url, runtime: Runtime::new().unwrap(), place }
    }

    pub(crate) fn open(&self) -> Arc<Database> {
        Arc::new(Database::open(&self.url, migrations()).unwrap())
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.place, Place::Folder(_))
    }

    /// The server's URL and the application's name of this test's connections.
    pub(crate) fn server_and_application(&self) -> (&str, &str) {
        match &self.place {
            Place::Schema { server, name } => (server, name),
            Place::Folder(_) => ("", ""),
        }
    }

    /// Commits, and waits for the answer.
    pub(crate) fn commit<T: Send + 'static>(
        &self,
        database: &Database,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.runtime.block_on(database.commit(record("single"), work))
    }

    /// Keeps the writer busy until the returned gate is dropped, so that what is
    /// submitted meanwhile becomes one group.
    pub(crate) fn hold_writer(&self, database: &Database) -> Gate {
        let (open, wait) = channel::<()>();
        let (begin, begun) = channel();
        let held = database.commit(record("gate"), move |_| -> Result<(), StoreError> {
            begin.send(()).unwrap();
            // Ends when the gate is dropped.
            let _ = wait.recv();
            Ok(())
        });
        self.runtime.spawn(held);
        begun.recv().unwrap();
        Gate { _open: open }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if let Place::Schema { server, name } = &self.place {
            let mut connection = PgConnection::establish(server).unwrap();
            connection.batch_execute(&format!("DROP SCHEMA {name} CASCADE")).unwrap();
        }
    }
}

/// See [`Fixture::hold_writer`].
pub(crate) struct Gate {
    _open: Sender<()>,
}

/// An audit record that can be found again by its requester.
pub(crate) fn record(requester: &str) -> AuditRecord {
    AuditRecord {
        requester: requester.to_owned(),
        ..AuditRecord::now("ITI-42", "registry", EventAction::Create, Outcome::Success)
    }
}

pub(crate) fn insert(connection: &mut AnyConnection, id: i64) -> Result<i64, StoreError> {
    insert_owned(connection, id, None)
}

/// An `owner` that does not exist makes the commit fail, not the statement.
pub(crate) fn insert_owned(
    connection: &mut AnyConnection,
    id: i64,
    owner: Option<i64>,
) -> Result<i64, StoreError> {
    diesel::insert_into(item::table)
        .values((item::id.eq(id), item::owner.eq(owner), item::note.eq("test")))
        .execute(connection)?;
    Ok(id)
}

pub(crate) fn items(database: &Database) -> Vec<i64> {
    database
        .read(|connection| -> Result<Vec<i64>, StoreError> {
            Ok(item::table.select(item::id).order(item::id).load(connection)?)
        })
        .unwrap()
}

/// The audit records in the table, as JSON.
pub(crate) fn outbox(database: &Database) -> Vec<String> {
    database
        .read(|connection| -> Result<Vec<String>, StoreError> {
            let records = audit_outbox::table.select(audit_outbox::record);
            Ok(records.order(audit_outbox::id).load(connection)?)
        })
        .unwrap()
}

/// The requesters of the audit records in the table, the gate's left out, sorted.
pub(crate) fn recorded(database: &Database) -> Vec<String> {
    let mut requesters: Vec<String> = outbox(database)
        .iter()
        .map(|record| {
            let record: serde_json::Value = serde_json::from_str(record).unwrap();
            record["requester"].as_str().unwrap().to_owned()
        })
        .filter(|requester| requester != "gate")
        .collect();
    requesters.sort();
    requesters
}

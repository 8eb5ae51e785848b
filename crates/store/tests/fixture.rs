//! A database of its own for each test, on each back end, and a table to write to.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};

use audit::{AuditRecord, Event, Outcome, Party};
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
    /// Removed by its own `Drop`.
    _folder: Option<TempDir>,
    /// On a server only.
    pub(crate) schema: Option<Schema>,
}

/// A schema of the test's own. Its name is also the application's name of the test's
/// connections, so that the test can find them on the server.
pub(crate) struct Schema {
    pub(crate) server: String,
    pub(crate) name: String,
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
        Fixture { url, runtime: Runtime::new().unwrap(), _folder: Some(folder), schema: None }
    }

    fn postgres(server: String) -> Fixture {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("store_test_{}_{number}", std::process::id());
        let mut connection = PgConnection::establish(&server).unwrap();
        connection.batch_execute(&format!("CREATE SCHEMA {name}")).unwrap();
        let mark = if server.contains('?') { '&' } else { '?' };
        let url =
            format!("{server}{mark}options=-c%20search_path%3D{name}&application_name={name}");
        let schema = Some(Schema { server, name });
        Fixture { url, runtime: Runtime::new().unwrap(), _folder: None, schema }
    }

    pub(crate) fn open(&self) -> Arc<Database> {
        Arc::new(Database::open(&self.url, migrations(), store::Settings::default()).unwrap())
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
        if let Some(Schema { server, name }) = &self.schema {
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
        peer: Party::named(requester.to_owned()),
        ..AuditRecord::now(Event::REGISTER_AT_REGISTRY, Outcome::Success)
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

/// Rows and audit records of one state of the database.
pub(crate) struct Content {
    /// Ids of the rows, ascending.
    pub(crate) items: Vec<i64>,
    /// The audit records as JSON, in the order of insertion.
    pub(crate) outbox: Vec<String>,
}

pub(crate) fn content(database: &Database) -> Content {
    database
        .read(|connection| -> Result<Content, StoreError> {
            let items = item::table.select(item::id).order(item::id).load(connection)?;
            let records = audit_outbox::table.select(audit_outbox::record);
            let outbox = records.order(audit_outbox::id).load(connection)?;
            Ok(Content { items, outbox })
        })
        .unwrap()
}

pub(crate) fn items(database: &Database) -> Vec<i64> {
    content(database).items
}

pub(crate) fn recorded(database: &Database) -> Vec<String> {
    content(database).recorded()
}

impl Content {
    /// The requesters of the audit records, the gate's left out, sorted.
    pub(crate) fn recorded(&self) -> Vec<String> {
        let mut requesters: Vec<String> = self
            .outbox
            .iter()
            .map(|record| {
                let record: serde_json::Value = serde_json::from_str(record).unwrap();
                record.pointer("/peer/user_id").unwrap().as_str().unwrap().to_owned()
            })
            .filter(|requester| requester != "gate")
            .collect();
        requesters.sort();
        requesters
    }
}

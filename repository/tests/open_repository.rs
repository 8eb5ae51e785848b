//! A repository on a database and in a folder of its own, whose registry does not run.

use std::env;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use access::Door;
use arc_swap::ArcSwap;
use audit::{AuditRecord, Event, Journal, Node, Outcome, Party};
use client::{AnswerLimits, SoapClient, Timeouts};
use config::agreement::Agreement;
use config::init::{NewCommunity, init};
use datatypes::RepositoryUniqueId;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use net::Transport;
use policy::{Access, Permit, Policy, Requester, Transaction};
use repository::Repository;
use repository::blobs::{Blobs, create_private};
use repository::registry_client::RegistryClient;
use repository::transactions::Origin;
use store::{AnyConnection, Database, StoreError};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The repositoryUniqueId of this community.
pub(crate) const REPOSITORY: &str = "1.2.392.200250.99.4";

/// One empty repository with its runtime; removed at the end.
pub(crate) struct Place {
    pub(crate) runtime: Runtime,
    pub(crate) folder: TempDir,
    url: String,
    schema: Option<Schema>,
}

/// A schema of the test's own on a server.
struct Schema {
    server: String,
    name: &'static str,
}

/// Runs the test on SQLite, then on PostgreSQL.
pub(crate) fn on_each_backend(test: impl Fn(&Place)) {
    test(&Place::sqlite());
    match env::var("RENKEI_TEST_POSTGRES") {
        Ok(server) => test(&Place::postgres(server)),
        Err(_unset) => eprintln!("skipped: RENKEI_TEST_POSTGRES not set"),
    }
}

impl Place {
    pub(crate) fn sqlite() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("repository.db").display());
        Place { runtime: Runtime::new().unwrap(), folder, url, schema: None }
    }

    fn postgres(server: String) -> Place {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("repository_test_{}_{number}", std::process::id());
        let schema = Some(Schema { server: server.clone(), name: name.leak() });
        let folder = tempfile::tempdir().unwrap();
        Place { runtime: Runtime::new().unwrap(), folder, url: server, schema }
    }

    /// The folder of stored documents.
    pub(crate) fn documents(&self) -> PathBuf {
        self.folder.path().join("documents")
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.folder.path().join("spool")
    }

    pub(crate) fn database(&self) -> Arc<Database> {
        let schema = self.schema.as_ref().map(|schema| schema.name);
        let settings = store::Settings { schema, ..store::Settings::default() };
        Arc::new(Database::open(&self.url, repository::store::MIGRATIONS, settings).unwrap())
    }

    /// Opens everything; nobody listens where the registry should be.
    pub(crate) fn open(&self) -> Arc<Repository> {
        create_private(&self.spool()).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let limits = AnswerLimits::default();
        // The client belongs to a runtime.
        let _in_runtime = self.runtime.enter();
        let client = SoapClient::new(&Transport::Plain, Timeouts::default(), limits).unwrap();
        let url = format!("http://{address}/xds/registry");
        Arc::new(Repository {
            database: self.database(),
            blobs: Blobs::open(&self.documents()).unwrap(),
            spool: self.spool(),
            registry: RegistryClient { client, url },
            policy: Policy::new(Access::Open),
            door: Door::new(&agreement(), Access::Open).unwrap(),
            agreement: Arc::new(ArcSwap::new(agreement())),
            journal: Arc::new(Journal::open(&self.folder.path().join("journal")).unwrap()),
            node: Node::new("repository"),
            max_documents_per_request: 5,
            removal: tokio::sync::RwLock::new(()),
        })
    }

    /// Changes the database.
    pub(crate) fn commit<T: Send + 'static>(
        &self,
        database: &Database,
        work: impl FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    ) -> T {
        let record = AuditRecord::now(Event::SETTLE, Outcome::Success);
        let work = move |connection: &mut AnyConnection| -> Result<T, StoreError> {
            Ok(work(connection)?)
        };
        self.runtime.block_on(database.commit(record, work)).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(Schema { server, name }) = &self.schema {
            let mut connection = PgConnection::establish(server).unwrap();
            connection.batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE")).unwrap();
        }
    }
}

pub(crate) fn maintenance() -> Permit {
    Permit::maintenance("test", "looks behind the transactions")
}

pub(crate) fn origin() -> Origin {
    Origin {
        requester: Requester::unknown_node("192.0.2.10".to_owned()),
        right: Transaction::Iti41,
        peer: Party {
            user_id: "192.0.2.10".to_owned(),
            user_name: None,
            address: "192.0.2.10".to_owned(),
        },
        own: Party::named("repository".to_owned()),
        message_id: Some("urn:uuid:00000000-0000-4000-8000-000000000041".to_owned()),
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// How many rows a table has.
pub(crate) fn n_rows(database: &Database, table: &str) -> i64 {
    let sql = format!("SELECT count(*) AS number FROM {table}");
    let read = |connection: &mut AnyConnection| -> Result<Number, StoreError> {
        Ok(diesel::sql_query(sql).get_result(connection)?)
    };
    database.read(read).unwrap().number
}

/// An agreement without code lists; made once, since it comes with keys.
fn agreement() -> Arc<Agreement> {
    static AGREEMENT: OnceLock<Arc<Agreement>> = OnceLock::new();
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("community");
        let repository_unique_id = RepositoryUniqueId::parse(REPOSITORY).unwrap();
        let community = NewCommunity { repository_unique_id, ..NewCommunity::generate() };
        init(&data, &community).unwrap();
        Arc::new(Agreement::read(&data.join(config::agreement::FILE_NAME)).unwrap())
    };
    Arc::clone(AGREEMENT.get_or_init(make))
}

//! A registry on a database of its own, under open access.

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use access::Door;
use arc_swap::ArcSwap;
use audit::{Journal, Node, Party};
use config::Agreement;
use config::agreement::Domain;
use config::init::{NewCommunity, init};
use datatypes::{EntryUuid, Oid};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use ebxml::{AdhocQueryResponse, adhoc_query_response, submit_objects};
use policy::{Access, Policy, Requester, Transaction};
use registry::Registry;
use registry::answer::Answer;
use registry::dictionary::Dictionary;
use registry::error::QueryError;
use registry::in_force::InForce;
use registry::patient_sets::PatientSets;
use registry::transactions::register_document_set::register_document_set;
use registry::transactions::{Found, Origin, QueryTransaction};
use store::{AnyConnection, Database, StoreError};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use xds::query::AdhocQueryRequest;
use xds::{RegistryError, Submission, SubmissionDraft};

/// The authority whose patient ids stand in XDS metadata.
pub(crate) const DOMAIN: &str = "1.2.392.200250.99.1";
/// The authority of a hospital that numbers its own patients, and its name in HL7 v2.
pub(crate) const HOSPITAL: &str = "1.2.392.200250.99.2";
pub(crate) const HOSPITAL_NAMESPACE: &str = "HOSPITAL";

/// One empty database with its runtime; removed at the end.
pub(crate) struct Place {
    pub(crate) runtime: Runtime,
    url: String,
    folder: TempDir,
    schema: Option<Schema>,
    n_opened: AtomicU32,
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
        let url = format!("sqlite://{}", folder.path().join("registry.db").display());
        Place {
            runtime: Runtime::new().unwrap(),
            url,
            folder,
            schema: None,
            n_opened: AtomicU32::new(0),
        }
    }

    fn postgres(server: String) -> Place {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("registry_test_{}_{number}", std::process::id());
        let schema = Schema { server: server.clone(), name: name.leak() };
        Place {
            runtime: Runtime::new().unwrap(),
            url: server,
            folder: tempfile::tempdir().unwrap(),
            schema: Some(schema),
            n_opened: AtomicU32::new(0),
        }
    }

    /// Whether several registries may have the database open at once.
    pub(crate) fn is_shared(&self) -> bool {
        self.schema.is_some()
    }

    pub(crate) fn open(&self) -> Arc<Registry> {
        self.open_with(|_| {})
    }

    /// Opens the database, as one process of perhaps several; `change` adjusts its limits.
    pub(crate) fn open_with(&self, change: impl FnOnce(&mut Registry)) -> Arc<Registry> {
        let schema = self.schema.as_ref().map(|schema| schema.name);
        let settings = store::Settings { schema, ..store::Settings::default() };
        let database = Database::open(&self.url, registry::store::MIGRATIONS, settings).unwrap();
        let number = self.n_opened.fetch_add(1, Ordering::Relaxed);
        let journal = Journal::open(&self.folder.path().join(format!("journal-{number}"))).unwrap();
        let in_force = InForce::new(agreement(), Access::Open).unwrap();
        let mut registry = Registry {
            database: Arc::new(database),
            dictionary: ArcSwap::from_pointee(Dictionary::default()),
            patient_sets: PatientSets::new(1024 * 1024),
            policy: Policy::new(Access::Open),
            door: Door::new(&agreement(), Access::Open).unwrap(),
            in_force: Arc::new(ArcSwap::from_pointee(in_force)),
            journal: Arc::new(journal),
            node: Node::new("registry"),
            max_leaf_class_results: 100_000,
            max_candidates_per_query: 100_000,
            max_objects_per_submission: 1_000,
        };
        change(&mut registry);
        registry.refresh_dictionary().unwrap();
        Arc::new(registry)
    }

    /// ITI-42, through the bytes of the request; the codes of the errors if it is refused.
    pub(crate) fn register(
        &self,
        registry: &Arc<Registry>,
        submission: &Submission,
    ) -> Result<(), Vec<String>> {
        let draft = sent(submission);
        let registered =
            self.runtime.block_on(register_document_set(registry, &origin("register"), draft));
        match registered {
            Ok(registered) => {
                assert!(registered.warnings.is_empty(), "{:?}", registered.warnings);
                Ok(())
            }
            Err(error) => {
                let codes = error.to_registry_errors().into_iter().map(|error| error.code);
                let codes: Vec<String> = codes.collect();
                // Refused, or to be tried again; anything else is a fault of the registry's own.
                assert!(!codes.iter().any(|code| code == "XDSRegistryError"), "{error:?}");
                Err(codes)
            }
        }
    }

    /// Changes the database behind the registry's back.
    pub(crate) fn execute(&self, registry: &Registry, sql: String) {
        let work = move |connection: &mut AnyConnection| -> Result<(), StoreError> {
            diesel::sql_query(sql).execute(connection)?;
            Ok(())
        };
        let record =
            audit::AuditRecord::now(audit::Event::FEED_V2_AT_REGISTRY, audit::Outcome::Success);
        self.runtime.block_on(registry.database.commit(record, work)).unwrap();
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

pub(crate) fn origin(message_id: &str) -> Origin {
    Origin {
        requester: Requester::unknown_node("192.0.2.10".to_owned()),
        right: Transaction::Iti18,
        peer: Party {
            user_id: "192.0.2.10".to_owned(),
            user_name: None,
            address: "192.0.2.10".to_owned(),
        },
        own: Party::named("registry".to_owned()),
        message_id: Some(message_id.to_owned()),
    }
}

/// ITI-18, through the bytes of the answer; the code of the error if it is refused.
pub(crate) fn ask(
    registry: &Registry,
    request: &AdhocQueryRequest,
) -> Result<AdhocQueryResponse, String> {
    ask_in(QueryTransaction::RegistryStoredQuery, registry, request)
}

/// ITI-18, without its way over XML.
pub(crate) fn answered(
    registry: &Registry,
    request: &AdhocQueryRequest,
) -> Result<Found, QueryError> {
    answered_in(QueryTransaction::RegistryStoredQuery, registry, request)
}

/// As [`answered`], by one of the two transactions.
pub(crate) fn answered_in(
    transaction: QueryTransaction,
    registry: &Registry,
    request: &AdhocQueryRequest,
) -> Result<Found, QueryError> {
    transaction.ask(registry, &origin("query"), request)?.answer(registry)
}

/// As [`ask`], by one of the two transactions.
pub(crate) fn ask_in(
    transaction: QueryTransaction,
    registry: &Registry,
    request: &AdhocQueryRequest,
) -> Result<AdhocQueryResponse, String> {
    let found = answered_in(transaction, registry, request)
        .map_err(|error: QueryError| RegistryError::from(&error).code)?;
    let dictionary = registry.dictionary.load_full();
    let envelope = Answer::new(found, dictionary, None).whole().unwrap();
    let limits = xml::Limits { bytes: 1 << 30, elements: 100_000_000, ..xml::Limits::default() };
    let mut incoming = soap::Incoming::open(&envelope, limits).unwrap();
    let answer =
        adhoc_query_response::read_adhoc_query_response(&mut incoming.reader, &incoming.payload);
    incoming.close().unwrap();
    let answer = answer.unwrap();
    assert_eq!(answer.faults, [], "an object of the answer cannot be read");
    Ok(answer)
}

/// The submission as the registry reads it from the wire.
fn sent(submission: &Submission) -> SubmissionDraft {
    let text = submit_objects::write_submit_objects_request(submission);
    let mut reader = xml::Reader::new(&text, xml::Limits::default()).unwrap();
    reader.next_child().unwrap().unwrap();
    submit_objects::read_submit_objects_request(&mut reader).unwrap()
}

/// An agreement with the two authorities and without code lists; made once, since it comes with keys.
fn agreement() -> Arc<Agreement> {
    static AGREEMENT: OnceLock<Arc<Agreement>> = OnceLock::new();
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("community");
        let hospital = format!("hospital={HOSPITAL},{HOSPITAL_NAMESPACE}");
        let hospital = Domain::parse(&hospital).unwrap();
        let community = NewCommunity {
            affinity_domain: Oid::parse(DOMAIN).unwrap(),
            domains: vec![hospital],
            ..NewCommunity::generate()
        };
        init(&data, &community).unwrap();
        Arc::new(Agreement::read(&data.join(config::agreement::FILE_NAME)).unwrap())
    };
    Arc::clone(AGREEMENT.get_or_init(make))
}

/// Ids of an answer of references, in order.
pub(crate) fn references(answer: &AdhocQueryResponse) -> Vec<String> {
    let mut references: Vec<EntryUuid> = answer.object_refs.clone();
    references.sort();
    references.iter().map(EntryUuid::to_string).collect()
}

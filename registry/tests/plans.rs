//! The statements of the hot transactions, and how the databases look their rows up.
//!
//! `plans/*.sql` holds each statement as it is sent, for SQLite with its query plan; `UPDATE_GOLDEN=1`
//! rewrites the files. A plan that walks a whole table fails the test whatever the file says. PostgreSQL
//! plans small tables by other rules, so there only the way without sequential scans must exist.

use std::cell::RefCell;
use std::env;
use std::path::Path;
use std::sync::Arc;

use audit::{AuditRecord, Event, Outcome};
use datatypes::{ObjectId, PatientId, ReferenceId};
use diesel::connection::{InstrumentationEvent, set_default_instrumentation};
use diesel::prelude::*;
use diesel::sql_types::Text;
use registry::Registry;
use registry::error::{FeedFault, RegistrationError};
use registry::store::link_change::{self, LinkChange};
use registry::store::register::register;
use registry::transactions::QueryTransaction;
use store::{AnyConnection, StoreError};
use xds::query::{AdhocQueryRequest, QueryId, ReturnType};
use xds::{AssociationType, AvailabilityStatus, Submission};

use crate::feed::Feed;
use crate::metadata::{self, document, entry, folder, submission, submission_set};
use crate::open_registry::{Place, answered_in, on_each_backend};
use crate::requests::{maintenance, patient, query, quoted, registration};

thread_local! {
    /// Statements of this thread while it is being watched.
    static WATCHED: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Makes every connection that is opened from now on tell its statements.
fn watch_new_connections() {
    set_default_instrumentation(|| Some(Box::new(note))).unwrap();
}

fn note(event: InstrumentationEvent<'_>) {
    let InstrumentationEvent::StartQuery { query, .. } = event else { return };
    WATCHED.with_borrow_mut(|watched| {
        if let Some(statements) = watched {
            let text = query.to_string();
            let (statement, _) = text.split_once(" -- binds:").unwrap_or((&text, ""));
            statements.push(statement.to_owned());
        }
    });
}

/// The statements that this thread sends meanwhile, each once.
fn statements_of(work: impl FnOnce()) -> Vec<String> {
    WATCHED.set(Some(Vec::new()));
    work();
    let mut statements = Vec::new();
    for statement in WATCHED.take().unwrap() {
        if !statements.contains(&statement) {
            statements.push(statement);
        }
    }
    statements
}

/// A registry that holds what each query of the tests finds.
struct Scene<'p> {
    place: &'p Place,
    registry: Arc<Registry>,
    patient: PatientId,
    registered: Submission,
}

impl<'p> Scene<'p> {
    fn new(place: &'p Place) -> Scene<'p> {
        watch_new_connections();
        let registry = place.open();
        let patient = patient("planned");
        Feed::new(&registry).announce(place, [&patient]);
        let entries = vec![entry(&patient), entry(&patient)];
        let mut registered = submission(submission_set(&patient), entries, vec![folder(&patient)]);
        registered.entries[0].reference_ids = vec![ReferenceId::parse(REFERENCE_ID).unwrap()];
        let (folder, filed) = (registered.folders[0].id.clone(), registered.entries[0].id.clone());
        metadata::file(&mut registered, &folder, &filed);
        place.register(&registry, &registered).unwrap();
        Scene { place, registry, patient, registered }
    }

    #[track_caller]
    fn check_query(&self, name: &str, request: &AdhocQueryRequest) {
        let is_multi_patient = QueryId::from_urn(&request.query_id).unwrap().is_multi_patient();
        let transaction = if is_multi_patient {
            QueryTransaction::MultiPatientStoredQuery
        } else {
            QueryTransaction::RegistryStoredQuery
        };
        let statements = statements_of(|| {
            let found = answered_in(transaction, &self.registry, request).unwrap();
            assert!(!found.objects.is_empty(), "{name} finds nothing");
        });
        self.check(name, &statements);
    }

    /// The statements are the recorded ones, and none walks a table.
    #[track_caller]
    fn check(&self, name: &str, statements: &[String]) {
        assert!(!statements.is_empty(), "{name}");
        let explained = self.explained(statements);
        for (statement, plan) in &explained {
            assert!(!self.walks(plan), "{name}: {statement}\n{plan:?}");
        }
        let back_end = if self.place.is_shared() { "postgres" } else { "sqlite" };
        // The plans of a server depend on its version; only those of the embedded database are kept.
        let shown = explained.iter().map(|(statement, plan)| {
            shown(statement, if self.place.is_shared() { &[] } else { plan })
        });
        check_golden(&format!("{name}.{back_end}.sql"), &shown.collect::<Vec<_>>().join("\n"));
    }

    fn explained(&self, statements: &[String]) -> Explained {
        let record = AuditRecord::now(Event::REGISTER_AT_REGISTRY, Outcome::Success);
        let statements = statements.to_vec();
        let explain = move |connection: &mut AnyConnection| match connection {
            AnyConnection::Sqlite(connection) => explain_on_sqlite(connection, &statements),
            AnyConnection::Postgres(connection) => explain_on_postgres(connection, &statements),
        };
        self.place.runtime.block_on(self.registry.database.commit(record, explain)).unwrap()
    }

    /// Whether a plan reads a whole table.
    fn walks(&self, plan: &[String]) -> bool {
        let word = if self.place.is_shared() { "Seq Scan" } else { "SCAN " };
        plan.iter().any(|line| line.contains(word))
    }
}

const REFERENCE_ID: &str = "2024-17^^^&1.2.392.200250.99.2&ISO^urn:ihe:iti:xds:2013:order";

type Explained = Vec<(String, Vec<String>)>;

#[derive(QueryableByName)]
struct SqliteStep {
    #[diesel(sql_type = Text)]
    detail: String,
}

fn explain_on_sqlite(
    connection: &mut SqliteConnection,
    statements: &[String],
) -> Result<Explained, StoreError> {
    let mut explained = Vec::new();
    for statement in statements {
        // Parameters are null here; the plan does not look at them.
        let steps: Vec<SqliteStep> =
            diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(connection)?;
        explained.push((statement.clone(), steps.into_iter().map(|step| step.detail).collect()));
    }
    Ok(explained)
}

#[derive(QueryableByName)]
struct PostgresStep {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

fn explain_on_postgres(
    connection: &mut PgConnection,
    statements: &[String],
) -> Result<Explained, StoreError> {
    let mut run = |sql: &str| diesel::sql_query(sql.to_owned()).execute(connection);
    run("SET LOCAL enable_seqscan = off")?;
    run("SET LOCAL plan_cache_mode = force_generic_plan")?;
    let mut explained = Vec::new();
    for statement in statements {
        let mut plan = Vec::new();
        if statement.contains("\"object") {
            let n_parameters = (1..).take_while(|n| statement.contains(&format!("${n}"))).count();
            let nulls = vec!["NULL"; n_parameters].join(", ");
            diesel::sql_query(format!("PREPARE planned AS {statement}")).execute(connection)?;
            let explain = format!("EXPLAIN (COSTS OFF) EXECUTE planned({nulls})");
            let steps: Vec<PostgresStep> = diesel::sql_query(explain).load(connection)?;
            diesel::sql_query("DEALLOCATE planned").execute(connection)?;
            plan.extend(steps.into_iter().map(|step| step.line));
        }
        explained.push((statement.clone(), plan));
    }
    Ok(explained)
}

/// A statement with its plan, one clause a line.
fn shown(statement: &str, plan: &[String]) -> String {
    let mut text = statement.to_owned();
    for clause in [" FROM ", " SET ", " VALUES ", " WHERE ", " ORDER BY ", " LIMIT "] {
        text = text.replace(clause, &format!("\n {clause}"));
    }
    let plan: String = plan.iter().map(|step| format!("-- {step}\n")).collect();
    format!("{};\n{plan}", text.trim())
}

#[track_caller]
fn check_golden(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans").join(name);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, golden, "{} (UPDATE_GOLDEN=1 rewrites it)", file.display());
}

#[test]
fn a_walk_over_the_objects_is_noticed() {
    on_each_backend(|place| {
        let scene = Scene::new(place);
        let explained =
            scene.explained(&["SELECT uuid FROM \"object\" WHERE size = $1".to_owned()]);
        assert!(scene.walks(&explained[0].1), "{explained:?}");
    });
}

#[test]
fn find_documents() {
    on_each_backend(|place| {
        let scene = Scene::new(place);
        let parameters = [
            ("$XDSDocumentEntryPatientId", vec![quoted(&scene.patient.to_cx())]),
            ("$XDSDocumentEntryStatus", approved()),
            ("$XDSDocumentEntryClassCode", vec!["('class^^1.2.392.200250.99.3')".to_owned()]),
        ];
        let request = query(QueryId::FindDocuments, ReturnType::LeafClass, parameters);
        scene.check_query("find_documents", &request);
    });
}

#[test]
fn get_documents_and_associations() {
    on_each_backend(|place| {
        let scene = Scene::new(place);
        let ids = scene.registered.entries.iter().map(|entry| quoted(&entry.id.to_string()));
        let parameter = ("$XDSDocumentEntryEntryUUID", vec![list(ids)]);
        let id = QueryId::GetDocumentsAndAssociations;
        let request = query(id, ReturnType::LeafClass, [parameter]);
        scene.check_query("get_documents_and_associations", &request);
    });
}

#[test]
fn get_documents_by_unique_id() {
    on_each_backend(|place| {
        let scene = Scene::new(place);
        let entries = scene.registered.entries.iter();
        let ids = entries.map(|entry| quoted(entry.unique_id.value.as_str()));
        let parameter = ("$XDSDocumentEntryUniqueId", vec![list(ids)]);
        let request = query(QueryId::GetDocuments, ReturnType::LeafClass, [parameter]);
        scene.check_query("get_documents_by_unique_id", &request);
    });
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("({})", items.collect::<Vec<_>>().join(","))
}

#[test]
fn get_all() {
    on_each_backend(|place| {
        let scene = Scene::new(place);
        let parameters = [
            ("$patientId", vec![quoted(&scene.patient.to_cx())]),
            ("$XDSDocumentEntryStatus", approved()),
            ("$XDSSubmissionSetStatus", approved()),
            ("$XDSFolderStatus", approved()),
        ];
        let request = query(QueryId::GetAll, ReturnType::ObjectRef, parameters);
        scene.check_query("get_all", &request);
    });
}

fn approved() -> Vec<String> {
    vec![format!("({})", quoted(AvailabilityStatus::Approved.urn()))]
}

#[test]
fn find_documents_for_multiple_patients() {
    on_each_backend(|place| {
        let scene = Scene::new(place);
        let parameters = [
            ("$XDSDocumentEntryClassCode", vec!["('class^^1.2.392.200250.99.3')".to_owned()]),
            ("$XDSDocumentEntryStatus", approved()),
        ];
        let id = QueryId::FindDocumentsForMultiplePatients;
        let request = query(id, ReturnType::LeafClass, parameters);
        scene.check_query("find_documents_for_multiple_patients", &request);
    });
}

#[test]
fn find_documents_by_reference_id_for_multiple_patients() {
    on_each_backend(|place| {
        let scene = Scene::new(place);
        let parameters = [
            ("$XDSDocumentEntryReferenceIdList", vec![format!("({})", quoted(REFERENCE_ID))]),
            ("$XDSDocumentEntryStatus", approved()),
        ];
        let id = QueryId::FindDocumentsByReferenceIdForMultiplePatients;
        let request = query(id, ReturnType::LeafClass, parameters);
        scene.check_query("find_documents_by_reference_id_for_multiple_patients", &request);
    });
}

#[test]
fn register_document_set() {
    on_each_backend(|place| {
        let scene = Scene::new(place);
        // A document in a folder is replaced, and a code is new: every effect has its statements.
        let mut replacing = document(&scene.patient);
        replacing.entries[0].class_code = metadata::code("new");
        replacing.entries[0].reference_ids = vec![ReferenceId::parse(REFERENCE_ID).unwrap()];
        let source: ObjectId = replacing.entries[0].id.clone();
        let ends = (&source, &scene.registered.entries[0].id);
        metadata::relate(&mut replacing, AssociationType::Replace, ends);
        let (registration, permit) = (registration(&replacing), maintenance());
        let record = AuditRecord::now(Event::REGISTER_AT_REGISTRY, Outcome::Success);
        let work = move |connection: &mut AnyConnection| -> Result<_, RegistrationError> {
            let mut registered = None;
            let statements = statements_of(|| {
                registered = Some(register(connection, &permit, &registration));
            });
            registered.unwrap()?;
            Ok(statements)
        };
        let commit = scene.registry.database.commit(record, work);
        let statements = scene.place.runtime.block_on(commit).unwrap();
        scene.check("register_document_set", &statements);
    });
}

/// A document in a folder, sent under an id that was merged into another one, goes and comes back.
#[test]
fn change_link() {
    on_each_backend(|place| {
        let scene = Scene::new(place);
        let other = patient("planned-other");
        Feed::new(&scene.registry).announce(place, [&other]);
        let changes = [(&other, &scene.patient), (&scene.patient, &other)];
        let changes = changes.map(|(new, previous)| LinkChange {
            new: new.clone(),
            local: scene.registered.entries[0].source_patient_id.clone(),
            previous: previous.clone(),
            subsumed: Some(patient("planned-subsumed")),
            changed_at: 0,
            cause: "test".to_owned(),
            message: new.to_cx(),
        });
        let permit = maintenance();
        let record = AuditRecord::now(Event::REGISTER_AT_REGISTRY, Outcome::Success);
        let work = move |connection: &mut AnyConnection| -> Result<_, FeedFault> {
            let mut changed = Ok(());
            let statements = statements_of(|| {
                changed = changes
                    .iter()
                    .try_for_each(|change| link_change::change_link(connection, &permit, change));
            });
            changed?;
            Ok(statements)
        };
        let commit = scene.registry.database.commit(record, work);
        let statements = scene.place.runtime.block_on(commit).unwrap();
        scene.check("change_link", &statements);
    });
}

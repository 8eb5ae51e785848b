//! The audit trail of ITI-42: what is registered is recorded once, also across a restart; what is refused
//! leaves no record in the database.

use std::path::Path;
use std::sync::Arc;

use audit::Journal;
use datatypes::PatientId;
use diesel::prelude::*;
use diesel::sql_types::Text;
use registry::Registry;
use serde_json::{Value, json};
use store::{AnyConnection, OutboxDrain, StoreError};
use xds::Submission;

use crate::feed::Feed;
use crate::metadata::document;
use crate::open_registry::{Place, on_each_backend};
use crate::requests::{patient, register_text, written};

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = Text)]
    record: String,
}

/// Records in the outbox, oldest first.
fn outbox(registry: &Registry) -> Vec<Value> {
    let read = |connection: &mut AnyConnection| -> Result<Vec<Waiting>, StoreError> {
        Ok(diesel::sql_query("SELECT record FROM audit_outbox ORDER BY id").load(connection)?)
    };
    let waiting = registry.database.read(read).unwrap();
    waiting.iter().map(|row| serde_json::from_str(&row.record).unwrap()).collect()
}

/// Records in a journal, oldest first; the chain is verified.
fn journal(file: &Path) -> Vec<Value> {
    audit::verify(file).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.map(|mut line| line["record"].take()).collect()
}

/// Those that are about this submission.
fn about<'r>(records: &'r [Value], submission: &Submission) -> Vec<&'r Value> {
    let unique_id = submission.submission_set.unique_id.value.as_str();
    let names = |record: &&Value| {
        let objects = record["objects"].as_array();
        objects.is_some_and(|objects| objects.iter().any(|object| object["unique_id"] == unique_id))
    };
    records.iter().filter(names).collect()
}

fn open(place: &Place, file: &Path) -> Arc<Registry> {
    place.open_with(|registry| registry.journal = Arc::new(Journal::open(file).unwrap()))
}

fn drain(place: &Place, registry: &Registry) {
    let mut drain = OutboxDrain::new(Arc::clone(&registry.database), Arc::clone(&registry.journal));
    while place.runtime.block_on(drain.run_once()).unwrap() > 0 {}
}

fn announced(place: &Place, registry: &Arc<Registry>) -> PatientId {
    let patient = patient("audited");
    Feed::new(registry).announce(place, [&patient]);
    patient
}

#[test]
fn a_registration_is_recorded_once() {
    on_each_backend(|place| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journal");
        let registry = open(place, &file);
        let patient = announced(place, &registry);
        let submission = document(&patient);
        register_text(place, &registry, &written(&submission)).unwrap();
        let waiting = outbox(&registry);
        let [record] = about(&waiting, &submission)[..] else { panic!("{}", waiting.len()) };
        assert_eq!(record["event"], "ITI-42/registry");
        assert_eq!(record["action"], "C");
        assert_eq!(record["outcome"], 0);
        assert_eq!(record["peer"]["user_id"], "192.0.2.10");
        assert_eq!(record["patients"], json!([{ "id": patient.to_cx() }]));
        assert_eq!(record["message_id"], "urn:uuid:00000000-0000-4000-8000-000000000042");
        let version = registry.in_force.load().agreement.version_in_force();
        assert_eq!(record["agreement_version"], version);
        let record = record.clone();

        drain(place, &registry);
        assert!(outbox(&registry).is_empty());
        let records = journal(&file);
        assert_eq!(about(&records, &submission), [&record]);
        // Once more finds nothing to move.
        drain(place, &registry);
        assert_eq!(journal(&file), records);
    });
}

#[test]
fn a_refusal_leaves_no_record_in_the_database() {
    on_each_backend(|place| {
        let folder = tempfile::tempdir().unwrap();
        let registry = open(place, &folder.path().join("journal"));
        let patient = announced(place, &registry);
        let first = document(&patient);
        register_text(place, &registry, &written(&first)).unwrap();
        let n_before = outbox(&registry).len();
        let mut refused = document(&patient);
        refused.submission_set.unique_id = first.submission_set.unique_id.clone();
        register_text(place, &registry, &written(&refused)).unwrap_err();
        let unreadable = written(&document(&patient)).replace("20240401", "yesterday");
        register_text(place, &registry, &unreadable).unwrap_err();
        let waiting = outbox(&registry);
        assert_eq!(waiting.len(), n_before);
        assert_eq!(about(&waiting, &first).len(), 1);
    });
}

#[test]
fn a_restart_records_what_was_registered_before() {
    on_each_backend(|place| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journal");
        let registry = open(place, &file);
        let patient = announced(place, &registry);
        let [before, after] = [document(&patient), document(&patient)];
        register_text(place, &registry, &written(&before)).unwrap();
        // Nobody drained: the process ends here.
        drop(registry);
        assert!(journal(&file).is_empty());

        let registry = open(place, &file);
        register_text(place, &registry, &written(&after)).unwrap();
        drain(place, &registry);
        assert!(outbox(&registry).is_empty());
        let records = journal(&file);
        for submission in [&before, &after] {
            assert_eq!(about(&records, submission).len(), 1);
        }
    });
}

#[test]
fn a_crash_between_journal_and_outbox_doubles_nothing() {
    on_each_backend(|place| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journal");
        let registry = open(place, &file);
        let patient = announced(place, &registry);
        let submission = document(&patient);
        register_text(place, &registry, &written(&submission)).unwrap();
        let rows = registry.database.read(|connection| -> Result<_, StoreError> {
            Ok(match connection {
                AnyConnection::Sqlite(connection) => audit::outbox::oldest_sqlite(connection, 9)?,
                AnyConnection::Postgres(connection) => {
                    audit::outbox::oldest_postgres(connection, 9)?
                }
            })
        });
        // The journal has them, the rows are still there.
        place.runtime.block_on(registry.journal.append_outbox(&rows.unwrap())).unwrap();
        drop(registry);

        let registry = open(place, &file);
        drain(place, &registry);
        assert!(outbox(&registry).is_empty());
        assert_eq!(about(&journal(&file), &submission).len(), 1);
    });
}

//! What a link change means for submissions, for the audit trail, and for patients in memory.

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::{Value, json};
use store::StoreError;
use xds::AssociationType::{Append, Replace};
use xds::query::QueryId;
use xds::{AvailabilityStatus, Submission};

use super::scene::Scene;
use crate::feed::Acknowledged;
use crate::metadata::{self, file, relate};
use crate::open_registry::on_each_backend;

fn status(scene: &Scene<'_>, submission: &Submission) -> AvailabilityStatus {
    let list = format!("('{}')", submission.entries[0].id);
    let found = scene.ask(QueryId::GetDocuments, &[("$XDSDocumentEntryEntryUUID", &list)]);
    found.unwrap().entries[0].status.unwrap()
}

/// Ids of the documents in a folder.
fn filed(scene: &Scene<'_>, folder: &datatypes::ObjectId) -> Vec<String> {
    let id = format!("'{folder}'");
    let found = scene.ask(QueryId::GetFolderAndContents, &[("$XDSFolderEntryUUID", &id)]).unwrap();
    let mut ids: Vec<String> =
        found.entries.iter().map(|stored| stored.object.id.to_string()).collect();
    ids.sort();
    ids
}

#[track_caller]
fn check_refused(scene: &Scene<'_>, submission: &Submission) {
    let refused = scene.place.register(&scene.registry, submission).unwrap_err();
    assert_eq!(refused, ["XDSPatientIdDoesNotMatch"]);
}

#[test]
fn whose_a_document_is_now_decides_who_may_relate_to_it() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        let original = scene.add('A', '1');
        let id = original.entries[0].id.clone();
        let related = |scene: &Scene<'_>, letter| {
            let mut submission = scene.document(letter, '1');
            let source = submission.entries[0].id.clone();
            relate(&mut submission, Append, (&source, &id));
            submission
        };
        check_refused(&scene, &related(&scene, 'B'));
        scene.change("B~1", "A");
        check_refused(&scene, &related(&scene, 'A'));
        let addendum = related(&scene, 'B');
        scene.register(&addendum);
        assert_eq!(scene.listed(), "B[A1 B1]");
        // Everything of the local patient goes back, and with it what relates to it.
        scene.change("A~1", "B");
        assert_eq!(scene.listed(), "A[A1 B1]");
        let related_documents = scene.ask(
            QueryId::GetRelatedDocuments,
            &[
                ("$XDSDocumentEntryEntryUUID", &format!("'{id}'")),
                ("$AssociationTypes", "('urn:ihe:iti:2007:AssociationType:APND')"),
            ],
        );
        assert_eq!(related_documents.unwrap().entries.len(), 2);
    });
}

/// Its addendum of another local patient stayed behind: it is somebody else's now, and so is the folder of
/// both.
#[test]
fn a_replacement_has_its_effects_among_what_is_the_patients_now() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        let patient = scene.patient('A');
        let original = scene.add('A', '1');
        let id = original.entries[0].id.clone();
        let addendum_of = |scene: &mut Scene<'_>, digit| {
            let mut addendum = scene.document('A', digit);
            let source = addendum.entries[0].id.clone();
            relate(&mut addendum, Append, (&source, &id));
            scene.register(&addendum);
            addendum
        };
        let staying = addendum_of(&mut scene, '2');
        let going = addendum_of(&mut scene, '1');
        let folders = vec![metadata::folder(&patient), metadata::folder(&patient)];
        let mut filing = metadata::submission(metadata::submission_set(&patient), vec![], folders);
        let [of_both, own] = [0, 1].map(|n| filing.folders[n].id.clone());
        file(&mut filing, &of_both, &id);
        file(&mut filing, &of_both, &staying.entries[0].id);
        file(&mut filing, &own, &id);
        scene.register(&filing);
        scene.change("B~1", "A");

        let mut replacement = scene.document('B', '1');
        let source = replacement.entries[0].id.clone();
        relate(&mut replacement, Replace, (&source, &id));
        scene.register(&replacement);
        assert_eq!(status(&scene, &original), AvailabilityStatus::Deprecated);
        assert_eq!(status(&scene, &going), AvailabilityStatus::Deprecated);
        assert_eq!(status(&scene, &staying), AvailabilityStatus::Approved);
        let mut both = [id.to_string(), source.to_string()];
        both.sort();
        assert_eq!(filed(&scene, &own), both);
        assert_eq!(filed(&scene, &of_both), [staying.entries[0].id.to_string()]);

        scene.change("A~1", "B");
        assert_eq!(filed(&scene, &own), both);
        let mut first = [id.to_string(), staying.entries[0].id.to_string()];
        first.sort();
        assert_eq!(filed(&scene, &of_both), first);
    });
}

/// A folder that went with its document takes new ones from its patient of now only.
#[test]
fn a_folder_that_moved_is_open_to_its_new_patient() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        let patient = scene.patient('A');
        let mut first = scene.document('A', '1');
        first.folders.push(metadata::folder(&patient));
        let folder = first.folders[0].id.clone();
        let document = first.entries[0].id.clone();
        let set = first.submission_set.id.clone();
        let kind = xds::AssociationType::HasMember;
        first.associations.push(metadata::association(kind, &set, &folder));
        file(&mut first, &folder, &document);
        scene.register(&first);
        scene.change("B~1", "A");
        let another = |scene: &Scene<'_>, letter| {
            let mut submission = scene.document(letter, '3');
            let document = submission.entries[0].id.clone();
            file(&mut submission, &folder, &document);
            submission
        };
        check_refused(&scene, &another(&scene, 'A'));
        let added = another(&scene, 'B');
        scene.register(&added);
        assert_eq!(filed(&scene, &folder).len(), 2);
        // The folder is two patients' by its documents, and whose it was at first.
        scene.change("A~1", "B");
        assert_eq!(filed(&scene, &folder), [document.to_string()]);
        check_refused(&scene, &another(&scene, 'B'));
        scene.change("B~1", "A");
        assert_eq!(filed(&scene, &folder).len(), 2);
    });
}

/// The set in memory is that of the last change, also if another process made it.
#[test]
fn patients_in_memory_are_current() {
    on_each_backend(|place| {
        let registry = place.open();
        let other = place.is_shared().then(|| place.open());
        let mut scene = Scene::new(place, &registry);
        let original = scene.add('A', '1');
        scene.add('B', '2');
        let changing = match &other {
            Some(other) => scene.seen_by(other),
            None => scene.seen_by(&registry),
        };
        for _ in 0..3 {
            assert_eq!(scene.listed(), "A[A1] B[B2]");
            changing.change("B~1", "A");
            assert_eq!(scene.listed(), "B[A1 B2]");
            changing.change("B~2", "B~1");
            assert_eq!(scene.listed(), "B[A1>2 B2]");
            changing.change("A~1", "B");
        }
        // What happens to a document where it is stored is seen where it is.
        changing.change("B~1", "A");
        assert_eq!(scene.listed(), "B[A1 B2]");
        let uuid = original.entries[0].id.uuid().unwrap();
        let unique_id = original.entries[0].unique_id.value.as_str();
        let sql = format!("UPDATE object SET status = 1 WHERE unique_id = '{unique_id}'");
        place.execute(changing.registry.as_ref(), sql);
        let found = scene.find_documents('B').entries;
        let found = found.iter().find(|stored| stored.object.id.uuid() == Some(uuid)).unwrap();
        assert_eq!(found.status, Some(AvailabilityStatus::Deprecated));
    });
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = Text)]
    record: String,
}

/// The records of ITI-64 in the outbox, oldest first.
fn recorded(scene: &Scene<'_>) -> Vec<Value> {
    let waiting = scene.registry.database.read(|connection| -> Result<Vec<Waiting>, StoreError> {
        Ok(diesel::sql_query("SELECT record FROM audit_outbox ORDER BY id").load(connection)?)
    });
    let waiting = waiting.unwrap();
    let records = waiting.iter().map(|row| serde_json::from_str::<Value>(&row.record).unwrap());
    records.filter(|record| record["event"] == "ITI-64/registry").collect()
}

/// security-audit.md 6.1: one record that names the four patients, or as many as there are.
#[test]
fn a_link_change_is_recorded_with_everybody_it_concerns() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        scene.add('A', '1');
        let cx = |name: char| {
            let id = if name.is_ascii_digit() { scene.local(name) } else { scene.patient(name) };
            id.to_cx()
        };
        let changes = [
            (
                "B~1",
                "A~2",
                vec![("local", '1'), ("local_subsumed", '2'), ("new", 'B'), ("previous", 'A')],
            ),
            ("C~1", "B", vec![("local", '1'), ("new", 'C'), ("previous", 'B')]),
            ("C~1", "C~4", vec![("local", '1'), ("local_subsumed", '4'), ("new", 'C')]),
        ];
        for (n, (pid_3, mrg_1, concerned)) in changes.into_iter().enumerate() {
            scene.change(pid_3, mrg_1);
            let records = recorded(&scene);
            assert_eq!(records.len(), n + 1);
            let record = &records[n];
            let patient = |(part, name): (&str, char)| json!({ "id": cx(name), "part": part });
            let patients: Vec<Value> = concerned.into_iter().map(patient).collect();
            assert_eq!(record["patients"], Value::from(patients), "{pid_3} | {mrg_1}");
            assert_eq!((&record["action"], &record["outcome"]), (&"U".into(), &0.into()));
            assert_eq!(record["message_id"], "MSG00001");
        }
        // A refusal goes to the journal at once and leaves nothing in the database.
        let refused = scene.send(scene.message("A~1", "A"));
        assert_eq!(refused, Acknowledged::refused("204", "MRG^1^1^1^1"));
        assert_eq!(recorded(&scene).len(), 3);
    });
}

//! A link change that is changed back leaves no trace: every answer is the same, byte for byte, and table
//! `moved` is empty.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use registry::patient_sets::PatientSets;
use store::StoreError;
use xds::AssociationType::{Append, Replace, Transform};

use super::scene::Scene;
use crate::metadata::{self, file, refer, relate};
use crate::open_registry::on_each_backend;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn n_rows(scene: &Scene<'_>, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) AS n FROM {table}");
    let count = scene.registry.database.read(|connection| -> Result<Vec<Count>, StoreError> {
        Ok(diesel::sql_query(sql).load(connection)?)
    });
    count.unwrap()[0].n
}

/// A patient with documents from two hospital patients: in one submission and in several, replaced and
/// derived, in folders together and alone, and included by reference, also by another patient's submission.
fn furnish(scene: &mut Scene<'_>) {
    let patient = scene.patient('A');
    let mut entries: Vec<_> =
        ['1', '1', '2'].map(|digit| scene.document('A', digit).entries.remove(0)).into();
    entries[1].uri = Some("a/b".to_owned());
    let folders = vec![metadata::folder(&patient), metadata::folder(&patient)];
    let mut first = metadata::submission(metadata::submission_set(&patient), entries, folders);
    let ids: Vec<_> = first.entries.iter().map(|entry| entry.id.clone()).collect();
    let [mixed, own] = [0, 1].map(|n| first.folders[n].id.clone());
    for (folder, entry) in [(&mixed, 0), (&mixed, 2), (&own, 0), (&own, 1)] {
        file(&mut first, folder, &ids[entry]);
    }
    scene.register(&first);
    for (kind, target, digit) in [(Append, 0, '1'), (Transform, 2, '1'), (Replace, 1, '1')] {
        let mut related = scene.document('A', digit);
        let source = related.entries[0].id.clone();
        relate(&mut related, kind, (&source, &ids[target]));
        refer(&mut related, &ids[0]);
        scene.register(&related);
    }
    let mut foreign = scene.document('B', '3');
    refer(&mut foreign, &ids[0]);
    refer(&mut foreign, &ids[2]);
    scene.register(&foreign);
    scene.add('C', '2');
}

#[track_caller]
fn check(there: &[(&str, &str)], back: &[(&str, &str)]) {
    on_each_backend(|place| {
        // With patients in memory, and without.
        for bytes in [0, 1 << 20] {
            let registry = place.open_with(|open| open.patient_sets = PatientSets::new(bytes));
            let mut scene = Scene::new(place, &registry);
            furnish(&mut scene);
            let before = scene.everything();
            let n_moved = n_rows(&scene, "moved");
            let mut seen = vec![before.clone()];
            for (pid_3, mrg_1) in there {
                scene.change(pid_3, mrg_1);
                let now = scene.everything();
                assert!(!seen.contains(&now), "{pid_3} | {mrg_1} changes nothing");
                seen.push(now);
            }
            assert!(n_rows(&scene, "moved") > n_moved);
            for (pid_3, mrg_1) in back {
                scene.change(pid_3, mrg_1);
            }
            assert!(scene.everything() == before, "after {there:?} and {back:?}");
            assert_eq!(n_rows(&scene, "moved"), n_moved);
            drop(scene);
            drop(registry);
        }
    });
}

#[test]
fn a_change_to_one_without_documents() {
    check(&[("D~1", "A")], &[("A~1", "D")]);
}

#[test]
fn a_change_to_one_with_documents() {
    check(&[("B~1", "A")], &[("A~1", "B")]);
}

#[test]
fn changes_of_both_local_patients() {
    check(&[("B~1", "A"), ("B~2", "A")], &[("A~1", "B"), ("A~2", "B")]);
}

#[test]
fn changes_over_a_third_patient() {
    check(&[("B~1", "A"), ("D~1", "B")], &[("A~1", "D")]);
}

#[test]
fn changes_taken_back_in_another_order() {
    check(&[("D~1", "A"), ("B~2", "A")], &[("A~1", "D"), ("A~2", "B")]);
    check(&[("D~1", "A"), ("B~2", "A")], &[("A~2", "B"), ("A~1", "D")]);
}

#[test]
fn a_merge_at_the_hospital() {
    check(&[("A~1", "A~2")], &[("A~2", "A")]);
    check(&[("D~1", "A~2")], &[("A~2", "D"), ("A~1", "D")]);
    check(&[("A~1", "A~2"), ("D~1", "A")], &[("A~1", "D"), ("A~2", "A")]);
    check(&[("A~1", "A~2"), ("A~4", "A~1")], &[("A~1", "A"), ("A~2", "A")]);
}

/// Also while the link is changed.
#[test]
fn nothing_stored_changes() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        furnish(&mut scene);
        let objects = |scene: &Scene<'_>| {
            let sql = "SELECT object_key AS key, record FROM object ORDER BY object_key";
            let rows = scene.registry.database.read(|connection| -> Result<_, StoreError> {
                Ok(diesel::sql_query(sql).load::<Row>(connection)?)
            });
            rows.unwrap()
        };
        let before = objects(&scene);
        scene.change("B~1", "A~2");
        assert!(objects(&scene) == before);
        assert_eq!(n_rows(&scene, "link_change"), 1);
    });
}

#[derive(PartialEq, QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    key: i64,
    #[diesel(sql_type = diesel::sql_types::Binary)]
    record: Vec<u8>,
}

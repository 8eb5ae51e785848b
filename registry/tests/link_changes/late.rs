//! Documents that are submitted with an identifier of yesterday, after the link was changed.

use super::scene::Scene;
use crate::open_registry::on_each_backend;

#[test]
fn what_comes_late_belongs_to_whom_the_local_patient_is_now() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        scene.add('A', '1');
        scene.change("B~1", "A");
        // The hospital asked for the identifier before the change.
        scene.add('A', '1');
        scene.add('A', '2');
        assert_eq!(scene.listed(), "A[A2] B[A1 A1]");
        // The change back brings both.
        scene.change("A~1", "B");
        assert_eq!(scene.listed(), "A[A1 A1 A2]");
        scene.add('B', '1');
        assert_eq!(scene.listed(), "A[A1 A1 A2 B1]");
    });
}

#[test]
fn the_last_change_counts() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        scene.add('A', '1');
        scene.change("B~1", "A");
        scene.change("C~1", "B");
        scene.add('A', '1');
        scene.add('B', '1');
        scene.add('D', '1');
        assert_eq!(scene.listed(), "C[A1 A1 B1] D[D1]");
    });
}

#[test]
fn a_merge_of_the_patients_is_no_link_change() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        scene.add('A', '1');
        scene.change("B~1", "A");
        scene.merge('B', 'C');
        scene.add('A', '1');
        scene.add('C', '1');
        assert_eq!(scene.listed(), "C[A1 A1 C1]");
    });
}

#[test]
fn a_local_patient_with_another_id_is_the_same_one() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        scene.change("B~1", "A");
        scene.change("B~2", "B~1");
        // Under the id that is used now, and under the one of before.
        scene.add('A', '2');
        scene.add('A', '1');
        assert_eq!(scene.listed(), "B[A1 A2]");
        scene.change("C~2", "B");
        scene.add('A', '1');
        scene.add('B', '2');
        assert_eq!(scene.listed(), "C[A1 A1 A2 B2]");
    });
}

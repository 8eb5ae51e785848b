//! Merges (A40): each combination with its acknowledgement and what holds afterwards. Both ends of every
//! refused merge stay as they were.

use crate::open_manager::on_each_backend;
use crate::rows::check_invariants;
use crate::scene::Scene;

/// What is known before, the merge, how it is acknowledged, and the classes afterwards.
type Case = (&'static str, &'static str, &'static str, &'static str);

const AE_PRIOR: &str = "AE 204 MRG^1^1^1^1";
const AE_SURVIVING: &str = "AE 204 PID^1^3^1^1";

const CASES: &[Case] = &[
    // One and the same, unknown ones, other domains.
    ("A1=taro", "A1>A1", AE_PRIOR, "A1"),
    ("", "A1>A1", AE_PRIOR, ""),
    ("A2=taro", "A1>A2", AE_PRIOR, "A2"),
    ("A1=taro", "A1>A2", AE_SURVIVING, "A1"),
    ("", "A1>A2", AE_PRIOR, ""),
    ("A1=taro B1=jiro", "A1>B1", "AE 204 MRG^1^1^1^4", "A1 B1"),
    ("A1=taro B1=taro", "A1>B1", "AE 204 MRG^1^1^1^4", "A1+B1"),
    // Chains.
    ("A1=taro A2=jiro", "A1>A2", "AA", "A2"),
    ("A1=taro A2=jiro A1>A2", "A1>A2", "AA", "A2"),
    ("A1=taro A2=jiro A1>A2", "A2>A1", AE_SURVIVING, "A2"),
    ("A1=taro A2=jiro A3=saburo A1>A2", "A1>A3", AE_PRIOR, "A2 A3"),
    ("A1=taro A2=jiro A3=saburo A1>A2", "A3>A1", AE_SURVIVING, "A2 A3"),
    ("A1=taro A2=jiro A3=saburo A1>A2", "A2>A3", "AA", "A3"),
    ("A1=taro A2=jiro A3=saburo A1>A2 A2>A3", "A3>A1", AE_SURVIVING, "A3"),
    ("A1=taro A2=jiro A3=saburo A1>A2 A2>A3", "A3>A2", AE_SURVIVING, "A3"),
    ("A1=taro A2=jiro A3=saburo A1>A2 A2>A3", "A1>A2", "AA", "A3"),
    ("A1=taro A2=jiro A3=saburo A1>A2 A2>A3", "A1>A3", AE_PRIOR, "A3"),
    ("A1=taro A2=jiro A3=saburo A1>A3", "A2>A3", "AA", "A3"),
    // Cross-references of the subsumed, of the survivor, of both.
    ("A1=taro B1=taro A2=jiro", "A1>A2", "AA", "A2+B1"),
    ("A1=jiro A2=taro B1=taro", "A1>A2", "AA", "A2+B1"),
    ("A1=taro B1=taro A2=jiro C1=jiro", "A1>A2", "AA", "A2+B1+C1"),
    ("A1=taro B1=taro A2=jiro B2=jiro", "A1>A2", "AA", "A2+B2 B1"),
    ("A1=taro B1=taro C1=taro A2=jiro B2=jiro", "A1>A2", "AA", "A2+B2+C1 B1"),
    ("A1=taro B1=taro A2=taro", "A1>A2", "AA", "A2+B1"),
    ("A1=taro A2=taro B1=taro B2=jiro A2~B2", "A1>A2", "AA", "A2+B2 B1"),
    ("A1=taro B1=taro C1=taro B1~C1 A2=jiro C2=jiro", "A1>A2", "AA", "A2+C2 B1+C1"),
    // Links that were decided.
    ("A1=taro B1=goro A1~B1 A2=jiro", "A1>A2", "AA", "A2+B1"),
    ("A1=taro A2=jiro A1~A2", "A1>A2", "AA", "A2"),
    ("A1=taro B1=taro A2=jiro A1~A2", "A1>A2", "AA", "A2+B1"),
    ("A1=taro A3=jiro A2=goro A1~A3", "A1>A2", "AA", "A2+A3"),
    // What was decided to be somebody else stays that.
    ("A1=taro B1=taro A2=jiro A2!B1", "A1>A2", "AA", "A2 B1"),
    ("A1=taro B1=taro A1!B1 A2=taro", "A1>A2", "AA", "A2 B1"),
    ("A1=taro B1=taro C1=jiro A2=jiro B1!C1", "A1>A2", "AA", "A2+C1 B1"),
    // A decision counts more than what the rules say.
    ("A1=taro B1=goro C1=jiro A2=jiro B1!C1 A1~B1", "A1>A2", "AA", "A2+B1 C1"),
    ("A1=taro B1=goro A2=jiro C1=jiro A2~C1 B1!C1 A1~B1", "A1>A2", "AA", "A2+C1 B1"),
    ("A1=taro A2=jiro A1!A2", "A1>A2", "AA", "A2"),
    (
        "C1=jiro D1=taro D2=goro D3=jiro C2=taro D2~D1 C3=goro C2~C1 D1!C2",
        "D2>D3",
        "AA",
        "C1+C2 C3 D1+D3",
    ),
    ("A1=taro A2=jiro B1=goro A1!B1 A2~B1", "A1>A2", "AA", "A2+B1"),
    ("A1=taro A2=jiro B1=goro A1~B1 A2!B1", "A1>A2", "AA", "A2 B1"),
    // Identifiers that changed.
    ("A1=taro A1->A9 A2=jiro", "A1>A2", AE_PRIOR, "A2 A9"),
    ("A1=taro A1->A9 A2=jiro", "A2>A1", AE_SURVIVING, "A2 A9"),
    ("A1=taro B1=taro A1->A9 A2=jiro", "A9>A2", "AA", "A2+B1"),
];

#[test]
fn each_combination_has_its_answer_and_its_outcome() {
    on_each_backend(|place| {
        let node = place.start();
        let mut wrong = Vec::new();
        for (number, (before, merge, expected, after)) in CASES.iter().enumerate() {
            let scene = Scene::new(&node, number);
            scene.tell_all(before);
            // The same message once more has no effect, and the same answer.
            for time in ["once", "again"] {
                let found = (scene.tell(merge), scene.classes());
                if (found.0.as_str(), found.1.as_str()) != (*expected, *after) {
                    wrong.push(format!("{before}, then {merge} {time}: {found:?}"));
                }
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
        check_invariants(&node.manager().database);
        place.stop(node);
    });
}

#[test]
fn the_subsumed_is_unknown_and_the_survivor_has_its_cross_references() {
    on_each_backend(|place| {
        let node = place.start();
        let scene = Scene::new(&node, 0);
        scene.tell_all("A1=taro B1=taro C1=taro A2=jiro D1=jiro A1>A2");
        assert_eq!(scene.others("A1"), "QPD^1^3^1^1");
        assert_eq!(scene.others("A2"), "B1 C1 D1");
        assert_eq!(scene.others("B1"), "A2 C1 D1");
        assert_eq!(scene.others("D1"), "A2 B1 C1");
        assert_eq!(
            scene.tell("A1=taro"),
            "AE 204 PID^1^3^1^1",
            "a subsumed identifier is fed again"
        );
        assert_eq!(scene.others("A1"), "QPD^1^3^1^1");
        place.stop(node);
    });
}

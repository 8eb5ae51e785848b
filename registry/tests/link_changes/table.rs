//! The table of all combinations: acknowledgement, place of the fault, and whose the documents are then.

use super::scene::Scene;
use crate::feed::Acknowledged;
use crate::open_registry::on_each_backend;

/// What is sent, and what comes of it.
enum Step {
    /// PID-3, MRG-1, and whose the documents are after AA.
    Change(&'static str, &'static str, &'static str),
    /// PID-3 and MRG-1 of what changes nothing; with a code of table 0357 and its place.
    Refused(&'static str, &'static str, &'static str, &'static str),
    /// ITI-8 A40, subsumed and surviving, and whose the documents are then.
    Merge(char, char, &'static str),
    /// A document of a patient, sent as the hospital's, and whose the documents are then.
    Document(char, char, &'static str),
}

use Step::{Change, Document, Merge, Refused};

const START: &str = "A[A1 A2] B[B2 B3]";
const UNKNOWN_KEY: &str = "204";
const MISSING: &str = "101";
const DATA_TYPE: &str = "102";

#[track_caller]
fn check(case: &str, steps: &[Step]) {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        for (letter, digit) in [('A', '1'), ('A', '2'), ('B', '2'), ('B', '3')] {
            scene.add(letter, digit);
        }
        let mut listed = START;
        assert_eq!(scene.listed(), listed, "{case}");
        for (number, step) in steps.iter().enumerate() {
            let case = format!("{case}, step {number}");
            match step {
                Change(pid_3, mrg_1, after) => {
                    let message = scene.message(pid_3, mrg_1);
                    assert_eq!(scene.send(message.clone()), Acknowledged::accepted(), "{case}");
                    assert_eq!(scene.listed(), *after, "{case}");
                    assert_eq!(scene.send(message), Acknowledged::accepted(), "{case}, again");
                    listed = after;
                }
                Refused(pid_3, mrg_1, code, location) => {
                    let ack = scene.send(scene.message(pid_3, mrg_1));
                    assert_eq!(ack, Acknowledged::refused(code, location), "{case}");
                }
                Merge(subsumed, surviving, after) => {
                    scene.merge(*subsumed, *surviving);
                    listed = after;
                }
                Document(letter, digit, after) => {
                    scene.add(*letter, *digit);
                    listed = after;
                }
            }
            assert_eq!(scene.listed(), listed, "{case}");
        }
    });
}

#[test]
fn from_one_patient_to_another() {
    check("one document", &[Change("B~1", "A", "A[A2] B[A1 B2 B3]")]);
    check(
        "of two patients' documents those of the previous",
        &[Change("C~2", "A", "A[A1] B[B2 B3] C[A2]")],
    );
    check("the hospital may be named, too", &[Change("C~1@named", "A", "A[A2] B[B2 B3] C[A1]")]);
    check("of a local id without documents", &[Change("C~4", "A", START)]);
    check("a local id of outside the agreement", &[Change("C~1@unheard-of", "A", START)]);
    check(
        "step by step",
        &[
            Change("B~1", "A", "A[A2] B[A1 B2 B3]"),
            Change("C~1", "B", "A[A2] B[B2 B3] C[A1]"),
            Change("D~1", "A", "A[A2] B[B2 B3] C[A1]"),
            Change("D~1", "C", "A[A2] B[B2 B3] D[A1]"),
        ],
    );
    check(
        "what was the other's from the beginning moves as well",
        &[Change("B~2", "A", "A[A1] B[A2 B2 B3]"), Change("A~2", "B", "A[A1 A2 B2] B[B3]")],
    );
}

#[test]
fn and_back() {
    check("at once", &[Change("B~1", "A", "A[A2] B[A1 B2 B3]"), Change("A~1", "B", START)]);
    check(
        "over a third",
        &[
            Change("B~1", "A", "A[A2] B[A1 B2 B3]"),
            Change("C~1", "B", "A[A2] B[B2 B3] C[A1]"),
            Change("A~1", "C", START),
        ],
    );
    check(
        "with what came meanwhile",
        &[
            Change("B~1", "A", "A[A2] B[A1 B2 B3]"),
            Document('B', '1', "A[A2] B[A1 B1 B2 B3]"),
            Change("A~1", "B", "A[A1 A2 B1] B[B2 B3]"),
            Change("B~1", "A", "A[A2] B[A1 B1 B2 B3]"),
        ],
    );
}

#[test]
fn with_a_merge_at_the_hospital() {
    check("of one patient", &[Change("A~1", "A~2", "A[A1 A2>1] B[B2 B3]")]);
    check("and a new patient", &[Change("C~1", "A~2", "B[B2 B3] C[A1 A2>1]")]);
    check(
        "taken back",
        &[
            Change("C~1", "A~2", "B[B2 B3] C[A1 A2>1]"),
            Change("A~2", "C", "A[A2] B[B2 B3] C[A1]"),
            Change("A~1", "C", START),
        ],
    );
    check(
        "taken back within one patient",
        &[Change("A~1", "A~2", "A[A1 A2>1] B[B2 B3]"), Change("A~2", "A", START)],
    );
    check(
        "and moved later",
        &[
            Change("A~1", "A~2", "A[A1 A2>1] B[B2 B3]"),
            Change("C~1", "A", "B[B2 B3] C[A1 A2>1]"),
            Change("A~1", "C", "A[A1 A2>1] B[B2 B3]"),
        ],
    );
    check(
        "in a chain, taken back in the middle",
        &[
            Change("A~1", "A~2", "A[A1 A2>1] B[B2 B3]"),
            Change("A~4", "A~1", "A[A1>4 A2>4] B[B2 B3]"),
            Change("A~1", "A", "A[A1 A2>1] B[B2 B3]"),
            Change("A~2", "A", START),
        ],
    );
    check(
        "in a chain, taken back at its beginning",
        &[
            Change("A~1", "A~2", "A[A1 A2>1] B[B2 B3]"),
            Change("A~4", "A~1", "A[A1>4 A2>4] B[B2 B3]"),
            Change("A~2", "A", "A[A1>4 A2] B[B2 B3]"),
            Change("A~1", "A", START),
        ],
    );
    check(
        "the other way round",
        &[
            Change("A~1", "A~2", "A[A1 A2>1] B[B2 B3]"),
            Change("A~2", "A~1", "A[A1>2 A2] B[B2 B3]"),
            Change("A~1", "A", START),
        ],
    );
    check(
        "into another one instead",
        &[
            Change("A~1", "A~2", "A[A1 A2>1] B[B2 B3]"),
            Change("A~4", "A~2", "A[A1 A2>4] B[B2 B3]"),
            Change("A~2", "A", START),
        ],
    );
}

/// What a hospital sends under an old id of its own goes where its patient goes, shown as it was sent.
#[test]
fn documents_under_a_subsumed_id() {
    check(
        "sent after the merge",
        &[
            Change("A~1", "A~2", "A[A1 A2>1] B[B2 B3]"),
            Document('A', '2', "A[A1 A2 A2>1] B[B2 B3]"),
            Change("C~1", "A", "B[B2 B3] C[A1 A2 A2>1]"),
            Change("A~1", "C", "A[A1 A2 A2>1] B[B2 B3]"),
            Change("A~2", "A", "A[A1 A2 A2] B[B2 B3]"),
        ],
    );
}

#[test]
fn with_merges_in_the_affinity_domain() {
    check(
        "before the change",
        &[
            Merge('A', 'B', "B[A1 A2 B2 B3]"),
            Change("C~2", "B", "B[A1 B3] C[A2 B2]"),
            Change("B~2", "C", "B[A1 A2 B2 B3]"),
        ],
    );
    check(
        "after the change, of the new one",
        &[
            Change("B~1", "A", "A[A2] B[A1 B2 B3]"),
            Merge('B', 'C', "A[A2] C[A1 B2 B3]"),
            Change("A~1", "C", "A[A1 A2] C[B2 B3]"),
        ],
    );
    check(
        "after the change, of the previous one",
        &[
            Change("B~1", "A", "A[A2] B[A1 B2 B3]"),
            Merge('A', 'C', "B[A1 B2 B3] C[A2]"),
            Change("C~1", "B", "B[B2 B3] C[A1 A2]"),
        ],
    );
    check(
        "after the change, of both",
        &[
            Change("B~1", "A", "A[A2] B[A1 B2 B3]"),
            Merge('A', 'B', "B[A1 A2 B2 B3]"),
            Change("C~1", "B", "B[A2 B2 B3] C[A1]"),
            Change("B~1", "C", "B[A1 A2 B2 B3]"),
        ],
    );
    let at_new = Refused("A~1", "C", UNKNOWN_KEY, "PID^1^3^1^1");
    let at_previous = Refused("C~1", "A", UNKNOWN_KEY, "MRG^1^1^1^1");
    check("of subsumed patients", &[Merge('A', 'B', "B[A1 A2 B2 B3]"), at_new, at_previous]);
}

#[test]
fn of_whom_nobody_has_heard() {
    check("new patient", &[Refused("U~1", "A", UNKNOWN_KEY, "PID^1^3^1^1")]);
    check("previous patient", &[Refused("A~1", "U", UNKNOWN_KEY, "MRG^1^1^1^1")]);
    check("both", &[Refused("U~1", "U", UNKNOWN_KEY, "PID^1^3^1^1")]);
}

#[test]
fn that_contradict_themselves() {
    check("no change at all", &[Refused("A~1", "A", UNKNOWN_KEY, "MRG^1^1^1^1")]);
    check("one local id twice", &[Refused("B~1", "A~1", UNKNOWN_KEY, "MRG^1^1^2^1")]);
    check("two hospitals", &[Refused("B~1", "A~2@unheard-of", UNKNOWN_KEY, "MRG^1^1^2^4")]);
    check("a hospital and the domain", &[Refused("B~1", "A~2@domain", UNKNOWN_KEY, "MRG^1^1^2^4")]);
}

#[test]
fn of_other_authorities() {
    check("new patient", &[Refused("B@hospital~1", "A", UNKNOWN_KEY, "PID^1^3^1^4")]);
    check("new patient, not agreed", &[Refused("B@unheard-of~1", "A", UNKNOWN_KEY, "PID^1^3^1^4")]);
    check("previous patient", &[Refused("B~1", "A@hospital", UNKNOWN_KEY, "MRG^1^1^1^4")]);
    check("in the wrong order", &[Refused("1~B", "A", UNKNOWN_KEY, "PID^1^3^1^4")]);
    let at = |pid_3, mrg_1, place| Refused(pid_3, mrg_1, UNKNOWN_KEY, place);
    check("new, contradicting", &[at("B@contradiction~1", "A", "PID^1^3^1^4")]);
    check("local, contradicting", &[at("B~1@contradiction", "A", "PID^1^3^2^4")]);
    check("previous, contradicting", &[at("B~1", "A@contradiction", "MRG^1^1^1^4")]);
    check("subsumed, contradicting", &[at("B~1", "A~2@contradiction", "MRG^1^1^2^4")]);
}

#[test]
fn without_what_must_be_there() {
    let missing = |pid_3, mrg_1, place| Refused(pid_3, mrg_1, MISSING, place);
    check("local id", &[missing("B", "A", "PID^1^3^2")]);
    check("new patient", &[missing("~1", "A", "PID^1^3^1^1")]);
    check("both", &[missing("", "A", "PID^1^3")]);
    check("previous patient", &[missing("B~1", "", "MRG^1^1")]);
    check("previous patient, but a subsumed id", &[missing("B~1", "~2", "MRG^1^1^1^1")]);
    check("OID of the new one", &[missing("B@none~1", "A", "PID^1^3^1^4^2")]);
    check("OID of the local one", &[missing("B~1@name-only", "A", "PID^1^3^2^4^2")]);
    check("OID of the previous one", &[missing("B~1", "A@none", "MRG^1^1^1^4^2")]);
    check("OID of the subsumed one", &[missing("B~1", "A~2@name-only", "MRG^1^1^2^4^2")]);
}

#[test]
fn of_ids_that_cannot_be() {
    let wrong = |pid_3, mrg_1, place| Refused(pid_3, mrg_1, DATA_TYPE, place);
    check("new", &[wrong("B@illegal-id~1", "A", "PID^1^3^1^1")]);
    check("local", &[wrong("B~1@illegal-id", "A", "PID^1^3^2^1")]);
    check("previous", &[wrong("B~1", "A@illegal-id", "MRG^1^1^1^1")]);
    check("subsumed", &[wrong("B~1", "A~2@illegal-id", "MRG^1^1^2^1")]);
    check("a third in PID-3", &[wrong("B~1~2", "A", "PID^1^3^3")]);
    check("a third in MRG-1", &[wrong("B~1", "A~2~3", "MRG^1^1^3")]);
}

/// No database may stumble over what a sender writes into the fields that tell messages apart.
#[test]
fn with_anything_in_the_header() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        scene.add('A', '1');
        let odd = format!("|H\u{0}I'S{}\u{fffd}|", "x".repeat(10_000));
        let message = scene.message("B~1", "A").replacen("|HIS|", &odd, 1);
        assert_eq!(scene.send(message.clone()), Acknowledged::accepted());
        assert_eq!(scene.listed(), "B[A1]");
        scene.change("A~1", "B");
        assert_eq!(scene.send(message), Acknowledged::accepted());
        assert_eq!(scene.listed(), "A[A1]");
    });
}

//! The table of all combinations: acknowledgement, place of the fault and final state.

use hl7v2::AckCode;

use super::ward::{Merged, Ward};
use crate::feed::{Acknowledged, cx, head, merge_message};
use crate::open_registry::{HOSPITAL, HOSPITAL_NAMESPACE, on_each_backend};

/// How a merge must end.
#[derive(Clone, Copy)]
enum Ends {
    /// AA; the first was merged into the second.
    Merged(char, char),
    /// AA without effect.
    Unchanged,
    /// AE with a code of table 0357 at a place of the message; nothing changed.
    Refused(&'static str, &'static str),
}

use Ends::{Merged as M, Refused, Unchanged};

const UNKNOWN_KEY: &str = "204";
const DATA_TYPE: &str = "102";
const FIELD_MISSING: &str = "101";

/// MRG-1, PID-3 and what comes of it. A letter is a patient's id under the authority of the affinity
/// domain; `@` names another authority, `~` separates repetitions. A to D are known, U is not.
type Step = (&'static str, &'static str, Ends);

#[track_caller]
fn check(case: &str, steps: &[Step]) {
    on_each_backend(|place| {
        let registry = place.open();
        let ward = Ward::new(place, &registry);
        let mut merged = Merged::new();
        for (mrg_1, pid_3, ends) in steps {
            let case = format!("{case}: {mrg_1} into {pid_3}");
            let message = merge_message(&identifiers(&ward, pid_3), &identifiers(&ward, mrg_1));
            let ack = place.runtime.block_on(ward.feed.send(message));
            let expected = match ends {
                M(subsumed, surviving) => {
                    merged.insert(*subsumed, *surviving);
                    Acknowledged::accepted()
                }
                Unchanged => Acknowledged::accepted(),
                Refused(code, location) => Acknowledged::refused(code, location),
            };
            assert_eq!(ack, expected, "{case}");
            ward.check(&merged, &case);
        }
    });
}

/// The field as it stands in the message.
fn identifiers(ward: &Ward<'_>, text: &str) -> String {
    let repetitions = text.split('~').map(|identifier| {
        let (letter, authority) = identifier.split_once('@').unwrap_or((identifier, "domain"));
        let Some(letter) = letter.chars().next() else { return String::new() };
        let patient = ward.patient(letter);
        let (id, domain) = (patient.id(), patient.authority());
        match authority {
            "domain" => cx(&patient),
            "hospital" => format!("{id}^^^&{HOSPITAL}&ISO"),
            "hospital-by-name" => format!("{id}^^^{HOSPITAL_NAMESPACE}"),
            "unheard-of" => format!("{id}^^^&1.2.392.200250.99.77&ISO"),
            "contradiction" => format!("{id}^^^{HOSPITAL_NAMESPACE}&{domain}&ISO"),
            "none" => id.to_owned(),
            "illegal-id" => format!("{id}\\T\\1^^^&{domain}&ISO"),
            other => panic!("{other} is no authority"),
        }
    });
    repetitions.collect::<Vec<_>>().join("~")
}

#[test]
fn one_into_another() {
    check("two patients", &[("B", "A", M('B', 'A')), ("C", "D", M('C', 'D'))]);
    check("the one known later survives", &[("A", "B", M('A', 'B'))]);
    check("several into one", &[("A", "C", M('A', 'C')), ("B", "C", M('B', 'C'))]);
}

#[test]
fn with_itself() {
    let refused = Refused(UNKNOWN_KEY, "MRG^1^1^1^1");
    check("an active id", &[("A", "A", refused)]);
    check("a subsumed id", &[("A", "B", M('A', 'B')), ("A", "A", refused)]);
    check("an unknown id", &[("U", "U", refused)]);
}

#[test]
fn in_a_circle() {
    let surviving_is_subsumed = Refused(UNKNOWN_KEY, "PID^1^3^1^1");
    check("inverse pair", &[("B", "A", M('B', 'A')), ("A", "B", surviving_is_subsumed)]);
    check(
        "circle of three",
        &[("A", "B", M('A', 'B')), ("B", "C", M('B', 'C')), ("C", "A", surviving_is_subsumed)],
    );
    check(
        "circle of four, in another order",
        &[
            ("A", "B", M('A', 'B')),
            ("C", "D", M('C', 'D')),
            ("B", "D", M('B', 'D')),
            ("D", "A", surviving_is_subsumed),
            ("D", "C", surviving_is_subsumed),
        ],
    );
}

#[test]
fn of_whom_nobody_has_heard() {
    let prior = Refused(UNKNOWN_KEY, "MRG^1^1^1^1");
    check("prior id", &[("U", "A", prior)]);
    check("surviving id", &[("A", "U", Refused(UNKNOWN_KEY, "PID^1^3^1^1"))]);
    check("prior id, surviving one subsumed", &[("B", "A", M('B', 'A')), ("U", "B", prior)]);
}

#[test]
fn of_the_merged() {
    let subsumed_by_another = Refused(UNKNOWN_KEY, "MRG^1^1^1^1");
    let surviving_is_subsumed = Refused(UNKNOWN_KEY, "PID^1^3^1^1");
    check("again, into another", &[("B", "A", M('B', 'A')), ("B", "C", subsumed_by_another)]);
    check("into one who is", &[("B", "A", M('B', 'A')), ("C", "B", surviving_is_subsumed)]);
    check(
        "both are",
        &[("A", "C", M('A', 'C')), ("B", "D", M('B', 'D')), ("A", "B", subsumed_by_another)],
    );
}

#[test]
fn in_a_chain() {
    let surviving_is_subsumed = Refused(UNKNOWN_KEY, "PID^1^3^1^1");
    check(
        "from its beginning",
        &[("A", "B", M('A', 'B')), ("B", "C", M('B', 'C')), ("C", "D", M('C', 'D'))],
    );
    check(
        "from its end",
        &[("B", "C", M('B', 'C')), ("A", "B", surviving_is_subsumed), ("A", "C", M('A', 'C'))],
    );
    check(
        "past its middle",
        &[
            ("A", "B", M('A', 'B')),
            ("B", "C", M('B', 'C')),
            // A is C by now, but it was B that subsumed A.
            ("A", "C", Refused(UNKNOWN_KEY, "MRG^1^1^1^1")),
        ],
    );
}

#[test]
fn delivered_again() {
    check("at once", &[("B", "A", M('B', 'A')), ("B", "A", Unchanged), ("B", "A", Unchanged)]);
    check(
        "after the surviving one was subsumed",
        &[("A", "B", M('A', 'B')), ("B", "C", M('B', 'C')), ("A", "B", Unchanged)],
    );
}

#[test]
fn of_other_authorities() {
    let prior = Refused(UNKNOWN_KEY, "MRG^1^1^1^4");
    let surviving = Refused(UNKNOWN_KEY, "PID^1^3^1^4");
    check("prior id, by OID", &[("A@hospital", "B", prior)]);
    check("prior id, by namespace", &[("A@hospital-by-name", "B", prior)]);
    check("prior id, not in the agreement", &[("A@unheard-of", "B", prior)]);
    check("surviving id, by OID", &[("A", "B@hospital", surviving)]);
    check("surviving id, by namespace", &[("A", "B@hospital-by-name", surviving)]);
    check("surviving id, not in the agreement", &[("A", "B@unheard-of", surviving)]);
    check("both", &[("A@hospital", "B@hospital", prior)]);
    check("beside the right one", &[("A@hospital~A", "B~B@unheard-of~C@none", M('A', 'B'))]);
}

#[test]
fn of_contradicting_or_missing_authorities() {
    let at = |place| Refused(UNKNOWN_KEY, place);
    check("prior id", &[("A@contradiction", "B", at("MRG^1^1^1^4"))]);
    check("prior id beside a right one", &[("A~A@contradiction", "B", at("MRG^1^1^2^4"))]);
    check("surviving id", &[("A", "B@contradiction", at("PID^1^3^1^4"))]);
    check("no authority of the prior id", &[("A@none", "B", at("MRG^1^1^1^4"))]);
    check("no authority of the surviving id", &[("A", "B@none", at("PID^1^3^1^4"))]);
}

#[test]
fn of_several_at_once() {
    check("surviving ids", &[("A", "B~C", Refused(UNKNOWN_KEY, "PID^1^3^1^4"))]);
    check("prior ids", &[("A~B", "C", Refused(UNKNOWN_KEY, "MRG^1^1^1^4"))]);
}

#[test]
fn of_ids_that_cannot_be() {
    check("prior id", &[("A@illegal-id", "B", Refused(DATA_TYPE, "MRG^1^1^1^1"))]);
    check("surviving id", &[("A", "B@illegal-id", Refused(DATA_TYPE, "PID^1^3^1^1"))]);
    check("no prior id", &[("", "B", Refused(FIELD_MISSING, "MRG^1^1"))]);
    check("no surviving id", &[("A", "", Refused(FIELD_MISSING, "PID^1^3"))]);
}

/// One PID and one MRG segment, in this order (IHE allows one merge a message).
#[test]
fn in_messages_of_the_wrong_segments() {
    let wrong = |segments: &[&str], location: &str| {
        on_each_backend(|place| {
            let registry = place.open();
            let ward = Ward::new(place, &registry);
            let mut message = head("A40", "ADT_A39");
            for segment in segments {
                let letter = segment.chars().last().unwrap();
                let id = cx(&ward.patient(letter));
                message.push_str(&match segment.get(..3).unwrap() {
                    "PID" => format!("PID|||{id}\r"),
                    "MRG" => format!("MRG|{id}\r"),
                    other => panic!("{other} is no segment of a merge"),
                });
            }
            let ack = place.runtime.block_on(ward.feed.send(message));
            let sequence_error = Acknowledged::refused("100", location);
            assert_eq!((ack.code, ack), (AckCode::AE, sequence_error), "{segments:?}");
            ward.check(&Merged::new(), "wrong segments");
        });
    };
    wrong(&["PID A"], "MRG^1");
    wrong(&["MRG B"], "PID^1");
    wrong(&["MRG B", "PID A"], "MRG^1");
    wrong(&["PID A", "MRG B", "MRG C"], "MRG^2");
    wrong(&["PID A", "MRG B", "PID C", "MRG D"], "PID^2");
}

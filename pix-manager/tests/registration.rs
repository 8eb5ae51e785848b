//! Feeds: who becomes known by them, whose identifiers count, and what links follow.

use config::agreement::{PatientIds, UnknownUpdate};
use hl7v2::{Charset, decode};
use identity::LinkRules;

use crate::messages::{ANYBODY, acknowledged, feed, field, header, pair, pdq, replace, segments};
use crate::open_manager::{Node, Place, oid, on_each_backend};
use crate::rows::{self, check_invariants};
use crate::scene::Scene;

/// How a message is acknowledged.
fn sent(node: &Node, message: &str) -> String {
    acknowledged(message, &node.send(message))
}

fn cx(id: &str, letter: char) -> String {
    format!("{id}^^^&{}&ISO", oid(letter))
}

#[test]
fn links_follow_what_is_known_now() {
    on_each_backend(|place| {
        let node = place.start();
        for (number, (steps, classes)) in [
            ("A1=taro A1=taro", "A1"),
            ("A1=taro B1=taro", "A1+B1"),
            ("A1=taro B1=jiro", "A1 B1"),
            ("A1=taro A2=taro", "A1 A2"),
            // A correction takes the link back, another one brings it again.
            ("A1=taro B1=taro B1=jiro", "A1 B1"),
            ("A1=taro B1=taro B1=jiro B1=taro", "A1+B1"),
            ("A1=taro B1=taro C1=taro B1=jiro", "A1+C1 B1"),
            // Of two of one domain the older is linked, until it turns out to be somebody else.
            ("A1=taro B1=taro B2=taro", "A1+B1 B2"),
            ("A1=taro B1=taro B2=taro B1=jiro", "A1+B2 B1"),
            ("A1=taro B1=taro B2=taro A1=jiro", "A1 B1 B2"),
            // What somebody decided outlasts a correction.
            ("A1=taro B1=jiro A1~B1", "A1+B1"),
            ("A1=taro B1=jiro A1~B1 A1=goro", "A1+B1"),
            ("A1=taro B1=taro A1!B1", "A1 B1"),
            ("A1=taro B1=taro A1!B1 A1=taro B1=jiro B1=taro", "A1 B1"),
            ("A1=taro B1=taro A1!B1 A1~B1", "A1+B1"),
            ("A1=taro B1=taro C1=taro A1!B1", "A1+C1 B1"),
            // A renamed one keeps its links.
            ("A1=taro B1=taro A1->A9", "A9+B1"),
            ("A1=taro B1=taro A1->A9 A1->A9", "A9+B1"),
        ]
        .into_iter()
        .enumerate()
        {
            let scene = Scene::new(&node, number);
            scene.tell_all(steps);
            assert_eq!(scene.classes(), classes, "{steps}");
        }
        check_invariants(&node.manager().database);
        place.stop(node);
    });
}

#[test]
fn what_cannot_be_done_is_refused_and_changes_nothing() {
    on_each_backend(|place| {
        let node = place.start();
        for (number, (before, step, answer)) in [
            ("A1=taro", "A1~A1", "AE 204 PID^2^3^1^1"),
            ("A1=taro", "A1!A1", "AE 204 PID^2^3^1^1"),
            ("A1=taro", "A1~B1", "AE 204 PID^2^3^1^1"),
            ("B1=taro", "A1~B1", "AE 204 PID^1^3^1^1"),
            ("A1=taro A2=taro B1=taro A1>A2", "A1~B1", "AE 204 PID^1^3^1^1"),
            // Links by others hold them together.
            ("A1=taro B1=jiro C1=goro A1~B1 B1~C1", "A1!C1", "AE 206"),
            // They are kept apart by a decision.
            ("A1=taro B1=jiro C1=goro A1~B1 A1!C1", "B1~C1", "AE 206"),
            ("A1=taro", "A1->A1", "AE 204 MRG^1^1^1^1"),
            ("", "A1->A2", "AE 204 MRG^1^1^1^1"),
            ("A1=taro", "A1->B1", "AE 204 MRG^1^1^1^4"),
            ("A1=taro A2=jiro", "A1->A2", "AE 205 PID^1^3^1^1"),
            ("A1=taro A2=jiro A1>A2", "A1->A3", "AE 204 MRG^1^1^1^1"),
            ("A1=taro A2=jiro A1>A2", "A2->A1", "AE 205 PID^1^3^1^1"),
            ("A1=taro A1->A2", "A1->A3", "AE 204 MRG^1^1^1^1"),
            ("A1=taro A1->A2", "A2->A1", "AE 205 PID^1^3^1^1"),
            ("A1=taro A1->A2", "A1=taro", "AE 204 PID^1^3^1^1"),
            ("A1=taro A2=jiro A1>A2", "A1=taro", "AE 204 PID^1^3^1^1"),
        ]
        .into_iter()
        .enumerate()
        {
            let scene = Scene::new(&node, number);
            scene.tell_all(before);
            let classes = scene.classes();
            assert_eq!(scene.tell(step), answer, "{before}, then {step}");
            assert_eq!(scene.classes(), classes, "{before}, then {step}");
        }
        check_invariants(&node.manager().database);
        place.stop(node);
    });
}

#[test]
fn every_event_that_registers_replaces_the_demographics() {
    on_each_backend(|place| {
        let node = place.start();
        let scene = Scene::new(&node, 1);
        for event in ["A01", "A04", "A05", "A08", "A28", "A31"] {
            let message = feed(ANYBODY, event, &scene.cx("A1"), &scene.demographics(event));
            assert_eq!(sent(&node, &message), "AA", "{event}");
            let question = pdq(ANYBODY, ("T", &format!("@PID.5.1^{event}")), "");
            let answer = decode(&node.send(&question), Charset::Utf8).unwrap();
            let pids = segments(&answer, "PID");
            assert_eq!(pids.len(), 1, "{answer}");
            assert!(field(pids[0], 5).starts_with(event), "{answer}");
        }
        let question = pdq(ANYBODY, ("T", "@PID.5.1^A01"), "");
        let answer = decode(&node.send(&question), Charset::Utf8).unwrap();
        assert_eq!(segments(&answer, "PID").len(), 0, "nobody is found by what was corrected");
        let n_patients =
            rows::number(&node.manager().database, "SELECT count(*) AS number FROM patient");
        assert_eq!(n_patients, 1);
        place.stop(node);
    });
}

#[test]
fn an_update_of_an_unknown_one_is_a_matter_of_the_agreement() {
    let place = Place::sqlite();
    for (choice, answer) in
        [(UnknownUpdate::Create, "AA"), (UnknownUpdate::Reject, "AE 204 PID^1^3^1^1")]
    {
        let node = place.start_with(|setup| {
            setup.agreement.patient_ids = PatientIds::Feed;
            setup.agreement.linking.unknown_update = choice;
        });
        for event in ["A08", "A31"] {
            let id = cx(&format!("{choice:?}{event}"), 'A');
            assert_eq!(sent(&node, &feed(ANYBODY, event, &id, "X^Y||19600203|M")), answer);
            let known = sent(&node, &feed(ANYBODY, "A04", &id, "X^Y||19600203|M"));
            assert_eq!(known, "AA");
            assert_eq!(sent(&node, &feed(ANYBODY, event, &id, "X^Z||19600203|M")), "AA");
        }
        place.stop(node);
    }
}

#[test]
fn the_identifier_of_the_source_s_own_domain_counts() {
    let place = Place::sqlite();
    let node = place.start();
    let (a, b) = (oid('A'), oid('B'));
    let whole = |id: &str, letter: char| format!("{id}^^^SITE-{letter}&{}&ISO", oid(letter));
    let missing = "AE 204 PID^1^3^1^4";
    for (sender, ids, answer, known) in [
        ("HIS-A|SITE-A", "1".to_owned(), "AA", 1),
        ("HIS-A|SITE-A", "2^^^SITE-A".to_owned(), "AA", 1),
        ("HIS-A|SITE-A", whole("3", 'A'), "AA", 1),
        ("HIS-A|SITE-A", format!("{}~{}", whole("4", 'B'), whole("4", 'A')), "AA", 1),
        ("HIS-A|SITE-A", "5^^^UNHEARD~6^^^SITE-A".to_owned(), "AA", 1),
        ("HIS-A|SITE-A", "7^^^SITE-A~7^^^SITE-A".to_owned(), "AA", 1),
        ("HIS-A|SITE-A", "8^^^SITE-A~9^^^SITE-A".to_owned(), "AE 205 PID^1^3^2^1", 0),
        ("HIS-A|SITE-A", whole("10", 'B'), missing, 0),
        ("HIS-A|SITE-A", "11^^^UNHEARD".to_owned(), missing, 0),
        ("HIS-A|SITE-A", "12^^^&9.9.9&ISO".to_owned(), missing, 0),
        ("HIS-A|SITE-A", format!("13^^^SITE-A&{b}&ISO"), missing, 0),
        ("HIS-A|SITE-A", format!("14~15^^^SITE-B&{a}&ISO"), "AE 204 PID^1^3^2^4", 0),
        (ANYBODY, "16".to_owned(), missing, 0),
        (ANYBODY, "17^^^SITE-B".to_owned(), "AA", 1),
        (ANYBODY, whole("18", 'S'), missing, 0),
        ("HIS-B|SITE-B", format!("{}~{}", whole("19", 'S'), whole("20", 'B')), "AA", 1),
    ] {
        let count =
            || rows::number(&node.manager().database, "SELECT count(*) AS number FROM patient");
        let before = count();
        let message = feed(sender, "A04", &ids, "X^Y||19600203|M");
        assert_eq!(sent(&node, &message), answer, "{sender} feeds {ids}");
        assert_eq!(count() - before, known, "{sender} feeds {ids}");
    }
    let foreign = replace("HIS-A|SITE-A", "A40", ("1", &whole("20", 'B')));
    assert_eq!(sent(&node, &foreign), "AE 204 MRG^1^1^1^4");
    let foreign = pair("HIS-A|SITE-A", "A24", ("1", &whole("20", 'B')));
    assert_eq!(sent(&node, &foreign), "AE 204 PID^2^3^1^4");
    place.stop(node);
}

#[test]
fn the_manager_s_own_identifiers_are_not_fed() {
    let place = Place::sqlite();
    let node =
        place.start_with(|setup| setup.config.registry.feed = Some(crate::open_manager::nowhere()));
    let own = cx("R0000000018", 'N');
    assert_eq!(sent(&node, &feed(ANYBODY, "A04", &own, "X^Y||19600203|M")), "AE 204 PID^1^3^1^4");
    let both = format!("{own}~{}", cx("1", 'A'));
    assert_eq!(sent(&node, &feed(ANYBODY, "A04", &both, "X^Y||19600203|M")), "AA");
    place.stop(node);
}

#[test]
fn a_strong_identifier_links_by_production_rules() {
    let place = Place::sqlite();
    let node = place.start_with(|setup| {
        setup.agreement.patient_ids = PatientIds::Feed;
        setup.agreement.linking.rules = config::agreement::LinkRules::Production;
    });
    assert_eq!(node.manager().in_force.load().rules, LinkRules::Production);
    let scene = Scene::new(&node, 1);
    let said = |name: &str, insured: &str, word: &str| {
        let ids = format!("{}~{}", scene.cx(name), cx(insured, 'S'));
        let message = feed(ANYBODY, "A04", &ids, &scene.demographics(word));
        assert_eq!(sent(&node, &message), "AA");
    };
    said("A1", "77", "taro");
    said("B1", "77", "taro");
    said("C1", "78", "taro");
    assert_eq!(scene.classes(), "A1+B1 C1");
    said("B1", "79", "taro");
    assert_eq!(scene.classes(), "A1 B1 C1", "the number was mistyped");
    said("C1", "79", "taro");
    assert_eq!(scene.classes(), "A1 B1+C1");
    check_invariants(&node.manager().database);
    place.stop(node);
}

#[test]
fn a_thousand_identifiers_are_an_error_and_two_hundred_are_quick() {
    let place = Place::sqlite();
    let node = place.start();
    let ids = |n: usize, letter: char| -> String {
        (0..n).map(|number| cx(&number.to_string(), letter)).collect::<Vec<_>>().join("~")
    };
    let thousand = feed(ANYBODY, "A04", &ids(1_000, 'S'), "X^Y||19600203|M");
    let answer = sent(&node, &thousand);
    assert!(answer.starts_with("AR 102") || answer.starts_with("AE 102"), "{answer}");
    let started = std::time::Instant::now();
    let many = format!("{}~{}", cx("1", 'A'), ids(199, 'S'));
    assert_eq!(sent(&node, &feed(ANYBODY, "A04", &many, "X^Y||19600203|M")), "AA");
    let same = vec![cx("2", 'A'); 200].join("~");
    assert_eq!(sent(&node, &feed(ANYBODY, "A04", &same, "X^Y||19600203|M")), "AA");
    assert!(started.elapsed().as_secs() < 5);
    check_invariants(&node.manager().database);
    place.stop(node);
}

#[test]
fn visits_go_with_a_merge() {
    on_each_backend(|place| {
        let node = place.start();
        let scene = Scene::new(&node, 1);
        let admit = |name: &str, number: &str, ward: &str| {
            let head = header(ANYBODY, "ADT^A01", "2.5");
            let (id, who) = (scene.cx(name), scene.demographics("taro"));
            let visit = format!("PV1||I|{ward}{}{number}", "|".repeat(16));
            let message = format!("{head}EVN|A01|20260401\rPID|||{id}||{who}\r{visit}\r");
            assert_eq!(sent(&node, &message), "AA");
        };
        admit("A1", "V1", "WEST");
        admit("A1", "V2", "WEST");
        admit("A2", "V2", "EAST");
        scene.tell_all("A1>A2");
        let visits = |number: &str| {
            let question = pdq(ANYBODY, ("T", &format!("@PV1.19.1^{number}")), "");
            let question = question.replace("Q22", "ZV1");
            let answer = decode(&node.send(&question), Charset::Utf8).unwrap();
            let wards = segments(&answer, "PV1").into_iter().map(|pv1| field(pv1, 3).to_owned());
            wards.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(visits("V1"), "WEST", "the subsumed one's is the survivor's");
        assert_eq!(visits("V2"), "EAST", "of one that both have the survivor's word counts");
        check_invariants(&node.manager().database);
        place.stop(node);
    });
}

#[test]
fn a_placeholder_of_half_a_town_links_nobody() {
    let place = Place::sqlite();
    let node = place.start();
    let scene = Scene::new(&node, 1);
    for number in 0..100 {
        scene.tell_all(&format!("A{number}=unknown"));
    }
    assert_eq!(scene.tell("B1=unknown"), "AA");
    assert_eq!(scene.others("B1"), "", "nobody is one person with one of so many");
    // An update of one of the many does not change that.
    scene.tell_all("A3=unknown A3=taro A3=unknown B1=taro B1=unknown");
    assert_eq!(scene.others("B1"), "");
    check_invariants(&node.manager().database);
    place.stop(node);
}

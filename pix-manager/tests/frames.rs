//! The listener against what networks and senders do to frames, and messages while the database is away.

use std::time::{Duration, Instant};

use config::agreement::PatientIds;
use diesel::prelude::*;
use hl7v2::mllp_frame;

use crate::messages::{ANYBODY, acknowledged, feed, header, pix_query};
use crate::open_manager::{DEADLINE, Node, Place, Wire, oid, on_each_backend};
use crate::rows::{self, check_invariants};
use crate::scene::Scene;

fn strict(place: &Place) -> Node {
    place.start_with(|setup| {
        setup.agreement.patient_ids = PatientIds::Feed;
        setup.config.mllp.limits.frame_bytes = 8_192;
        setup.config.mllp.limits.frame_timeout = Duration::from_millis(500);
    })
}

fn registration(number: usize) -> String {
    feed(ANYBODY, "A04", &format!("F{number}^^^&{}&ISO", oid('A')), "X^Y||19600203|M")
}

#[test]
fn pipelined_messages_are_answered_in_order() {
    let place = Place::sqlite();
    let node = strict(&place);
    let messages: Vec<String> = (0..50).map(registration).collect();
    let bytes: Vec<u8> = messages.iter().flat_map(|it| mllp_frame(it.as_bytes())).collect();
    let mut wire = Wire::open(node.address);
    wire.write(&bytes);
    for message in &messages {
        assert_eq!(acknowledged(message, &wire.read().unwrap()), "AA");
    }
    place.stop(node);
}

#[test]
fn a_message_may_come_byte_by_byte_and_between_rubbish() {
    let place = Place::sqlite();
    let node = strict(&place);
    let mut wire = Wire::open(node.address);
    let message = registration(1);
    for byte in mllp_frame(message.as_bytes()) {
        wire.write(&[byte]);
    }
    assert_eq!(acknowledged(&message, &wire.read().unwrap()), "AA");
    let message = registration(2);
    wire.write(b"\r\n\0 rubbish");
    wire.write(&mllp_frame(message.as_bytes()));
    assert_eq!(acknowledged(&message, &wire.read().unwrap()), "AA");
    place.stop(node);
}

#[test]
fn a_broken_frame_is_refused_and_the_connection_goes_on() {
    let place = Place::sqlite();
    let node = strict(&place);
    let message = registration(3);
    let mut oversize = [b"\x0b", message.as_bytes()].concat();
    oversize.resize(10 << 20, b'x');
    oversize.extend_from_slice(b"\x1c\r");
    let mut without_return = mllp_frame(message.as_bytes());
    let last = without_return.len() - 1;
    without_return[last] = b'\n';
    let mut wire = Wire::open(node.address);
    for broken in [oversize, without_return] {
        wire.write(&broken);
        assert_eq!(acknowledged(&message, &wire.read().unwrap()), "AR 102");
    }
    let good = registration(5);
    assert_eq!(acknowledged(&good, &wire.exchange(good.as_bytes())), "AA");
    let n_patients =
        rows::number(&node.manager().database, "SELECT count(*) AS number FROM patient");
    assert_eq!(n_patients, 1);
    place.stop(node);
}

#[test]
fn a_frame_that_ends_by_another_or_never_costs_its_connection_and_nothing_else() {
    let place = Place::sqlite();
    let node = strict(&place);
    let message = registration(3);
    let inside = [b"\x0b", message.as_bytes(), &mllp_frame(registration(4).as_bytes())].concat();
    let mut wire = Wire::open(node.address);
    wire.write(&inside);
    assert_eq!(acknowledged(&message, &wire.read().unwrap()), "AR 102");
    assert_eq!(wire.read(), None, "closed: whose the next answer would be nobody knows");
    let mut endless = mllp_frame(message.as_bytes());
    endless.truncate(endless.len() - 1);
    let mut wire = Wire::open(node.address);
    wire.write(&endless);
    assert_eq!(wire.read(), None, "closed without an answer");
    let n_patients =
        rows::number(&node.manager().database, "SELECT count(*) AS number FROM patient");
    assert_eq!(n_patients, 0);
    let message = registration(5);
    assert_eq!(acknowledged(&message, &node.send(&message)), "AA");
    place.stop(node);
}

#[test]
fn what_is_no_message_is_rejected_and_the_next_one_taken() {
    let place = Place::sqlite();
    let node = strict(&place);
    let mut wire = Wire::open(node.address);
    for rubbish in
        [&b""[..], b"\0\0\0", b"hello", b"MSH", b"MSH|", b"MSH|^~\\&|\xff\xfe|", b"PID|||1"]
    {
        let answer = wire.exchange(rubbish);
        let text = String::from_utf8(answer).unwrap();
        assert!(text.contains("\rMSA|AR") || text.contains("\rMSA|AE"), "{text}");
    }
    let head = header(ANYBODY, "ADT^A04", "2.3.1");
    for (message, answer) in [
        (registration(1).replace("X^Y", "X\0^Y"), "A"),
        (header(ANYBODY, "ADT^A02", "2.3.1"), "AR 201 MSH^1^9^1^2"),
        (header(ANYBODY, "ORU^R01", "2.5"), "AR 200 MSH^1^9^1^1"),
        (header(ANYBODY, "QBP^Q99^QBP_Q21", "2.5"), "A"),
        (header(ANYBODY, "ADT^A04", "9.9"), "AR 203 MSH^1^12"),
        (format!("{head}EVN|A04|20260401\r"), "AE 100"),
        (format!("{head}EVN|A04|20260401\rPID|||||X\rPV1||N\r"), "AE 101 PID^1^3"),
        (registration(1).replace("19600203", "yesterday"), "AE 102 PID^1^7"),
    ] {
        let found = acknowledged(&message, &wire.exchange(message.as_bytes()));
        assert!(found.starts_with(answer) && !found.starts_with("AA"), "{found}, not {answer}");
    }
    let message = registration(2);
    assert_eq!(acknowledged(&message, &wire.exchange(message.as_bytes())), "AA");
    place.stop(node);
}

#[test]
fn a_storage_error_is_told_and_the_next_message_is_clean() {
    on_each_backend(|place| {
        let node = strict(place);
        let scene = Scene::new(&node, 1);
        scene.tell_all("A1=taro B1=taro A2=jiro");
        let mut wire = Wire::open(node.address);
        for table in ["search_key", "decision", "merge", "person", "patient"] {
            place.execute(&format!("ALTER TABLE {table} RENAME TO away"));
            let mut failed = 0;
            for step in ["A3=taro", "A1>A2", "A1!B1"] {
                let message = scene.message(step);
                let answer = acknowledged(&message, &wire.exchange(message.as_bytes()));
                assert!(answer == "AA" || answer == "AR 207", "{step} without {table}: {answer}");
                failed += usize::from(answer == "AR 207");
            }
            assert!(failed > 0, "nothing needs {table}");
            let question = pix_query(ANYBODY, &scene.cx("B1"), "");
            let answer = String::from_utf8(wire.exchange(question.as_bytes())).unwrap();
            assert!(answer.contains("\rMSA|AA|") || answer.contains("207^"), "{answer}");
            place.execute(&format!("ALTER TABLE away RENAME TO {table}"));
            check_invariants(&node.manager().database);
        }
        let message = scene.message("C1=taro");
        assert_eq!(acknowledged(&message, &wire.exchange(message.as_bytes())), "AA");
        assert!(scene.classes().contains("C1"));
        check_invariants(&node.manager().database);
        place.stop(node);
    });
}

#[test]
fn a_database_that_somebody_locks_is_told_and_the_next_message_is_clean() {
    let place = Place::sqlite();
    let node = strict(&place);
    let scene = Scene::new(&node, 1);
    scene.tell_all("A1=taro");
    let mut connection = SqliteConnection::establish(&place.url()).unwrap();
    diesel::sql_query("BEGIN IMMEDIATE").execute(&mut connection).unwrap();
    let mut wire = Wire::open(node.address);
    let message = scene.message("B1=taro");
    assert_eq!(acknowledged(&message, &wire.exchange(message.as_bytes())), "AR 207");
    assert_eq!(scene.others("A1"), "", "questions are answered meanwhile");
    diesel::sql_query("ROLLBACK").execute(&mut connection).unwrap();
    let end = Instant::now() + DEADLINE;
    while acknowledged(&message, &wire.exchange(message.as_bytes())) != "AA" {
        assert!(Instant::now() < end, "the lock is gone");
    }
    assert_eq!(scene.classes(), "A1+B1");
    check_invariants(&node.manager().database);
    drop(wire);
    place.stop(node);
}

//! Ids of patients that look like something else, and one id that comes from many sides at once.

use std::sync::Barrier;

use super::Target;
use crate::harness::community::Community;
use crate::harness::database::Database;
use crate::harness::feed::{self, registration};
use crate::harness::feed_v3::{FEED_V3, Interaction, id, message};
use crate::harness::http::post;
use crate::harness::reply::Reply;
use crate::harness::soap::{envelope, new_message_id, simple};
use crate::harness::submission::Submission;
use crate::harness::transactions::{find_documents, submit};

const DOMAIN: &str = "1.2.392.99.1";

/// Whatever wants to be a statement, a pattern, a path, markup, or somebody else.
const IDS: &[&str] = &[
    "' OR '1'='1",
    "'; DROP TABLE patient; --",
    "1); DELETE FROM object; --",
    "%",
    "victi_",
    "_______",
    "\"",
    "''",
    "$1",
    "?",
    ":id",
    "VICTIM",
    "victim.",
    "０ictim",
    "../../victim",
    "<victim/>",
    "${victim}",
    "{{7*7}}%s%n",
    "NULL",
    "0",
    "victim\u{202E}",
];

/// Makes a patient known over HL7 v3; gives the last word of the outcome.
fn add_over_v3(community: &Community, extension: &str) -> String {
    let action = Interaction::Add.action();
    let text = message(Interaction::Add, &id(DOMAIN, extension), "");
    let text = envelope(action, &new_message_id(), &text);
    let request = post(FEED_V3, &[("Content-Type", &simple(action))], text.as_bytes());
    Reply::read(community.registry().exchange(&request).unwrap()).outcome().to_owned()
}

/// Each is a patient of its own, and the others stay as they were.
#[test]
fn an_id_is_nothing_but_an_id() {
    for database in Database::all() {
        let target = Target::start(database);
        let community = &target.community;
        for (n, hostile) in IDS.iter().enumerate() {
            if n % 2 == 0 {
                assert_eq!(add_over_v3(community, hostile), "Success", "{hostile}");
            } else {
                let message = registration("hostile", hostile, DOMAIN);
                assert_eq!(
                    feed::acknowledged(&mut community.mllp(), &message).code(),
                    "AA",
                    "{hostile}"
                );
            }
            let patient = format!("{hostile}^^^&{DOMAIN}&ISO");
            let empty = find_documents(&mut community.registry(), &patient).unwrap();
            empty.assert_success();
            assert_eq!(empty.payload().all("ExtrinsicObject").len(), 0, "{hostile}");
            let submission = Submission::of(&patient, &[hostile.as_bytes()]);
            submit(&mut community.repository(), &submission).unwrap().assert_success();
        }
        for hostile in IDS {
            let patient = format!("{hostile}^^^&{DOMAIN}&ISO");
            let found = find_documents(&mut community.registry(), &patient).unwrap();
            assert_eq!(
                found.payload().all("ExtrinsicObject").len(),
                1,
                "{hostile}: {}",
                found.text
            );
        }
        let found = find_documents(&mut community.registry(), &target.patient).unwrap();
        assert_eq!(found.payload().all("ExtrinsicObject").len(), 1, "{}", found.text);
        assert!(!community.log().contains("panicked"), "{}", community.log());
    }
}

/// Registers the newborn as soon as the others are ready as well, every fourth time over HL7 v3.
fn register_newborn(community: &Community, n: usize, barrier: &Barrier) {
    let message = registration("same", "newborn", DOMAIN);
    let mut connection = community.mllp();
    barrier.wait();
    let code = match n % 4 {
        0 => add_over_v3(community, "newborn"),
        _ => feed::acknowledged(&mut connection, &message).code().to_owned(),
    };
    assert!(matches!(code.as_str(), "AA" | "Success"), "{code}");
}

/// dcm4chee-arc-light 3948: one new patient on many connections became several.
#[test]
fn of_many_registrations_of_one_patient_one_patient_comes() {
    const SENDERS: usize = 64;
    for database in Database::all() {
        let target = Target::start(database);
        let community = &target.community;
        let barrier = Barrier::new(SENDERS);
        std::thread::scope(|scope| {
            for n in 0..SENDERS {
                let barrier = &barrier;
                scope.spawn(move || register_newborn(community, n, barrier));
            }
        });
        let patient = format!("newborn^^^&{DOMAIN}&ISO");
        assert_eq!(community.database().patients(&community.data(), &patient), 1);
        assert_eq!(community.database().patients(&community.data(), &target.patient), 1);
        target.assert_unharmed();
        submit(&mut community.repository(), &Submission::of(&patient, &[b"first"]))
            .unwrap()
            .assert_success();
        let found = find_documents(&mut community.registry(), &patient).unwrap();
        assert_eq!(found.payload().all("ExtrinsicObject").len(), 1, "{}", found.text);
    }
}

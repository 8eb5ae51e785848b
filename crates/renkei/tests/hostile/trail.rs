//! The audit trail goes on, whatever stands in what it records.

use super::Target;
use crate::harness::database::Database;
use crate::harness::feed;
use crate::harness::http::post;
use crate::harness::package::Package;
use crate::harness::soap::{PROVIDE, REPOSITORY, envelope};
use crate::harness::submission::Submission;
use crate::harness::transactions::{add_patient, submit};

/// After the attack a good submission is recorded by both actors, and the trail is whole.
#[track_caller]
fn assert_recorded(target: &mut Target) {
    let patient = add_patient(&target.community, "recorded");
    let submission = Submission::of(&patient, &[b"recorded"]);
    submit(&mut target.community.repository(), &submission).unwrap().assert_success();
    target.community.stop();
    for journal in ["registry.journal", "repository.journal"] {
        let path = target.community.data().join(journal);
        audit::verify(&path).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(&submission.unique_id), "{journal} lacks a submission");
    }
}

#[test]
fn an_endless_message_id_of_a_submission() {
    let mut target = Target::start(Database::Sqlite);
    let patient = add_patient(&target.community, "endless");
    let submission = Submission::of(&patient, &[b"endless"]);
    let message_id = format!("urn:x:{}", "x".repeat(5_000_000));
    let envelope = envelope(PROVIDE, &message_id, &submission.provide_inline());
    let package = Package::new(&envelope, &[]);
    let content_type = package.content_type();
    let request = post(REPOSITORY, &[("Content-Type", &content_type)], &package.to_bytes());
    target.community.repository().exchange(&request).unwrap();
    assert_recorded(&mut target);
}

#[test]
fn an_endless_control_id_of_a_feed() {
    let mut target = Target::start(Database::Sqlite);
    let control_id = "\u{1}".repeat(900_000);
    let message = feed::registration(&control_id, "endless", "1.2.392.99.1");
    feed::exchange(&mut target.community.mllp(), message.as_bytes()).unwrap();
    assert_recorded(&mut target);
}

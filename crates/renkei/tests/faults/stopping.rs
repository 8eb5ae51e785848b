//! A stop that is asked for while requests are in hand.

use std::time::{Duration, Instant};

use crate::harness::community::{Community, LOOK};
use crate::harness::feed::{self, Acknowledgement, frame, registration};
use crate::harness::http::{Connection, post};
use crate::harness::package::Package;
use crate::harness::reply::Reply;
use crate::harness::soap::{REPOSITORY, RETRIEVE, envelope, new_message_id};
use crate::harness::submission::Submission;
use crate::harness::transactions::{
    add_patient, document_requests, find_documents, provide_request, retrieve,
};

const DEADLINE: Duration = Duration::from_secs(60);

/// Asks for the stop while the process has in hand what was sent, and waits until it has heard of it.
fn ask_to_stop(community: &Community, connection: &Connection) {
    wait_until(community, || connection.is_taken());
    community.ask_to_stop();
    wait_until(community, || community.log().contains("stopping:"));
}

#[track_caller]
fn wait_until(community: &Community, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < end, "{}", community.log());
        std::thread::sleep(LOOK);
    }
}

/// Half of the submission is there when the stop is asked for; the sender gets its answer all the same,
/// and what it was told is true after the next start.
#[test]
fn a_submission_in_hand_is_answered() {
    let mut community = Community::plain();
    let patient = add_patient(&community, "in-hand");
    let submission = Submission::of(&patient, &[&vec![b'x'; 100_000], b"small"]);
    let request = provide_request(&new_message_id(), &submission);
    let (first, second) = request.split_at(request.len() / 2);
    let mut connection = community.repository();
    connection.send(first).unwrap();
    ask_to_stop(&community, &connection);
    connection.send(second).unwrap();
    Reply::read(connection.answer().unwrap()).assert_success();
    assert!(community.await_end().success(), "{}", community.log());
    assert!(!community.data().join("endpoints.json").exists());
    community.up();
    let found = find_documents(&mut community.registry(), &patient).unwrap();
    assert_eq!(found.payload().all("ExtrinsicObject").len(), 2);
    let ids: Vec<_> = submission.documents.iter().map(|d| d.unique_id.clone()).collect();
    let repository_id = community.repository_unique_id();
    let reply = retrieve(&mut community.repository(), repository_id, &ids).unwrap();
    let expected = submission.documents.iter().map(|d| (d.unique_id.clone(), d.bytes.clone()));
    assert!(reply.documents() == expected.collect::<Vec<_>>());
}

#[test]
fn a_feed_in_hand_is_acknowledged() {
    let mut community = Community::plain();
    let message = registration("in-hand", "in-hand", community.affinity_domain());
    let framed = frame(message.as_bytes());
    let (first, second) = framed.split_at(framed.len() / 2);
    let mut connection = community.mllp();
    // A whole message before it: then the half one is certainly being waited for.
    feed::acknowledged(&mut connection, &message);
    connection.send(first).unwrap();
    ask_to_stop(&community, &connection);
    connection.send(second).unwrap();
    let answer = String::from_utf8(feed::answer(&mut connection).unwrap()).unwrap();
    let ack = Acknowledgement::read(&answer);
    assert_eq!((ack.code(), ack.control_id()), ("AA", "in-hand"));
    assert!(community.await_end().success(), "{}", community.log());
}

/// A document that is being fetched is fetched to its end.
#[test]
fn an_answer_on_its_way_arrives() {
    let mut community = Community::plain();
    let patient = add_patient(&community, "fetching");
    let bytes: Vec<u8> = (0_u32..2_000_000).flat_map(u32::to_le_bytes).collect();
    let submission = Submission::of(&patient, &[&bytes]);
    let mut connection = community.repository();
    Reply::read(connection.exchange(&provide_request(&new_message_id(), &submission)).unwrap())
        .assert_success();
    let ids = [submission.documents.first().unwrap().unique_id.clone()];
    let body = document_requests(community.repository_unique_id(), &ids);
    let retrieval = envelope(RETRIEVE, &new_message_id(), &body);
    let package = Package::new(&retrieval, &[]);
    let content_type = package.content_type();
    let request = post(REPOSITORY, &[("Content-Type", &content_type)], &package.to_bytes());
    connection.send(&request).unwrap();
    // Nobody reads yet: more than the sockets take is still in the server.
    ask_to_stop(&community, &connection);
    let reply = Reply::read(connection.answer().unwrap());
    assert!(reply.documents() == [(ids.concat(), bytes)]);
    assert!(community.await_end().success(), "{}", community.log());
}

/// Connections that only wait do not hold up the stop.
#[test]
fn idle_connections_do_not_delay_the_stop() {
    let mut community = Community::plain();
    let patient = add_patient(&community, "idle");
    let mut waiting: Vec<_> = (0..10)
        .flat_map(|_| [community.registry(), community.repository(), community.mllp()])
        .collect();
    find_documents(waiting.first_mut().unwrap(), &patient).unwrap().assert_success();
    let started = Instant::now();
    community.stop();
    let duration = started.elapsed();
    assert!(duration < Duration::from_secs(10), "{duration:?}");
    assert!(waiting.iter_mut().all(|connection| connection.is_closed()));
}

/// Who asks twice wants it now; what was acknowledged is there all the same.
#[test]
fn a_second_signal_ends_at_once() {
    let mut community = Community::plain();
    let patient = add_patient(&community, "twice");
    let submission = Submission::of(&patient, &[b"acknowledged"]);
    let mut connection = community.repository();
    Reply::read(connection.exchange(&provide_request(&new_message_id(), &submission)).unwrap())
        .assert_success();
    // A request that never ends would be waited for.
    let endless = provide_request(&new_message_id(), &Submission::of(&patient, &[b"endless"]));
    connection.send(endless.split_last().unwrap().1.split_at(500).0).unwrap();
    ask_to_stop(&community, &connection);
    let started = Instant::now();
    community.ask_to_stop();
    let status = community.await_end();
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(status.code(), Some(1), "{}", community.log());
    community.up();
    let found = find_documents(&mut community.registry(), &patient).unwrap();
    assert_eq!(found.payload().all("ExtrinsicObject").len(), 1);
}

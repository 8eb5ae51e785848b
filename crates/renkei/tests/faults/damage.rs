//! Documents that are not any more what was stored: nobody is given them as if they were.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::harness::community::{Community, LOOK, Setup};
use crate::harness::http::post;
use crate::harness::package::Package;
use crate::harness::reply::Reply;
use crate::harness::soap::{REPOSITORY, RETRIEVE, envelope, new_message_id, simple};
use crate::harness::submission::Submission;
use crate::harness::transactions::{add_patient, document_requests, retrieve, submit};

const DEADLINE: Duration = Duration::from_secs(60);

fn each_transport(check: impl Fn(&mut Community)) {
    for transport in ["plain", "mtls"] {
        check(&mut Community::start(Setup { transport, ..Setup::default() }));
    }
}

/// Stores documents and tells their uniqueIds.
fn stored(community: &Community, contents: &[&[u8]]) -> Vec<String> {
    let patient = add_patient(community, "damage");
    let submission = Submission::of(&patient, contents);
    submit(&mut community.repository(), &submission).unwrap().assert_success();
    submission.documents.into_iter().map(|document| document.unique_id).collect()
}

fn file_of(community: &Community, bytes: &[u8]) -> PathBuf {
    let mut files = community.files_below("documents").into_iter();
    files.find(|path| fs::read(path).unwrap() == bytes).unwrap()
}

#[track_caller]
fn wait_until(community: &Community, is_so: impl Fn() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < end, "{}", community.log());
        std::thread::sleep(LOOK);
    }
}

/// The bytes of an ITI-43, MTOM.
fn retrieval(community: &Community, ids: &[String]) -> Vec<u8> {
    let body = document_requests(community.repository_unique_id(), ids);
    let package = Package::new(&envelope(RETRIEVE, &new_message_id(), &body), &[]);
    post(REPOSITORY, &[("Content-Type", &package.content_type())], &package.to_bytes())
}

/// ITI-43 without MTOM.
fn retrieve_inline(community: &Community, ids: &[String]) -> Reply {
    let body = document_requests(community.repository_unique_id(), ids);
    let envelope = envelope(RETRIEVE, &new_message_id(), &body);
    let request = post(REPOSITORY, &[("Content-Type", &simple(RETRIEVE))], envelope.as_bytes());
    Reply::read(community.repository().exchange(&request).unwrap())
}

#[test]
fn changed_bytes_of_the_same_length_are_not_handed_out() {
    each_transport(|community| {
        let ids = stored(community, &[b"dose: 10 mg", b"whole"]);
        let (_, whole) = ids.split_first().unwrap();
        fs::write(file_of(community, b"dose: 10 mg"), b"dose: 90 mg").unwrap();
        let repository_id = community.repository_unique_id();
        let by_mtom = retrieve(&mut community.repository(), repository_id, &ids).unwrap();
        for reply in [by_mtom, retrieve_inline(community, &ids)] {
            assert_eq!(reply.outcome(), "PartialSuccess", "{}", reply.text);
            assert_eq!(reply.documents(), [(whole.concat(), b"whole".to_vec())]);
            let errors = reply.errors();
            let [error] = errors.as_slice() else { panic!("{errors:?}") };
            assert_eq!(error.code, "XDSDocumentUniqueIdError");
            assert_eq!(error.location.as_deref(), ids.first().map(String::as_str));
        }
        // Alone it is a Failure; and the operator hears which file it is.
        let reply = retrieve(&mut community.repository(), repository_id, &ids[..1]).unwrap();
        reply.assert_failure("XDSDocumentUniqueIdError");
        assert_eq!(reply.documents(), []);
        let address: String =
            openssl::sha::sha256(b"dose: 10 mg").iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(community.log().contains(&address), "{}", community.log());
    });
}

#[test]
fn a_large_document_that_was_changed_breaks_the_connection_off() {
    each_transport(|community| {
        let mut large = vec![b'x'; 5_000_000];
        let ids = stored(community, &[b"first", &large]);
        let file = file_of(community, &large);
        *large.last_mut().unwrap() = b'y';
        fs::write(&file, &large).unwrap();
        let repository_id = community.repository_unique_id();
        assert!(retrieve(&mut community.repository(), repository_id, &ids).is_err());
        // Nobody reads from the trail that it was received: the second record says so.
        let is_recorded = || {
            let trail = fs::read_to_string(community.data().join("repository.journal")).unwrap();
            let mut retrievals =
                trail.lines().filter(|line| line.contains("\"ITI-43/repository\""));
            retrievals.any(|line| {
                line.contains("\"outcome\":8") && ids.iter().all(|id| line.contains(id.as_str()))
            })
        };
        wait_until(community, is_recorded);
        assert!(community.log().contains("is damaged"), "{}", community.log());
        // The others can still be had.
        let reply = retrieve(&mut community.repository(), repository_id, &ids[..1]).unwrap();
        assert_eq!(reply.documents(), [(ids[..1].concat(), b"first".to_vec())]);
    });
}

/// The answer has begun, and its receiver is slow: what happens to the file meanwhile.
#[test]
fn a_document_that_is_damaged_while_it_is_sent_does_not_arrive() {
    type Damage = fn(&Path, usize);
    let damages: [Damage; 3] = [
        |file, size| fs::write(file, vec![b'x'; size / 2]).unwrap(),
        |file, size| fs::write(file, vec![b'y'; size]).unwrap(),
        |file, size| fs::write(file, vec![b'x'; size + 1]).unwrap(),
    ];
    each_transport(|community| {
        // More than the sockets take, so that its end has not been read when the damage is done.
        let large = vec![b'x'; 16_000_000];
        for (n_before, damage) in damages.into_iter().enumerate() {
            // Intact bytes take the place of those that were damaged before.
            let ids = stored(community, &[&large]);
            let mut connection = community.repository();
            connection.send(&retrieval(community, &ids)).unwrap();
            let head = connection.head().unwrap();
            assert_eq!(head.status, 200);
            damage(&file_of(community, &large), large.len());
            assert!(connection.body(&head).is_err());
            wait_until(community, || community.log().matches("is damaged").count() > n_before);
        }
    });
}

#[test]
fn changed_bytes_are_healed_by_the_same_bytes() {
    let community = Community::plain();
    stored(&community, &[b"dose: 10 mg"]);
    fs::write(file_of(&community, b"dose: 10 mg"), b"dose: 90 mg").unwrap();
    let ids = stored(&community, &[b"dose: 10 mg"]);
    let repository_id = community.repository_unique_id();
    let reply = retrieve(&mut community.repository(), repository_id, &ids).unwrap();
    assert_eq!(reply.documents(), [(ids.concat(), b"dose: 10 mg".to_vec())]);
}

#[test]
fn a_document_too_large_for_an_envelope_is_refused_and_recorded_as_such() {
    let community = Community::plain();
    let ids = stored(&community, &[&vec![b'x'; 9_000_000]]);
    let reply = retrieve_inline(&community, &ids);
    reply.assert_failure("XDSRepositoryOutOfResources");
    let trail = fs::read_to_string(community.data().join("repository.journal")).unwrap();
    let retrieval = trail.lines().rfind(|line| line.contains("\"ITI-43/repository\"")).unwrap();
    assert!(retrieval.contains("\"outcome\":4"), "{retrieval}");
}

//! Documents that are not any more what was stored: nobody is given them as if they were.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::harness::community::{Community, LOOK, Setup};
use crate::harness::http::post;
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
            let mut retrievals = trail.lines().filter(|line| line.contains("\"ITI-43\""));
            retrievals.any(|line| {
                line.contains("\"outcome\":8") && ids.iter().all(|id| line.contains(id.as_str()))
            })
        };
        let end = Instant::now() + DEADLINE;
        while !is_recorded() {
            assert!(Instant::now() < end, "{}", community.log());
            std::thread::sleep(LOOK);
        }
        assert!(community.log().contains("is damaged"), "{}", community.log());
        // The others can still be had.
        let reply = retrieve(&mut community.repository(), repository_id, &ids[..1]).unwrap();
        assert_eq!(reply.documents(), [(ids[..1].concat(), b"first".to_vec())]);
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
    let retrieval = trail.lines().rfind(|line| line.contains("\"ITI-43\"")).unwrap();
    assert!(retrieval.contains("\"outcome\":4"), "{retrieval}");
}

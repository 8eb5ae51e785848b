//! Bytes that the disk does not give out: the document is missing from the answer, or the question is refused;
//! nobody is given something else.

use super::bench::{Bench, Way};
use crate::faults::shim::{Errno, Fault, Operation};
use crate::harness::submission::Submission;
use crate::harness::transactions::{find_documents, retrieve, submit};

/// More than is read before an answer begins.
const STREAMED: usize = 1_500_000;

fn broken<'a>(operations: &'a [Operation], path: &'a str, skip: u32) -> Fault<'a> {
    Fault { operations, path, error: Errno::Io, skip, times: 1, is_partial: false }
}

/// Each read of three documents fails once: the others are served, and where the answer had begun already, it
/// is broken off.
#[test]
fn a_document_that_cannot_be_read_costs_the_answer_nothing_but_itself() {
    let mut bench = Bench::start();
    let contents = [b"small".to_vec(), vec![b'x'; 300_000], vec![b'y'; STREAMED]];
    let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    let submission = Submission::of(&bench.patient, &contents);
    submit(&mut bench.community.repository(), &submission).unwrap().assert_success();
    let ids: Vec<_> = submission.documents.iter().map(|d| d.unique_id.clone()).collect();
    for operation in [Operation::Open, Operation::Read] {
        let (mut n_partial, mut n_broken_off) = (0, 0);
        for skip in 0.. {
            let fault = broken(std::slice::from_ref(&operation), "/data/documents", skip);
            let (reply, fired) = bench.during(&fault, |bench| {
                let repository_id = bench.community.repository_unique_id();
                retrieve(&mut bench.community.repository(), repository_id, &ids)
            });
            let Ok(reply) = reply else {
                n_broken_off += 1;
                continue;
            };
            for (id, bytes) in reply.documents() {
                let sent = submission.documents.iter().find(|d| d.unique_id == id).unwrap();
                assert!(sent.bytes == bytes, "other bytes than were stored");
            }
            if fired.n_fired == 0 {
                reply.assert_success();
                break;
            }
            n_partial += 1;
            assert_eq!(reply.outcome(), "PartialSuccess", "{}", reply.text);
            assert_eq!(reply.codes(), ["XDSDocumentUniqueIdError"], "{}", fired.last);
            assert_eq!(reply.documents().len(), 2);
        }
        eprintln!("{operation:?}: {n_partial} partial answers, {n_broken_off} broken off");
        assert!(n_partial > 1 && n_broken_off > 0);
    }
    bench.recover();
    bench.check();
    bench.conclude();
}

/// Pages of a database that cannot be read: the question, or the submission, is refused and nothing else.
#[test]
fn a_database_that_cannot_be_read_refuses_and_goes_on() {
    let mut bench = Bench::start();
    for path in ["/data/registry.sqlite", "/data/repository.sqlite"] {
        // What is in memory is not read: a restart empties it.
        let mut n_refused = 0;
        for skip in 0..12 {
            bench.restart_now_and_then(skip);
            assert!(bench.submit(Way::Parts));
            let fault = broken(&[Operation::Read], path, skip / 2);
            let (is_refused, _fired) = bench.during(&fault, |bench| {
                let is_stored = bench.submit(Way::Parts);
                let patient = bench.patient.clone();
                let found = find_documents(&mut bench.community.registry(), &patient).unwrap();
                if found.outcome() != "Success" {
                    found.assert_failure("XDSRegistryError");
                }
                !is_stored || found.outcome() != "Success"
            });
            n_refused += usize::from(is_refused);
            bench.recover();
            bench.check();
        }
        eprintln!("{n_refused} refused because of {path}");
        assert!(n_refused > 0);
    }
    bench.conclude();
}

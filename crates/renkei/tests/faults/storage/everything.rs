//! The whole disk is full or broken, and the audit journals.

use super::bench::{Bench, Way};
use crate::faults::shim::{CHANGES, Errno, Fault, Operation};
use crate::harness::reply::Reply;
use crate::harness::transactions::{find_documents, retrieve};

/// A question and a retrieval of a document that is not there; `None` where they were answered as usual.
fn ask(bench: &Bench) -> [Reply; 2] {
    let community = &bench.community;
    let found = find_documents(&mut community.registry(), &bench.patient).unwrap();
    let ids = ["1.2.3.4".to_owned()];
    let repository_id = community.repository_unique_id();
    [found, retrieve(&mut community.repository(), repository_id, &ids).unwrap()]
}

/// What cannot be recorded is not answered, and `/readyz` says so. When the disk is well again, so is the
/// journal: with the next question, and without one. Submissions go on all the time, their records wait.
#[test]
fn a_journal_that_failed_refuses_questions_until_the_disk_is_well() {
    let mut bench = Bench::start();
    let codes = [("registry", "XDSRegistryError"), ("repository", "XDSRepositoryError")];
    for (place, (actor, code)) in codes.into_iter().enumerate() {
        let path = format!("/data/{actor}.journal");
        for (round, operation, error, is_partial) in [
            (0, Operation::Write, Errno::NoSpace, false),
            (1, Operation::Write, Errno::NoSpace, true),
            (2, Operation::Write, Errno::Io, false),
            (3, Operation::Sync, Errno::Io, false),
            (4, Operation::Sync, Errno::NoSpace, false),
        ] {
            let operations = &[operation];
            let fault = Fault { is_partial, ..Fault::lasting(operations, &path, error) };
            let ((), fired) = bench.during(&fault, |bench| {
                for _ in 0..2 {
                    ask(bench)[place].assert_failure(code);
                }
                let (is_ready, reason) = bench.readiness();
                assert!(!is_ready && reason.contains(actor), "{reason}");
                assert!(reason.contains("the audit journal cannot be written"), "{reason}");
                assert!(bench.submit(Way::Parts));
            });
            assert!(fired.n_fired > 1, "{fired:?}");
            if round % 2 == 0 {
                let replies = ask(&bench);
                assert!(
                    !replies[place].codes().contains(&code.to_owned()),
                    "{}",
                    replies[place].text
                );
            }
            bench.recover();
            bench.check();
        }
    }
    bench.conclude();
}

/// The disk of the registry is full: questions and registrations are refused in the words of the profile, and
/// as soon as there is room they succeed, in the same process.
#[test]
fn a_registry_without_room_refuses_and_goes_on() {
    let mut bench = Bench::start();
    let process = bench.community.process_id();
    for round in 0..3 {
        let fault = Fault {
            is_partial: round == 1,
            ..Fault::lasting(CHANGES, "/data/registry", Errno::NoSpace)
        };
        let ((), fired) = bench.during(&fault, |bench| {
            ask(bench)[0].assert_failure("XDSRegistryError");
            let registered = bench.register();
            assert!(registered.is_fault() || registered.outcome() == "Failure");
        });
        assert!(fired.n_fired > 0);
        bench.recover();
        let found = find_documents(&mut bench.community.registry(), &bench.patient).unwrap();
        found.assert_success();
        bench.register().assert_success();
    }
    assert_eq!(bench.community.process_id(), process);
    bench.conclude();
}

/// Nothing can be written anywhere: everybody has an answer, and when the disk has room again everything goes
/// on.
#[test]
fn a_disk_without_room_refuses_everything_and_loses_nothing() {
    for error in [Errno::NoSpace, Errno::Io] {
        let mut bench = Bench::start();
        let fault = Fault::lasting(CHANGES, "/data/", error);
        for _ in 0..2 {
            assert!(bench.submit(Way::Parts));
            let ((), fired) = bench.during(&fault, |bench| {
                for way in [Way::Parts, Way::Inline] {
                    assert!(!bench.submit(way));
                }
                assert!(!bench.feed("nobody"));
                let [found, retrieved] = ask(bench);
                found.assert_failure("XDSRegistryError");
                retrieved.assert_failure("XDSRepositoryError");
                assert!(!bench.submit(Way::Parts));
            });
            assert!(fired.n_fired > 0);
            bench.recover();
            assert!(bench.feed("somebody"));
            bench.check();
        }
        bench.conclude();
    }
}

/// A start on such a disk says why it does not start, and harms nothing.
#[test]
fn a_disk_without_room_stops_a_start() {
    let mut bench = Bench::start();
    assert!(bench.submit(Way::Parts));
    for error in [Errno::NoSpace, Errno::Io] {
        bench.community.kill();
        let fault = Fault::lasting(&[Operation::Write, Operation::Sync], "/data/", error);
        let (status, fired) = bench.during(&fault, |bench| {
            bench.community.begin_up();
            bench.community.await_end()
        });
        assert_eq!(status.code(), Some(1), "{}", bench.community.log());
        assert!(fired.n_fired > 0);
        bench.community.up();
        bench.recover();
        bench.check();
    }
    // A stop cannot write any more either, and ends all the same.
    let fault = Fault::lasting(CHANGES, "/data/", Errno::NoSpace);
    assert!(bench.submit(Way::Parts));
    bench.during(&fault, |bench| {
        bench.community.ask_to_stop();
        bench.community.await_end()
    });
    bench.community.up();
    bench.conclude();
}

//! Submissions of the same bytes, or of the same name, at the same time.

use std::sync::Barrier;

use crate::harness::community::{Community, Setup};
use crate::harness::database::Database;
use crate::harness::submission::Submission;
use crate::harness::transactions::{add_patient, retrieve, submit};

const ROUNDS: usize = 200;

/// One of the two is refused by the registry; the bytes of the other must not go with it.
#[test]
fn a_refusal_beside_the_same_bytes() {
    for database in Database::all() {
        let community = Community::start(Setup { database, ..Setup::default() });
        let known = add_patient(&community, "known");
        let unknown = known.replace("known", "unknown");
        let start = Barrier::new(2);
        let (mut first, mut second) = (community.repository(), community.repository());
        for round in 0..ROUNDS {
            let bytes = format!("bytes of round {round}").into_bytes();
            let accepted = Submission::of(&known, &[&bytes]);
            let refused = Submission::of(&unknown, &[&bytes]);
            let (reply, refusal) = std::thread::scope(|scope| {
                let other = scope.spawn(|| {
                    start.wait();
                    submit(&mut second, &refused).unwrap()
                });
                start.wait();
                let reply = submit(&mut first, &accepted).unwrap();
                (reply, other.join().unwrap())
            });
            reply.assert_success();
            refusal.assert_failure("XDSUnknownPatientId");
            let ids = [accepted.documents.first().unwrap().unique_id.clone()];
            let found = retrieve(&mut first, community.repository_unique_id(), &ids).unwrap();
            found.assert_success();
            assert_eq!(found.documents(), [(ids.concat(), bytes)], "round {round}");
        }
        // Each round left one document and no other file.
        assert_eq!(community.files_below("documents").len(), ROUNDS);
        assert_eq!(community.files_below("spool").len(), 0);
    }
}

/// The same SubmissionSet from sixteen sides: one is registered, and its document is there.
#[test]
fn one_submission_from_many_sides() {
    const SIDES: usize = 16;
    for database in Database::all() {
        let community = Community::start(Setup { database, ..Setup::default() });
        let patient = add_patient(&community, "wanted");
        let submission = Submission::of(&patient, &[b"once", b"only"]);
        let start = Barrier::new(SIDES);
        let replies: Vec<_> = std::thread::scope(|scope| {
            let sides: Vec<_> = (0..SIDES)
                .map(|_| {
                    scope.spawn(|| {
                        let mut connection = community.repository();
                        start.wait();
                        submit(&mut connection, &submission).unwrap()
                    })
                })
                .collect();
            sides.into_iter().map(|side| side.join().unwrap()).collect()
        });
        let n_registered = replies.iter().filter(|reply| reply.outcome() == "Success").count();
        assert_eq!(n_registered, 1);
        for reply in replies.iter().filter(|reply| reply.outcome() != "Success") {
            reply.assert_failure("XDSDuplicateUniqueIdInRegistry");
        }
        let ids: Vec<_> = submission.documents.iter().map(|d| d.unique_id.clone()).collect();
        let mut connection = community.repository();
        let found = retrieve(&mut connection, community.repository_unique_id(), &ids).unwrap();
        found.assert_success();
        let bytes: Vec<_> = found.documents().into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(bytes, [b"once", b"only"]);
    }
}

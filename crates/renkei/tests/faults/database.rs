//! A database server that hangs up under load.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::harness::community::{Community, LOOK, Setup};
use crate::harness::database::Database;
use crate::harness::feed::{self, registration};
use crate::harness::submission::Submission;
use crate::harness::transactions::{add_patient, find_documents, retrieve, submit};

const DEADLINE: Duration = Duration::from_secs(60);

const HANG_UPS: usize = 10;

/// Submissions by outcome.
#[derive(Default)]
struct Sent {
    acknowledged: Vec<Submission>,
    refused: Vec<Submission>,
}

/// Submits until told to stop. Every request has an answer, a good one or a bad one.
fn submit_until(community: &Community, patient: &str, is_over: &AtomicBool) -> Sent {
    let mut sent = Sent::default();
    let mut connection = community.repository();
    while !is_over.load(Ordering::Relaxed) {
        let submission = Submission::of(patient, &[b"one", b"two"]);
        let reply = submit(&mut connection, &submission).unwrap();
        if reply.outcome() == "Success" {
            sent.acknowledged.push(submission);
        } else {
            assert!(!reply.text.contains("server closed"), "{}", reply.text);
            sent.refused.push(submission);
        }
    }
    sent
}

/// What was acknowledged is there, and what was refused is there as a whole or not at all.
fn inspect(community: &Community, patient: &str, sent: &Sent) {
    let found = find_documents(&mut community.registry(), patient).unwrap();
    found.assert_success();
    let n_found = |submission: &Submission| {
        let documents = submission.documents.iter();
        documents.filter(|document| found.text.contains(&document.unique_id)).count()
    };
    for submission in &sent.acknowledged {
        assert_eq!(n_found(submission), 2);
        let ids: Vec<_> = submission.documents.iter().map(|d| d.unique_id.clone()).collect();
        let repository_id = community.repository_unique_id();
        let reply = retrieve(&mut community.repository(), repository_id, &ids).unwrap();
        let bytes: Vec<_> = reply.documents().into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(bytes, [b"one", b"two"]);
    }
    for submission in &sent.refused {
        let n_found = n_found(submission);
        assert!(n_found == 0 || n_found == 2, "half a submission");
    }
}

#[test]
fn a_database_that_hangs_up_loses_nothing() {
    for database in Database::all().into_iter().filter(|database| database.url().is_some()) {
        let mut community = Community::start(Setup { database, ..Setup::default() });
        let patient = add_patient(&community, "patient");
        let is_over = AtomicBool::new(false);
        let sent: Vec<Sent> = std::thread::scope(|scope| {
            let submitters: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| submit_until(&community, &patient, &is_over)))
                .collect();
            for _ in 0..HANG_UPS {
                // Long enough for the pools to have opened new connections.
                await_answer(&community);
                community.database().hang_up();
            }
            await_answer(&community);
            is_over.store(true, Ordering::Relaxed);
            submitters.into_iter().map(|submitter| submitter.join().unwrap()).collect()
        });
        let n_acknowledged: usize = sent.iter().map(|sent| sent.acknowledged.len()).sum();
        let n_refused: usize = sent.iter().map(|sent| sent.refused.len()).sum();
        eprintln!("{HANG_UPS} hang-ups: {n_acknowledged} acknowledged, {n_refused} refused");
        assert!(n_acknowledged > 0);
        for sent in &sent {
            inspect(&community, &patient, sent);
        }
        assert!(!community.log().contains("panicked"), "{}", community.log());
        community.stop();
    }
}

/// Waits until a feed is accepted and a submission registered again.
fn await_answer(community: &Community) {
    let end = Instant::now() + DEADLINE;
    let mut connection = community.mllp();
    let message = registration("probe", "probe", community.affinity_domain());
    while feed::acknowledged(&mut connection, &message).code() != "AA" {
        assert!(Instant::now() < end, "{}", community.log());
        std::thread::sleep(LOOK);
    }
    let patient = format!("probe^^^&{}&ISO", community.affinity_domain());
    let mut repository = community.repository();
    while submit(&mut repository, &Submission::of(&patient, &[b"probe"])).unwrap().outcome()
        != "Success"
    {
        assert!(Instant::now() < end, "{}", community.log());
        std::thread::sleep(LOOK);
    }
}

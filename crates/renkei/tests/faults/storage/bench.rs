//! A community on a disk that can be told to fail, and everything that was sent to it.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::time::{Duration, Instant};

use crate::faults::shim::{Fault, Fired, Shim};
use crate::harness::community::{Community, LOOK, Setup};
use crate::harness::feed::{self, Acknowledgement, registration};
use crate::harness::http::Connection;
use crate::harness::reply::Reply;
use crate::harness::soap::{REGISTER, REGISTRY, new_message_id};
use crate::harness::submission::Submission;
use crate::harness::transactions::{
    add_patient, call, find_documents, inline_request, provide_request, retrieve, submit,
};

const DEADLINE: Duration = Duration::from_secs(60);

/// A small document, and more than a block of the spool, which is written in two pieces.
const SIZES: &[usize] = &[30, 300_000];

/// How the documents of a submission travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Parts,
    Inline,
}

/// What a submission that failed may be answered with.
const CODES: [&str; 4] = [
    "XDSRepositoryOutOfResources",
    "XDSRepositoryError",
    "XDSRegistryNotAvailable",
    "XDSRegistryError",
];

struct Sent {
    submission: Submission,
    is_acknowledged: bool,
}

pub(super) struct Bench {
    pub(super) community: Community,
    pub(super) shim: Shim,
    pub(super) patient: String,
    sent: Vec<Sent>,
    /// How many of them were looked at.
    n_checked: usize,
    n_contents: u64,
    /// Bytes of the documents of each submission.
    sizes: &'static [usize],
}

impl Bench {
    pub(super) fn start() -> Bench {
        Bench::with(SIZES)
    }

    pub(super) fn with(sizes: &'static [usize]) -> Bench {
        let shim = Shim::new();
        let setup = Setup { environment: shim.environment(), ..Setup::default() };
        let community = Community::start(setup);
        let patient = add_patient(&community, "disk");
        let (sent, n_checked, n_contents) = (Vec::new(), 0, 0);
        Bench { community, shim, patient, sent, n_checked, n_contents, sizes }
    }

    /// What is submitted from now on is somebody else's, so that no patient becomes large.
    pub(super) fn next_patient(&mut self) {
        self.patient = add_patient(&self.community, &format!("disk{}", self.n_contents));
    }

    /// Bytes that were not there before, unless there are none.
    fn invent(&mut self) -> Submission {
        self.n_contents += 1;
        let content = |size: &usize| {
            let mut bytes = format!("{size} bytes, number {}: ", self.n_contents).into_bytes();
            bytes.resize(*size, b'.');
            bytes
        };
        let contents: Vec<Vec<u8>> = self.sizes.iter().map(content).collect();
        let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
        Submission::of(&self.patient, &contents)
    }

    /// Submits something new; the answer is one of the profile, whatever happens. Tells whether it was good.
    #[track_caller]
    pub(super) fn submit(&mut self, way: Way) -> bool {
        let mut connection = self.community.repository();
        self.submit_on(&mut connection, way).unwrap()
    }

    /// The same where the process may die.
    #[track_caller]
    pub(super) fn submit_on(&mut self, connection: &mut Connection, way: Way) -> io::Result<bool> {
        let submission = self.invent();
        let message_id = new_message_id();
        let request = match way {
            Way::Parts => provide_request(&message_id, &submission),
            Way::Inline => inline_request(&message_id, &submission),
        };
        let answer = connection.exchange(&request);
        self.sent.push(Sent { submission, is_acknowledged: false });
        let reply = Reply::read(answer?);
        assert_eq!(reply.relates_to(), Some(message_id.as_str()), "{}", reply.text);
        assert!(!reply.text.contains("/data/"), "{}", reply.text);
        let is_acknowledged = is_good(&reply);
        self.sent.last_mut().unwrap().is_acknowledged = is_acknowledged;
        Ok(is_acknowledged)
    }

    /// ITI-42 as a repository of somebody else sends it.
    pub(super) fn register(&self) -> Reply {
        let submission = Submission::of(&self.patient, &[b"elsewhere"]);
        let body = submission.register("1.2.392.99.8");
        call(&mut self.community.registry(), REGISTRY, REGISTER, &body).unwrap()
    }

    /// A patient whom the registry has not heard of; the acknowledgement says whether it is known now.
    pub(super) fn feed(&mut self, id: &str) -> bool {
        let message = registration(id, id, self.community.affinity_domain());
        let answer = feed::exchange(&mut self.community.mllp(), message.as_bytes()).unwrap();
        let ack = Acknowledgement::read(&String::from_utf8(answer).unwrap());
        assert_eq!(ack.control_id(), id);
        ack.code() == "AA"
    }

    /// Does something while the disk fails so.
    pub(super) fn during<T>(
        &mut self,
        fault: &Fault<'_>,
        work: impl FnOnce(&mut Bench) -> T,
    ) -> (T, Fired) {
        self.shim.arm(fault);
        let done = work(self);
        (done, self.shim.disarm())
    }

    /// What `/readyz` says, and whether that is good.
    pub(super) fn readiness(&self) -> (bool, String) {
        let admin = self.community.endpoints.addresses.admin.as_ref().unwrap();
        let request = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let answer = self.community.connect(admin).exchange(request).unwrap();
        (answer.status == 200, String::from_utf8(answer.body).unwrap())
    }

    /// The fault is gone: everything goes on, without a restart and without anybody asking for anything.
    #[track_caller]
    pub(super) fn recover(&mut self) {
        let end = Instant::now() + DEADLINE;
        loop {
            let (is_ready, reason) = self.readiness();
            if is_ready {
                break;
            }
            // A database is connected to again, and a journal repaired, within seconds.
            assert!(Instant::now() < end, "{reason}");
            std::thread::sleep(LOOK);
        }
        assert!(self.submit(Way::Parts), "no submission after the fault");
    }

    /// In every other round.
    pub(super) fn restart_now_and_then(&mut self, round: u32) {
        if round.is_multiple_of(2) {
            self.restart();
        }
    }

    pub(super) fn restart(&mut self) {
        self.community.stop();
        self.community.up();
        let (is_ready, reason) = self.readiness();
        assert!(is_ready, "{reason}");
    }

    /// Of what was sent since the last look: what was acknowledged is found and retrieved, and of what failed
    /// nothing is there by half.
    #[track_caller]
    pub(super) fn check(&mut self) {
        let mut of_patients: BTreeMap<&str, String> = BTreeMap::new();
        for Sent { submission, is_acknowledged } in self.sent.iter().skip(self.n_checked) {
            let found = of_patients.entry(&submission.patient_id).or_insert_with(|| {
                let patient_id = &submission.patient_id;
                let found = find_documents(&mut self.community.registry(), patient_id).unwrap();
                found.assert_success();
                found.text
            });
            let ids = submission.documents.iter().map(|document| &document.unique_id);
            let n_found = ids.filter(|id| found.contains(id.as_str())).count();
            assert!(n_found == 0 || n_found == submission.documents.len(), "half a submission");
            assert!(n_found > 0 || !is_acknowledged, "acknowledged and not registered");
            if n_found > 0 {
                self.check_bytes(submission);
            }
        }
        self.n_checked = self.sent.len();
        assert!(!self.community.log().contains("panicked"), "{}", self.community.log());
    }

    #[track_caller]
    fn check_bytes(&self, submission: &Submission) {
        let ids: Vec<_> = submission.documents.iter().map(|d| d.unique_id.clone()).collect();
        let repository_id = self.community.repository_unique_id();
        let reply = retrieve(&mut self.community.repository(), repository_id, &ids).unwrap();
        reply.assert_success();
        let bytes: Vec<_> = reply.documents().into_iter().map(|(_, bytes)| bytes).collect();
        let sent: Vec<_> = submission.documents.iter().map(|d| d.bytes.clone()).collect();
        assert!(bytes == sent, "other bytes than were sent");
    }

    /// After a restart, a reconciliation leaves nothing open, and the store has what the registry knows and no
    /// byte more. What failed can be sent again.
    #[track_caller]
    pub(super) fn conclude(mut self) {
        self.restart();
        self.check();
        self.community.run(&["reconcile", "--grace=0", "--max-orphans=100000"]);
        self.community.run(&["verify", "store", "--grace=0", "--rate=100000"]);
        let ids = self.sent.iter().map(|sent| sent.submission.unique_id.clone());
        let ids: Vec<String> = ids.collect();
        // The others were looked at when they were sent, and their bytes just now.
        self.sent.retain(|sent| !sent.is_acknowledged);
        for sent in &mut self.sent {
            let reply = submit(&mut self.community.repository(), &sent.submission).unwrap();
            if reply.outcome() != "Success" {
                reply.assert_failure("XDSDuplicateUniqueIdInRegistry");
            }
            sent.is_acknowledged = true;
        }
        self.n_checked = 0;
        self.check();
        assert_eq!(self.community.files_below("spool").len(), 0);
        self.community.stop();
        let mut successes = String::new();
        for journal in ["registry.journal", "repository.journal"] {
            let path = self.community.data().join(journal);
            audit::verify(&path).unwrap();
            let text = std::fs::read_to_string(path).unwrap();
            assert_no_record_twice(&text);
            let lines = text.lines().filter(|line| line.contains("\"ITI-42/registry\""));
            successes.extend(lines.filter(|line| line.contains("\"outcome\":0")));
        }
        for id in &ids {
            assert_eq!(successes.matches(id).count(), 1, "records");
        }
    }
}

/// A record that was refused, and tried again by the drain of the outbox, is in the journal once.
#[track_caller]
fn assert_no_record_twice(journal: &str) {
    let mut seen = HashSet::new();
    for line in journal.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = line.pointer("/record/id").and_then(|id| id.as_str()).unwrap().to_owned();
        assert!(seen.insert(id), "a record is there twice");
    }
}

/// Success, or a Failure or fault that is ours.
#[track_caller]
fn is_good(reply: &Reply) -> bool {
    if reply.is_fault() {
        // The message could not be received: there is no transaction yet.
        assert_eq!(reply.fault_code(), "Receiver", "{}", reply.text);
        return false;
    }
    if reply.outcome() == "Success" {
        return true;
    }
    let codes = reply.codes();
    assert!(!codes.is_empty(), "{}", reply.text);
    assert!(codes.iter().all(|code| CODES.contains(&code.as_str())), "{}", reply.text);
    false
}

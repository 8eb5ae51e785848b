//! Hostile and broken messages at every door: each has its specific answer, and leaves nothing behind.
//!
//! The rows of the attack catalogue (threats-and-faults.md 4.1, 4.2, 4.4) as tables of cases, one per
//! endpoint and kind. After each table the community is as it was: ready, one document, no trace of a
//! panic.

mod envelopes;
mod feed_v3;
mod headers;
mod http_1_0;
mod memory;
mod mllp;
mod packages;
mod patients;
mod queries;
mod requests;
mod strangers;
mod submissions;
mod trail;
mod volumes;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::harness::community::{Community, Setup};
use crate::harness::database::Database;
use crate::harness::http::Connection;
use crate::harness::reply::Reply;
use crate::harness::schemas::Schemas;
use crate::harness::submission::Submission;
use crate::harness::transactions::{add_patient, find_documents, retrieve, submit};

/// No hostile message may hold the server longer; generous, because tests run unoptimised on busy
/// machines. What an attack costs is quadratic where it works.
const AT_MOST: Duration = Duration::from_secs(30);

/// Limits low enough to be reached by a test.
const LIMITS: &[(&str, &str, &str)] = &[
    ("repository.toml", "#part_bytes = 2_147_483_648", "part_bytes = 1_000_000"),
    ("repository.toml", "#total_bytes = 4_294_967_296", "total_bytes = 34_000_000"),
    ("repository.toml", "#parts = 1000", "parts = 20"),
    ("repository.toml", "#body_total_timeout_ms = 600_000", "body_idle_timeout_ms = 2_000"),
    ("registry.toml", "#body_total_timeout_ms = 600_000", "body_idle_timeout_ms = 2_000"),
    ("repository.toml", "#request_head_timeout_ms = 10_000", "request_head_timeout_ms = 3_000"),
    ("registry.toml", "#request_head_timeout_ms = 10_000", "request_head_timeout_ms = 3_000"),
    ("registry.toml", "#frame_timeout_ms = 30_000", "frame_timeout_ms = 2_000"),
];

/// A message and what must become of it.
pub(crate) struct Case {
    pub(crate) name: String,
    /// The bytes of the whole request.
    pub(crate) request: Vec<u8>,
    pub(crate) expected: Expected,
}

/// How a hostile message ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// HTTP status, fault code, subcodes, and words of its reason.
    Fault(u16, &'static str, &'static [&'static str], &'static str),
    /// An answer of the transaction that says Failure with this code.
    Failure(&'static str),
    /// It is harmless.
    Success,
    /// An answer below SOAP.
    Status(u16),
}

/// A fault that blames the sender.
pub(crate) const fn sender(reason: &'static str) -> Expected {
    Expected::Fault(400, "Sender", &[], reason)
}

/// The same with subcodes of WS-Addressing.
pub(crate) const fn addressing(subcodes: &'static [&'static str]) -> Expected {
    Expected::Fault(400, "Sender", subcodes, "")
}

impl Case {
    pub(crate) fn new(name: &str, request: Vec<u8>, expected: Expected) -> Case {
        Case { name: name.to_owned(), request, expected }
    }
}

/// A community with one document, under attack.
pub(crate) struct Target {
    pub(crate) community: Community,
    /// A CX.
    pub(crate) patient: String,
    pub(crate) submission: Submission,
}

impl Target {
    pub(crate) fn start(database: Database) -> Target {
        let setup = Setup { database, edits: LIMITS.to_vec(), ..Setup::default() };
        let community = Community::start(setup);
        let patient = add_patient(&community, "victim");
        let submission = Submission::of(&patient, &[b"the only document"]);
        submit(&mut community.repository(), &submission).unwrap().assert_success();
        Target { community, patient, submission }
    }

    /// Sends each case over a connection of its own, then looks after the damage. A case that fails
    /// does not hide the next.
    #[track_caller]
    pub(crate) fn check_all(&self, connect: impl Fn() -> Connection, cases: Vec<Case>) {
        let mut schemas = Schemas::new();
        let mut failed = Vec::new();
        for case in cases {
            let name = case.name.clone();
            let mut connection = connect();
            let checked = AssertUnwindSafe(|| check(&mut connection, &mut schemas, case));
            if catch_unwind(checked).is_err() {
                failed.push(name);
            }
        }
        assert!(failed.is_empty(), "{failed:#?}");
        schemas.check();
        self.assert_unharmed();
    }

    /// Ready, without a panic, with one document and nothing half-written.
    #[track_caller]
    pub(crate) fn assert_unharmed(&self) {
        let community = &self.community;
        let admin = community.endpoints.addresses.admin.as_ref().unwrap();
        let request = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";
        assert_eq!(community.connect(admin).exchange(request).unwrap().status, 200);
        assert!(!community.log().contains("panicked"), "{}", community.log());
        let found = find_documents(&mut community.registry(), &self.patient).unwrap();
        found.assert_success();
        assert_eq!(found.payload().all("ExtrinsicObject").len(), 1, "{}", found.text);
        let document = self.submission.documents.first().unwrap();
        let ids = [document.unique_id.clone()];
        let repository_id = community.repository_unique_id();
        let retrieved = retrieve(&mut community.repository(), repository_id, &ids).unwrap();
        assert_eq!(retrieved.documents(), [(document.unique_id.clone(), document.bytes.clone())]);
        assert_eq!(community.files_below("documents").len(), 1);
        assert_eq!(community.files_below("spool").len(), 0);
        for journal in ["registry.journal", "repository.journal"] {
            audit::verify(&community.data().join(journal)).unwrap();
        }
    }
}

#[track_caller]
fn check(connection: &mut Connection, schemas: &mut Schemas, case: Case) {
    let Case { name, request, expected } = case;
    let started = Instant::now();
    let answer = connection.exchange(&request);
    let duration = started.elapsed();
    assert!(duration < AT_MOST, "{name}: {duration:?}");
    match (expected, answer) {
        (Expected::Status(status), answer) => {
            assert_eq!(answer.unwrap().status, status, "{name}");
        }
        (expected, Ok(answer)) => {
            let reply = Reply::read(answer);
            schemas.note(&reply);
            check_reply(&name, &reply, expected);
        }
        (expected, Err(error)) => unreachable!("{name}: {expected:?}, but {error}"),
    }
}

#[track_caller]
fn check_reply(name: &str, reply: &Reply, expected: Expected) {
    match expected {
        Expected::Fault(status, code, subcodes, words) => {
            assert!(reply.is_fault(), "{name}: {}", reply.text);
            let seen = (reply.status, reply.fault_code(), reply.subcodes());
            assert_eq!(seen, (status, code, subcodes.to_vec()), "{name}: {}", reply.reason());
            assert!(reply.reason().contains(words), "{name}: {}", reply.reason());
        }
        Expected::Failure(code) => {
            assert_eq!(reply.status, 200, "{name}: {}", reply.text);
            assert_eq!(reply.outcome(), "Failure", "{name}: {}", reply.text);
            assert!(reply.codes().iter().any(|c| c == code), "{name}: {:?}", reply.errors());
        }
        Expected::Success => {
            assert!(!reply.is_fault(), "{name}: {}", reply.text);
            assert_eq!(reply.outcome(), "Success", "{name}: {}", reply.text);
        }
        Expected::Status(_) => unreachable!("{name}"),
    }
}

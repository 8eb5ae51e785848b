//! The PIX manager as hospitals, consumers and operators meet it, and what the registry makes of it.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::community::{Community, LOOK, Setup};
use super::database::Database;
use super::feed::{Acknowledgement, exchange};
use super::http::Connection;
use super::pix;
use super::reply::Reply;
use super::soap::{PROVIDE, REPOSITORY};
use super::submission::{ENTRY_UNIQUE_ID, Submission, slot};
use super::transactions::{call, find_documents};

/// Three hospitals, and the affinity domain of [`Setup::default`].
pub(crate) const NORTH: &str = "1.2.392.99.11";
pub(crate) const SOUTH: &str = "1.2.392.99.12";
pub(crate) const EAST: &str = "1.2.392.99.13";
pub(crate) const NETWORK: &str = "1.2.392.99.1";

/// Nothing takes longer to be told, also behind a lease that a killed process has left.
const DEADLINE: Duration = Duration::from_secs(60);

const DOMAINS: &str = "[[domains]]\nname = \"north\"\noid = \"1.2.392.99.11\"\nnamespace = \"NORTH\"\n\
     [[domains]]\nname = \"south\"\noid = \"1.2.392.99.12\"\n\
     [[domains]]\nname = \"east\"\noid = \"1.2.392.99.13\"\n[linking]";

/// A community of the three hospitals.
pub(crate) fn hospitals(database: Database) -> Setup {
    let edits = vec![("affinity-domain.toml", "[linking]", DOMAINS)];
    Setup { database, edits, ..Setup::default() }
}

pub(crate) fn cx(id: &str, oid: &str) -> String {
    format!("{id}^^^&{oid}&ISO")
}

/// Somebody as a hospital knows them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) family: &'a str,
    pub(crate) birth: &'a str,
}

/// A message about patients; MSH-12 is that of the transaction that has the event.
pub(crate) fn message(event: &str, control_id: &str, segments: &str) -> String {
    let (structure, version) = match event {
        "A40" => ("ADT_A39", "2.3.1"),
        "A24" => ("ADT_A24", "2.5"),
        "A37" => ("ADT_A37", "2.5"),
        "A47" => ("ADT_A30", "2.5"),
        "A28" | "A31" => ("ADT_A05", "2.5"),
        _ => ("ADT_A01", "2.3.1"),
    };
    format!(
        "MSH|^~\\&|HIS|HOSPITAL|RENKEI|REGION|20260101120000||ADT^{event}^{structure}|{control_id}\
         |P|{version}||||||UNICODE UTF-8\rEVN|{event}|20260101120000\r{segments}"
    )
}

/// A patient with demographics: A01, A04, A08, A28, A31.
pub(crate) fn registration(event: &str, id: &str, facts: Facts<'_>) -> String {
    let Facts { family, birth } = facts;
    let segments = format!("PID|||{id}||{family}^タロウ^^^^^L^P||{birth}|M\rPV1||N\r");
    message(event, "feed", &segments)
}

/// Two patients with a PID each: A24, A37.
pub(crate) fn pair(event: &str, one: &str, other: &str) -> String {
    let pid = |id: &str| format!("PID|||{id}|| \rPV1||N\r");
    message(event, "pair", &(pid(one) + &pid(other)))
}

/// A patient and what stood for it before: A40, A47.
pub(crate) fn replacing(event: &str, before: &str, now: &str) -> String {
    message(event, "replace", &format!("PID|||{now}|| \rMRG|{before}\r"))
}

/// The manager's listener for HL7 v2.
pub(crate) fn listener(community: &Community) -> Connection {
    let addresses = &community.endpoints.addresses;
    let address = addresses.mllps.as_ref().or(addresses.mllp.as_ref()).unwrap();
    let scheme = if addresses.mllps.is_some() { "https" } else { "mllp" };
    community.connect(&format!("{scheme}://{address}"))
}

/// Sends a message to a manager; `None` if no answer comes.
pub(crate) fn tell(manager: &mut Connection, message: &str) -> Option<Acknowledgement> {
    let answer: io::Result<Vec<u8>> = exchange(manager, message.as_bytes());
    Some(Acknowledgement::read(&String::from_utf8(answer.ok()?).unwrap()))
}

/// Sends a message, which is accepted.
#[track_caller]
pub(crate) fn accepted(community: &Community, message: &str) {
    let ack = tell(&mut listener(community), message).unwrap();
    assert_eq!(ack.code(), "AA", "{ack:?}");
}

/// An order on the admin listener: status and answer.
pub(crate) fn order(community: &Community, path: &str, about: &Value) -> (u16, Value) {
    let order = json!({"operator": "tester", "reason": "a test", "about": about}).to_string();
    let headers = [("Content-Type", "application/json"), ("renkei-operator", "1")];
    let request = super::http::post(path, &headers, order.as_bytes());
    let admin = community.endpoints.addresses.admin.as_ref().unwrap();
    let answer = community.connect(admin).exchange(&request).unwrap();
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

/// How many announcements wait, and how many are refused.
pub(crate) fn untold(community: &Community) -> (i64, i64) {
    let (status, overview) = order(community, "/pix-manager/announcements", &json!({}));
    assert_eq!(status, 200, "{overview}");
    let destinations = overview.get("destinations").unwrap().as_array().unwrap();
    let sum =
        |key: &str| destinations.iter().map(|it| it.get(key).unwrap().as_i64().unwrap()).sum();
    (sum("n_waiting"), sum("n_refused"))
}

/// Waits until registry and consumers know everything.
#[track_caller]
pub(crate) fn settle(community: &Community) {
    await_that("everything is told", || untold(community) == (0, 0));
}

/// Waits for a condition.
#[track_caller]
pub(crate) fn await_that(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < end, "not in {DEADLINE:?}: {what}");
        std::thread::sleep(LOOK);
    }
}

/// The identifier in the affinity domain, as ITI-9 and ITI-45 give it; they agree. `None` if the patient is not
/// known or has none that is shown.
#[track_caller]
pub(crate) fn network_id(community: &Community, id: &str) -> Option<String> {
    let ids = pix::ask(community, id, &[NETWORK]);
    let ids_v3 = pix::ask_v3(community, id, &[NETWORK]);
    assert_eq!(ids, ids_v3);
    let mut ids = ids.ok()?;
    assert!(ids.len() <= 1, "{ids:?}");
    ids.pop()
}

/// The identifier in the affinity domain as soon as it is shown.
#[track_caller]
pub(crate) fn shown_id(community: &Community, id: &str) -> String {
    let mut shown = None;
    await_that("the identifier is shown", || {
        shown = pix::ask(community, id, &[NETWORK]).unwrap().pop();
        shown.is_some()
    });
    assert_eq!(network_id(community, id), shown);
    shown.unwrap()
}

/// ITI-41 of one document of a hospital's patient; gives its uniqueId.
pub(crate) fn submit_from(community: &Community, network_id: &str, local: &str) -> String {
    let (unique_id, reply) = provide(&mut community.repository(), network_id, local);
    reply.unwrap().assert_success();
    unique_id
}

/// ITI-41 of one document; its uniqueId, and the answer if one comes.
pub(crate) fn provide(
    repository: &mut Connection,
    network_id: &str,
    local: &str,
) -> (String, io::Result<Reply>) {
    let submission = Submission::of(network_id, &[b"report"]);
    let request = submission.provide_inline();
    let own = slot("sourcePatientId", network_id);
    assert!(request.contains(&own));
    let request = request.replace(&own, &slot("sourcePatientId", local));
    let unique_id = submission.documents.first().unwrap().unique_id.clone();
    (unique_id, call(repository, REPOSITORY, PROVIDE, &request))
}

/// A submission for an identifier that the registry does not know.
#[track_caller]
pub(crate) fn refused(community: &Community, network_id: &str) {
    let (_, reply) = provide(&mut community.repository(), network_id, network_id);
    reply.unwrap().assert_failure("XDSUnknownPatientId");
}

/// What ITI-18 finds of an identifier: sourcePatientId by uniqueId.
pub(crate) fn documents(community: &Community, network_id: &str) -> BTreeMap<String, String> {
    let reply = find_documents(&mut community.registry(), network_id).unwrap();
    reply.assert_success();
    let entries = reply.payload().all("ExtrinsicObject").into_iter();
    entries
        .map(|entry| {
            let unique_id = entry.identifier(ENTRY_UNIQUE_ID).unwrap().to_owned();
            (unique_id, entry.slot("sourcePatientId").concat())
        })
        .collect()
}

/// Waits until an identifier has exactly these documents, each with its sourcePatientId.
#[track_caller]
pub(crate) fn check_documents(community: &Community, network_id: &str, expected: &[(&str, &str)]) {
    let own = |(one, other): &(&str, &str)| ((*one).to_owned(), (*other).to_owned());
    let expected: BTreeMap<String, String> = expected.iter().map(own).collect();
    settle(community);
    assert_eq!(documents(community, network_id), expected, "documents of {network_id}");
}

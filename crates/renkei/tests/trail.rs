//! The audit trail of a community that really runs: every row of the table occurs, on success and on failure,
//! and every record arrives at the audit repository.

mod manager;

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::path::Path;
use std::time::Duration;

use audit::rendering::Recorder;
use audit::{AuditRecord, Event, Outcome};
use diesel::prelude::*;
use diesel::sql_types::Binary;

use crate::harness::community::{Community, Setup};
use crate::harness::feed::{self, adt};
use crate::harness::feed_v3::{self, FEED_V3, Interaction};
use crate::harness::http::Connection;
use crate::harness::soap::{MULTI_PATIENT_QUERY, QUERY, REGISTRY};
use crate::harness::submission::{Submission, slot};
use crate::harness::transactions::{
    add_patient, adhoc_query, call, find_documents, quoted, retrieve, submit,
};
use manager::Consumers;

const FIND_FOR_MULTIPLE: &str = "urn:uuid:3d1bdb10-39a2-11de-89c2-2f44d94eaa9f";

/// What this story does not tell, and why.
const ELSEWHERE: [(&str, bool, &str); 14] = [
    ("start", false, "who cannot start cannot record"),
    ("stop", false, "a stop is orderly or none"),
    ("node-authentication", true, "a handshake that succeeds is a connection"),
    ("user-authentication", true, "who is let in stands in the records of what they did"),
    ("user-authentication", false, "access is open here: the tests of admission have it"),
    ("agreement", false, "what is refused is not in force"),
    ("switch", false, "a position is a fact"),
    ("clock", true, "the crate clock tests it with servers of its own"),
    ("clock", false, "the crate clock tests it with servers of its own"),
    ("store/repository", false, "what is not kept is a failed ITI-41"),
    (
        "ITI-18/repository",
        false,
        "needs a registry that does not answer, as the tests of doubt have one",
    ),
    ("settle", false, "what is not settled stays in doubt, and is no event"),
    ("verify", false, "the tests of maintenance damage documents"),
    ("reconcile", false, "the tests of maintenance break it off"),
];

/// The records of an actor's journal; the chain is verified.
fn journal(data: &Path, actor: &str) -> Vec<AuditRecord> {
    let path = data.join(format!("{actor}.journal"));
    audit::verify(&path).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let record = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        AuditRecord::from_json(&line.get("record").unwrap().to_string()).unwrap()
    };
    text.lines().map(record).collect()
}

fn feeds(community: &Community, patient: &str, other: &str) {
    let acknowledge = |message: &str| feed::acknowledged(&mut community.mllp(), message);
    assert_eq!(acknowledge(&feed::merge("merge", other, patient)).code(), "AA");
    assert_eq!(acknowledge(&feed::merge("again", "UNKNOWN", patient)).code(), "AE");
    let link = |control_id: &str, pid_3: &str, mrg_1: &str| {
        let segments = format!("EVN|A43|20260101120000\rPID|||{pid_3}|| \rMRG|{mrg_1}\r");
        acknowledge(&adt("A43", control_id, &segments).replace("|2.3.1|", "|2.5|"))
    };
    assert_eq!(link("l0", patient, patient).code(), "AE");
    let v3 = |ids: &str| {
        let interaction = Interaction::Add;
        let body = feed_v3::message(interaction, ids, "");
        let url = community.endpoints.addresses.registry_pix_v3.as_ref().unwrap();
        let envelope = crate::harness::soap::envelope(interaction.action(), "urn:uuid:v3", &body);
        let content_type = crate::harness::soap::simple(interaction.action());
        let headers = [("Content-Type", content_type.as_str())];
        let request = crate::harness::http::post(FEED_V3, &headers, envelope.as_bytes());
        community.connect(url).exchange(&request).unwrap()
    };
    v3(&feed_v3::id(community.affinity_domain(), "v3"));
    v3("<id extension=\"nobody\"/>");
}

/// sourcePatientId of the one document of a patient.
fn local(community: &Community, patient: &str) -> String {
    let found = find_documents(&mut community.registry(), patient).unwrap();
    let (_, after) = found.text.split_once("sourcePatientId\"><ValueList><Value>").unwrap();
    let (local, _) = after.split_once("</Value>").unwrap();
    local.replace("&amp;", "&")
}

fn documents(community: &Community, patient: &str) -> String {
    let submission = Submission::of(patient, &[b"report"]);
    submit(&mut community.repository(), &submission).unwrap().assert_success();
    let stranger = format!("stranger^^^&{}&ISO", community.affinity_domain());
    let refused = Submission::of(&stranger, &[b"report"]);
    let refused = submit(&mut community.repository(), &refused).unwrap();
    refused.assert_failure("XDSUnknownPatientId");
    let unique_id = submission.documents.first().unwrap().unique_id.clone();
    let wanted = [unique_id.clone(), "1.2.3.4".to_owned()];
    let repository_id = community.repository_unique_id();
    retrieve(&mut community.repository(), repository_id, &wanted).unwrap();
    unique_id
}

fn queries(community: &Community, patient: &str) {
    find_documents(&mut community.registry(), patient).unwrap().assert_success();
    let unknown = adhoc_query("LeafClass", "urn:uuid:00000000-0000-4000-8000-000000000000", "");
    for action in [QUERY, MULTI_PATIENT_QUERY] {
        let reply = call(&mut community.registry(), REGISTRY, action, &unknown).unwrap();
        reply.assert_failure("XDSUnknownStoredQuery");
    }
    let slots = slot("$XDSDocumentEntryPatientId", &quoted(patient))
        + &slot("$XDSDocumentEntryStatus", &quoted(crate::harness::transactions::APPROVED));
    let slots = slots.replace(&quoted(patient), &format!("({})", quoted(patient)));
    let several = adhoc_query("LeafClass", FIND_FOR_MULTIPLE, &slots);
    let found = call(&mut community.registry(), REGISTRY, MULTI_PATIENT_QUERY, &several).unwrap();
    found.assert_success();
}

/// Bytes that are no handshake, at every door with TLS.
fn knock_in_vain(community: &Community) {
    let addresses = &community.endpoints.addresses;
    let registry = addresses.registry.as_ref().unwrap();
    let (_, rest) = registry.split_once("://").unwrap();
    let (address, _) = rest.split_once('/').unwrap();
    for _ in 0..3 {
        let mut connection = Connection::open(address.parse().unwrap(), None);
        connection.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let _refused = connection.answer();
    }
}

fn codes_file(folder: &Path) -> String {
    let file = folder.join("codes.xml");
    let text = "<Codes><CodeType name=\"classCode\" classScheme=\"urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a\">\
        <Code code=\"TRAIL\" display=\"Trail\" codingScheme=\"1.2.3\"/></CodeType></Codes>";
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn every_row_of_the_table_occurs_and_arrives() {
    let consumers = Consumers::start();
    let mut community = Community::start(consumers.setup());
    let patient = add_patient(&community, "TEST-1");
    let other = add_patient(&community, "TEST-2");
    let linked = add_patient(&community, "TEST-3");
    feeds(&community, &patient, &other);
    let unique_id = documents(&community, &patient);
    queries(&community, &patient);
    let local = local(&community, &patient);
    let segments = format!("EVN|A43|20260101120000\rPID|||{linked}~{local}|| \rMRG|{patient}\r");
    let change = adt("A43", "l1", &segments).replace("|2.3.1|", "|2.5|");
    assert_eq!(feed::acknowledged(&mut community.mllp(), &change).code(), "AA");
    knock_in_vain(&community);
    manager::everything(&community, &patient);
    let codes = codes_file(&community.data());
    community.run(&["codes", "import", &codes]);
    community.run(&["verify", "store"]);
    community.run(&["reconcile"]);
    community.stop();
    // A document in doubt, so that the registry is asked.
    community.database().change_repository(&community.data(), "UPDATE document SET state = 2");
    community.up();
    let is_settled = |data: &Path| {
        std::fs::read_to_string(data.join("repository.journal"))
            .unwrap()
            .contains("registered after all")
    };
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !is_settled(&community.data()) {
        assert!(std::time::Instant::now() < end, "{}", community.log());
        std::thread::sleep(crate::harness::community::LOOK);
    }
    community.stop();

    let data = community.data();
    let trails =
        ["registry", "repository", "pix-manager"].map(|actor| (actor, journal(&data, actor)));
    check_rows(trails.iter().flat_map(|(_, records)| records));
    consumers.check(&trails[2].1);
    check_content(&trails[1].1, &patient, &unique_id);
    check_arrival(&data, &community.endpoints.home_community_id, &trails);
    community.run(&["verify", "audit"]);
}

fn check_rows<'r>(records: impl Iterator<Item = &'r AuditRecord>) {
    let seen: BTreeSet<(&str, bool)> =
        records.map(|record| (record.event.key, record.outcome == Outcome::Success)).collect();
    let elsewhere: BTreeSet<(&str, bool)> =
        ELSEWHERE.iter().map(|(key, is_success, _)| (*key, *is_success)).collect();
    let all = Event::ALL.iter().flat_map(|event| [(event.key, true), (event.key, false)]);
    let missing: Vec<_> =
        all.filter(|row| !seen.contains(row) && !elsewhere.contains(row)).collect();
    assert!(missing.is_empty(), "nothing recorded of {missing:?}");
    let needless: Vec<_> = elsewhere.intersection(&seen).collect();
    assert!(needless.is_empty(), "these do occur: {needless:?}");
}

/// Who took which document of whom, and what was not given.
fn check_content(records: &[AuditRecord], patient: &str, unique_id: &str) {
    let of_retrieval = |record: &&AuditRecord| record.event == Event::RETRIEVE_AT_REPOSITORY;
    let retrievals: Vec<_> = records.iter().filter(of_retrieval).collect();
    assert_eq!(retrievals.len(), 2);
    let (given, refused) = (retrievals.first().unwrap(), retrievals.last().unwrap());
    assert_eq!(given.patients.iter().map(|patient| &patient.id).collect::<Vec<_>>(), [patient]);
    assert!(format!("{:?}", given.objects).contains(unique_id));
    assert!(!format!("{:?}", given.objects).contains("1.2.3.4\""));
    assert_eq!((refused.outcome, refused.patients.len()), (Outcome::MinorFailure, 0));
    assert!(format!("{:?}", refused.objects).contains("\"1.2.3.4\""));
    for record in records {
        assert!(!record.own.user_id.is_empty() && !record.own.address.is_empty());
        assert_eq!(record.outcome == Outcome::Success, record.description.is_none());
        assert!(!record.agreement_version.is_empty(), "{record:?}");
    }
    assert_eq!(given.peer.user_id, "client");
}

#[derive(QueryableByName)]
struct Raw {
    #[diesel(sql_type = Binary)]
    raw: Vec<u8>,
}

fn check_arrival(data: &Path, home: &str, trails: &[(&str, Vec<AuditRecord>)]) {
    let file = data.join("audit-repository.sqlite");
    let mut database: SqliteConnection =
        diesel::Connection::establish(file.to_str().unwrap()).unwrap();
    let stored = diesel::sql_query("SELECT raw FROM raw_message ORDER BY sequence");
    let stored: Vec<Raw> = stored.load(&mut database).unwrap();
    let stored: Vec<Vec<u8>> = stored.into_iter().map(|row| row.raw).collect();
    for (actor, records) in trails {
        let recorder = Recorder::new(actor, home);
        let sent: Vec<Vec<u8>> =
            records.iter().flat_map(|record| recorder.syslog(record)).collect();
        let arrived: Vec<&Vec<u8>> = stored.iter().filter(|raw| sent.contains(raw)).collect();
        // In order, once each, and all of them, the stop included.
        assert_eq!(arrived, sent.iter().collect::<Vec<_>>(), "{actor}");
    }
}

/// Two receivers at once, in the place of the community's own; by UDP one message is one datagram.
#[test]
fn records_go_where_the_command_line_says() {
    let receivers = [0, 1].map(|_| UdpSocket::bind("127.0.0.1:0").unwrap());
    let options = receivers.iter().flat_map(|receiver| {
        receiver.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        ["--audit-to".to_owned(), format!("udp://{}", receiver.local_addr().unwrap())]
    });
    let setup = Setup { options: options.collect(), ..Setup::default() };
    let community = Community::start(setup);
    add_patient(&community, "TEST-1");
    for receiver in &receivers {
        let mut datagram = [0; 65_536];
        // Start and switch of both actors, and what was settled; then the feed.
        let is_there = (0..8).any(|_| {
            let length = receiver.recv(&mut datagram).unwrap();
            let text = String::from_utf8_lossy(&datagram[..length]);
            assert!(text.starts_with("<85>1 ") || text.starts_with("<84>1 "), "{text}");
            assert!(text.contains(" IHE+RFC-3881 - <AuditMessage>"), "{text}");
            text.contains("csd-code=\"ITI-8\"") && text.contains("TEST-1^^^")
        });
        assert!(is_there);
    }
    let metrics = metrics(&community);
    for receiver in &receivers {
        let destination = format!("destination=\"udp://{}\"", receiver.local_addr().unwrap());
        assert!(metrics.contains(&destination), "{metrics}");
    }
}

fn metrics(community: &Community) -> String {
    let admin = community.endpoints.addresses.admin.as_ref().unwrap();
    let mut connection = community.connect(admin);
    let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    String::from_utf8(connection.exchange(request).unwrap().body).unwrap()
}

//! HTTP: methods, media types, lengths, codings, slow and cut bodies.

use super::{Case, Expected, Target, sender};
use crate::harness::database::Database;
use crate::harness::feed_v3::{FEED_V3, Interaction, id, message};
use crate::harness::http::{Connection, post};
use crate::harness::reply::Reply;
use crate::harness::soap::{
    QUERY, REGISTRY, REPOSITORY, RETRIEVE, envelope, new_message_id, simple,
};
use crate::harness::transactions::{adhoc_query, document_requests, of_patient};

pub(super) const FIND_DOCUMENTS: &str = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";

/// An endpoint with a good request that changes nothing.
pub(super) struct Door {
    pub(super) path: &'static str,
    pub(super) action: &'static str,
    /// The payload.
    pub(super) body: String,
}

impl Door {
    pub(super) fn registry(target: &Target) -> Door {
        let body = adhoc_query("ObjectRef", FIND_DOCUMENTS, &of_patient(&target.patient));
        Door { path: REGISTRY, action: QUERY, body }
    }

    pub(super) fn repository(target: &Target) -> Door {
        let id = target.submission.documents.first().unwrap().unique_id.clone();
        let body = document_requests(target.community.repository_unique_id(), &[id]);
        Door { path: REPOSITORY, action: RETRIEVE, body }
    }

    pub(super) fn all(target: &Target) -> [Door; 3] {
        [Door::registry(target), Door::repository(target), Door::feed_v3()]
    }

    /// Says again of a patient what is known, so that nothing changes.
    pub(super) fn feed_v3() -> Door {
        let body = message(Interaction::Add, &id("1.2.392.99.1", "victim"), "");
        Door { path: FEED_V3, action: Interaction::Add.action(), body }
    }

    /// The good request's envelope.
    pub(super) fn envelope(&self) -> String {
        envelope(self.action, &new_message_id(), &self.body)
    }

    /// A request with this content type around any bytes.
    pub(super) fn post(&self, content_type: &str, body: &[u8]) -> Vec<u8> {
        post(self.path, &[("Content-Type", content_type)], body)
    }

    /// A simple request around any bytes.
    pub(super) fn simple(&self, body: &[u8]) -> Vec<u8> {
        self.post(&simple(self.action), body)
    }

    pub(super) fn connect(&self, target: &Target) -> Connection {
        match self.path {
            REPOSITORY => target.community.repository(),
            _ => target.community.registry(),
        }
    }
}

const UNSUPPORTED: Expected = Expected::Fault(415, "Sender", &[], "media type");
const TOO_LARGE: Expected = Expected::Fault(413, "Sender", &[], "too large");

/// `application/soap+xml` or anything else in `Content-Type`.
fn media_types(door: &Door) -> Vec<Case> {
    let good = door.envelope();
    let version = Expected::Fault(500, "VersionMismatch", &[], "SOAP 1.2");
    let cases = [
        ("application/soap+xml", Expected::Success),
        ("APPLICATION/SOAP+XML;CharSet=utf-8", Expected::Success),
        ("application/soap+xml; action=\"urn:something:else\"", Expected::Success),
        ("text/xml; charset=utf-8", version),
        ("application/json", UNSUPPORTED),
        ("application/xml", UNSUPPORTED),
        ("multipart/form-data; boundary=x", UNSUPPORTED),
        ("", UNSUPPORTED),
        (";;;", UNSUPPORTED),
        ("application/soap+xml; charset=\"utf-8", UNSUPPORTED),
        ("application/soap+xml, application/json", UNSUPPORTED),
        ("application/soap+xml; charset=Shift_JIS", sender("encoding")),
        ("application/soap+xml; charset=ISO-8859-1", sender("encoding")),
        ("application/soap+xml; charset=utf-16", sender("encoding")),
        ("application/soap+xml; charset=nonsense", sender("encoding")),
    ];
    let case = |(content_type, expected): (&str, Expected)| {
        Case::new(content_type, door.post(content_type, good.as_bytes()), expected)
    };
    cases.into_iter().map(case).collect()
}

/// Requests that are wrong below their media type.
fn heads(door: &Door) -> Vec<Case> {
    let good = door.envelope();
    let content_type = simple(door.action);
    let path = door.path;
    let raw = |head: &str, body: &[u8]| {
        let head = format!("{head}Content-Type: {content_type}\r\nHost: localhost\r\n\r\n");
        [head.as_bytes(), body].concat()
    };
    let length = good.len();
    let headers =
        |more: &str| format!("POST {path} HTTP/1.1\r\nContent-Length: {length}\r\n{more}");
    let gzip = [("Content-Type", content_type.as_str()), ("Content-Encoding", "gzip")];
    vec![
        Case::new("GET", raw(&format!("GET {path} HTTP/1.1\r\n"), b""), Expected::Status(405)),
        Case::new(
            "PUT",
            raw(&headers("").replacen("POST", "PUT", 1), good.as_bytes()),
            Expected::Status(405),
        ),
        Case::new(
            "another path",
            raw(&headers("").replacen(path, "/xds/nothing", 1), good.as_bytes()),
            Expected::Status(404),
        ),
        Case::new("compressed", post(path, &gzip, good.as_bytes()), UNSUPPORTED),
        Case::new("no body", raw(&format!("POST {path} HTTP/1.1\r\n"), b""), sender("end of")),
        Case::new(
            "two lengths",
            raw(&headers("Content-Length: 1\r\n"), good.as_bytes()),
            Expected::Status(400),
        ),
        Case::new(
            "length and chunks: request smuggling",
            raw(&headers("Transfer-Encoding: chunked\r\n"), b"0\r\n\r\n"),
            Expected::Status(400),
        ),
        Case::new(
            "negative length",
            raw(&headers("").replacen(&length.to_string(), "-1", 1), good.as_bytes()),
            Expected::Status(400),
        ),
        Case::new(
            "a space before the colon",
            raw(&headers("X-Header : 1\r\n"), good.as_bytes()),
            Expected::Status(400),
        ),
        Case::new(
            "100,000 headers",
            raw(&headers(&"X: 1\r\n".repeat(100_000)), good.as_bytes()),
            Expected::Status(431),
        ),
        Case::new(
            "no HTTP",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\r\n\r\n".to_vec(),
            Expected::Status(400),
        ),
    ]
}

/// Bodies above the limits, announced and not, and in broken chunks.
fn bodies(door: &Door) -> Vec<Case> {
    let content_type = simple(door.action);
    let chunks = [("Content-Type", content_type.as_str()), ("Transfer-Encoding", "chunked")];
    let huge = vec![b' '; 33 << 20];
    let head = |length: &str| {
        let path = door.path;
        format!(
            "POST {path} HTTP/1.1\r\nContent-Type: {content_type}\r\nHost: x\r\n{length}\r\n\r\n"
        )
    };
    let announced = head("Content-Length: 35000000").into_bytes();
    let broken = head("Transfer-Encoding: chunked") + "zz\r\n<s:Envelope\r\n0\r\n\r\n";
    let overflow = head("Transfer-Encoding: chunked") + "fffffffffffffffff\r\nx\r\n0\r\n\r\n";
    vec![
        Case::new("announced too large", announced, TOO_LARGE),
        Case::new("too large, in chunks", post(door.path, &chunks, &huge), TOO_LARGE),
        Case::new("broken chunks", broken.into_bytes(), Expected::Status(400)),
        Case::new("an endless chunk", overflow.into_bytes(), Expected::Status(400)),
    ]
}

pub(super) fn all(door: &Door) -> Vec<Case> {
    [media_types(door), heads(door), bodies(door)].into_iter().flatten().collect()
}

#[test]
fn http_of_the_registry() {
    for database in Database::all() {
        let target = Target::start(database);
        let door = Door::registry(&target);
        target.check_all(|| door.connect(&target), media_types(&door));
        target.check_all(|| door.connect(&target), heads(&door));
        target.check_all(|| door.connect(&target), bodies(&door));
    }
}

#[test]
fn http_of_the_repository() {
    let target = Target::start(Database::Sqlite);
    let door = Door::repository(&target);
    target.check_all(|| door.connect(&target), media_types(&door));
    target.check_all(|| door.connect(&target), heads(&door));
    target.check_all(|| door.connect(&target), bodies(&door));
}

#[test]
fn a_body_that_stands_still_is_answered_and_cut() {
    let target = Target::start(Database::Sqlite);
    for door in Door::all(&target) {
        let good = door.simple(door.envelope().as_bytes());
        let mut connection = door.connect(&target);
        connection.send(good.split_last_chunk::<100>().unwrap().0).unwrap();
        let reply = Reply::read(connection.answer().unwrap());
        assert_eq!((reply.status, reply.fault_code()), (408, "Sender"), "{}", reply.text);
        assert!(connection.is_closed());
    }
    target.assert_unharmed();
}

#[test]
fn a_client_that_goes_away_leaves_nothing() {
    let target = Target::start(Database::Sqlite);
    for door in Door::all(&target) {
        let good = door.simple(door.envelope().as_bytes());
        for n_sent in [1, 20, 100, good.len() - 500, good.len() - 1] {
            let mut connection = door.connect(&target);
            connection.send(&good[..n_sent]).unwrap();
            connection.finish();
            // Whoever is gone hears nothing, or that the message was cut.
            if let Ok(answer) = connection.answer() {
                assert_eq!(answer.status, 400, "{n_sent}");
            }
            assert!(connection.is_closed(), "{n_sent}");
        }
    }
    target.assert_unharmed();
}

#[test]
fn requests_in_one_write_are_answered_in_order() {
    let target = Target::start(Database::Sqlite);
    for door in Door::all(&target) {
        let ids = ["urn:uuid:1", "urn:uuid:2", "urn:uuid:3"];
        let requests = ids.map(|id| {
            let envelope = envelope(door.action, id, &door.body);
            door.simple(envelope.as_bytes())
        });
        let mut connection = door.connect(&target);
        connection.send(&requests.concat()).unwrap();
        for id in ids {
            let reply = Reply::read(connection.answer().unwrap());
            reply.assert_success();
            assert_eq!(reply.relates_to(), Some(id));
        }
    }
    target.assert_unharmed();
}

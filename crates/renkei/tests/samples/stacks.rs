//! ITI-41 and ITI-43 as other client stacks package them (digest of the wire: xds.md 13.5).
//!
//! Only the heads of a .NET request are recorded; the bodies are built here, from what is known of
//! each stack, around submissions of the harness.

use super::{TOOLKIT, community_of, sample};
use crate::harness::community::Community;
use crate::harness::http::{Connection, post};
use crate::harness::package::{Package, Part};
use crate::harness::reply::{Packaging, Reply};
use crate::harness::schemas::Schemas;
use crate::harness::soap::{PROVIDE, REPOSITORY, RETRIEVE, new_message_id, with_headers};
use crate::harness::submission::Submission;
use crate::harness::transactions::{add_patient, document_requests, retrieve};

const ANONYMOUS: &str = "http://www.w3.org/2005/08/addressing/anonymous";

/// Bytes that look like packaging, and no text.
fn document(boundary: &str) -> Vec<u8> {
    let mut bytes = vec![0, 0xFF, 0xFE, b'\r', b'\n', b'-', b'-'];
    // One byte short of the delimiter, then the delimiter without its line break.
    bytes.extend_from_slice(boundary.as_bytes().split_last().unwrap().1);
    bytes.extend(format!("\r\n--not-{boundary}\n--{boundary}--\r\n\r\n").into_bytes());
    bytes
}

/// A package, its media type, and the envelope inside.
struct Stack {
    content_type: String,
    package: Package,
}

type Wrap = fn(envelope: &str, document: Option<&[u8]>) -> Stack;

/// Submits a document and asks for it, both as the stack does it.
#[track_caller]
fn check(wrap: Wrap, headers: &str, reference: &str) {
    let community = community_of(TOOLKIT);
    let mut schemas = Schemas::new();
    let patient = add_patient(&community, "stack");
    let bytes = document(&wrap("", None).package.boundary);
    let submission = Submission::of(&patient, &[&bytes]);
    let include = format!(
        "<x:Include xmlns:x=\"http://www.w3.org/2004/08/xop/include\" href=\"{reference}\"/>"
    );
    let body = submission.provide(|_, _| include.clone());
    let message_id = new_message_id();
    let headers =
        |action: &str| headers.replace("@ACTION@", action).replace("@MESSAGE_ID@", &message_id);
    let stack = wrap(&with_headers(&headers(PROVIDE), &body), Some(&bytes));
    let mut connection = community.repository();
    for stack in [
        stack,
        wrap(&with_headers(&headers(RETRIEVE), &requests_of(&community, &submission)), None),
    ] {
        let request = post(
            REPOSITORY,
            &[("Content-Type", &stack.content_type), ("MIME-Version", "1.0")],
            &stack.package.to_bytes(),
        );
        let reply = Reply::read(connection.exchange(&request).unwrap());
        schemas.note(&reply);
        reply.assert_success();
        assert_eq!(reply.packaging, Packaging::Mtom);
        assert_eq!(reply.relates_to(), Some(message_id.as_str()));
        for (_, received) in reply.documents() {
            assert!(received == bytes, "{} bytes of {}", received.len(), bytes.len());
        }
    }
    assert!(document_of(&community, &mut connection, &submission) == bytes);
    schemas.check();
}

fn requests_of(community: &Community, submission: &Submission) -> String {
    let ids: Vec<_> = submission.documents.iter().map(|d| d.unique_id.clone()).collect();
    document_requests(community.repository_unique_id(), &ids)
}

fn document_of(
    community: &Community,
    connection: &mut Connection,
    submission: &Submission,
) -> Vec<u8> {
    let ids: Vec<_> = submission.documents.iter().map(|d| d.unique_id.clone()).collect();
    let reply = retrieve(connection, community.repository_unique_id(), &ids).unwrap();
    let (_, bytes) = reply.documents().pop().unwrap();
    bytes
}

/// An empty line before the first boundary, escaped quotes inside a parameter, a percent-encoded URN
/// in the reference only.
#[test]
fn apache_cxf() {
    let wrap: Wrap = |envelope, document| {
        let boundary = "uuid:5ec9ba52-3d57-4f5c-b4b6-3ab3e4f6c8c1";
        let mut root = Part::root("root.message@cxf.apache.org", envelope);
        root.headers[0] = "Content-Type: application/xop+xml; charset=UTF-8; \
                           type=\"application/soap+xml; action=\\\"urn:x\\\"\""
            .to_owned();
        let id = "2b1c9b4e-1@urn:ihe:iti:xds-b:2007";
        let parts = std::iter::once(root).chain(document.map(|bytes| Part::document(id, bytes)));
        Stack {
            content_type: format!(
                "multipart/related; type=\"application/xop+xml\"; boundary=\"{boundary}\"; \
                 start=\"<root.message@cxf.apache.org>\"; start-info=\"application/soap+xml; \
                 action=\\\"{PROVIDE}\\\"\""
            ),
            package: Package {
                boundary: boundary.to_owned(),
                preamble: b"\r\n".to_vec(),
                parts: parts.collect(),
            },
        }
    };
    let headers = format!(
        "<Action xmlns=\"http://www.w3.org/2005/08/addressing\" s:mustUnderstand=\"true\">@ACTION@\
         </Action><MessageID xmlns=\"http://www.w3.org/2005/08/addressing\">@MESSAGE_ID@</MessageID>\
         <To xmlns=\"http://www.w3.org/2005/08/addressing\">http://localhost/</To>\
         <ReplyTo xmlns=\"http://www.w3.org/2005/08/addressing\"><Address>{ANONYMOUS}</Address>\
         </ReplyTo>"
    );
    check(wrap, &headers, "cid:2b1c9b4e-1@urn%3Aihe%3Aiti%3Axds-b%3A2007");
}

/// Identifiers with an asterisk, an action parameter, no charset.
#[test]
fn metro() {
    let wrap: Wrap = |envelope, document| {
        let boundary = "uuid:1a6f9d4e-77f1-4c0b-8a1f-6cb2ffd4c8a2";
        let root_id = "rootpart*1a6f9d4e-77f1-4c0b-8a1f-6cb2ffd4c8a2@example.jaxws.sun.com";
        let mut root = Part::root(root_id, envelope);
        root.headers[0] =
            "Content-Type: application/xop+xml;charset=utf-8;type=\"application/soap+xml\""
                .to_owned();
        root.headers.swap(0, 2);
        let id = "5a1e4f66-c2f5-4a71@example.jaxws.sun.com";
        let parts = std::iter::once(root).chain(document.map(|bytes| Part::document(id, bytes)));
        Stack {
            content_type: format!(
                "multipart/related;start=\"<{root_id}>\";type=\"application/xop+xml\";\
                 boundary=\"{boundary}\";start-info=\"application/soap+xml\";action=\"{PROVIDE}\""
            ),
            package: Package {
                boundary: boundary.to_owned(),
                preamble: Vec::new(),
                parts: parts.collect(),
            },
        }
    };
    let headers = format!(
        "<a:To>http://localhost/</a:To><a:Action s:mustUnderstand=\"true\">@ACTION@</a:Action>\
         <a:ReplyTo><a:Address>{ANONYMOUS}</a:Address></a:ReplyTo>\
         <a:FaultTo><a:Address>{ANONYMOUS}</a:Address></a:FaultTo>\
         <a:MessageID>@MESSAGE_ID@</a:MessageID>"
    );
    check(wrap, &headers, "cid:5a1e4f66-c2f5-4a71@example.jaxws.sun.com");
}

/// Older Axis2: an unquoted boundary, colons in the ids and raw in the reference, no ReplyTo.
#[test]
fn axis2_of_old() {
    let wrap: Wrap = |envelope, document| {
        let boundary = "MIMEBoundaryurn_uuid_7AD17C5FE3B1D0C3B61208200138611";
        let root_id = "0.urn:uuid:7AD17C5FE3B1D0C3B61208200138612@apache.org";
        let root = Part::root(root_id, envelope);
        let id = "1.urn:uuid:7AD17C5FE3B1D0C3B61208200138613@apache.org";
        let parts = std::iter::once(root).chain(document.map(|bytes| Part::document(id, bytes)));
        Stack {
            content_type: format!(
                "multipart/related; boundary={boundary}; type=\"application/xop+xml\"; \
                 start=\"<{root_id}>\"; start-info=\"application/soap+xml\"; action=\"{PROVIDE}\""
            ),
            package: Package {
                boundary: boundary.to_owned(),
                preamble: Vec::new(),
                parts: parts.collect(),
            },
        }
    };
    let headers = "<a:Action>@ACTION@</a:Action><a:MessageID>@MESSAGE_ID@</a:MessageID>";
    check(wrap, headers, "cid:1.urn:uuid:7AD17C5FE3B1D0C3B61208200138613@apache.org");
}

const NET_BOUNDARY: &str = "uuid:898b3ded-c057-48c5-9f07-43a15680b58d+id=5";

/// The package that belongs to the recorded head.
fn net_package(envelope: &str, document: &[u8]) -> Package {
    let root = Part {
        headers: vec![
            "Content-ID: <http://tempuri.org/0>".to_owned(),
            "Content-Transfer-Encoding: 8bit".to_owned(),
            "Content-Type: application/xop+xml;charset=utf-8;type=\"application/soap+xml\""
                .to_owned(),
        ],
        content: envelope.as_bytes().to_vec(),
    };
    let attached = Part {
        headers: vec![
            "Content-ID: <http://tempuri.org/1/635075425383471203>".to_owned(),
            "Content-Transfer-Encoding: binary".to_owned(),
            "Content-Type: application/octet-stream".to_owned(),
        ],
        content: document.to_vec(),
    };
    Package {
        boundary: NET_BOUNDARY.to_owned(),
        preamble: b"\r\n".to_vec(),
        parts: vec![root, attached],
    }
}

/// Header blocks that mean nothing here, one of which must be understood all the same.
fn net_headers(message_id: &str) -> String {
    format!(
        "<a:Action s:mustUnderstand=\"1\">{PROVIDE}</a:Action>\
         <a:MessageID>{message_id}</a:MessageID>\
         <ActivityId CorrelationId=\"7c1b\" \
         xmlns=\"http://schemas.microsoft.com/2004/09/ServiceModel/Diagnostics\">\
         1b0e2a3c-0000-0000-0000-000000000000</ActivityId>\
         <a:ReplyTo><a:Address>{ANONYMOUS}</a:Address></a:ReplyTo>\
         <a:To s:mustUnderstand=\"1\">https://ttt.transport-testing.org:8443/</a:To>\
         <o:Security s:mustUnderstand=\"1\" xmlns:o=\"http://docs.oasis-open.org/wss/2004/01/\
         oasis-200401-wss-wssecurity-secext-1.0.xsd\"><u:Timestamp xmlns:u=\"http://docs.oasis-open.\
         org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\"><u:Created>2026-01-01T00:00:00Z\
         </u:Created></u:Timestamp></o:Security>"
    )
}

/// The recorded head; only path, host and length are ours.
fn net_head(n_bytes: usize) -> Option<String> {
    let recorded = sample("xds/iti41/dotnet-wcf-mtom.headers.txt")?;
    let (_, recorded) = recorded.split_once('\n').unwrap();
    let mut head = format!("POST {REPOSITORY} HTTP/1.1\r\n");
    for line in recorded.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        match line.split_once(':').unwrap().0 {
            "content-length" => head.push_str(&format!("content-length: {n_bytes}\r\n")),
            _ => head.push_str(&format!("{line}\r\n")),
        }
    }
    assert!(head.contains(NET_BOUNDARY) && head.contains("expect: 100-continue"), "{head}");
    Some(head + "\r\n")
}

/// The body waits for the interim answer, as .NET does it.
#[test]
fn dotnet() {
    if sample("xds/iti41/dotnet-wcf-mtom.headers.txt").is_none() {
        return;
    }
    let community = community_of(TOOLKIT);
    let mut schemas = Schemas::new();
    let patient = add_patient(&community, "dotnet");
    let bytes = document(NET_BOUNDARY);
    // The second document is small: .NET puts it into the envelope.
    let submission = Submission::of(&patient, &[&bytes, b"small"]);
    let body = submission.provide(|place, _| match place {
        0 => "<xop:Include href=\"cid:http%3A%2F%2Ftempuri.org%2F1%2F635075425383471203\" \
              xmlns:xop=\"http://www.w3.org/2004/08/xop/include\"/>"
            .to_owned(),
        _ => "c21h\r\n bGw=\r\n".to_owned(),
    });
    let message_id = new_message_id();
    let envelope = with_headers(&net_headers(&message_id), &body);
    let package = net_package(&envelope, &bytes).to_bytes();
    let mut connection = community.repository();
    connection.send(net_head(package.len()).unwrap().as_bytes()).unwrap();
    let interim = connection.head().unwrap();
    assert_eq!(interim.status, 100);
    connection.send(&package).unwrap();
    let answer = connection.answer().unwrap();
    assert_eq!(answer.header("content-encoding"), None);
    let reply = Reply::read(answer);
    schemas.note(&reply);
    reply.assert_success();
    assert_eq!(reply.relates_to(), Some(message_id.as_str()));
    let ids: Vec<_> = submission.documents.iter().map(|d| d.unique_id.clone()).collect();
    let retrieved = retrieve(&mut connection, community.repository_unique_id(), &ids).unwrap();
    schemas.note(&retrieved);
    let expected: Vec<_> =
        submission.documents.iter().map(|d| (d.unique_id.clone(), d.bytes.clone())).collect();
    assert!(retrieved.documents() == expected);
    schemas.check();
}

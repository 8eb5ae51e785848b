//! MTOM: missing, extra, doubled and endless parts, references to elsewhere, broken packaging.

use super::requests::Door;
use super::{Case, Expected, Target, sender};
use crate::harness::database::Database;
use crate::harness::http::post;
use crate::harness::package::{Package, Part};
use crate::harness::reply::{Packaging, Reply};
use crate::harness::soap::{PROVIDE, REPOSITORY, envelope, new_message_id};
use crate::harness::submission::Submission;

const TYPE: &str = "type=\"application/xop+xml\"";

/// A submission whose document is this XML.
fn provide(target: &Target, document: &str) -> String {
    let submission = Submission::of(&target.patient, &[b"hostile"]);
    envelope(PROVIDE, &new_message_id(), &submission.provide(|_, _| document.to_owned()))
}

fn include(href: &str) -> String {
    format!("<x:Include xmlns:x=\"http://www.w3.org/2004/08/xop/include\" href=\"{href}\"/>")
}

/// A package that would be good, for being broken.
fn good(target: &Target) -> Package {
    Package::new(&provide(target, &include("cid:1@test")), &[("1@test", b"hostile")])
}

/// A request around a package.
fn send(package: &Package) -> Vec<u8> {
    post(REPOSITORY, &[("Content-Type", &package.content_type())], &package.to_bytes())
}

/// A request with this media type around the bytes of a good package.
fn labelled(target: &Target, content_type: &str) -> Vec<u8> {
    post(REPOSITORY, &[("Content-Type", content_type)], &good(target).to_bytes())
}

const NO_PART: Expected = sender("leads to no part");
const PACKAGING: Expected = sender("");

/// Parameters of `multipart/related`.
fn labels(target: &Target) -> Vec<Case> {
    let boundary = "boundary=\"=_renkei-test\"";
    let start = "start=\"<root@test>\"";
    let case = |name: &str, content_type: &str, expected: Expected| {
        Case::new(name, labelled(target, content_type), expected)
    };
    let related = |parameters: &str| format!("multipart/related; {parameters}");
    let long = "x".repeat(71);
    vec![
        case("no type", &related(&format!("{boundary}; {start}")), PACKAGING),
        case(
            "SOAP with attachments",
            &related(&format!("type=\"text/xml\"; {boundary}; {start}")),
            PACKAGING,
        ),
        case("no boundary", &related(&format!("{TYPE}; {start}")), PACKAGING),
        case("an empty boundary", &related(&format!("{TYPE}; boundary=\"\"; {start}")), PACKAGING),
        case(
            "a boundary of 71 characters",
            &related(&format!("{TYPE}; boundary=\"{long}\"; {start}")),
            PACKAGING,
        ),
        case(
            "a boundary with a control character",
            &related(&format!("{TYPE}; boundary=\"a\\\u{b}\"; {start}")),
            Expected::Status(400),
        ),
        case(
            "another boundary",
            &related(&format!("{TYPE}; boundary=\"other\"; {start}")),
            PACKAGING,
        ),
        case(
            "a shorter boundary",
            &related(&format!("{TYPE}; boundary=\"=_renkei\"; {start}")),
            PACKAGING,
        ),
        case(
            "two boundaries",
            &related(&format!("{TYPE}; {boundary}; boundary=\"other\"; {start}")),
            Expected::Fault(415, "Sender", &[], ""),
        ),
        case(
            "start of nothing",
            &related(&format!("{TYPE}; {boundary}; start=\"<nothing@test>\"")),
            sender("root part"),
        ),
        case(
            "start of a document",
            &related(&format!("{TYPE}; {boundary}; start=\"<1@test>\"")),
            sender(""),
        ),
        case(
            "multipart/mixed",
            &format!("multipart/mixed; {boundary}"),
            Expected::Fault(415, "Sender", &[], ""),
        ),
    ]
}

/// References and the parts that they lead to.
fn references(target: &Target) -> Vec<Case> {
    let document: &[u8] = b"hostile";
    let case = |name: &str, inside: &str, expected: Expected| {
        let package = Package::new(&provide(target, inside), &[("1@test", document)]);
        Case::new(name, send(&package), expected)
    };
    let to_1 = include("cid:1@test");
    let twice = Submission::of(&target.patient, &[b"a", b"b"]).provide(|_, _| to_1.clone());
    let twice = envelope(PROVIDE, &new_message_id(), &twice);
    let mut doubled = good(target);
    doubled.parts.push(Part::document("1@test", b"another"));
    let mut two_roots = good(target);
    two_roots.parts.push(Part::root("root@test", "<x/>"));
    let mut nameless = good(target);
    nameless.parts.last_mut().unwrap().headers.pop();
    vec![
        case("a missing part", &include("cid:2@test"), NO_PART),
        case("the envelope as a document", &include("cid:root@test"), NO_PART),
        case("a document on the network", &include("http://127.0.0.1:1/x"), NO_PART),
        case("a file", &include("file:///etc/passwd"), NO_PART),
        case("a path", &include("../../etc/passwd"), NO_PART),
        case("an empty reference", &include(""), NO_PART),
        case("cid of nothing", &include("cid:"), NO_PART),
        case("broken percent encoding", &include("cid:1%4test"), NO_PART),
        case("double percent encoding", &include("cid:1%2540test"), NO_PART),
        case("percent encoded bytes that are no text", &include("cid:%FF%FE"), NO_PART),
        case(
            "an Include without reference",
            "<x:Include xmlns:x=\"http://www.w3.org/2004/08/xop/include\"/>",
            sender("href"),
        ),
        case("two Includes", &to_1.repeat(2), sender("")),
        case("an Include beside text", &format!("{to_1}aG9zdGlsZQ=="), sender("")),
        case("an Include in nothing's namespace", "<Include href=\"cid:1@test\"/>", sender("")),
        case("no base64", "%%%%", sender("base64")),
        case("base64 cut off", "aG9zdGlsZ", sender("base64")),
        case("base64 that goes on after its end", "aG8=aG8=", sender("base64")),
        Case::new(
            "a part used twice",
            send(&Package::new(&twice, &[("1@test", document)])),
            NO_PART,
        ),
        Case::new("two parts of one name", send(&doubled), sender("")),
        Case::new("two roots", send(&two_roots), sender("")),
        Case::new("a part without a name", send(&nameless), NO_PART),
    ]
}

/// Headers of parts, and their transfer encodings.
fn parts(target: &Target) -> Vec<Case> {
    let with = |header: &str, content: &[u8]| {
        let mut package = good(target);
        let part = package.parts.last_mut().unwrap();
        part.headers.remove(1);
        part.headers.push(header.to_owned());
        part.content = content.to_vec();
        send(&package)
    };
    let case = |name: &str, header: &str, expected: Expected| {
        Case::new(name, with(header, b"hostile"), expected)
    };
    let many = "X-Header: 1\r\n".repeat(1_000) + "X: 1";
    let mut crowd = good(target);
    crowd.parts.extend((2..30).map(|n| Part::document(&format!("{n}@test"), b"x")));
    let encoding = "Content-Transfer-Encoding";
    vec![
        case("an unknown encoding", &format!("{encoding}: uuencode"), sender("")),
        case("two encodings", &format!("{encoding}: 8bit\r\n{encoding}: base64"), sender("")),
        case("a header without a colon", "nonsense", sender("")),
        case("a header without a name", ": x", sender("")),
        case("a name with a space", "Content Transfer: x", sender("")),
        case("a second name of the part", "Content-ID: <2@test>", sender("")),
        case("a carriage return inside", "X: 1\rContent-ID: <2@test>", sender("")),
        case("1,000 headers", &many, sender("")),
        case("a header of 1 MB", &format!("X: {}", "x".repeat(1_000_000)), sender("")),
        case("bytes that are no text", "X-\u{FF}: 1", sender("")),
        Case::new(
            "base64 with other letters",
            with(&format!("{encoding}: base64"), b"%%%%"),
            sender(""),
        ),
        Case::new("base64 cut off", with(&format!("{encoding}: base64"), b"aG9zdGlsZ"), sender("")),
        Case::new(
            "quoted-printable broken",
            with(&format!("{encoding}: quoted-printable"), b"=ZZ"),
            sender(""),
        ),
        Case::new("more parts than allowed", send(&crowd), sender("")),
    ]
}

/// Documents and messages above the limits.
fn sizes(target: &Target) -> Vec<Case> {
    let too_large = Expected::Failure("XDSRepositoryOutOfResources");
    let mut large = good(target);
    large.parts.last_mut().unwrap().content = vec![b'x'; 1_000_001];
    let mut expanding = good(target);
    {
        let part = expanding.parts.last_mut().unwrap();
        *part.headers.get_mut(1).unwrap() = "Content-Transfer-Encoding: base64".to_owned();
        part.content = b"QUJD".repeat(400_000);
    }
    let mut crowd = good(target);
    let content = vec![b'x'; 990_000];
    crowd.parts.extend((2..19).map(|n| Part::document(&format!("{n}@test"), &content)));
    crowd.parts.push(Part::document("20@test", &vec![b'x'; 2_000_000]));
    let root = " ".repeat(33 << 20) + &provide(target, "");
    let chunks = [("Content-Type", crowd.content_type()), ("Transfer-Encoding", "chunked".into())];
    let chunks: Vec<_> = chunks.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let head = format!(
        "POST {REPOSITORY} HTTP/1.1\r\nHost: x\r\nContent-Length: 34000001\r\nContent-Type: {}\r\n\r\n",
        large.content_type()
    );
    vec![
        Case::new("a document too large", send(&large), too_large),
        Case::new("a document too large once decoded", send(&expanding), too_large),
        Case::new("the last document too large", send(&crowd), too_large),
        Case::new("in chunks", post(REPOSITORY, &chunks, &crowd.to_bytes()), too_large),
        Case::new("an envelope too large", send(&Package::new(&root, &[])), too_large),
        Case::new("announced too large", head.into_bytes(), too_large),
    ]
}

pub(super) fn all(target: &Target) -> Vec<Case> {
    [labels, references, parts, sizes].into_iter().flat_map(|kind| kind(target)).collect()
}

#[test]
fn packages() {
    for database in Database::all() {
        let target = Target::start(database);
        for kind in [labels, references, parts, sizes] {
            target.check_all(|| target.community.repository(), kind(&target));
        }
    }
}

/// A message that ends anywhere before its last boundary is no message; the answer is packed like it.
#[test]
fn a_package_that_is_cut_is_refused_wherever_it_is_cut() {
    let target = Target::start(Database::Sqlite);
    let package = good(&target);
    let bytes = package.to_bytes();
    // The line end after the last boundary is no part of it.
    let end = bytes.len() - "\r\n".len() - 1;
    let cuts = (0..end).step_by(101).chain(end - 120..end);
    for cut in cuts {
        let request = post(REPOSITORY, &[("Content-Type", &package.content_type())], &bytes[..cut]);
        let reply = Reply::read(target.community.repository().exchange(&request).unwrap());
        assert_eq!((reply.status, reply.fault_code()), (400, "Sender"), "{cut}: {}", reply.text);
        assert_eq!(reply.packaging, Packaging::Mtom);
    }
    target.assert_unharmed();
}

/// ITI-18 and ITI-42 have no documents.
#[test]
fn the_registry_takes_no_packages() {
    let target = Target::start(Database::Sqlite);
    let door = Door::registry(&target);
    let package = Package::new(&door.envelope(), &[]);
    let request = door.post(&package.content_type(), &package.to_bytes());
    let cases = vec![Case::new("a query as MTOM", request, sender("simple SOAP"))];
    target.check_all(|| target.community.registry(), cases);
}

/// What is refused for its size is named by its MessageID, wherever that came before the end.
#[test]
fn a_refusal_for_its_size_relates_to_its_message() {
    let target = Target::start(Database::Sqlite);
    for case in sizes(&target) {
        let text = String::from_utf8_lossy(&case.request);
        let stands_first = !case.name.starts_with("an envelope");
        let message_id = text.split("MessageID>").nth(1).filter(|_| stands_first);
        let message_id = message_id.and_then(|rest| rest.split('<').next());
        let reply = Reply::read(target.community.repository().exchange(&case.request).unwrap());
        assert_eq!(reply.relates_to(), message_id, "{}", case.name);
        assert_eq!(message_id.is_some(), stands_first && case.name != "announced too large");
    }
}

//! Every way in which a registry can fail to answer, and what becomes of the documents.

use std::net::TcpListener;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::alone::RepositoryAlone;
use super::scripted::{
    FAILURE, PARTIAL, REGISTERED, SUCCESS, Script, ScriptedRegistry, http, is_registration,
    response, soap,
};
use crate::harness::database::Database;
use crate::harness::package::{Package, Part};
use crate::harness::schemas::Schemas;
use crate::harness::submission::Submission;

const PATIENT: &str = "4711^^^&1.2.392.99.1&ISO";
const NOT_AVAILABLE: &str = "XDSRegistryNotAvailable";
const QUERIED: &str = "urn:ihe:iti:2007:RegistryStoredQueryResponse";

/// What an answer of the registry means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Registered,
    /// With this code to the sender; the bytes go.
    Refused(&'static str),
    /// The registry may have registered it: the bytes stay.
    InDoubt,
}

use Meaning::{InDoubt, Refused, Registered};

pub(super) type Case = (&'static str, fn(&str) -> Script, Meaning);

fn say(request: &str, status: &str, severities: &[&str]) -> Script {
    Script::Say(soap(request, REGISTERED, &response(status, severities)))
}

const SOAP: &str = "application/soap+xml; charset=UTF-8";

/// The answer of Success with a change somewhere.
fn changed(request: &str, from: &str, to: &str) -> Script {
    let answer = soap(request, REGISTERED, &response(SUCCESS, &[]));
    let text = String::from_utf8(answer).unwrap();
    let (_, envelope) = text.split_once("\r\n\r\n").unwrap();
    assert!(envelope.contains(from), "{envelope} has no {from}");
    Script::Say(http(200, SOAP, envelope.replacen(from, to, 1).as_bytes()))
}

fn fault(status: u16, code: &str) -> Script {
    let envelope = format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body><s:Fault><s:Code>\
         <s:Value>s:{code}</s:Value></s:Code><s:Reason><s:Text xml:lang=\"en\">x</s:Text></s:Reason>\
         </s:Fault></s:Body></s:Envelope>"
    );
    Script::Say(http(status, SOAP, envelope.as_bytes()))
}

/// A good answer of Success of which only a part comes.
fn cut(request: &str) -> Script {
    let mut answer = soap(request, REGISTERED, &response(SUCCESS, &[]));
    answer.truncate(answer.len() - 20);
    Script::Say(answer)
}

/// The answer of Success, with a status that says otherwise.
fn with_status(request: &str, http_status: u16, status: &str) -> Script {
    let severities: &[&str] = if status == FAILURE { &["Error"] } else { &[] };
    let answer = soap(request, REGISTERED, &response(status, severities));
    let text = String::from_utf8(answer).unwrap();
    let (_, envelope) = text.split_once("\r\n\r\n").unwrap();
    Script::Say(http(http_status, SOAP, envelope.as_bytes()))
}

/// Half of an envelope of Success, whose length is as announced.
fn half(request: &str) -> Script {
    let answer = soap(request, REGISTERED, &response(SUCCESS, &[]));
    let text = String::from_utf8(answer).unwrap();
    let (_, envelope) = text.split_once("\r\n\r\n").unwrap();
    let (before, _) = envelope.split_once("</s:Body>").unwrap();
    Script::Say(http(200, SOAP, before.as_bytes()))
}

fn late(request: &str, duration: Duration) -> Script {
    std::thread::sleep(duration);
    say(request, SUCCESS, &[])
}

fn as_mtom(request: &str) -> Script {
    let answer = soap(request, REGISTERED, &response(SUCCESS, &[]));
    let text = String::from_utf8(answer).unwrap();
    let (_, envelope) = text.split_once("\r\n\r\n").unwrap();
    let package =
        Package { parts: vec![Part::root("root@test", envelope)], ..Package::new("", &[]) };
    Script::Say(http(200, &package.content_type(), &package.to_bytes()))
}

const SPEAKING: &[Case] = &[
    ("Success", |r| say(r, SUCCESS, &[]), Registered),
    ("Success with a warning", |r| say(r, SUCCESS, &["Warning"]), Registered),
    ("Success, late", |r| late(r, Duration::from_millis(300)), Registered),
    ("Success as MTOM", as_mtom, Registered),
    (
        "Success to nobody",
        |r| changed(r, "RelatesTo>", "To>").and_close("RelatesTo>", "To>"),
        Registered,
    ),
    ("Failure with 500", |r| with_status(r, 500, FAILURE), Refused("XDSRegistryError")),
    ("Failure", |r| say(r, FAILURE, &["Error"]), Refused("XDSRegistryError")),
    (
        "Failure and a warning",
        |r| say(r, FAILURE, &["Warning", "Error"]),
        Refused("XDSRegistryError"),
    ),
];

pub(super) const NONSENSE: &[Case] = &[
    ("nothing", |_| Script::Wait, InDoubt),
    ("a closed connection", |_| Script::HangUp, InDoubt),
    ("no HTTP", |_| Script::Say(b"\x15\x03\x01\x00\x02\x02\x28".to_vec()), InDoubt),
    ("half a head", |_| Script::Say(b"HTTP/1.1 200 OK\r\nContent-".to_vec()), InDoubt),
    ("an answer cut off", cut, InDoubt),
    ("half an envelope", half, InDoubt),
    ("Success with 500", |r| with_status(r, 500, SUCCESS), InDoubt),
    ("Success with 400", |r| with_status(r, 400, SUCCESS), InDoubt),
    ("an empty 200", |_| Script::Say(http(200, SOAP, b"")), InDoubt),
    ("an empty 202", |_| Script::Say(http(202, SOAP, b"")), InDoubt),
    ("a 204", |_| Script::Say(b"HTTP/1.1 204 x\r\n\r\n".to_vec()), InDoubt),
    ("HTML", |_| Script::Say(http(200, "text/html", b"<html>welcome</html>")), InDoubt),
    ("HTML labelled as SOAP", |_| Script::Say(http(200, SOAP, b"<html>welcome</html>")), InDoubt),
    (
        "a proxy's 502",
        |_| Script::Say(http(502, "text/html", b"<html>bad gateway</html>")),
        InDoubt,
    ),
    ("a proxy's 503", |_| Script::Say(http(503, "text/plain", b"busy")), InDoubt),
    (
        "a redirection",
        |_| {
            Script::Say(
                b"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
                    .to_vec(),
            )
        },
        InDoubt,
    ),
    ("JSON", |_| Script::Say(http(200, "application/json", b"{\"status\":\"Success\"}")), InDoubt),
    ("a fault of the sender", |_| fault(400, "Sender"), InDoubt),
    ("a fault of the receiver", |_| fault(500, "Receiver"), InDoubt),
    ("a fault with 200", |_| fault(200, "Receiver"), InDoubt),
    ("Success with an error", |r| say(r, SUCCESS, &["Error"]), InDoubt),
    ("PartialSuccess", |r| say(r, PARTIAL, &["Error"]), InDoubt),
    ("an unknown status", |r| changed(r, "Type:Success", "Type:Fine"), InDoubt),
    ("no status", |r| changed(r, "status=", "state="), InDoubt),
    (
        "an answer to somebody else",
        |r| changed(r, "RelatesTo>urn:uuid:", "RelatesTo>urn:uuid:0"),
        InDoubt,
    ),
    (
        "an answer of another transaction",
        |r| Script::Say(soap(r, QUERIED, &response(SUCCESS, &[]))),
        InDoubt,
    ),
    ("another payload", |r| changed(r, "xsd:rs:3.0", "xsd:query:3.0"), InDoubt),
    ("a document type", |r| changed(r, "<s:Envelope", "<!DOCTYPE x><s:Envelope"), InDoubt),
    ("text behind the end", |r| changed(r, "</s:Envelope>", "</s:Envelope>x"), InDoubt),
    (
        "MTOM without parts",
        |_| {
            Script::Say(http(
                200,
                "multipart/related; type=\"application/xop+xml\"; boundary=x",
                b"",
            ))
        },
        InDoubt,
    ),
    ("Success, too late", |r| late(r, Duration::from_millis(1_500)), InDoubt),
];

impl Script {
    /// The closing tag of what [`changed`] renamed.
    fn and_close(self, from: &str, to: &str) -> Script {
        let Script::Say(answer) = self else { return self };
        let text = String::from_utf8(answer).unwrap();
        let (_, envelope) = text.split_once("\r\n\r\n").unwrap();
        Script::Say(http(200, SOAP, envelope.replacen(from, to, 1).as_bytes()))
    }
}

/// A registry that answers registrations so, and questions not at all.
fn registry_of(script: fn(&str) -> Script) -> ScriptedRegistry {
    ScriptedRegistry::start(
        move |request| {
            if is_registration(request) { script(request) } else { Script::HangUp }
        },
    )
}

#[track_caller]
fn check(repository: &mut RepositoryAlone, schemas: &mut Schemas, case: &Case) {
    let (name, script, meaning) = case;
    let registry = registry_of(*script);
    repository.restart(&registry.url());
    let n_before = repository.n_stored();
    let submission = Submission::of(PATIENT, &[name.as_bytes()]);
    let reply = repository.submit(&submission);
    schemas.note(&reply);
    let what = format!("{name} on {:?}: {}", repository.where_it_runs(), reply.text);
    let kept = vec![name.as_bytes().to_vec()];
    match meaning {
        Registered => {
            assert_eq!(reply.outcome(), "Success", "{what}");
            assert_eq!(repository.documents_of(&submission), kept, "{what}");
        }
        Refused(code) => {
            assert_eq!(reply.outcome(), "Failure", "{what}");
            assert!(reply.codes().iter().any(|known| known == code), "{what}");
            assert_eq!(repository.documents_of(&submission), Vec::<Vec<u8>>::new(), "{what}");
            assert_eq!(repository.n_stored(), n_before, "{what}");
        }
        InDoubt => {
            assert_eq!(reply.outcome(), "Failure", "{what}");
            assert_eq!(reply.codes(), [NOT_AVAILABLE], "{what}");
            assert_eq!(repository.documents_of(&submission), kept, "{what}");
            repository.restart(&registry.url());
            assert_eq!(repository.documents_of(&submission), kept, "{what}, after a restart");
        }
    }
}

#[test]
fn an_answer_settles_and_nonsense_does_not() {
    for database in Database::all() {
        let mut schemas = Schemas::new();
        let mut repository = RepositoryAlone::start(database, "http://127.0.0.1:1/xds/registry");
        for case in SPEAKING.iter().chain(NONSENSE) {
            check(&mut repository, &mut schemas, case);
        }
        schemas.check();
    }
}

/// Nothing listens: the request has certainly not arrived.
#[test]
fn a_registry_that_is_away_has_registered_nothing() {
    for database in Database::all() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = format!("http://{closed}/xds/registry");
        let repository = RepositoryAlone::start(database, &url);
        let submission = Submission::of(PATIENT, &[b"nobody", b"is there"]);
        let reply = repository.submit(&submission);
        reply.assert_failure(NOT_AVAILABLE);
        assert_eq!(repository.documents_of(&submission), Vec::<Vec<u8>>::new());
        assert_eq!(repository.n_stored(), 0);
    }
}

/// A document in doubt is sent again with the same bytes, and not with others.
#[test]
fn a_document_in_doubt_keeps_its_name() {
    let silent = registry_of(|_| Script::HangUp);
    let mut repository = RepositoryAlone::start(Database::Sqlite, &silent.url());
    let submission = Submission::of(PATIENT, &[b"in doubt"]);
    repository.submit(&submission).assert_failure(NOT_AVAILABLE);
    let good = registry_of(|request| say(request, SUCCESS, &[]));
    repository.restart(&good.url());
    let mut other = submission.clone();
    other.documents.first_mut().unwrap().bytes = b"other bytes".to_vec();
    repository.submit(&other).assert_failure("XDSNonIdenticalHash");
    repository.submit(&submission).assert_success();
    assert_eq!(repository.documents_of(&submission), [b"in doubt"]);
    assert_eq!(repository.n_stored(), 1);
}

/// A refusal takes the bytes of its own documents only: those in doubt are another's.
#[test]
fn a_refusal_leaves_the_same_bytes_of_others() {
    let silent = registry_of(|_| Script::HangUp);
    let mut repository = RepositoryAlone::start(Database::Sqlite, &silent.url());
    let first = Submission::of(PATIENT, &[b"the same bytes"]);
    repository.submit(&first).assert_failure(NOT_AVAILABLE);
    let strict = registry_of(|request| say(request, FAILURE, &["Error"]));
    repository.restart(&strict.url());
    let second = Submission::of(PATIENT, &[b"the same bytes"]);
    repository.submit(&second).assert_failure("XDSRegistryError");
    assert_eq!(repository.documents_of(&first), [b"the same bytes"]);
    assert_eq!(repository.documents_of(&second), Vec::<Vec<u8>>::new());
}

/// The metadata on their way to the registry are valid, whatever the client wrote around them.
#[test]
fn what_the_registry_receives_is_valid() {
    let (sender, received) = mpsc::channel();
    let sender = Mutex::new(sender);
    let registry = ScriptedRegistry::start(move |request| {
        if !is_registration(request) {
            return Script::HangUp;
        }
        sender.lock().unwrap().send(request.to_owned()).unwrap();
        say(request, SUCCESS, &[])
    });
    let repository = RepositoryAlone::start(Database::Sqlite, &registry.url());
    let mut schemas = Schemas::new();
    let contents: [&[u8]; 3] = [b"", b"one", "二".as_bytes()];
    let submission = Submission::of(PATIENT, &contents);
    repository.submit(&submission).assert_success();
    let request = received.recv_timeout(Duration::from_secs(60)).unwrap();
    let envelope = crate::harness::node::Node::parse(&request).unwrap();
    let payload = envelope.the("Body").the("SubmitObjectsRequest");
    schemas.add("ebRS/lcm.xsd", &payload.to_xml());
    schemas.add("soap/soap12-envelope.xsd", &request);
    schemas.check();
    for (entry, document) in payload.all("ExtrinsicObject").iter().zip(&submission.documents) {
        let sha1 = openssl::sha::sha1(&document.bytes);
        let sha1: String = sha1.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(entry.slot("hash"), [sha1]);
        assert_eq!(entry.slot("size"), [document.bytes.len().to_string()]);
        assert_eq!(entry.slot("repositoryUniqueId").len(), 1);
        let title = entry.the("Name").the("LocalizedString").attribute("value");
        assert_eq!(title, Some(document.title.as_str()));
    }
}

/// A fast consumer asks for a document before its submitter has an answer.
#[test]
fn a_document_is_there_before_the_registry_hears_of_it() {
    let (arrived, at_registry) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let (arrived, released) = (Mutex::new(arrived), Mutex::new(released));
    let registry = ScriptedRegistry::start(move |request| {
        if !is_registration(request) {
            return Script::HangUp;
        }
        arrived.lock().unwrap().send(()).unwrap();
        released.lock().unwrap().recv_timeout(Duration::from_secs(60)).unwrap();
        say(request, SUCCESS, &[])
    });
    let repository = Arc::new(RepositoryAlone::start(Database::Sqlite, &registry.url()));
    let submission = Submission::of(PATIENT, &[b"early"]);
    std::thread::scope(|scope| {
        let submitting = scope.spawn(|| repository.submit(&submission));
        at_registry.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(repository.documents_of(&submission), [b"early"]);
        release.send(()).unwrap();
        submitting.join().unwrap().assert_success();
    });
}

//! SOAP and WS-Addressing headers that contradict, repeat, demand or point elsewhere.

use std::io::ErrorKind;
use std::net::TcpListener;

use super::envelopes::{Broken, text};
use super::requests::Door;
use super::{Expected, Target, addressing, sender};
use crate::harness::database::Database;
use crate::harness::reply::Reply;
use crate::harness::soap::{REGISTRY, REPOSITORY, with_headers};
use crate::harness::submission::Submission;
use crate::harness::transactions::call;

const ANONYMOUS: &str = "<a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous\
                         </a:Address></a:ReplyTo>";
const SECURITY: &str = "<o:Security s:mustUnderstand=\"1\" xmlns:o=\"http://docs.oasis-open.org/\
                        wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\"/>";

const REQUIRED: Expected = addressing(&["MessageAddressingHeaderRequired"]);
const NOT_SUPPORTED: Expected = addressing(&["ActionNotSupported"]);
const MUST_UNDERSTAND: Expected = Expected::Fault(500, "MustUnderstand", &[], "");
const NOT_KNOWN: Expected = Expected::Fault(400, "Sender", &["FailedAuthentication"], "");
const VERSION: Expected = Expected::Fault(500, "VersionMismatch", &[], "SOAP 1.2");

/// The headers of a good request, and one block more.
pub(super) fn good(door: &Door, more: &str) -> String {
    let action = door.action;
    format!(
        "<a:Action s:mustUnderstand=\"1\">{action}</a:Action><a:MessageID>urn:x:1</a:MessageID>\
         {ANONYMOUS}{more}"
    )
}

/// The good request with one change in its headers.
fn changed(door: &Door, from: &str, to: &str) -> String {
    with_headers(&good(door, "").replacen(from, to, 1), &door.body)
}

/// The good request with one block more.
fn with(door: &Door, block: &str) -> String {
    with_headers(&good(door, block), &door.body)
}

/// `wsa:Action` and the payload.
pub(super) fn actions(door: &Door) -> Vec<Broken> {
    let action = door.action;
    let another = |instead: &str| changed(door, action, instead);
    let other = match door.path {
        REGISTRY => "urn:ihe:iti:2007:RegisterDocumentSet-b",
        REPOSITORY => "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
        _ => "urn:hl7-org:v3:PRPA_IN201302UV02",
    };
    let mismatch = addressing(&["InvalidAddressingHeader", "ActionMismatch"]);
    let elsewhere = changed(door, "<a:Action ", "<a:Action s:role=\"urn:x\" ");
    let nameless = with_headers("<a:MessageID>urn:x:1</a:MessageID>", &door.body);
    vec![
        text("unknown action", another("urn:nobody:knows"), NOT_SUPPORTED),
        text("another action", another(other), mismatch),
        text("an answer's action", another(&format!("{action}Response")), NOT_SUPPORTED),
        text("white space", another(&format!("\r\n\t{action}\r\n ")), Expected::Success),
        text("an empty action", another(" "), addressing(&["InvalidAddressingHeader"])),
        text("an element in it", another(&format!("<x/>{action}")), sender("")),
        text("no action", nameless, REQUIRED),
        text("no headers", with_headers("", &door.body), REQUIRED),
        text("an action for somebody else", elsewhere, REQUIRED),
    ]
}

/// The other headers of WS-Addressing.
pub(super) fn addresses(door: &Door) -> Vec<Broken> {
    let repeated = addressing(&["InvalidAddressingHeader", "InvalidCardinality"]);
    let elsewhere = addressing(&["InvalidAddressingHeader", "OnlyAnonymousAddressSupported"]);
    let without = addressing(&["InvalidAddressingHeader", "MissingAddressInEPR"]);
    let old = with(door, "").replace("2005/08/addressing", "2004/08/addressing");
    let action = format!("<a:Action>{}</a:Action>", door.action);
    let anonymous = "http://www.w3.org/2005/08/addressing/anonymous";
    let reply_to = |address: &str| changed(door, anonymous, address);
    let markup = changed(door, "urn:x:1", "&lt;/a:RelatesTo&gt;&amp;&lt;!--&quot;'");
    vec![
        text("addressing of 2004", old, MUST_UNDERSTAND),
        text("two actions", with(door, &action), repeated),
        text("two MessageIDs", with(door, "<a:MessageID>urn:x:2</a:MessageID>"), repeated),
        text("two ReplyTos", with(door, ANONYMOUS), repeated),
        text("two Tos", with(door, &"<a:To>urn:x</a:To>".repeat(2)), repeated),
        text("an answer to elsewhere", reply_to("http://127.0.0.1:1/"), elsewhere),
        text("an answer to a file", reply_to("file:///dev/null"), elsewhere),
        text("no answer", reply_to("http://www.w3.org/2005/08/addressing/none"), elsewhere),
        text("nowhere", changed(door, ANONYMOUS, "<a:ReplyTo/>"), without),
        text("a MessageID of markup", markup, Expected::Success),
    ]
}

/// Blocks that must be understood, and the version of SOAP.
pub(super) fn blocks(door: &Door) -> Vec<Broken> {
    let block = |attributes: &str| with(door, &format!("<x xmlns=\"urn:x\" {attributes}/>"));
    let soap_11 = with(door, "").replace(
        "http://www.w3.org/2003/05/soap-envelope",
        "http://schemas.xmlsoap.org/soap/envelope/",
    );
    let for_us = "s:role=\"http://www.w3.org/2003/05/soap-envelope/role/next\"";
    vec![
        text("true", block("s:mustUnderstand=\"true\""), MUST_UNDERSTAND),
        text("1", block(&format!("{for_us} s:mustUnderstand=\"1\"")), MUST_UNDERSTAND),
        text("for others", block("s:role=\"urn:x\" s:mustUnderstand=\"1\""), Expected::Success),
        text("0", block("s:mustUnderstand=\"0\""), Expected::Success),
        text("of addressing", block("a:mustUnderstand=\"1\""), Expected::Success),
        text("two security headers", with(door, &SECURITY.repeat(2)), NOT_KNOWN),
        text("a security header", with(door, SECURITY), Expected::Success),
        text("SOAP 1.1", soap_11, VERSION),
        text("no SOAP", door.body.clone(), VERSION),
    ]
}

/// A fault names the request that it is about, as long as that can be read.
#[test]
fn a_fault_relates_to_its_request() {
    let target = Target::start(Database::Sqlite);
    for door in Door::all(&target) {
        let cases = [
            ("urn:nobody:knows", door.body.as_str()),
            (door.action, "<nothing/>"),
            (door.action, ""),
            (door.action, "<a><b></a>"),
        ];
        for (action, body) in cases {
            let reply = call(&mut door.connect(&target), door.path, action, body).unwrap();
            assert_eq!((reply.status, reply.fault_code()), (400, "Sender"), "{body}");
        }
    }
}

/// The block that was not understood is named (SOAP 1.2 part 1: 5.4.8).
#[test]
fn a_block_that_was_not_understood_is_named() {
    let target = Target::start(Database::Sqlite);
    let door = Door::registry(&target);
    let block = "<p:strange xmlns:p=\"urn:strange:1\" s:mustUnderstand=\"1\"/>";
    let request = door.simple(with(&door, block).as_bytes());
    let reply = Reply::read(door.connect(&target).exchange(&request).unwrap());
    let named = reply.envelope.the("Header").the("NotUnderstood").clone();
    let (prefix, local) = named.attribute("qname").unwrap().split_once(':').unwrap();
    assert_eq!(local, "strange");
    assert!(reply.text.contains(&format!("xmlns:{prefix}=\"urn:strange:1\"")), "{}", reply.text);
}

/// No address in a message makes the server call there.
#[test]
fn nobody_else_is_called() {
    let target = Target::start(Database::Sqlite);
    let bait = TcpListener::bind("127.0.0.1:0").unwrap();
    bait.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", bait.local_addr().unwrap());
    for door in Door::all(&target) {
        let reply_to = changed(&door, "http://www.w3.org/2005/08/addressing/anonymous", &url);
        let fault_to = format!("<a:FaultTo><a:Address>{url}</a:Address></a:FaultTo>");
        let doctype = format!("<!DOCTYPE x SYSTEM \"{url}\">{}", with(&door, ""));
        let include = Submission::of(&target.patient, &[b"x"]).provide(|_, _| {
            let namespace = "http://www.w3.org/2004/08/xop/include";
            format!("<x:Include xmlns:x=\"{namespace}\" href=\"{url}\"/>")
        });
        let include = with_headers(&good(&door, &fault_to), &include);
        for text in [reply_to, with(&door, &fault_to), doctype, include] {
            let answered = door.connect(&target).exchange(&door.simple(text.as_bytes()));
            assert!(answered.is_ok(), "{answered:?}");
        }
    }
    // Its stop ends whatever may have been under way.
    let mut target = target;
    target.community.stop();
    assert_eq!(bait.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

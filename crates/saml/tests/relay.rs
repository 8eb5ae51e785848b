//! An actor asks another one on behalf of the user: the assertion goes on as it came.

use std::fs;
use std::process::Command;

use xml::Limits;

use crate::keys::rsa;
use crate::support::{assertion, envelope, genuine, judged, security};

/// The request that an actor makes of the assertion of a request it received.
fn passed_on(received: &str) -> String {
    let document = saml::read_envelope(received, Limits::default()).unwrap();
    let found = saml::carried(&document).unwrap().unwrap();
    let relayed = saml::relayed(received, Limits::default(), found).unwrap().unwrap();
    soap::write_request_with(
        "urn:ihe:iti:2007:RegisterDocumentSet-b",
        "urn:uuid:00000000-0000-4000-8000-000000000042",
        "https://registry.example/xds/registry",
        &saml::security_header(&relayed),
        "<lcm:SubmitObjectsRequest xmlns:lcm=\"urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0\"/>",
    )
}

fn digest(message: &str) -> [u8; 32] {
    *judged(message, |_rules| {}).unwrap().digest()
}

#[track_caller]
fn check(received: &str) {
    let first = passed_on(received);
    let verified = judged(&first, |_rules| {}).unwrap();
    assert_eq!(verified.assertion(), &assertion());
    assert_eq!(*verified.digest(), digest(received));
    // Whoever receives it can pass it on as well, and nothing is added any more.
    let second = passed_on(&first);
    assert_eq!(digest(&second), digest(received));
    assert_eq!(passed_on(&second), second);
    let Some(accepted) = library_verifies(&second) else { return };
    assert!(accepted, "{second}");
}

/// What the XML Security Library says, if it is here.
fn library_verifies(message: &str) -> Option<bool> {
    let folder = tempfile::tempdir().unwrap();
    let (key, file) = (folder.path().join("key.pem"), folder.path().join("message.xml"));
    fs::write(&key, &rsa().certificate).unwrap();
    fs::write(&file, message).unwrap();
    let id = ["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"];
    let mut command = Command::new("xmlsec1");
    command.arg("--verify").args(id).arg("--pubkey-cert-pem").arg(key).arg(file);
    let Ok(output) = command.output() else {
        println!("skipped: no xmlsec1");
        return None;
    };
    Some(output.status.success())
}

#[test]
fn the_bytes_of_the_assertion_are_carried() {
    let received = envelope(&security(&genuine()));
    let sent = passed_on(&received);
    // Only the tag has more: the declarations that stood around it.
    let (_, rest) =
        genuine().split_once("xmlns:saml=").map(|(_, rest)| ((), rest.to_owned())).unwrap();
    assert!(sent.contains(&rest), "{sent}");
    check(&received);
}

#[test]
fn prefixes_that_are_declared_outside_go_with_it() {
    // All of them: of the assertion, of types in values, and of what nobody uses.
    let bare = ["saml", "xs", "xsi"].iter().fold(genuine(), |text, prefix| {
        let start = text.find(&format!(" xmlns:{prefix}=")).unwrap();
        let value = text[start..].find('"').unwrap() + start + 1;
        let end = text[value..].find('"').unwrap() + value + 1;
        [&text[..start], &text[end..]].concat()
    });
    assert!(bare.starts_with("<saml:Assertion ID="), "{bare}");
    let received = envelope(&security(&bare)).replace(
        "xmlns=\"urn:unused\"",
        "xmlns=\"urn:unused\" xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
         xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"",
    );
    check(&received);
}

#[test]
fn prefixes_that_mean_something_else_here_do_no_harm() {
    // Those of our own envelopes.
    let received = envelope(&security(&genuine())).replace(
        "xmlns=\"urn:unused\"",
        "xmlns:soap=\"urn:one\" xmlns:wsa=\"urn:two\" xmlns:ds=\"urn:three\"",
    );
    check(&received);
}

#[test]
fn what_was_tampered_with_is_not_mended_by_passing_it_on() {
    let received = envelope(&security(&genuine())).replace("drsato", "drsuzuki");
    let document = saml::read_envelope(&received, Limits::default()).unwrap();
    let found = saml::carried(&document).unwrap().unwrap();
    let relayed = saml::relayed(&received, Limits::default(), found).unwrap().unwrap();
    let sent =
        soap::write_request_with("urn:x", "urn:uuid:1", "urn:y", &security(&relayed), "<x/>");
    assert!(judged(&sent, |_rules| {}).is_err());
}

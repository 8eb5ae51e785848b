//! Issued assertions before the XML Security Library, and its own before us.

use std::fs;
use std::process::{Command, Output, Stdio};

use crate::forgery::{Forgery, split};
use crate::keys::{Pair, p256, p384, rsa};
use crate::support::{Outcome, assertion, envelope, outcome, security};

/// The library's program on a message; `None`, and a word about it, if it is not here.
fn xmlsec1(mode: &str, key: (&str, &[u8]), message: &str) -> Option<Output> {
    let folder = tempfile::tempdir().unwrap();
    let (key_file, message_file) = (folder.path().join("key.pem"), folder.path().join("m.xml"));
    fs::write(&key_file, key.1).unwrap();
    fs::write(&message_file, message).unwrap();
    let mut command = Command::new("xmlsec1");
    command.args([mode, "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion", key.0]);
    let output = command.arg(key_file).arg(message_file).stderr(Stdio::piped()).output().ok();
    if output.is_none() {
        println!("skipped: no xmlsec1");
    }
    output
}

fn verifies(pair: &Pair, message: &str) -> Option<bool> {
    let output = xmlsec1("--verify", ("--pubkey-cert-pem", &pair.certificate), message)?;
    Some(output.status.success())
}

#[test]
fn the_security_library_verifies_what_we_issue() {
    for pair in [rsa(), p256(), p384()] {
        let issued = saml::issue(&assertion(), &pair.signing()).unwrap();
        let message = envelope(&security(&issued));
        let Some(accepted) = verifies(pair, &message) else { return };
        assert!(accepted, "{message}");
        assert_eq!(verifies(pair, &message.replace("drsato", "evil")), Some(false));
    }
}

#[test]
fn we_accept_what_the_security_library_signs() {
    let (bare, _) = split(&saml::issue(&assertion(), &rsa().signing()).unwrap());
    // A template: the library fills in what is empty.
    let mut template = Forgery::default().sign(&bare.replace("><", ">\n <"));
    for element in ["DigestValue", "SignatureValue"] {
        let start = template.find(&format!("<ds:{element}>")).unwrap();
        let end = template.find(&format!("</ds:{element}>")).unwrap();
        template.replace_range(start..end, &format!("<ds:{element}>"));
    }
    let message = envelope(&security(&template));
    assert_ne!(outcome(&message), Outcome::Accepted(assertion().user_name()));
    let Some(output) = xmlsec1("--sign", ("--privkey-pem", &rsa().key), &message) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let signed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(outcome(&signed), Outcome::Accepted(assertion().user_name()), "{signed}");
}

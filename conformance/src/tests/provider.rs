//! The X-Assertion Provider: what it writes is canonical, and is what it has signed.

use crate::case::Case;
use crate::case::file::StepLibrary;
use crate::certificates::{self, Identity};
use crate::endpoints::Endpoints;
use crate::provider::Provider;
use crate::request;
use crate::scope::Scope;
use crate::suite::Suite;
use crate::template::Template;
use crate::xml_tree;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sign::Verifier;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::OnceLock;

/// A key is made once for all tests.
pub(super) fn identity() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let name = certificates::common_name("issuer").unwrap();
        Identity { certificate: certificates::self_signed(&name, &key).unwrap(), key }
    })
}

pub(super) fn provider(endpoints: &Endpoints) -> Provider {
    Provider::new(endpoints, "urn:test:issuer", identity().clone(), identity().clone()).unwrap()
}

const CASE: &str = "id = 'x/a'\nrequirement = 'r'\nparagraph = 'p'\nneeds = ['registry', 'issuer_key']\n\
    [[step]]\nname = 's'\ntransaction = 'ITI-18'\nkind = 'soap'\nendpoint = 'registry'\n\
    action = 'urn:a'\ninline = '<s:Envelope xmlns:s=\"urn:s\"><s:Header></s:Header></s:Envelope>'\n\
    checks = ['no_fault']\n";

/// The message of a step with this assertion.
fn message(assertion: &str) -> Result<String, String> {
    let case = Case::parse("x/a.toml", &format!("{CASE}{assertion}\n"), &StepLibrary::default());
    let case = case.map_err(|fault| fault.to_string())?;
    let (suite, endpoints) = (Suite::built_in(), super::endpoints());
    let mut scope = Scope::new(&endpoints, "seed".to_owned(), "20260401093000".to_owned());
    scope.next_message();
    let variables = BTreeMap::new();
    let template = Template { suite: &suite, scope: &scope, variables: &variables };
    let request = request::build(&case.steps[0], &template, Some(&provider(&endpoints)));
    Ok(String::from_utf8(request.map_err(|fault| fault.to_string())?.body).unwrap())
}

/// The text from one mark to the end of another.
fn cut<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_at(text.find(begin).unwrap());
    rest.split_at(rest.find(end).unwrap() + end.len()).0
}

#[test]
fn a_request_has_an_assertion_with_the_digest_of_what_surrounds_its_signature() {
    let message = message("").unwrap();
    xml_tree::parse(message.as_bytes()).unwrap();
    let assertion = cut(&message, "<saml:Assertion", "</saml:Assertion>");
    let signature = cut(assertion, "<ds:Signature ", "</ds:Signature>");
    let digest =
        hash(MessageDigest::sha256(), assertion.replace(signature, "").as_bytes()).unwrap();
    assert!(signature.contains(&STANDARD.encode(digest)));
    let value = cut(signature, "<ds:SignatureValue>", "</ds:SignatureValue>");
    let value = value.replace("<ds:SignatureValue>", "").replace("</ds:SignatureValue>", "");
    let mut verifier = Verifier::new(MessageDigest::sha256(), &identity().key).unwrap();
    verifier.update(cut(signature, "<ds:SignedInfo", "</ds:SignedInfo>").as_bytes()).unwrap();
    assert!(verifier.verify(&STANDARD.decode(value).unwrap()).unwrap());
    for value in
        ["2026-04-01T09:30:00Z", "2026-04-01T10:30:00Z", "urn:oid:1.2.3.4", "urn:test:issuer"]
    {
        assert!(assertion.contains(value), "{value}");
    }
}

/// What is signed as it stands must be what any canonicaliser makes of it.
#[test]
fn an_assertion_is_written_in_the_exclusive_canonical_form() {
    if Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("skipped: no xmllint");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let message = message("").unwrap();
    for (begin, end) in
        [("<saml:Assertion", "</saml:Assertion>"), ("<ds:SignedInfo", "</ds:SignedInfo>")]
    {
        let written = cut(&message, begin, end);
        let file = folder.path().join("element.xml");
        // `ds` is declared in both, as it is used in both.
        std::fs::write(&file, written).unwrap();
        let run =
            Command::new("xmllint").args(["--nonet", "--exc-c14n"]).arg(&file).output().unwrap();
        let canonical = String::from_utf8(run.stdout).unwrap();
        let canonical = canonical.trim_end();
        let written = written.replace(
            "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">",
            "<ds:SignedInfo>",
        );
        let canonical = canonical.replace(
            "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">",
            "<ds:SignedInfo>",
        );
        assert_eq!(canonical, written);
    }
}

#[test]
fn a_name_stands_for_one_assertion_and_no_name_for_a_new_one() {
    let id = |assertion: &str| cut(&message(assertion).unwrap(), " ID=\"", "\" Issue").to_owned();
    assert_eq!(id("assertion = { name = 'a' }"), id("assertion = { name = 'a' }"));
    assert_ne!(id("assertion = { name = 'a' }"), id("assertion = { name = 'b' }"));
    assert_ne!(id("assertion = { name = 'a' }"), id(""));
}

#[test]
fn what_a_step_says_of_its_assertion_is_done() {
    let none = message("assertion = { security = '' }").unwrap();
    assert!(!none.contains("Security"), "{none}");
    let unsigned = message("assertion = { signing = 'unsigned' }").unwrap();
    assert!(unsigned.contains("<saml:Assertion") && !unsigned.contains("ds:Signature"));
    let wrapped = message(
        "assertion = { security = '{other_head}{signature_open}{bare}</ds:Signature>{other_tail}' }",
    );
    let wrapped = wrapped.unwrap();
    xml_tree::parse(wrapped.as_bytes()).unwrap();
    assert_eq!(wrapped.matches("<saml:Assertion").count(), 2);
    let changed = message(
        "assertion = { content = [{ find = '<saml:AuthnStatement ', until = '</saml:AuthnStatement>', by = '' }] }",
    );
    assert!(!changed.unwrap().contains("Authn"));
    assert!(message("assertion = { content = [{ find = 'nothing', by = '' }] }").is_err());
    assert!(message("assertion = { colour = 'red' }").is_err());
}

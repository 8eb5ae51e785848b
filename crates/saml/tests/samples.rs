//! Assertions of others, read in place from the collection beside the repository. Their signatures are elided, so
//! what they say is signed anew.

use std::fs;
use std::path::Path;

use saml::Cause;
use xml::Limits;
use xmldsig::{Document, XML_SIGNATURE};

use crate::forgery::Forgery;
use crate::support::{Outcome, code, envelope, judged, outcome, time};

fn sample(name: &str) -> Option<String> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/samples/saml"));
    let text = fs::read_to_string(folder.join(name)).ok();
    if text.is_none() {
        println!("skipped: no ../shared");
    }
    text
}

/// The assertion of the sample, changed, and signed by the provider of these tests in the place of its own.
fn signed(text: &str, replacements: &[(&str, &str)]) -> String {
    let mut text = text.replace("saml2:", "saml:").replace("xmlns:saml2", "xmlns:saml");
    for (from, to) in replacements {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    if let Some((before, rest)) = text.split_once("<ds:Signature ") {
        let (_, after) = rest.split_once("</ds:Signature>").unwrap();
        text = [before, after].concat();
    }
    Forgery::default().sign(&text)
}

fn in_message(assertion: &str) -> String {
    envelope(&crate::support::security(assertion))
}

#[test]
fn the_swiss_assertion() {
    let Some(text) = sample("xua-assertion-bearer.xml") else { return };
    let issuer = "https://idp.example/xua";
    let replacements = [("http://ith-icoserve.com/eHealthSolutionsSTS", issuer)];
    let message = in_message(&signed(&text, &replacements));
    let verified = judged(&message, |rules| {
        rules.now = time("2020-09-21T13:40:00Z");
        rules.least_strength = saml::Strength::Password;
        rules.audiences =
            &*Box::leak(Box::new(
                ["urn:e-health-suisse:token-audience:all-communities".to_owned()],
            ));
        rules.recipients = &*Box::leak(Box::new(["https://sp.communilty.ch".to_owned()]));
    })
    .unwrap();
    let attributes = &verified.assertion().attributes;
    assert_eq!(verified.assertion().subject.value, "9801000050702");
    assert_eq!(attributes.subject_id.as_deref(), Some("Rosa Sestak"));
    assert_eq!(attributes.organizations, ["Org 1 AG", "Org 2 SA"]);
    assert_eq!(attributes.organization_ids.len(), 2);
    let home = attributes.home_community_id.as_ref().unwrap().as_urn();
    assert_eq!(home, "urn:oid:1.3.6.1.4.1.21367.2017.2.6.19");
    assert!(attributes.roles[0].same_as(&code("HCP", "2.16.756.5.30.1.127.3.10.6", "")));
    assert!(attributes.purposes_of_use[0].same_as(&code("NORM", "2.16.756.5.30.1.127.3.10.5", "")));
    let patient = attributes.resource_id.as_ref().unwrap().to_cx();
    assert_eq!(patient, "761337610411353650^^^&2.16.756.5.30.1.127.3.10.3&ISO");
    // With its own signature: RSA with SHA-1, and its value is left out.
    let own = in_message(&text.replace(replacements[0].0, issuer));
    let expected = Cause::Signature(xmldsig::Cause::SignatureMethod);
    assert_eq!(outcome(&own), Outcome::Refused(expected));
    assert_eq!(outcome(&in_message(&text)), Outcome::Refused(Cause::UntrustedIssuer));
}

#[test]
fn the_assertion_with_values_that_are_none() {
    let Some(text) = sample("wsse-security-header-with-xua-assertion.xml") else { return };
    let start = text.find("<saml:Assertion").unwrap();
    let end = text.find("</wsse:Security>").unwrap();
    let statement = "<saml:AuthnStatement AuthnInstant=\"2011-03-29T09:44:41Z\"><saml:AuthnContext><saml:AuthnContextClassRef>\
                     urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>\
                     </saml:AuthnStatement>";
    let with_statement = format!("</saml:Conditions>{statement}");
    let replacements = [
        (
            "<saml:Assertion ",
            "<saml:Assertion xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" ",
        ),
        ("demo.com", "https://idp.example/xua"),
        ("</saml:Conditions>", with_statement.as_str()),
    ];
    let judge = |replacements: &[(&str, &str)]| {
        judged(&in_message(&signed(text[start..end].trim(), replacements)), |rules| {
            rules.now = time("2011-03-29T09:45:00Z");
            rules.least_strength = saml::Strength::Password;
            rules.required = &[];
            rules.audiences = &*Box::leak(Box::new(["http://blabla".to_owned()]));
        })
    };
    let verified = judge(&replacements).unwrap();
    let assertion = verified.assertion();
    assert_eq!(assertion.user_name(), "alias2<lipse@https://idp.example/xua>");
    let attributes = &assertion.attributes;
    assert_eq!(attributes.subject_id.as_deref(), Some("Dr. Klaus-Peter Kohlrabi"));
    let codes = |codes: &[datatypes::Code]| -> Vec<String> {
        codes.iter().map(|code| code.code.clone()).collect()
    };
    assert_eq!(codes(&attributes.roles), ["ELE", "HCP", "GYN"]);
    assert_eq!(codes(&attributes.purposes_of_use), ["12", "13", "14", "15"]);
    assert_eq!(attributes.other(saml::name::ROLE).count(), 3);
    assert_eq!(attributes.other(saml::name::PURPOSE_OF_USE).count(), 2);
    // As it is, nobody says how the user was authenticated.
    let refused = judge(&replacements[..2]).unwrap_err();
    assert_eq!(refused, Outcome::Refused(Cause::NoAuthnStatement));
}

#[test]
fn the_assertion_with_three_confirmations() {
    let Some(text) = sample("assertion-three-subject-confirmations.xml") else { return };
    let conditions = "</saml:Subject><saml:Conditions NotBefore=\"2010-05-01T02:09:01.104Z\" \
                      NotOnOrAfter=\"2010-05-01T02:19:01.104Z\"><saml:AudienceRestriction><saml:Audience>urn:a</saml:Audience>\
                      </saml:AudienceRestriction></saml:Conditions>";
    let replacements = [
        ("CN=SAML User,OU=SU,O=SAML User,L=Los Angeles,ST=CA,C=US\n", "https://idp.example/xua"),
        ("</saml:Subject>", conditions),
        ("0a7e2d9f-7990-4bee-b6ca-e5bd31aa808c", "_a"),
    ];
    let message = in_message(&signed(&text, &replacements));
    let verified = judged(&message, |rules| {
        rules.now = time("2010-05-01T02:10:00Z");
        rules.audiences = &*Box::leak(Box::new(["urn:a".to_owned()]));
    })
    .unwrap();
    let assertion = verified.assertion();
    assert_eq!(assertion.confirmations.len(), 3);
    assert!(assertion.attributes.roles[0].same_as(&code("46255001", "2.16.840.1.113883.6.96", "")));
    assert_eq!(assertion.attributes.purposes_of_use[0].code, "OPERATIONS");
    let home = assertion.attributes.other("urn:nhin:names:saml:homeCommunityId").next();
    assert_eq!(home, Some("2.16.840.1.113883.3.424"));
    // As it is, it has neither signature nor conditions.
    let document = Document::read(&text, Limits::default()).unwrap();
    let mut children = document.root().unwrap().children();
    assert!(!children.any(|child| child.is(XML_SIGNATURE, "Signature")));
}

//! Messages that must be accepted, however they are written, and what is read from them.

use openssl::hash::MessageDigest;
use saml::{Cause, ConfirmationKey, Method};
use xml::Limits;

use crate::attacks::{raw, replaced_text};
use crate::forgery::{Forgery, after_issuer, algorithm, certificates, split};
use crate::keys::{p256, p384, rsa, stranger};
use crate::support::{
    AUDIENCE, ISSUER, OTHER_ISSUER, Outcome, assertion, code, envelope, genuine, issued, judged,
    outcome, rules, security, time,
};

const USER: &str = "drs<drsato@https://idp.example/xua>";

/// Accepted, and for the same user.
#[track_caller]
fn accept(text: &str) {
    assert_eq!(outcome(text), Outcome::Accepted(USER.to_owned()));
}

/// The genuine message with a change that makes no difference.
#[track_caller]
fn accept_changed(from: &str, to: &str) {
    let text = envelope(&security(&genuine()));
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "{from}");
    accept(&changed);
}

/// Accepted when an honest provider wrote it so and signed it.
#[track_caller]
fn accept_provided(change: impl Fn(&str) -> String) {
    let (bare, _) = split(&genuine());
    let bare = change(&bare);
    accept(&envelope(&security(&Forgery::default().sign(&bare))));
}

#[test]
fn the_genuine_message() {
    accept(&envelope(&security(&genuine())));
    let verified = judged(&envelope(&security(&genuine())), |_rules| {}).unwrap();
    assert_eq!(verified.assertion(), &assertion());
    assert_eq!(verified.remember_until(), time("2026-04-01T00:46:00Z"));
}

#[test]
fn what_stands_around_makes_no_difference() {
    accept_changed("<e:Header>", "\n<e:Header>\n <!-- <saml:Assertion> --> ");
    accept_changed(
        "xmlns=\"urn:unused\"",
        "xmlns:saml=\"urn:x\" xmlns:xs=\"urn:y\" xmlns:ds=\"urn:z\"",
    );
    accept_changed(
        "<wsse:Security ",
        "<x:Other xmlns:x=\"urn:x\" ID=\"_other\"/>\n<wsse:Security ",
    );
    accept_changed("soap:mustUnderstand=\"1\"", "");
    accept_changed(
        "soap:mustUnderstand=\"1\"",
        "soap:role=\" http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver\"",
    );
    let time_stamp =
        "<u:Timestamp xmlns:u=\"urn:u\" u:Id=\"_t\"><u:Created>x</u:Created></u:Timestamp>";
    accept(&envelope(&security(&[time_stamp, &genuine()].concat())));
    let certificate = "<wsse:BinarySecurityToken>AAAA</wsse:BinarySecurityToken>";
    accept(&envelope(&security(&[&genuine(), certificate].concat())));
    let for_nobody = "<wsse:Security xmlns:wsse=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\" \
                      e:role=\"urn:else\"><x/></wsse:Security>";
    accept(&envelope(&[for_nobody, &security(&genuine())].concat()));
    // An evil one where nobody looks is not looked at.
    let evil = split(&genuine()).0.replace("_7d8e48d6", "_evil").replace("drsato", "evil");
    accept(&envelope(
        &[format!("<x:O xmlns:x=\"urn:x\">{evil}</x:O>"), security(&genuine())].concat(),
    ));
    accept(&envelope(&security(&genuine())).replace("<q:Query ", &format!("{evil}<q:Query ")));
}

#[test]
fn other_ways_to_write_the_same_make_no_difference() {
    accept_changed("drsato", "dr<!-- -->sato");
    accept_changed("drsato", "<![CDATA[drsato]]>");
    accept_changed("drsato", "dr<![CDATA[]]>s<![CDATA[at]]>o");
    accept_changed("drsato", "&#x64;rsat&#111;");
    accept_changed("drsato</saml:NameID>", "drsato</saml:NameID\n>");
    accept_changed("SPProvidedID=\"drs\"", "SPProvidedID = 'd&#114;s'");
    accept_changed("<saml:Subject>", "<!-- a --><saml:Subject xmlns:unused='urn:unused'>");
    accept_changed("<saml:AudienceRestriction>", "<saml:AudienceRestriction\t><!-- b -->");
    accept_changed(" ID=\"_7d8e48d6\"", "\r\n ID=\"&#95;7d8e48d6\"");
    accept_changed("<ds:DigestValue>", "<ds:DigestValue><!-- c -->");
    accept_changed("<ds:Reference", "<!-- d --><ds:Reference");
    accept_changed("<ds:SignatureValue>", "\n<ds:SignatureValue>\n ");
    accept_changed("<ds:X509Certificate>", "<ds:X509Certificate>\n");
    accept_changed(
        "<hl7:Role xmlns:hl7=\"urn:hl7-org:v3\"",
        "<hl7:Role xmlns:hl7='urn:hl7-org:v&#51;'",
    );
}

#[test]
fn what_an_honest_provider_may_write() {
    accept_provided(|text| text.replace("><", ">\n  <").replace("drsato", "\n  drsato\n"));
    accept_provided(|text| {
        text.replace("saml:", "s:")
            .replace("xmlns:saml", "xmlns:s")
            .replace("s:Issuer>", "saml:Issuer>")
            .replace(
                "<saml:Issuer>",
                "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">",
            )
    });
    accept_provided(|text| {
        text.replace("hl7:Role", "Role").replace("<Role xmlns:hl7", "<Role xmlns")
    });
    accept_provided(|text| text.replace("hl7:PurposeOfUse", "hl7:PurposeForUse"));
    accept_provided(|text| {
        text.replace(
            "NotOnOrAfter=\"2026-04-01T00:45:00Z\"",
            "NotOnOrAfter=\"2026-04-01T09:45:00.000+09:00\"",
        )
    });
    accept_provided(|text| {
        text.replace(
            "</saml:AudienceRestriction>",
            "</saml:AudienceRestriction><saml:ProxyRestriction/><saml:OneTimeUse/>",
        )
    });
    accept_provided(|text| {
        text.replace(
            "<saml:AuthnStatement",
            "<saml:Advice><x:y xmlns:x='urn:x'/></saml:Advice><saml:AuthnStatement",
        )
    });
    accept_provided(|text| {
        text.replace("^^^&amp;", "^^^CENTRAL&amp;").replace("&amp;ISO<", "&amp;ISO^PI<")
    });
    accept_provided(|text| {
        text.replacen("<saml:SubjectConfirmation ", "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:sender-vouches\"/><saml:SubjectConfirmation ", 1)
    });
    accept_provided(|text| {
        text.replace(
            "IssueInstant=\"2026-04-01T00:30:00Z\"",
            "IssueInstant=\"2026-04-01T00:36:00Z\"",
        )
    });
    // A text that is one with a comment in it, and is signed as the one.
    accept_provided(|text| text.replace("drsato", "drsa<!-- evil -->to"));
}

#[test]
fn the_encoding_makes_no_difference() {
    let text = envelope(&security(&genuine())).replace("UTF-8", "UTF-16");
    for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let marked = std::iter::once(0xFEFF).chain(text.encode_utf16());
        let encoded: Vec<u8> = marked.flat_map(bytes).collect();
        accept(&xml::decode(&encoded, None).unwrap().replace("UTF-16", "UTF-8"));
    }
    accept(&format!("\u{FEFF}{}", envelope(&security(&genuine()))));
}

#[test]
fn all_keys_and_lists_of_prefixes() {
    let (bare, _) = split(&genuine());
    let of = |forgery: &Forgery<'_>| accept(&envelope(&security(&forgery.sign(&bare))));
    of(&Forgery { key_info: certificates(&[rsa()]), ..Forgery::default() });
    of(&Forgery { key_info: certificates(&[stranger(), rsa()]), ..Forgery::default() });
    of(&Forgery {
        key_info: "<ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo>".to_owned(),
        ..Forgery::default()
    });
    for (method, digest) in [("384", MessageDigest::sha384()), ("512", MessageDigest::sha512())] {
        let uri = format!("http://www.w3.org/2001/04/xmldsig-more#rsa-sha{method}");
        of(&Forgery {
            method: algorithm("SignatureMethod", &uri),
            signature_digest: digest,
            ..Forgery::default()
        });
    }
    // With the key of the other issuer, whose values are two numbers.
    let bare = bare.replace(ISSUER, OTHER_ISSUER);
    let method =
        algorithm("SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256");
    let forgery = Forgery { pair: p256(), method, value: |der| raw(&der), ..Forgery::default() };
    let user = format!("drs<drsato@{OTHER_ISSUER}>");
    assert_eq!(outcome(&envelope(&security(&forgery.sign(&bare)))), Outcome::Accepted(user));
}

#[test]
fn what_is_issued_is_accepted_by_the_keys_of_its_issuer() {
    for pair in [rsa(), p256(), p384()] {
        let text = envelope(&security(&saml::issue(&assertion(), &pair.signing()).unwrap()));
        let accepted = judged(&text, |rules| {
            let issuers = [(ISSUER.to_owned(), vec![stranger().trusted(), pair.trusted()])];
            rules.issuers = Box::leak(Box::new(issuers.into_iter().collect()));
        });
        assert_eq!(accepted.unwrap().assertion(), &assertion());
    }
}

#[test]
fn clocks_may_differ_by_the_skew_and_no_more() {
    let text = envelope(&security(&genuine()));
    let at = |now: &str| judged(&text, |rules| rules.now = time(now)).map(|_verified| ());
    // The confirmation ends at 00:40, the assertion begins and is issued at 00:30.
    assert_eq!(at("2026-04-01T00:29:00Z"), Ok(()));
    assert_eq!(at("2026-04-01T00:28:59.999Z"), Err(Outcome::Refused(Cause::IssuedInTheFuture)));
    assert_eq!(at("2026-04-01T00:40:59.999Z"), Ok(()));
    assert_eq!(at("2026-04-01T00:41:00Z"), Err(Outcome::Refused(Cause::ConfirmationTime)));
    assert_eq!(at("2026-04-01T00:46:00Z"), Err(Outcome::Refused(Cause::Expired)));
    let mut open = assertion();
    open.confirmations[0].not_on_or_after = None;
    let text = envelope(&security(&issued(&open)));
    let at = |now: &str| judged(&text, |rules| rules.now = time(now)).map(|_verified| ());
    assert_eq!(at("2026-04-01T00:45:59.999Z"), Ok(()));
    assert_eq!(at("2026-04-01T00:46:00Z"), Err(Outcome::Refused(Cause::Expired)));
    let no_skew = judged(&text, |rules| {
        rules.skew = jiff::SignedDuration::ZERO;
        rules.now = time("2026-04-01T00:45:00Z");
    });
    assert_eq!(no_skew.unwrap_err(), Outcome::Refused(Cause::Expired));
}

#[test]
fn every_restriction_holds_for_any_of_its_audiences() {
    let mut twice = assertion();
    twice.conditions.audience_restrictions.push(vec![AUDIENCE.to_owned()]);
    accept(&envelope(&security(&issued(&twice))));
    twice.conditions.audience_restrictions.push(vec!["urn:else".to_owned()]);
    let text = envelope(&security(&issued(&twice)));
    assert_eq!(outcome(&text), Outcome::Refused(Cause::Audience));
}

#[test]
fn the_holder_of_a_key_is_the_presenter() {
    let client = stranger().certificate();
    let public = openssl::x509::X509::from_der(client.der()).unwrap().public_key().unwrap();
    let rsa_key = public.rsa().unwrap();
    let keys = [
        ConfirmationKey::Certificate(client.der().to_vec()),
        ConfirmationKey::Rsa { modulus: rsa_key.n().to_vec(), exponent: rsa_key.e().to_vec() },
    ];
    for key in keys {
        let mut held = assertion();
        let method = Method::HolderOfKey(vec![ConfirmationKey::Certificate(vec![1]), key]);
        held.confirmations[0].method = method;
        let text = envelope(&security(&issued(&held)));
        let by = |presenter: Option<&xmldsig::Certificate>| {
            let presenter = presenter.cloned().map(|found| &*Box::leak(Box::new(found)));
            judged(&text, |rules| rules.presenter = presenter).map(|_verified| ())
        };
        assert_eq!(by(Some(&client)), Ok(()));
        for other in [None, Some(rsa().certificate()), Some(p256().certificate())] {
            assert_eq!(by(other.as_ref()), Err(Outcome::Refused(Cause::HolderOfKey)));
        }
    }
}

#[test]
fn a_replay_is_found_however_it_is_written() {
    let digest = |text: &str| *judged(&envelope(&security(text)), |_rules| {}).unwrap().digest();
    let first = digest(&genuine());
    let (bare, signature) = split(&genuine());
    assert_eq!(digest(&genuine().replace("drsato", "<![CDATA[drsato]]>")), first);
    let start = signature.find("<ds:KeyInfo").unwrap();
    let without_key = [&signature[..start], "</ds:Signature>"].concat();
    assert_eq!(digest(&after_issuer(&bare, &without_key)), first);
    assert_eq!(digest(&genuine().replace("<ds:SignatureValue>", "<ds:SignatureValue>\n")), first);
    let mut other = assertion();
    other.id = "_7d8e48d7".to_owned();
    assert_ne!(digest(&issued(&other)), first);
}

#[test]
fn a_relayed_assertion_is_the_same_one() {
    let first = envelope(&security(&replaced_text(&genuine(), "xmlns:xs=", "xmlns:unused=")));
    // The declarations that it needs stand around it.
    let first =
        first.replace("xmlns=\"urn:unused\"", "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"");
    accept(&first);
    let document = saml::read_envelope(&first, Limits::default()).unwrap();
    let found = saml::carried(&document).unwrap().unwrap();
    let relayed = saml::relayed(&first, Limits::default(), found).unwrap().unwrap();
    assert_eq!(saml::relayed("<a/>", Limits::default(), found), Ok(None));
    let second = "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" xmlns=\"urn:other\" xmlns:xs=\"urn:x\">\
                  <soap:Header>SECURITY</soap:Header><soap:Body/></soap:Envelope>";
    let second = second.replace("SECURITY", &security(&relayed));
    accept(&second);
    let digest = |text: &str| *judged(text, |_rules| {}).unwrap().digest();
    assert_eq!(digest(&first), digest(&second));
}

#[test]
fn roles_and_purposes_may_be_several() {
    let mut several = assertion();
    several.attributes.roles.push(code("JPR10400", "urn:oid:1.2.392.200119.4.1", ""));
    several.attributes.purposes_of_use.push(code("ETREAT", "2.16.840.1.113883.5.8", "救急"));
    several.attributes.organizations.push("分院".to_owned());
    let verified = judged(&envelope(&security(&issued(&several))), |_rules| {}).unwrap();
    assert_eq!(verified.assertion(), &several);
}

#[test]
fn an_assertion_about_a_patient_is_for_that_patient() {
    let attributes = assertion().attributes;
    let patient = |cx: &str| datatypes::PatientId::parse(cx).unwrap();
    assert!(attributes.concerns(&patient("P0001^^^&1.2.392.200250.2.3&ISO")));
    assert!(!attributes.concerns(&patient("P0002^^^&1.2.392.200250.2.3&ISO")));
    assert!(!attributes.concerns(&patient("P0001^^^&1.2.392.200250.2.4&ISO")));
    let any = saml::Attributes { resource_id: None, ..attributes };
    assert!(any.concerns(&patient("P0002^^^&1.2.392.200250.2.3&ISO")));
}

#[test]
fn nothing_of_a_person_is_shown() {
    let verified = judged(&envelope(&security(&genuine())), |_rules| {}).unwrap();
    let shown = format!("{:?} {:?}", verified, verified.assertion().attributes);
    for secret in ["sato", "drs", "佐藤", "P0001", "中央"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let issuers = crate::support::issuers();
    let lists = [String::new(), String::new()];
    assert!(!format!("{:?}", rules(&issuers, &lists)).contains("BEGIN"));
}

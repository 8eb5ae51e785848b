//! `saml::judge`: whatever is done to a signed message, what is accepted is what its provider signed.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use ::datatypes::Code;
use jiff::{SignedDuration, Timestamp};
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use saml::{
    Assertion, Attributes, AuthnStatement, Conditions, Confirmation, Method, NameId, Rules,
    Strength, TrustedIssuers,
};
use xml::Limits;
use xmldsig::{Certificate, SigningKey, TrustedKey};

use super::{XML_TOKENS, payload, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "signed_envelope",
    run,
    seeds,
    samples: &["saml"],
    tokens: &[TOKENS, XML_TOKENS],
};

const TOKENS: &[&str] = &[
    "<saml:Assertion ID=\"_1\" xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">",
    "<saml:Assertion ID=\"_3\">",
    "</saml:Assertion>",
    "<saml:Issuer>https://idp.example</saml:Issuer>",
    "<saml:NameID>evil</saml:NameID>",
    "<saml:Advice>",
    "</saml:Advice>",
    "<ds:Object>",
    "</ds:Object>",
    "<ds:Signature>",
    "</ds:Signature>",
    "<ds:Reference URI=\"\"/>",
    " URI=\"#_2\"",
    " ID=\"_1\"",
    " Id=\"_1\"",
    " id=\"_2\"",
    " PrefixList=\"#default saml\"",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    "http://www.w3.org/2000/09/xmldsig#sha1",
    "physician",
    "nurse",
    "<!-- -->",
];

const ISSUER: &str = "https://idp.example";
/// Where the signing takes place.
const NOW: i64 = 1_775_003_700;
const LIMITS: Limits = Limits {
    bytes: 1024 * 1024,
    depth: 32,
    elements: 5_000,
    attributes_per_element: 64,
    text_bytes: 16 * 1024,
};

/// Two assertions, so that pieces of one may come into the other, with the key they are signed by.
struct Genuine {
    issuers: TrustedIssuers,
    assertions: [Assertion; 2],
    messages: Vec<String>,
    digests: Vec<[u8; 32]>,
}

fn run(bytes: &[u8]) -> Verdict {
    let text = payload::decode(bytes)?;
    let genuine = genuine();
    let verified = judged(&text, &genuine.issuers)?;
    assert!(genuine.assertions.contains(verified.assertion()), "says what nobody said");
    assert!(genuine.digests.contains(verified.digest()), "signed by nobody");
    Ok(verified.assertion().id.clone())
}

fn judged(text: &str, issuers: &TrustedIssuers) -> Result<saml::Verified, String> {
    let document = saml::read_envelope(text, LIMITS).map_err(reason)?;
    let found = saml::carried(&document).map_err(reason)?.ok_or("no assertion")?;
    let audiences = ["urn:audience".to_owned()];
    let rules = Rules {
        issuers,
        audiences: &audiences,
        recipients: &[],
        skew: SignedDuration::from_secs(60),
        longest_validity: SignedDuration::from_hours(1),
        required: &[],
        least_strength: Strength::Unspecified,
        presenter: None,
        is_relayed: false,
        now: at(0),
    };
    saml::judge(found, &rules).map_err(|refused| reason(refused.cause()))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW.saturating_add(seconds)).unwrap_or_default()
}

fn seeds() -> Vec<Vec<u8>> {
    genuine().messages.iter().map(|message| message.clone().into_bytes()).collect()
}

fn genuine() -> &'static Genuine {
    static GENUINE: OnceLock<Genuine> = OnceLock::new();
    GENUINE.get_or_init(|| match make() {
        Ok(genuine) => genuine,
        Err(error) => unreachable!("a fixed key signs: {error}"),
    })
}

fn make() -> Result<Genuine, Box<dyn std::error::Error>> {
    let key = private_key()?;
    let (key_pem, certificate_pem) = (key.private_key_to_pem_pkcs8()?, certificate(&key)?);
    let signing = SigningKey::from_pem(&key_pem, &certificate_pem)?;
    let trusted = TrustedKey::new(Certificate::from_pem(&certificate_pem)?)?;
    let issuers = BTreeMap::from([(ISSUER.to_owned(), vec![trusted])]);
    let assertions = [assertion("_1", "佐藤", "physician"), assertion("_2", "鈴木", "nurse")];
    let mut messages = Vec::new();
    for assertion in &assertions {
        messages.push(message(&saml::issue(assertion, &signing)?));
    }
    let mut digests = Vec::new();
    for message in &messages {
        digests.push(*judged(message, &issuers)?.digest());
    }
    Ok(Genuine { issuers, assertions, messages, digests })
}

/// The same key in every run, so that an input that was kept can be run again.
fn private_key() -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let number = BigNum::from_slice(&[0x5E; 32])?;
    let mut point = EcPoint::new(&group)?;
    point.mul_generator2(&group, &number, &mut *BigNumContext::new()?)?;
    PKey::from_ec_key(EcKey::from_private_components(&group, &number, &point)?)
}

fn certificate(key: &PKey<Private>) -> Result<Vec<u8>, ErrorStack> {
    let mut builder = X509::builder()?;
    let (start, end) = (Asn1Time::from_unix(NOW)?, Asn1Time::days_from_now(1)?);
    builder.set_not_before(&start)?;
    builder.set_not_after(&end)?;
    builder.set_pubkey(key)?;
    builder.sign(key, MessageDigest::sha256())?;
    builder.build().to_pem()
}

fn assertion(id: &str, name: &str, role: &str) -> Assertion {
    let code = |code: &str| Code {
        code: code.to_owned(),
        scheme: "1.2.3".to_owned(),
        display: String::new(),
    };
    Assertion {
        id: id.to_owned(),
        issue_instant: at(0),
        issuer: ISSUER.to_owned(),
        subject: NameId {
            value: format!("user{id}"),
            format: None,
            name_qualifier: None,
            sp_provided_id: None,
        },
        confirmations: vec![Confirmation {
            method: Method::Bearer,
            not_before: None,
            not_on_or_after: None,
            recipient: None,
        }],
        conditions: Conditions {
            not_before: at(0),
            not_on_or_after: at(600),
            audience_restrictions: vec![vec!["urn:audience".to_owned()]],
            one_time_use: false,
        },
        authn_statements: vec![AuthnStatement {
            instant: at(0),
            session_not_on_or_after: None,
            class: Some("urn:oasis:names:tc:SAML:2.0:ac:classes:X509".to_owned()),
        }],
        attributes: Attributes {
            subject_id: Some(name.to_owned()),
            roles: vec![code(role)],
            purposes_of_use: vec![code("TREAT")],
            ..Attributes::default()
        },
    }
}

fn message(assertion: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header>{}</s:Header><s:Body><q id=\"q\"/>\
         </s:Body></s:Envelope>",
        saml::security_header(assertion)
    )
}

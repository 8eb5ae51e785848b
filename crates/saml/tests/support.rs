//! A user, a provider, a message, and what becomes of it.

use std::collections::BTreeMap;

use datatypes::{Code, HomeCommunityId, PatientId};
use jiff::{SignedDuration, Timestamp};
use saml::{
    Assertion, Attributes, AuthnStatement, Cause, Conditions, Confirmation, Method, NameId,
    OtherAttribute, RequiredAttribute, Rules, Strength, TrustedIssuers, Verified,
};
use xml::{Limits, XmlErrorKind};
use xmldsig::SigningKey;

use crate::keys::{p256, rsa};

pub(crate) const ISSUER: &str = "https://idp.example/xua";
/// Another provider that is trusted as well, with an EC key.
pub(crate) const OTHER_ISSUER: &str = "https://idp.other.example";
pub(crate) const AUDIENCE: &str = "urn:oid:1.2.392.200250.2.1";
pub(crate) const RECIPIENT: &str = "https://registry.example/xds/registry";

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn code(code: &str, scheme: &str, display: &str) -> Code {
    Code { code: code.to_owned(), scheme: scheme.to_owned(), display: display.to_owned() }
}

/// A physician at half past nine.
pub(crate) fn assertion() -> Assertion {
    Assertion {
        id: "_7d8e48d6".to_owned(),
        issue_instant: time("2026-04-01T00:30:00Z"),
        issuer: ISSUER.to_owned(),
        subject: NameId {
            value: "drsato".to_owned(),
            format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".to_owned()),
            name_qualifier: None,
            sp_provided_id: Some("drs".to_owned()),
        },
        confirmations: vec![Confirmation {
            method: Method::Bearer,
            not_before: None,
            not_on_or_after: Some(time("2026-04-01T00:40:00Z")),
            recipient: Some(RECIPIENT.to_owned()),
        }],
        conditions: Conditions {
            not_before: time("2026-04-01T00:30:00Z"),
            not_on_or_after: time("2026-04-01T00:45:00Z"),
            audience_restrictions: vec![vec!["urn:else".to_owned(), AUDIENCE.to_owned()]],
            one_time_use: false,
        },
        authn_statements: vec![AuthnStatement {
            instant: time("2026-04-01T00:29:00Z"),
            session_not_on_or_after: Some(time("2026-04-01T09:00:00Z")),
            class: Some("urn:oasis:names:tc:SAML:2.0:ac:classes:X509".to_owned()),
        }],
        attributes: attributes(),
    }
}

fn attributes() -> Attributes {
    Attributes {
        subject_id: Some("佐藤　一郎".to_owned()),
        organizations: vec!["中央病院 <本院>".to_owned()],
        organization_ids: vec!["urn:oid:1.2.392.100495.20.3.51.11311234567".to_owned()],
        home_community_id: Some(HomeCommunityId::parse("urn:oid:1.2.392.200250.2.2").unwrap()),
        roles: vec![code("309343006", "2.16.840.1.113883.6.96", "医師")],
        purposes_of_use: vec![code("TREAT", "2.16.840.1.113883.5.8", "treatment")],
        resource_id: Some(PatientId::parse("P0001^^^&1.2.392.200250.2.3&ISO").unwrap()),
        others: vec![OtherAttribute {
            name: saml::name::ACKNOWLEDGED_POLICY.to_owned(),
            values: vec!["urn:oid:1.2.3.4".to_owned()],
        }],
    }
}

pub(crate) fn key() -> SigningKey {
    rsa().signing()
}

pub(crate) fn issued(assertion: &Assertion) -> String {
    saml::issue(assertion, &key()).unwrap()
}

/// The genuine assertion of every attack.
pub(crate) fn genuine() -> String {
    issued(&assertion())
}

pub(crate) fn issuers() -> TrustedIssuers {
    BTreeMap::from([
        (ISSUER.to_owned(), vec![rsa().trusted()]),
        (OTHER_ISSUER.to_owned(), vec![p256().trusted()]),
    ])
}

/// A message with these header blocks.
pub(crate) fn envelope(blocks: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://www.w3.org/2005/08/addressing\" xmlns=\"urn:unused\"><e:Header><a:Action>urn:ihe:iti:2007:\
         RegistryStoredQuery</a:Action>{blocks}</e:Header><e:Body><q:Query xmlns:q=\"urn:q\" id=\"_body\"/></e:Body>\
         </e:Envelope>"
    )
}

pub(crate) fn security(content: &str) -> String {
    saml::security_header(content)
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Accepted, and it says this about the user.
    Accepted(String),
    /// No assertion where one is looked for.
    Nothing,
    Refused(Cause),
    Unreadable(XmlErrorKind),
}

pub(crate) fn rules<'r>(issuers: &'r TrustedIssuers, lists: &'r [String; 2]) -> Rules<'r> {
    let [audience, recipient] = lists;
    Rules {
        issuers,
        audiences: std::slice::from_ref(audience),
        recipients: std::slice::from_ref(recipient),
        skew: SignedDuration::from_secs(60),
        longest_validity: SignedDuration::from_hours(1),
        required: &[
            RequiredAttribute::SubjectId,
            RequiredAttribute::OrganizationId,
            RequiredAttribute::Role,
            RequiredAttribute::PurposeOfUse,
        ],
        least_strength: Strength::Possession,
        presenter: None,
        is_relayed: false,
        now: time("2026-04-01T00:35:00Z"),
    }
}

/// Reads and judges a message; `change` may change the rules.
pub(crate) fn judged(text: &str, change: impl FnOnce(&mut Rules<'_>)) -> Result<Verified, Outcome> {
    let issuers = issuers();
    let lists = [AUDIENCE.to_owned(), RECIPIENT.to_owned()];
    let mut rules = rules(&issuers, &lists);
    change(&mut rules);
    let text = xml::decode(text.as_bytes(), None).unwrap();
    let document = saml::read_envelope(&text, Limits::default())
        .map_err(|error| Outcome::Unreadable(error.kind))?;
    let found = saml::carried(&document).map_err(Outcome::Refused)?;
    let found = found.ok_or(Outcome::Nothing)?;
    // The reader of envelopes has found the same header.
    let mut reader = xml::Reader::new(&text, Limits::default()).unwrap();
    if let Ok(header) = soap::read_header(&mut reader) {
        assert!(header.security.unwrap().span.contains(&found.span_start()));
    }
    saml::judge(found, &rules).map_err(|refused| {
        assert_eq!(refused.to_string(), "the assertion was not accepted");
        Outcome::Refused(refused.cause())
    })
}

pub(crate) fn outcome(text: &str) -> Outcome {
    match judged(text, |_rules| {}) {
        Ok(verified) => Outcome::Accepted(verified.assertion().user_name()),
        Err(outcome) => outcome,
    }
}

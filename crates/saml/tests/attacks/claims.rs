//! Assertions that their provider really signed, and that are not to be accepted here and now.

use saml::{Cause, RequiredAttribute};

use super::{Attack, provided};
use crate::support::{AUDIENCE, Outcome, RECIPIENT};

const SAML_END: &str = "</saml:Assertion>";

pub(super) fn attacks() -> Vec<Attack> {
    [times(), subjects(), audiences(), authentications(), attributes(), structures()]
        .into_iter()
        .flatten()
        .collect()
}

fn replaced(from: &'static str, to: &'static str) -> String {
    provided(move |text| text.replacen(from, to, 1))
}

/// Without the first element of this name.
fn without(element: &'static str) -> String {
    replaced_element(element, "")
}

fn replaced_element(element: &'static str, by: &'static str) -> String {
    provided(move |text| {
        let start = text.find(&format!("<{element}")).unwrap();
        let end_tag = format!("</{element}>");
        let end = text[start..].find(&end_tag).unwrap() + start + end_tag.len();
        [&text[..start], by, &text[end..]].concat()
    })
}

fn refused(cause: Cause) -> Outcome {
    Outcome::Refused(cause)
}

fn malformed(part: &'static str) -> Outcome {
    Outcome::Refused(Cause::Malformed { part })
}

fn times() -> Vec<Attack> {
    let end = "NotOnOrAfter=\"2026-04-01T00:45:00Z\"";
    let start = "NotBefore=\"2026-04-01T00:30:00Z\"";
    vec![
        (
            "expired",
            replaced(end, "NotOnOrAfter=\"2026-04-01T00:34:00Z\""),
            refused(Cause::Expired),
        ),
        (
            "expired in another zone",
            replaced(end, "NotOnOrAfter=\"2026-04-01T09:34:00+09:00\""),
            refused(Cause::Expired),
        ),
        (
            "expired long ago",
            replaced("2026-04-01T00:45:00Z", "2011-03-29T09:54:40Z"),
            refused(Cause::Expired),
        ),
        (
            "not valid yet",
            replaced(start, "NotBefore=\"2026-04-01T00:36:01Z\""),
            refused(Cause::NotYetValid),
        ),
        (
            "valid for no time",
            provided(|text| {
                text.replacen(end, "NotOnOrAfter=\"2026-04-01T00:35:00Z\"", 1).replacen(
                    start,
                    "NotBefore=\"2026-04-01T00:35:00Z\"",
                    1,
                )
            }),
            refused(Cause::Expired),
        ),
        (
            "valid for too long",
            replaced(end, "NotOnOrAfter=\"2026-04-01T01:30:01Z\""),
            refused(Cause::ValidTooLong),
        ),
        (
            "valid for ever",
            replaced(end, "NotOnOrAfter=\"9999-12-30T00:00:00Z\""),
            refused(Cause::ValidTooLong),
        ),
        ("no end", replaced(end, ""), malformed("NotOnOrAfter")),
        ("no beginning", replaced(start, ""), malformed("NotBefore")),
        (
            "an end without zone",
            replaced(end, "NotOnOrAfter=\"2026-04-01T00:45:00\""),
            malformed("NotOnOrAfter"),
        ),
        (
            "an end that is no time",
            replaced(end, "NotOnOrAfter=\"tomorrow\""),
            malformed("NotOnOrAfter"),
        ),
        ("an empty end", replaced(end, "NotOnOrAfter=\"\""), malformed("NotOnOrAfter")),
        (
            "issued in the future",
            replaced("IssueInstant=\"2026-04-01T00:30", "IssueInstant=\"2026-04-01T00:37"),
            refused(Cause::IssuedInTheFuture),
        ),
        (
            "no issue instant",
            replaced("IssueInstant=\"2026-04-01T00:30:00Z\"", ""),
            malformed("IssueInstant"),
        ),
    ]
}

fn subjects() -> Vec<Attack> {
    let bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
    let holder = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key";
    vec![
        ("no subject", without("saml:Subject"), malformed("Subject")),
        (
            "two subjects",
            replaced("<saml:Subject>", "<saml:Subject/><saml:Subject>"),
            malformed("Subject"),
        ),
        ("no name", without("saml:NameID"), malformed("NameID")),
        (
            "two names",
            replaced("<saml:NameID", "<saml:NameID>evil</saml:NameID><saml:NameID"),
            malformed("NameID"),
        ),
        ("an empty name", replaced(">drsato<", "> \n<"), malformed("NameID")),
        (
            "an element in the name",
            replaced(">drsato<", ">drsato<x xmlns=\"\"/><"),
            malformed("NameID"),
        ),
        (
            "an encrypted name",
            replaced_element("saml:NameID", "<saml:EncryptedID/>"),
            malformed("NameID"),
        ),
        (
            "no confirmation",
            without("saml:SubjectConfirmation"),
            refused(Cause::ConfirmationMethod),
        ),
        (
            "very many confirmations",
            provided(|text| {
                text.replacen(
                    "<saml:SubjectConfirmation ",
                    &[
                        "<saml:SubjectConfirmation Method=\"urn:x\"/>".repeat(16),
                        "<saml:SubjectConfirmation ".to_owned(),
                    ]
                    .concat(),
                    1,
                )
            }),
            malformed("SubjectConfirmation"),
        ),
        (
            "sender vouches",
            replaced(bearer, "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"),
            refused(Cause::ConfirmationMethod),
        ),
        (
            "no method",
            replaced("Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"", ""),
            malformed("SubjectConfirmation/@Method"),
        ),
        ("holder of a key, without key", replaced(bearer, holder), refused(Cause::HolderOfKey)),
        (
            "bearer until before",
            replaced(
                "NotOnOrAfter=\"2026-04-01T00:40:00Z\"",
                "NotOnOrAfter=\"2026-04-01T00:34:00Z\"",
            ),
            refused(Cause::ConfirmationTime),
        ),
        (
            "bearer from later",
            replaced("NotOnOrAfter=\"2026-04-01T00:40:00Z\"", "NotBefore=\"2026-04-01T00:36:01Z\""),
            refused(Cause::ConfirmationTime),
        ),
        (
            "bearer until an unreadable time",
            replaced("NotOnOrAfter=\"2026-04-01T00:40:00Z\"", "NotOnOrAfter=\"soon\""),
            malformed("SubjectConfirmationData"),
        ),
        (
            "bearer for another recipient",
            replaced(RECIPIENT, "https://registry.example/xds/registry/"),
            refused(Cause::Recipient),
        ),
        ("bearer for nobody", replaced(RECIPIENT, ""), malformed("SubjectConfirmationData")),
    ]
}

fn audiences() -> Vec<Attack> {
    let first = "<saml:AudienceRestriction>";
    vec![
        (
            "for another audience",
            replaced(AUDIENCE, "urn:oid:1.2.392.200250.2.10"),
            refused(Cause::Audience),
        ),
        (
            "for an audience that begins alike",
            replaced(AUDIENCE, "urn:oid:1.2.392.200250.2.1/evil"),
            refused(Cause::Audience),
        ),
        (
            "for an audience in capitals",
            replaced(AUDIENCE, "URN:OID:1.2.392.200250.2.1"),
            refused(Cause::Audience),
        ),
        (
            "for us and only for others",
            replaced(
                first,
                "<saml:AudienceRestriction><saml:Audience>urn:else</saml:Audience></saml:AudienceRestriction><saml:AudienceRestriction>",
            ),
            refused(Cause::Audience),
        ),
        (
            "a restriction to nobody",
            replaced(first, "<saml:AudienceRestriction/><saml:AudienceRestriction>"),
            malformed("AudienceRestriction"),
        ),
        (
            "an empty audience",
            replaced("<saml:Audience>", "<saml:Audience/><saml:Audience>"),
            malformed("Audience"),
        ),
        ("no restriction", without("saml:AudienceRestriction"), refused(Cause::NoAudience)),
        ("no conditions", without("saml:Conditions"), malformed("Conditions")),
        (
            "conditions twice",
            replaced(
                "<saml:Conditions",
                "<saml:Conditions NotBefore=\"2026-04-01T00:30:00Z\"/><saml:Conditions",
            ),
            malformed("Conditions"),
        ),
        (
            "a condition of another kind",
            replaced(
                first,
                "<saml:Condition xmlns:x=\"urn:x\" xsi:type=\"x:Only\"/><saml:AudienceRestriction>",
            ),
            refused(Cause::UnknownCondition),
        ),
        (
            "a condition of another namespace",
            replaced(first, "<OneTimeUse xmlns=\"\"/><saml:AudienceRestriction>"),
            refused(Cause::UnknownCondition),
        ),
    ]
}

fn authentications() -> Vec<Attack> {
    let class = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509";
    vec![
        ("no authentication", without("saml:AuthnStatement"), refused(Cause::NoAuthnStatement)),
        (
            "authenticated in the future",
            replaced(
                "AuthnInstant=\"2026-04-01T00:29:00Z\"",
                "AuthnInstant=\"2026-04-01T00:36:01Z\"",
            ),
            refused(Cause::AuthnTime),
        ),
        (
            "authenticated at no time",
            replaced("AuthnInstant=\"2026-04-01T00:29:00Z\"", ""),
            malformed("AuthnInstant"),
        ),
        (
            "a session that has ended",
            replaced("2026-04-01T09:00:00Z", "2026-04-01T00:34:00Z"),
            refused(Cause::AuthnTime),
        ),
        (
            "a password",
            replaced(class, "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"),
            refused(Cause::WeakAuthentication),
        ),
        (
            "an unknown class",
            replaced(class, "urn:x:very-strong"),
            refused(Cause::WeakAuthentication),
        ),
        ("no context", without("saml:AuthnContext"), malformed("AuthnContext")),
        ("an empty context", without("saml:AuthnContextClassRef"), malformed("AuthnContext")),
        (
            "a context by declaration only",
            replaced_element(
                "saml:AuthnContextClassRef",
                "<saml:AuthnContextDeclRef>urn:x</saml:AuthnContextDeclRef>",
            ),
            refused(Cause::WeakAuthentication),
        ),
        (
            "two classes",
            replaced(
                "<saml:AuthnContextClassRef>",
                "<saml:AuthnContextClassRef>urn:x</saml:AuthnContextClassRef><saml:AuthnContextClassRef>",
            ),
            malformed("AuthnContextClassRef"),
        ),
    ]
}

fn attributes() -> Vec<Attack> {
    let missing = |attribute| refused(Cause::MissingAttribute(attribute));
    let second = |name: &'static str, value: &'static str| {
        provided(move |text| {
            let end = "</saml:AttributeStatement>";
            let attribute = format!(
                "<saml:AttributeStatement><saml:Attribute Name=\"{name}\"><saml:AttributeValue>{value}</saml:AttributeValue>\
                 </saml:Attribute></saml:AttributeStatement>"
            );
            text.replacen(end, &[end, &attribute].concat(), 1)
        })
    };
    vec![
        (
            "no attributes",
            without("saml:AttributeStatement"),
            missing(RequiredAttribute::SubjectId),
        ),
        (
            "no subject id",
            replaced(saml::name::SUBJECT_ID, "urn:x"),
            missing(RequiredAttribute::SubjectId),
        ),
        ("a blank subject id", replaced("佐藤　一郎", " "), missing(RequiredAttribute::SubjectId)),
        (
            "no organization id",
            replaced(saml::name::ORGANIZATION_ID, "urn:x"),
            missing(RequiredAttribute::OrganizationId),
        ),
        ("no role", replaced(saml::name::ROLE, "urn:x"), missing(RequiredAttribute::Role)),
        (
            "a role without code system",
            replaced("codeSystem=\"2.16.840.1.113883.6.96\"", ""),
            missing(RequiredAttribute::Role),
        ),
        (
            "a role without code",
            replaced("code=\"309343006\"", "code=\"\""),
            missing(RequiredAttribute::Role),
        ),
        (
            "a role of another namespace",
            replaced("xmlns:hl7=\"urn:hl7-org:v3\"", "xmlns:hl7=\"urn:hl7-org:v0000\""),
            missing(RequiredAttribute::Role),
        ),
        (
            "a role as text",
            provided(|text| {
                let start = text.find("<hl7:Role").unwrap();
                let end = start + text[start..].find("/>").unwrap() + 2;
                [&text[..start], "309343006", &text[end..]].concat()
            }),
            missing(RequiredAttribute::Role),
        ),
        (
            "a purpose in the place of the role",
            replaced("<hl7:Role", "<hl7:PurposeOfUse"),
            missing(RequiredAttribute::Role),
        ),
        (
            "no purpose",
            replaced(saml::name::PURPOSE_OF_USE, "urn:x"),
            missing(RequiredAttribute::PurposeOfUse),
        ),
        (
            "a patient that cannot be read",
            replaced("P0001^^^&amp;1.2", "P0001^^&amp;1.2"),
            malformed(saml::name::RESOURCE_ID),
        ),
        (
            "a patient without authority",
            replaced("^^^&amp;1.2.392.200250.2.3&amp;ISO", ""),
            malformed(saml::name::RESOURCE_ID),
        ),
        (
            "two patients",
            second(saml::name::RESOURCE_ID, "P0002^^^&amp;1.2.392.200250.2.3&amp;ISO"),
            refused(Cause::AmbiguousAttribute),
        ),
        ("two users", second(saml::name::SUBJECT_ID, "evil"), refused(Cause::AmbiguousAttribute)),
        (
            "two communities",
            second(saml::name::HOME_COMMUNITY_ID, "urn:oid:1.2.3"),
            refused(Cause::AmbiguousAttribute),
        ),
        (
            "a community that is no OID",
            replaced("urn:oid:1.2.392.200250.2.2", "1.2.392.200250.2.2"),
            malformed(saml::name::HOME_COMMUNITY_ID),
        ),
        (
            "an encrypted attribute",
            replaced(
                "<saml:AttributeStatement>",
                "<saml:AttributeStatement><saml:EncryptedAttribute/>",
            ),
            malformed("AttributeStatement"),
        ),
        (
            "an attribute without name",
            replaced(
                "<saml:AttributeStatement>",
                "<saml:AttributeStatement><saml:Attribute><saml:AttributeValue>x</saml:AttributeValue></saml:Attribute>",
            ),
            malformed("Attribute/@Name"),
        ),
        (
            "an element in a name",
            second(saml::name::SUBJECT_ID, "x<y xmlns=\"\"/>"),
            malformed(saml::name::SUBJECT_ID),
        ),
        (
            "a very long value",
            provided(|text| text.replacen("佐藤", &"x".repeat(5_000), 1)),
            malformed(saml::name::SUBJECT_ID),
        ),
        (
            "very many values",
            provided(|text| {
                let value = "<saml:AttributeValue>x</saml:AttributeValue>";
                text.replacen(
                    organization(),
                    &[
                        "</saml:AttributeValue>",
                        &value.repeat(1_025),
                        &organization()["</saml:AttributeValue>".len()..],
                    ]
                    .concat(),
                    1,
                )
            }),
            malformed("Attribute"),
        ),
    ]
}

fn organization() -> &'static str {
    "</saml:AttributeValue></saml:Attribute><saml:Attribute Name=\"urn:oasis:names:tc:xspa:1.0:subject:organization-id\">"
}

fn structures() -> Vec<Attack> {
    vec![
        ("version 1.1", replaced("Version=\"2.0\"", "Version=\"1.1\""), malformed("Version")),
        ("no version", replaced("Version=\"2.0\"", ""), malformed("Version")),
        (
            "no issuer",
            provided(|text| {
                text.replacen("<saml:Issuer>", "<saml:Issuer2>", 1).replacen(
                    "</saml:Issuer>",
                    "</saml:Issuer2><!--</saml:Issuer>-->",
                    1,
                )
            }),
            malformed("Issuer"),
        ),
        (
            "two issuers",
            replaced("</saml:Issuer>", "</saml:Issuer><saml:Issuer>evil</saml:Issuer>"),
            malformed("Issuer"),
        ),
        (
            "an element in the issuer",
            replaced("</saml:Issuer>", "<x/></saml:Issuer>"),
            malformed("Issuer"),
        ),
        (
            "an unknown statement",
            replaced(SAML_END, "<saml:Statement/></saml:Assertion>"),
            malformed("Assertion"),
        ),
        (
            "an element of another namespace",
            replaced(SAML_END, "<Subject xmlns=\"\"/></saml:Assertion>"),
            malformed("Assertion"),
        ),
        (
            "text between the parts",
            replaced(SAML_END, "x</saml:Assertion>"),
            malformed("Assertion"),
        ),
    ]
}

//! The genuine message with something changed on the way.

use xmldsig::Cause as Signature;

use super::{Attack, changed, with};
use crate::support::{ISSUER, OTHER_ISSUER, Outcome, genuine};

fn refused(cause: Signature) -> Outcome {
    Outcome::Refused(saml::Cause::Signature(cause))
}

pub(super) fn attacks() -> Vec<Attack> {
    [content(), markup(), signature(), references()].into_iter().flatten().collect()
}

fn content() -> Vec<Attack> {
    let digest = || refused(Signature::Digest);
    vec![
        ("another user", changed("drsato", "drsata"), digest()),
        ("another alias", changed("\"drs\"", "\"drt\""), digest()),
        ("another role", changed("309343006", "6868009"), digest()),
        ("another name of the role", changed("医師", "院長"), digest()),
        (
            "another code system",
            changed("2.16.840.1.113883.6.96", "2.16.840.1.113883.6.97"),
            digest(),
        ),
        ("another purpose", changed("\"TREAT\"", "\"ETREAT\""), digest()),
        ("another patient", changed("P0001^", "P0002^"), digest()),
        ("another institution", changed("11311234567", "11311234568"), digest()),
        (
            "another end",
            changed("NotOnOrAfter=\"2026-04-01T00:45", "NotOnOrAfter=\"2027-04-01T00:45"),
            digest(),
        ),
        (
            "another audience",
            changed("<saml:Audience>urn:else", "<saml:Audience>urn:oid:1.2.3"),
            digest(),
        ),
        ("another class", changed("classes:X509", "classes:SmartcardPKI"), digest()),
        (
            "another ID",
            changed(" ID=\"_7d8e48d6\"", " ID=\"_7d8e48d7\""),
            refused(Signature::Reference),
        ),
        ("no ID", changed(" ID=\"_7d8e48d6\"", ""), refused(Signature::Id)),
        (
            "another issuer that is trusted",
            changed(ISSUER, OTHER_ISSUER),
            refused(Signature::ForeignCertificate),
        ),
        (
            "another issuer that is not trusted",
            changed(ISSUER, "https://idp.evil.example"),
            Outcome::Refused(saml::Cause::UntrustedIssuer),
        ),
        (
            "an issuer with a comment before another",
            changed(ISSUER, &format!("{ISSUER}<!-- -->.evil.example")),
            Outcome::Refused(saml::Cause::UntrustedIssuer),
        ),
        (
            "an issuer of half width",
            changed("idp.example", "ｉdp.example"),
            Outcome::Refused(saml::Cause::UntrustedIssuer),
        ),
        (
            "an audience restriction removed",
            {
                let text = with(&genuine());
                let (before, rest) = text.split_once("<saml:AudienceRestriction>").unwrap();
                let (_, after) = rest.split_once("</saml:AudienceRestriction>").unwrap();
                [before, after].concat()
            },
            digest(),
        ),
        ("decomposed kana", changed("中央病院", "中央病院か\u{3099}"), digest()),
    ]
}

fn markup() -> Vec<Attack> {
    let digest = || refused(Signature::Digest);
    vec![
        ("an element added", changed("<saml:Subject>", "<saml:Advice/><saml:Subject>"), digest()),
        ("an attribute added", changed("<saml:Subject>", "<saml:Subject x=\"\">"), digest()),
        (
            "an attribute statement added",
            changed("</saml:Assertion>", "<saml:AttributeStatement/></saml:Assertion>"),
            digest(),
        ),
        ("white space between elements", changed("<saml:Subject>", "\n<saml:Subject>"), digest()),
        ("white space in a text", changed(">drsato<", "> drsato<"), digest()),
        ("a CDATA section with more", changed("drsato", "<![CDATA[drsato ]]>"), digest()),
        ("a character reference to another one", changed("drsato", "drsat&#x430;"), digest()),
        ("a carriage return by reference", changed(">drsato<", ">drsato&#13;<"), digest()),
        (
            "another prefix",
            with(&genuine().replace("saml:", "s:").replace("xmlns:saml=", "xmlns:s=")),
            digest(),
        ),
        (
            "a prefix bound to another namespace",
            changed("xmlns:hl7=\"urn:hl7-org:v3\"", "xmlns:hl7=\"urn:hl7-org:v2\""),
            digest(),
        ),
        (
            "a prefix rebound in between",
            changed(
                "<saml:AttributeStatement>",
                "<saml:AttributeStatement xmlns:saml=\"urn:evil\">",
            ),
            digest(),
        ),
        (
            "the listed prefix bound to another namespace",
            changed("xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"", "xmlns:xs=\"urn:evil\""),
            digest(),
        ),
        (
            "the listed prefix bound again",
            changed("<saml:Subject>", "<saml:Subject xmlns:xs=\"urn:evil\">"),
            digest(),
        ),
        (
            "a default namespace put on a part that is used",
            changed("<saml:Subject>", "<Subject xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">")
                .replacen("</saml:Subject>", "</Subject>", 1),
            digest(),
        ),
        ("an element emptied", changed(">drsato</saml:NameID>", "></saml:NameID>"), digest()),
        (
            "the order changed",
            {
                let text = with(&genuine());
                let (before, rest) = text.split_once("<saml:AuthnStatement").unwrap();
                let (statement, after) = rest.split_once("</saml:AuthnStatement>").unwrap();
                let statement = format!("<saml:AuthnStatement{statement}</saml:AuthnStatement>");
                [
                    before,
                    &after.replacen(
                        "</saml:Assertion>",
                        &format!("{statement}</saml:Assertion>"),
                        1,
                    ),
                ]
                .concat()
            },
            digest(),
        ),
    ]
}

/// The message with the text of this element of the signature changed.
fn value(element: &str, change: impl Fn(&str) -> String) -> String {
    let text = with(&genuine());
    let (start, end) = (format!("<ds:{element}>"), format!("</ds:{element}>"));
    let (before, rest) = text.split_once(&start).unwrap();
    let (value, after) = rest.split_once(&end).unwrap();
    [before, &start, &change(value), &end, after].concat()
}

fn signature() -> Vec<Attack> {
    let signature = || refused(Signature::Signature);
    let encoding = || refused(Signature::Encoding);
    let other_first = |text: &str| {
        let other = if text.starts_with('A') { "B" } else { "A" };
        [other, &text[1..]].concat()
    };
    vec![
        ("another signature value", value("SignatureValue", other_first), signature()),
        ("an empty signature value", value("SignatureValue", |_| String::new()), signature()),
        (
            "a truncated signature value",
            value("SignatureValue", |text| text[..text.len() / 2].to_owned()),
            signature(),
        ),
        (
            "a longer signature value",
            value("SignatureValue", |text| ["AAAA", text].concat()),
            signature(),
        ),
        ("a signature value of zeros", value("SignatureValue", |_| "AAAA".repeat(86)), signature()),
        (
            "a signature value that is not base64",
            value("SignatureValue", |_| "MI ... mQ=".to_owned()),
            encoding(),
        ),
        (
            "a signature value with loose padding",
            value("SignatureValue", |text| text.trim_end_matches('=').to_owned()),
            encoding(),
        ),
        (
            "a signature value of a mebibyte",
            value("SignatureValue", |_| "A".repeat(1_000_000)),
            encoding(),
        ),
        (
            "an element in the signature value",
            value("SignatureValue", |text| format!("<x/>{text}")),
            refused(Signature::Structure),
        ),
        ("another digest value", value("DigestValue", other_first), signature()),
        ("an empty digest value", value("DigestValue", |_| String::new()), signature()),
        (
            "a digest value with a comment and more",
            value("DigestValue", |text| format!("AAAA<!-- -->{text}")),
            signature(),
        ),
        (
            "no digest value",
            changed("ds:DigestValue>", "ds:DigestValue2>").replacen(
                "</ds:DigestValue>",
                "</ds:DigestValue2>",
                1,
            ),
            refused(Signature::Structure),
        ),
        (
            "no signature value",
            {
                let text = with(&genuine());
                let (before, rest) = text.split_once("<ds:SignatureValue>").unwrap();
                [before, rest.split_once("</ds:SignatureValue>").unwrap().1].concat()
            },
            refused(Signature::Structure),
        ),
        (
            "text in SignedInfo",
            changed("<ds:Reference", "x<ds:Reference"),
            refused(Signature::Structure),
        ),
        (
            "text in Signature",
            changed("<ds:SignatureValue>", "x<ds:SignatureValue>"),
            refused(Signature::Structure),
        ),
        ("white space in SignedInfo", changed("<ds:Reference", " <ds:Reference"), signature()),
        (
            "SignedInfo twice",
            {
                let text = with(&genuine());
                let start = text.find("<ds:SignedInfo").unwrap();
                let end = text.find("</ds:SignedInfo>").unwrap() + "</ds:SignedInfo>".len();
                [&text[..end], &text[start..]].concat()
            },
            refused(Signature::Structure),
        ),
        (
            "SignedInfo emptied",
            {
                let text = with(&genuine());
                let start = text.find("<ds:CanonicalizationMethod").unwrap();
                let end = text.find("</ds:SignedInfo>").unwrap();
                [&text[..start], &text[end..]].concat()
            },
            refused(Signature::Structure),
        ),
        (
            "an attribute of the signature",
            changed("<ds:SignedInfo ", "<ds:SignedInfo x=\"\" "),
            refused(Signature::Structure),
        ),
        ("another algorithm of the same key", changed("#rsa-sha256", "#rsa-sha512"), signature()),
        ("another digest algorithm", changed("xmlenc#sha256", "xmlenc#sha512"), signature()),
        ("another prefix list", changed("PrefixList=\"xs\"", "PrefixList=\"xs xsi\""), signature()),
    ]
}

fn references() -> Vec<Attack> {
    let reference = || refused(Signature::Reference);
    let to = |uri: &str| changed("URI=\"#_7d8e48d6\"", uri);
    vec![
        ("reference without URI", to(""), reference()),
        ("reference with an empty URI", to("URI=\"\""), reference()),
        ("reference to nothing", to("URI=\"#\""), reference()),
        ("reference to the body", to("URI=\"#_body\""), reference()),
        ("reference without hash", to("URI=\"_7d8e48d6\""), reference()),
        ("reference to a file", to("URI=\"file:///etc/passwd\""), reference()),
        ("reference to a server", to("URI=\"http://evil.example/#_7d8e48d6\""), reference()),
        ("reference by XPointer", to("URI=\"#xpointer(id('_7d8e48d6'))\""), reference()),
        ("reference to the whole document", to("URI=\"#xpointer(/)\""), reference()),
        ("reference with white space", to("URI=\"#_7d8e48d6 \""), reference()),
        (
            "reference in another namespace",
            to("x:URI=\"#_7d8e48d6\" xmlns:x=\"urn:x\""),
            reference(),
        ),
        (
            "reference with a type",
            to("URI=\"#_7d8e48d6\" Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\""),
            reference(),
        ),
    ]
}

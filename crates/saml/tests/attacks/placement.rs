//! Assertions where none is looked for, tokens that are none, and what is no XML.

use saml::Cause;
use xml::XmlErrorKind;
use xmldsig::Cause as Signature;

use super::{Attack, changed, evil, with};
use crate::support::{Outcome, envelope, genuine, security};

pub(super) fn attacks() -> Vec<Attack> {
    [headers(), tokens(), documents()].into_iter().flatten().collect()
}

fn headers() -> Vec<Attack> {
    let two = || Outcome::Refused(Cause::SeveralSecurityHeaders);
    let message = with(&genuine());
    let no_envelope = || Outcome::Refused(Cause::Envelope);
    let role = |role: &str, block: String| {
        block.replace("soap:mustUnderstand", &format!("soap:role=\"{role}\" soap:mustUnderstand"))
    };
    let next = "http://www.w3.org/2003/05/soap-envelope/role/next";
    let none = "http://www.w3.org/2003/05/soap-envelope/role/none";
    vec![
        (
            "evil header before",
            envelope(&[security(&evil()), security(&genuine())].concat()),
            two(),
        ),
        ("evil header after", envelope(&[security(&genuine()), security(&evil())].concat()), two()),
        ("an empty header beside", envelope(&[security(""), security(&genuine())].concat()), two()),
        (
            "evil header for the next one",
            envelope(&[role(next, security(&evil())), security(&genuine())].concat()),
            two(),
        ),
        (
            "evil header for us, genuine one for nobody",
            envelope(&[security(&evil()), role(none, security(&genuine()))].concat()),
            Outcome::Refused(Cause::Signature(Signature::Unsigned)),
        ),
        (
            "genuine header for nobody",
            envelope(&role(none, security(&genuine()))),
            Outcome::Nothing,
        ),
        (
            "genuine header for somebody",
            envelope(&role("urn:somebody", security(&genuine()))),
            Outcome::Nothing,
        ),
        (
            "two headers of the envelope",
            message.replace("<e:Body>", "<e:Header/><e:Body>"),
            no_envelope(),
        ),
        (
            "header after the body",
            message
                .replace("<e:Header>", "<e:Body/><e:Header>")
                .replace("<e:Body><q:Query xmlns:q=\"urn:q\" id=\"_body\"/></e:Body>", ""),
            no_envelope(),
        ),
        ("no body", message.replace("e:Body", "e:Torso"), no_envelope()),
        (
            "an element before the header",
            message.replace("<e:Header>", "<x/><e:Header>"),
            no_envelope(),
        ),
        ("an element after the body", message.replace("</e:Body>", "</e:Body><x/>"), no_envelope()),
        (
            "envelope of SOAP 1.1",
            message.replacen(
                "http://www.w3.org/2003/05/soap-envelope",
                "http://schemas.xmlsoap.org/soap/envelope/",
                1,
            ),
            no_envelope(),
        ),
        ("an assertion alone", genuine(), no_envelope()),
        ("a header alone", security(&genuine()), no_envelope()),
        (
            "security header inside another",
            envelope(&format!("<x:Other xmlns:x=\"urn:x\">{}</x:Other>", security(&genuine()))),
            Outcome::Nothing,
        ),
        (
            "security header in the body",
            envelope("").replace("<q:Query ", &format!("{}<q:Query ", security(&genuine()))),
            Outcome::Nothing,
        ),
        (
            "security header of another namespace",
            changed(
                "oasis-200401-wss-wssecurity-secext-1.0.xsd",
                "oasis-200401-wss-wssecurity-secext-1.1.xsd",
            ),
            Outcome::Nothing,
        ),
    ]
}

fn tokens() -> Vec<Attack> {
    let unsupported = || Outcome::Refused(Cause::UnsupportedToken);
    let wsse = |name: &str| format!("<wsse:{name}/>");
    vec![
        ("no header", envelope(""), Outcome::Nothing),
        ("an empty security header", with(""), Outcome::Nothing),
        ("a time stamp only", with("<u:Timestamp xmlns:u=\"urn:u\"/>"), Outcome::Nothing),
        (
            "assertion inside another element",
            with(&format!("<x>{}</x>", genuine())),
            Outcome::Nothing,
        ),
        (
            "assertion inside a reference",
            with(&format!(
                "<wsse:SecurityTokenReference>{}</wsse:SecurityTokenReference>",
                genuine()
            )),
            Outcome::Nothing,
        ),
        ("a user name", with(&wsse("UsernameToken")), unsupported()),
        (
            "an encrypted assertion",
            with("<EncryptedAssertion xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>"),
            unsupported(),
        ),
        (
            "encrypted data",
            with("<EncryptedData xmlns=\"http://www.w3.org/2001/04/xmlenc#\"/>"),
            unsupported(),
        ),
        (
            "an assertion of SAML 1.1",
            with(&genuine().replace("SAML:2.0:assertion", "SAML:1.0:assertion")),
            unsupported(),
        ),
        (
            "an assertion of another namespace",
            with(&genuine().replace("SAML:2.0:assertion", "SAML:2.0:assertio")),
            Outcome::Nothing,
        ),
    ]
}

fn documents() -> Vec<Attack> {
    let unreadable = Outcome::Unreadable;
    let prolog = "encoding=\"UTF-8\"?>";
    let doctype = |subset: &str| changed(prolog, &format!("{prolog}<!DOCTYPE e [{subset}]>"));
    vec![
        ("a document type", doctype(""), unreadable(XmlErrorKind::DocType)),
        (
            "an entity in the user's name",
            doctype("<!ENTITY u \"evil\">").replace("drsato", "&u;"),
            unreadable(XmlErrorKind::DocType),
        ),
        (
            "an external entity",
            doctype("<!ENTITY u SYSTEM \"file:///etc/passwd\">").replace("drsato", "&u;"),
            unreadable(XmlErrorKind::DocType),
        ),
        (
            "ID attributes declared",
            doctype("<!ATTLIST q:Query ref ID #IMPLIED>"),
            unreadable(XmlErrorKind::DocType),
        ),
        (
            "an entity without declaration",
            changed("drsato", "dr&u;sato"),
            unreadable(XmlErrorKind::Entity),
        ),
        (
            "a document type inside",
            changed("<saml:Subject>", "<!DOCTYPE x><saml:Subject>"),
            unreadable(XmlErrorKind::DocType),
        ),
        (
            "a processing instruction in the user's name",
            changed("drsato", "dr<?x?>sato"),
            unreadable(XmlErrorKind::ProcessingInstruction),
        ),
        (
            "a prefix without namespace",
            changed("<saml:Subject>", "<saml:Subject x:y=\"\">"),
            unreadable(XmlErrorKind::UnboundPrefix),
        ),
        (
            "an attribute twice by two prefixes",
            changed(
                "<saml:Subject>",
                "<saml:Subject xmlns:x=\"u\" xmlns:y=\"u\" x:a=\"\" y:a=\"\">",
            ),
            unreadable(XmlErrorKind::DuplicateAttribute),
        ),
        (
            "ID twice",
            changed(" ID=", " ID=\"_evil\" ID="),
            unreadable(XmlErrorKind::DuplicateAttribute),
        ),
        (
            "a second root",
            [with(&genuine()), evil()].concat(),
            unreadable(XmlErrorKind::UnexpectedElement),
        ),
        (
            "text behind the root",
            [&with(&genuine()), "x"].concat(),
            unreadable(XmlErrorKind::UnexpectedText),
        ),
        (
            "a NUL by reference",
            changed("drsato", "dr&#0;sato"),
            unreadable(XmlErrorKind::Character),
        ),
        (
            "cut off",
            with(&genuine()).replace("</e:Envelope>", ""),
            unreadable(XmlErrorKind::UnexpectedEnd),
        ),
        (
            "deep nesting",
            changed(
                "<saml:Subject>",
                &["<x>".repeat(200), "</x>".repeat(200), "<saml:Subject>".to_owned()].concat(),
            ),
            unreadable(XmlErrorKind::TooDeep),
        ),
        (
            "the prefix xml bound",
            changed("<saml:Subject>", "<saml:Subject xmlns:xml=\"urn:x\">"),
            unreadable(XmlErrorKind::ReservedNamespace),
        ),
    ]
}

//! The WS-Security header of a message, and the one assertion in it (ITI TF-2: 3.40.4.1.2).

use soap::{SOAP_12, WS_SECURITY, is_our_role};
use xml::{Limits, Reader, XmlError};
use xmldsig::{Document, Node};

use crate::SAML;
use crate::cause::Cause;

/// SAML 1.0 and 1.1 share it.
const SAML_1: &str = "urn:oasis:names:tc:SAML:1.0:assertion";
const XML_ENCRYPTION: &str = "http://www.w3.org/2001/04/xmlenc#";

/// Reads a message for [`carried`]: all of it is checked, and its ids count, but of the body nothing is kept.
///
/// # Errors
/// Whatever the reader of foreign XML refuses.
pub fn read_envelope(text: &str, limits: Limits) -> Result<Document<'_>, XmlError> {
    Document::read_without(text, limits, &[(SOAP_12, "Envelope"), (SOAP_12, "Body")])
}

/// The assertion of a message: the child of the Security header that is addressed to us.
///
/// `None` if there is no such header, or no security token in it: nobody claims to be anybody. A time stamp, or
/// a signature over the message, is no token.
///
/// # Errors
/// [`Cause`] if there is more than one, or another token instead.
pub fn carried<'d>(document: &'d Document<'_>) -> Result<Option<Node<'d>>, Cause> {
    let envelope = document.root().filter(|root| root.is(SOAP_12, "Envelope"));
    let envelope = envelope.ok_or(Cause::Envelope)?;
    let parts: Vec<Node<'d>> = envelope.children().collect();
    let header = match parts.as_slice() {
        [header, body] if header.is(SOAP_12, "Header") && body.is(SOAP_12, "Body") => header,
        [body] if body.is(SOAP_12, "Body") => return Ok(None),
        _ => return Err(Cause::Envelope),
    };
    let mut blocks = header.children().filter(is_security_for_us);
    let Some(security) = blocks.next() else { return Ok(None) };
    if blocks.next().is_some() {
        return Err(Cause::SeveralSecurityHeaders);
    }
    let is_assertion = |token: &Node<'_>| token.is(SAML, "Assertion");
    let mut tokens = security.children().filter(|child| is_assertion(child) || is_other(child));
    match (tokens.next(), tokens.next()) {
        (None, _) => Ok(None),
        (Some(token), None) if is_assertion(&token) => Ok(Some(token)),
        (Some(_), None) => Err(Cause::UnsupportedToken),
        (Some(_), Some(_)) => Err(Cause::SeveralAssertions),
    }
}

fn is_security_for_us(block: &Node<'_>) -> bool {
    block.is(WS_SECURITY, "Security") && is_our_role(block.attribute_ns(SOAP_12, "role").as_deref())
}

/// Tokens that say who somebody is, in a way that is not ours.
fn is_other(token: &Node<'_>) -> bool {
    token.is(SAML, "EncryptedAssertion")
        || token.is(SAML_1, "Assertion")
        || token.is(WS_SECURITY, "UsernameToken")
        || token.is(XML_ENCRYPTION, "EncryptedData")
}

/// The assertion as it was written in `text`, fit to stand in another message: with the namespaces that were
/// declared around it. An actor that asks another one on behalf of the user relays this, in a header of its own
/// ([`crate::security_header`], `soap::write_request_with`). `None` if the assertion is not of this text.
///
/// # Errors
/// Those of the reader; none for the text in which the assertion was found.
pub fn relayed(
    text: &str,
    limits: Limits,
    assertion: Node<'_>,
) -> Result<Option<String>, XmlError> {
    let mut reader = Reader::new(text, limits)?;
    loop {
        match reader.next()? {
            xml::Event::Start(element) if element.span_start() == assertion.span_start() => {
                reader.skip()?;
                return Ok(Some(reader.excerpt(&element)));
            }
            xml::Event::Eof => return Ok(None),
            xml::Event::Start(_) | xml::Event::Text(_) | xml::Event::End => {}
        }
    }
}

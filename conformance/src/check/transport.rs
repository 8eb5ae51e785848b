//! Checks on HTTP, packaging, addressing headers and SOAP faults (ITI TF-2: Appendix V).

use super::{Exchange, Finding, differs};
use crate::answer::Packaging;
use crate::namespaces::{SOAP12, WSA, WSSE, namespace_of};
use crate::xml_tree::Element;

pub(super) fn http_status(exchange: &Exchange<'_>, allowed: &[u16]) -> Result<(), Finding> {
    let status = exchange.http()?.status;
    if allowed.contains(&status) {
        return Ok(());
    }
    differs("HTTP status", &format!("{allowed:?}"), &status.to_string())
}

pub(super) fn content_type(exchange: &Exchange<'_>, demanded: &str) -> Result<(), Finding> {
    let demanded = exchange.fill(demanded)?;
    match exchange.http()?.media_type() {
        Some(found) if found.essence == demanded => Ok(()),
        Some(found) => differs("Content-Type", &demanded, &found.essence),
        None => differs("Content-Type", &demanded, "none"),
    }
}

pub(super) fn packaging(exchange: &Exchange<'_>, demanded: Packaging) -> Result<(), Finding> {
    let found = exchange.soap()?.packaging;
    if found == demanded {
        return Ok(());
    }
    differs("packaging", &format!("{demanded:?}"), &format!("{found:?}"))
}

/// ITI TF-2: Appendix V demands mustUnderstand on the Action of requests and answers.
pub(super) fn action(exchange: &Exchange<'_>, demanded: &str) -> Result<(), Finding> {
    let demanded = exchange.fill(demanded)?;
    let action = addressing_header(exchange, "Action")?;
    let found = action.text();
    if found.trim() != demanded {
        return differs("wsa:Action", &demanded, found.trim());
    }
    match action.attribute_in(SOAP12, "mustUnderstand").map(str::trim) {
        Some("1" | "true") => Ok(()),
        other => differs("mustUnderstand of wsa:Action", "1", other.unwrap_or("none")),
    }
}

/// Letter by letter: clients compare it as text, white space included.
pub(super) fn relates_to_request(exchange: &Exchange<'_>) -> Result<(), Finding> {
    let sent = exchange.scope.message_id().map_err(|fault| Finding(fault.to_string()))?;
    let found = addressing_header(exchange, "RelatesTo")?.text();
    if found == sent { Ok(()) } else { differs("wsa:RelatesTo", &sent, &found) }
}

fn addressing_header<'a>(exchange: &'a Exchange<'_>, local: &str) -> Result<&'a Element, Finding> {
    let header = exchange.soap()?.header();
    let mut found = header.into_iter().flat_map(Element::elements).filter(|e| e.is(WSA, local));
    let first = found.next().ok_or_else(|| Finding(format!("there is no wsa:{local} header")))?;
    if found.next().is_some() {
        return Err(Finding(format!("there are two wsa:{local} headers")));
    }
    Ok(first)
}

fn fault<'a>(exchange: &'a Exchange<'_>) -> Result<Option<&'a Element>, Finding> {
    Ok(exchange.soap()?.payload().filter(|payload| payload.is(SOAP12, "Fault")))
}

pub(super) fn soap_fault(
    exchange: &Exchange<'_>,
    code: &str,
    subcode: Option<&str>,
) -> Result<(), Finding> {
    let demanded = exchange.fill(code)?;
    let fault =
        fault(exchange)?.ok_or_else(|| Finding("the answer is no SOAP fault".to_owned()))?;
    let code = fault.child(SOAP12, "Code");
    let code = code.ok_or_else(|| Finding("the fault has no Code".to_owned()))?;
    let found = code.child(SOAP12, "Value").and_then(Element::qualified_value);
    if found != Some((SOAP12.to_owned(), demanded.clone())) {
        return differs("fault code", &demanded, &readable(found));
    }
    let reason = fault.child(SOAP12, "Reason").map(Element::text).unwrap_or_default();
    if reason.trim().is_empty() {
        return Err(Finding("the fault has no Reason".to_owned()));
    }
    let Some(subcode) = subcode else { return Ok(()) };
    let demanded = exchange.fill(subcode)?;
    let name = demanded.split_once(':').and_then(|(prefix, local)| {
        namespace_of(prefix).map(|namespace| (namespace.to_owned(), local.to_owned()))
    });
    let name = name.ok_or_else(|| Finding(format!("`{demanded}` has no known prefix")))?;
    let found = code.child(SOAP12, "Subcode").and_then(|subcode| subcode.child(SOAP12, "Value"));
    let found = found.and_then(Element::qualified_value);
    if found.as_ref() == Some(&name) {
        return Ok(());
    }
    differs("fault subcode", &demanded, &readable(found))
}

/// The subcodes of WS-Security (SOAP Message Security 1.1, section 12).
const SECURITY_SUBCODES: &[&str] = &[
    "UnsupportedSecurityToken",
    "UnsupportedAlgorithm",
    "InvalidSecurity",
    "InvalidSecurityToken",
    "FailedAuthentication",
    "FailedCheck",
    "SecurityTokenUnavailable",
];

/// ITI TF-2: 3.40.4.1.3 leaves the choice of the subcode to the server.
pub(super) fn security_fault(exchange: &Exchange<'_>) -> Result<(), Finding> {
    soap_fault(exchange, "Sender", None)?;
    let fault = fault(exchange)?;
    let code = fault.and_then(|fault| fault.child(SOAP12, "Code"));
    let subcode = code.and_then(|code| code.child(SOAP12, "Subcode"));
    let found = subcode.and_then(|it| it.child(SOAP12, "Value")).and_then(Element::qualified_value);
    let is_known = |(namespace, local): &(String, String)| {
        namespace == WSSE && SECURITY_SUBCODES.contains(&local.as_str())
    };
    if found.as_ref().is_some_and(is_known) {
        return Ok(());
    }
    differs("fault subcode", "one of WS-Security", &readable(found))
}

fn readable(name: Option<(String, String)>) -> String {
    name.map_or_else(|| "none".to_owned(), |(namespace, local)| format!("{{{namespace}}}{local}"))
}

pub(super) fn no_fault(exchange: &Exchange<'_>) -> Result<(), Finding> {
    match fault(exchange)? {
        None => Ok(()),
        Some(fault) => {
            let reason = fault.child(SOAP12, "Reason").map(Element::text).unwrap_or_default();
            Err(Finding(format!("the answer is a SOAP fault: {}", reason.trim())))
        }
    }
}

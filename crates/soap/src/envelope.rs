//! Writing envelopes: requests, answers and faults.

use xml::{Writer, escape_text};

use crate::fault::{Fault, FaultCode, Subcode};
use crate::{ADDRESSING, ANONYMOUS, SOAP_12, WS_SECURITY};

/// What follows the body of every envelope of ours.
pub const ENVELOPE_SUFFIX: &str = "</soap:Body></soap:Envelope>";

/// SOAP 1.2 part 1, section 5.4.7: what a `VersionMismatch` names as the way out.
const UPGRADE: &str =
    "<soap:Upgrade><soap:SupportedEnvelope qname=\"soap:Envelope\"/></soap:Upgrade>";

/// Everything before the body of an answer; big bodies are rendered in place after it.
pub fn envelope_prefix(action: &str, relates_to: Option<&str>) -> String {
    prefix(action, relates_to, |_header| {})
}

/// A complete answer; `body` is well-formed XML.
pub fn write_envelope(action: &str, relates_to: Option<&str>, body: &str) -> String {
    complete(envelope_prefix(action, relates_to), body)
}

/// A complete request whose answer is expected on the same connection; `body` is
/// well-formed XML.
pub fn write_request(action: &str, message_id: &str, to: &str, body: &str) -> String {
    write_request_with(action, message_id, to, "", body)
}

/// As [`write_request`], with further header blocks: `blocks` is none or more well-formed elements that declare
/// the namespaces they use, such as a Security header. They are copied byte for byte, as a signature in them needs.
pub fn write_request_with(
    action: &str,
    message_id: &str,
    to: &str,
    blocks: &str,
    body: &str,
) -> String {
    let before_body = prefix(action, None, |header| {
        push_element(header, "wsa:MessageID", message_id);
        header.push_str("<wsa:ReplyTo>");
        push_element(header, "wsa:Address", ANONYMOUS);
        header.push_str("</wsa:ReplyTo>");
        push_element(header, "wsa:To", to);
        header.push_str(blocks);
    });
    complete(before_body, body)
}

/// A complete envelope with a fault, SOAP 1.2 part 1 sections 5.4.7 and 5.4.8 included.
pub fn write_fault(fault: &Fault, relates_to: Option<&str>) -> String {
    let before_body = prefix(fault.action(), relates_to, |header| match &fault.code {
        FaultCode::MustUnderstand { not_understood } => {
            push_not_understood(header, not_understood);
        }
        FaultCode::VersionMismatch => header.push_str(UPGRADE),
        FaultCode::Sender { .. } | FaultCode::Receiver => {}
    });
    complete(before_body, &fault_element(fault))
}

/// `push_blocks` adds header blocks after `wsa:Action` and `wsa:RelatesTo`.
fn prefix(action: &str, relates_to: Option<&str>, push_blocks: impl FnOnce(&mut String)) -> String {
    let mut text = format!(
        "<soap:Envelope xmlns:soap=\"{SOAP_12}\" xmlns:wsa=\"{ADDRESSING}\"><soap:Header>\
         <wsa:Action soap:mustUnderstand=\"1\">{}</wsa:Action>",
        escape_text(action)
    );
    if let Some(message_id) = relates_to {
        push_element(&mut text, "wsa:RelatesTo", message_id);
    }
    push_blocks(&mut text);
    text.push_str("</soap:Header><soap:Body>");
    text
}

fn complete(mut before_body: String, body: &str) -> String {
    before_body.push_str(body);
    before_body.push_str(ENVELOPE_SUFFIX);
    before_body
}

fn push_element(output: &mut String, name: &str, text: &str) {
    output.push('<');
    output.push_str(name);
    output.push('>');
    output.push_str(&escape_text(text));
    output.push_str("</");
    output.push_str(name);
    output.push('>');
}

/// SOAP 1.2 part 1, section 5.4.8. The qualified names come from a document that was read, so
/// the local names are names.
fn push_not_understood(header: &mut String, not_understood: &[(String, String)]) {
    for (namespace, local) in not_understood {
        let mut block = Writer::new();
        if namespace.is_empty() {
            block.empty("soap:NotUnderstood", &[("qname", local)]);
        } else {
            let qname = format!("n:{local}");
            block.empty("soap:NotUnderstood", &[("xmlns:n", namespace), ("qname", &qname)]);
        }
        header.push_str(&block.finish());
    }
}

fn fault_element(fault: &Fault) -> String {
    let (code, subcode) = match &fault.code {
        FaultCode::VersionMismatch => ("soap:VersionMismatch", None),
        FaultCode::MustUnderstand { .. } => ("soap:MustUnderstand", None),
        FaultCode::Sender { subcode } => ("soap:Sender", *subcode),
        FaultCode::Receiver => ("soap:Receiver", None),
    };
    let mut element = Writer::new();
    element.start("soap:Fault", &[]).start("soap:Code", &[]);
    push_value(&mut element, code);
    if let Some(subcode) = subcode {
        push_subcode(&mut element, subcode);
    }
    element.end().start("soap:Reason", &[]);
    element.start("soap:Text", &[("xml:lang", "en")]).text(&fault.reason);
    element.finish()
}

fn push_subcode(element: &mut Writer, subcode: Subcode) {
    let (outer, inner) = subcode.local_names();
    // The envelope declares `wsa`.
    let (prefix, declared) = match subcode {
        Subcode::FailedAuthentication => ("wsse", &[("xmlns:wsse", WS_SECURITY)][..]),
        Subcode::ActionNotSupported
        | Subcode::MessageAddressingHeaderRequired
        | Subcode::InvalidAddressingHeader
        | Subcode::InvalidCardinality
        | Subcode::MissingAddressInEpr
        | Subcode::ActionMismatch
        | Subcode::OnlyAnonymousAddressSupported => ("wsa", &[][..]),
    };
    element.start("soap:Subcode", declared);
    push_value(element, &format!("{prefix}:{outer}"));
    if let Some(inner) = inner {
        element.start("soap:Subcode", &[]);
        push_value(element, &format!("{prefix}:{inner}"));
        element.end();
    }
    element.end();
}

fn push_value(element: &mut Writer, value: &str) {
    element.start("soap:Value", &[]).text(value).end();
}

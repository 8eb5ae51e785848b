//! A step turned into the bytes that are sent: envelope, MTOM package, HL7 segments.

use crate::case::{Attachment, Message, Mtom, RootPosition, Sending, Step, TransferEncoding};
use crate::edit::{self, EditError};
use crate::scope::{Scope, ScopeError};
use crate::template::{Escape, Template, TemplateError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Content-ID of the root part of every MTOM request.
const ROOT: &str = "root.message@conformance.test";

/// Length of base64 lines (RFC 2045 section 6.8).
const BASE64_LINE: usize = 76;

/// What is sent, ready for the transport.
pub(crate) struct Request {
    /// HTTP headers; empty for MLLP.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Why a step cannot be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Document(#[from] ScopeError),
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// Builds the request of a step.
pub(crate) fn build(step: &Step, template: &Template<'_>) -> Result<Request, RequestError> {
    let inline = match &step.sending {
        Sending::Soap { .. } | Sending::Mtom(_) => Escape::Xml,
        Sending::Mllp | Sending::Http { .. } => Escape::Nothing,
    };
    let text = match &step.message {
        Message::File(path) => template.message(path)?,
        Message::Inline(text) => template.text(text, inline)?,
    };
    let text =
        if step.edits.is_empty() { text } else { edit::edited(&text, &step.edits, template)? };
    Ok(match &step.sending {
        Sending::Mllp => Request { headers: Vec::new(), body: segments(&text).into_bytes() },
        Sending::Soap { action } => Request {
            headers: vec![content_type(format!(
                "application/soap+xml; charset=UTF-8; action=\"{action}\""
            ))],
            body: text.into_bytes(),
        },
        Sending::Mtom(mtom) => package(mtom, &text, template.scope)?,
        Sending::Http { headers } => {
            let mut filled = Vec::with_capacity(headers.len());
            for (name, value) in headers {
                filled.push((name.clone(), template.value(value)?));
            }
            Request { headers: filled, body: text.into_bytes() }
        }
    })
}

fn content_type(value: String) -> (String, String) {
    ("Content-Type".to_owned(), value)
}

/// HL7 segments end with a carriage return; in the file they are lines.
fn segments(text: &str) -> String {
    text.lines().flat_map(|line| [line, "\r"]).collect()
}

/// An MTOM package as Axis2 builds it; what differs from it is said by the case.
fn package(mtom: &Mtom, envelope: &str, scope: &Scope<'_>) -> Result<Request, RequestError> {
    let boundary = format!("MIMEBoundary_{}", scope.control_id()?);
    let action = &mtom.action;
    let start = match mtom.start.as_deref() {
        None => format!("; start=\"<{ROOT}>\""),
        Some("") => String::new(),
        Some(other) => format!("; start=\"<{other}>\""),
    };
    let header = content_type(format!(
        "multipart/related; boundary=\"{boundary}\"; type=\"application/xop+xml\"{start}; \
         start-info=\"application/soap+xml\"; action=\"{action}\""
    ));
    let root_head = format!(
        "Content-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"\r\n\
         Content-Transfer-Encoding: binary\r\nContent-ID: <{ROOT}>\r\n\r\n"
    );
    let root = [root_head.as_bytes(), envelope.as_bytes()].concat();
    let mut parts = Vec::with_capacity(mtom.attachments.len() + 1);
    for attachment in &mtom.attachments {
        parts.push(part(attachment, scope.document(&attachment.document)?));
    }
    match mtom.root {
        RootPosition::First => parts.insert(0, root),
        RootPosition::Last => parts.push(root),
    }
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        body.extend_from_slice(&part);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok(Request { headers: vec![header], body })
}

fn part(attachment: &Attachment, bytes: &[u8]) -> Vec<u8> {
    let (encoding, content) = match attachment.transfer_encoding {
        TransferEncoding::Binary => ("binary", bytes.to_vec()),
        TransferEncoding::Base64 => ("base64", base64_lines(bytes).into_bytes()),
    };
    let id = &attachment.content_id;
    let head = format!(
        "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: {encoding}\r\n\
         Content-ID: <{id}>\r\n\r\n"
    );
    [head.into_bytes(), content].concat()
}

fn base64_lines(bytes: &[u8]) -> String {
    let text: Vec<char> = STANDARD.encode(bytes).chars().collect();
    let lines: Vec<String> =
        text.chunks(BASE64_LINE).map(|line| line.iter().collect::<String>()).collect();
    lines.join("\r\n")
}

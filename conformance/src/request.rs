//! A step turned into the bytes that are sent: envelope, MTOM package, HL7 segments.

use crate::case::{
    Attachment, Message, Mtom, RootPosition, SegmentEnds, Sending, Step, TransferEncoding,
    WireCharset,
};
use crate::edit::{self, EditError};
use crate::presented::Presented;
use crate::provider::{PresentError, Provider};
use crate::scope::ScopeError;
use crate::template::{Escape, Template, TemplateError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::{ISO_2022_JP, SHIFT_JIS};

/// Content-ID of the root part of every MTOM request.
const ROOT: &str = "root.message@conformance.test";

/// Length of base64 lines (RFC 2045 section 6.8).
const BASE64_LINE: usize = 76;

/// Bytes in a line of quoted-printable, three characters each (RFC 2045 section 6.7).
const QUOTED_LINE: usize = 24;

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
    #[error(transparent)]
    Assertion(#[from] PresentError),
    #[error("the message has a character that its character set does not have")]
    Charset,
}

/// Builds the request of a step.
///
/// With a provider it carries an assertion, where it has a header for one.
pub(crate) fn build(
    step: &Step,
    template: &Template<'_>,
    provider: Option<&Provider>,
) -> Result<Request, RequestError> {
    let inline = match &step.sending {
        Sending::Soap { .. } | Sending::Mtom(_) => Escape::Xml,
        Sending::Mllp(_) | Sending::Http | Sending::Notified(_) => Escape::Nothing,
    };
    let text = match &step.message {
        Message::File(path) => template.message(path)?,
        Message::Inline(text) => template.text(text, inline)?,
    };
    let text =
        if step.edits.is_empty() { text } else { edit::edited(&text, &step.edits, template)? };
    let text = match provider {
        Some(provider) => authenticated(step, template, provider, text)?,
        None => text,
    };
    let mut request = match &step.sending {
        Sending::Mllp(wire) => Request {
            headers: Vec::new(),
            body: encoded(&segments(&text, wire.ends), wire.charset)?,
        },
        Sending::Soap { action } => Request {
            headers: vec![content_type(format!(
                "application/soap+xml; charset=UTF-8; action=\"{action}\""
            ))],
            body: text.into_bytes(),
        },
        Sending::Mtom(mtom) => package(mtom, &text, template)?,
        Sending::Http | Sending::Notified(_) => {
            Request { headers: Vec::new(), body: text.into_bytes() }
        }
    };
    for (name, value) in &step.headers {
        request.headers.push((name.clone(), template.value(value)?));
    }
    Ok(request)
}

/// The message with the assertion of the step.
fn authenticated(
    step: &Step,
    template: &Template<'_>,
    provider: &Provider,
    text: String,
) -> Result<String, PresentError> {
    if let Sending::Mllp(_) | Sending::Notified(_) = step.sending {
        return Ok(text);
    }
    if let Some(presented) = &step.assertion {
        return provider.present(presented, template, &text);
    }
    match provider.present(&Presented::default(), template, &text) {
        // A message that is broken on purpose may have no header.
        Err(PresentError::NoHeader) => Ok(text),
        other => other,
    }
}

fn content_type(value: String) -> (String, String) {
    ("Content-Type".to_owned(), value)
}

/// HL7 segments end with a carriage return; in the file they are lines.
fn segments(text: &str, ends: SegmentEnds) -> String {
    let end = match ends {
        SegmentEnds::Cr => "\r",
        SegmentEnds::CrLf => "\r\n",
        SegmentEnds::Lf => "\n",
    };
    text.lines().filter(|line| !line.is_empty()).flat_map(|line| [line, end]).collect()
}

/// The bytes of a message.
fn encoded(text: &str, charset: WireCharset) -> Result<Vec<u8>, RequestError> {
    let encoding = match charset {
        WireCharset::Utf8 => return Ok(text.as_bytes().to_vec()),
        WireCharset::Iso2022Jp => ISO_2022_JP,
        WireCharset::ShiftJis | WireCharset::JisX0201 => SHIFT_JIS,
    };
    let (bytes, _, is_lossy) = encoding.encode(text);
    if is_lossy {
        return Err(RequestError::Charset);
    }
    match charset {
        WireCharset::JisX0201 => Ok(seven_bit_katakana(&bytes)),
        WireCharset::Utf8 | WireCharset::Iso2022Jp | WireCharset::ShiftJis => {
            Ok(bytes.into_owned())
        }
    }
}

/// Half-width katakana have in Shift_JIS the bytes of JIS X 0201, of which the high bit is taken away between
/// escape sequences.
fn seven_bit_katakana(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut is_katakana = false;
    for byte in bytes {
        if is_katakana != (*byte >= 0x80) {
            is_katakana = *byte >= 0x80;
            text.extend_from_slice(if is_katakana { b"\x1B(I" } else { b"\x1B(B" });
        }
        text.push(byte & 0x7F);
    }
    text
}

/// An MTOM package as Axis2 builds it; what differs from it is said by the case.
fn package(mtom: &Mtom, envelope: &str, template: &Template<'_>) -> Result<Request, RequestError> {
    let usual = || Ok(format!("MIMEBoundary_{}", template.scope.control_id()?));
    let given = mtom.package.boundary.as_ref();
    let boundary: Result<String, RequestError> =
        given.map_or_else(usual, |text| Ok(template.value(text)?));
    let boundary = boundary?;
    let root_id = mtom.package.root_id.as_deref().unwrap_or(ROOT);
    let root_head = format!(
        "Content-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"\r\n\
         Content-Transfer-Encoding: binary\r\nContent-ID: <{root_id}>\r\n\r\n"
    );
    let root = [root_head.as_bytes(), envelope.as_bytes()].concat();
    let mut parts = Vec::with_capacity(mtom.attachments.len() + 1);
    for attachment in &mtom.attachments {
        for copy in 1..=attachment.copies.unwrap_or(1) {
            let variables = template.of_copy(copy);
            parts.push(part(attachment, &Template { variables: &variables, ..*template })?);
        }
    }
    match mtom.root {
        RootPosition::First => parts.insert(0, root),
        RootPosition::Last => parts.push(root),
    }
    let mut body = template.value(&mtom.package.preamble)?.into_bytes();
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        body.extend_from_slice(&part);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body.extend_from_slice(template.value(&mtom.package.epilogue)?.as_bytes());
    let header = content_type(package_type(mtom, &boundary, root_id, template)?);
    Ok(Request { headers: vec![header], body })
}

fn package_type(
    mtom: &Mtom,
    boundary: &str,
    root_id: &str,
    template: &Template<'_>,
) -> Result<String, RequestError> {
    if let Some(own) = &mtom.package.content_type {
        let mut variables = template.variables.clone();
        variables.insert("boundary".to_owned(), boundary.to_owned());
        return Ok(Template { variables: &variables, ..*template }.value(own)?);
    }
    let action = &mtom.action;
    let start = match mtom.start.as_deref() {
        None => format!("; start=\"<{root_id}>\""),
        Some("") => String::new(),
        Some(other) => format!("; start=\"<{other}>\""),
    };
    Ok(format!(
        "multipart/related; boundary=\"{boundary}\"; type=\"application/xop+xml\"{start}; \
         start-info=\"application/soap+xml\"; action=\"{action}\""
    ))
}

fn part(attachment: &Attachment, template: &Template<'_>) -> Result<Vec<u8>, RequestError> {
    let bytes = template.scope.document(&template.value(&attachment.document)?)?;
    let (encoding, content) = match attachment.transfer_encoding {
        TransferEncoding::Binary => ("binary", bytes.to_vec()),
        TransferEncoding::Base64 => ("base64", base64_lines(bytes).into_bytes()),
        TransferEncoding::QuotedPrintable => {
            ("quoted-printable", quoted_printable_lines(bytes).into_bytes())
        }
    };
    let content_type = attachment.content_type.as_deref().unwrap_or("application/octet-stream");
    let encoding = attachment.labelled.as_deref().unwrap_or(encoding);
    let mut head = String::new();
    for (name, value) in [("Content-Type", content_type), ("Content-Transfer-Encoding", encoding)] {
        if !value.is_empty() {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    head.push_str(&format!("Content-ID: <{}>\r\n\r\n", template.value(&attachment.content_id)?));
    Ok([head.into_bytes(), content].concat())
}

fn quoted_printable_lines(bytes: &[u8]) -> String {
    let line = |line: &[u8]| line.iter().map(|byte| format!("={byte:02X}")).collect::<String>();
    let lines: Vec<String> = bytes.chunks(QUOTED_LINE).map(line).collect();
    lines.join("=\r\n")
}

fn base64_lines(bytes: &[u8]) -> String {
    let text: Vec<char> = STANDARD.encode(bytes).chars().collect();
    let lines: Vec<String> =
        text.chunks(BASE64_LINE).map(|line| line.iter().collect::<String>()).collect();
    lines.join("\r\n")
}

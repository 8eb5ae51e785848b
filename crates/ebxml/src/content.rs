//! The content of a document inside an XDS.b message: base64, or a reference to a MIME part.
//!
//! Both are legal wherever the other is: the sender chooses per element (XOP 1.0).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xml::{Element, Event, Reader, Writer, XmlError, XmlErrorKind};

use crate::ReadError;
use crate::namespace::XOP;
use crate::slots::trimmed;

/// Content as received.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// `xop:Include/@href` as sent, `cid:` included.
    Xop(String),
    /// What stood in the message.
    Bytes(Vec<u8>),
}

/// Documents hold everything about a patient; logs see their size.
impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Xop(_) => formatter.write_str("Xop(…)"),
            Content::Bytes(bytes) => write!(formatter, "Bytes({} bytes)", bytes.len()),
        }
    }
}

/// Content to be written.
#[derive(Clone, Copy)]
pub enum ContentToSend<'c> {
    /// The Content-ID of the MIME part, without `<>` and made of characters that need no
    /// escape in a URI.
    Xop(&'c str),
    /// Bytes to write as base64.
    Base64(&'c [u8]),
}

/// As [`Content`].
impl fmt::Debug for ContentToSend<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ContentToSend::Xop(id) => write!(formatter, "Xop({id})"),
            ContentToSend::Base64(bytes) => write!(formatter, "Base64({} bytes)", bytes.len()),
        }
    }
}

/// Reads the content of a `Document` after its start.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Content, ReadError> {
    let mut include = None;
    let mut encoded = std::borrow::Cow::Borrowed("");
    loop {
        match reader.next()? {
            Event::Start(child) if include.is_none() && child.is(XOP, "Include") => {
                include = Some(read_include(reader, &child)?);
            }
            Event::Start(_) => return Err(ReadError::Unexpected { inside: "Document" }),
            // The usual case is one text, which is not copied.
            Event::Text(text) if encoded.is_empty() => encoded = text,
            Event::Text(text) => encoded += text,
            Event::End => break,
            Event::Eof => return Err(unexpected_end(reader)),
        }
    }
    match include {
        // XOP 1.0: the reference is the only child.
        Some(href) if trimmed(&encoded).is_empty() => Ok(Content::Xop(href)),
        Some(_) => Err(ReadError::Unexpected { inside: "Document" }),
        None => Ok(Content::Bytes(decode(&encoded)?)),
    }
}

fn read_include(reader: &mut Reader<'_>, element: &Element<'_>) -> Result<String, ReadError> {
    let missing = ReadError::Missing { inside: "Include", what: "href" };
    let href = element.attribute("href").ok_or(missing)?;
    reader.skip()?;
    Ok(trimmed(&href).to_owned())
}

fn unexpected_end(reader: &Reader<'_>) -> ReadError {
    let offset = reader.position();
    ReadError::Xml(XmlError { kind: XmlErrorKind::UnexpectedEnd, offset })
}

/// Decodes base64 with white space anywhere in it (XML Schema part 2: 3.2.16).
fn decode(encoded: &str) -> Result<Vec<u8>, ReadError> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let bytes = encoded.as_bytes();
    let decoded = if bytes.iter().any(is_space) {
        STANDARD.decode(bytes.iter().copied().filter(|byte| !is_space(byte)).collect::<Vec<u8>>())
    } else {
        STANDARD.decode(bytes)
    };
    // The error of the decoder holds a byte of the document.
    decoded.map_err(|_error| ReadError::Base64)
}

/// Writes content inside an open `Document`.
pub(crate) fn write(content: &ContentToSend<'_>, writer: &mut Writer) {
    match content {
        ContentToSend::Xop(id) => {
            let href = format!("cid:{id}");
            writer.empty("xop:Include", &[("xmlns:xop", XOP), ("href", &href)]);
        }
        ContentToSend::Base64(bytes) => {
            // The alphabet of base64 needs no escape.
            writer.raw(&STANDARD.encode(bytes));
        }
    }
}

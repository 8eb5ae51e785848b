//! From bytes to the payload, as an endpoint goes: decoding, envelope, start of the payload.

use soap::Incoming;
use xml::{Element, Limits, Reader};

use super::reason;

/// What an endpoint allows; smaller, so that floods reach it.
const LIMITS: Limits = Limits {
    bytes: 1024 * 1024,
    depth: 64,
    elements: 50_000,
    attributes_per_element: 128,
    text_bytes: 64 * 1024,
};

/// The text of a message.
pub(super) fn decode(bytes: &[u8]) -> Result<String, String> {
    let text = xml::decode(bytes, None).map_err(reason)?;
    // UTF-16 becomes half as long again at most.
    assert!(text.len() <= bytes.len().saturating_mul(2), "decoding makes text of nothing");
    Ok(text.into_owned())
}

/// A reader just behind the start of the payload: the child of a SOAP body, or the root of what is no envelope.
pub(super) fn open(text: &str) -> Result<(Reader<'_>, Element<'_>), String> {
    if let Ok(incoming) = Incoming::open(text, LIMITS) {
        return Ok((incoming.reader, incoming.payload));
    }
    let mut reader = Reader::new(text, LIMITS).map_err(reason)?;
    let root = reader.next_child().map_err(reason)?.ok_or("no root")?;
    Ok((reader, root))
}

/// A reader and the payload of text that the project wrote: it must be readable.
pub(super) fn reopen(text: &str) -> (Reader<'_>, Element<'_>) {
    match open(text) {
        Ok(opened) => opened,
        Err(error) => unreachable!("what we wrote is not XML: {error}"),
    }
}

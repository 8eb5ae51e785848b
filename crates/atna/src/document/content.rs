//! Reading that passes over what it does not know.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use xml::{Element, Event, Reader, XmlError, XmlErrorKind};

/// Some writers leave the padding out, or bits set behind the last byte.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Inside an element: its next child, whatever text stands before it; `None` when its end was read.
pub(super) fn next_child<'a>(reader: &mut Reader<'a>) -> Result<Option<Element<'a>>, XmlError> {
    loop {
        match reader.next()? {
            Event::Start(element) => return Ok(Some(element)),
            Event::End => return Ok(None),
            Event::Text(_) => {}
            Event::Eof => return Err(unexpected_end(reader)),
        }
    }
}

/// After a start: the text of the element without its children; its end is read as well.
pub(super) fn text(reader: &mut Reader<'_>) -> Result<String, XmlError> {
    let mut text = String::new();
    loop {
        match reader.next()? {
            Event::Text(piece) => text.push_str(&piece),
            Event::Start(_) => reader.skip()?,
            Event::End => return Ok(text),
            Event::Eof => return Err(unexpected_end(reader)),
        }
    }
}

/// A text that is there, even an empty one.
pub(super) fn optional(element: &Element<'_>, name: &str) -> Option<String> {
    element.attribute(name).map(std::borrow::Cow::into_owned)
}

/// A text that must be there; without it, the empty text.
pub(super) fn required(element: &Element<'_>, name: &str) -> String {
    optional(element, name).unwrap_or_default()
}

/// A number; what is none is as good as missing.
pub(super) fn number(element: &Element<'_>, name: &str) -> Option<u8> {
    element.attribute(name)?.trim().parse().ok()
}

/// Undoes base64, white space anywhere. What is none was meant literally, and losing it would be worse.
pub(super) fn base64(text: &str) -> Vec<u8> {
    let compact: String = text.split_ascii_whitespace().collect();
    LENIENT.decode(compact).unwrap_or_else(|_no_base64| text.as_bytes().to_vec())
}

fn unexpected_end(reader: &Reader<'_>) -> XmlError {
    XmlError { kind: XmlErrorKind::UnexpectedEnd, offset: reader.position() }
}

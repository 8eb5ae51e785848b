//! From bytes to text: UTF-8 and UTF-16 only, and no contradiction between labels.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE};

use crate::element::next_raw;
use crate::error::{XmlError, XmlErrorKind};

const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";
const UTF_16LE_MARK: &[u8] = b"\xFF\xFE";
const UTF_16BE_MARK: &[u8] = b"\xFE\xFF";

/// How the bytes of a document are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// What a label claims; `Utf16` leaves the byte order open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Utf8,
    Utf16,
    Utf16Le,
    Utf16Be,
}

impl Label {
    fn parse(label: &str) -> Result<Label, XmlError> {
        let known = [
            ("utf-8", Label::Utf8),
            ("utf8", Label::Utf8),
            ("utf-16", Label::Utf16),
            ("utf-16le", Label::Utf16Le),
            ("utf-16be", Label::Utf16Be),
        ];
        known
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(label.trim()))
            .map(|(_, label)| *label)
            .ok_or(XmlErrorKind::Encoding.at(0))
    }

    fn agrees_with(self, encoding: Encoding) -> bool {
        match self {
            Label::Utf8 => encoding == Encoding::Utf8,
            Label::Utf16 => encoding != Encoding::Utf8,
            Label::Utf16Le => encoding == Encoding::Utf16Le,
            Label::Utf16Be => encoding == Encoding::Utf16Be,
        }
    }
}

/// Decodes a document; the result has no byte order mark.
///
/// `declared_charset` is the `charset` parameter of the media type. The byte order mark, that
/// parameter and the encoding in the XML declaration must agree where they are present; without
/// any of them the document is UTF-8. UTF-16 needs a mark or the parameter (XML 1.0 section
/// 4.3.3 demands the mark).
///
/// Other labels are refused even when all bytes are ASCII: a document labelled ISO-2022-JP
/// would pass as UTF-8 and turn Japanese names into escape sequences.
///
/// # Errors
/// [`XmlErrorKind::Encoding`]; the offset counts bytes of the input.
pub fn decode<'a>(
    bytes: &'a [u8],
    declared_charset: Option<&str>,
) -> Result<Cow<'a, str>, XmlError> {
    let label = declared_charset.map(Label::parse).transpose()?;
    let (encoding, body) = detect(bytes, label)?;
    if label.is_some_and(|label| !label.agrees_with(encoding)) {
        return Err(XmlErrorKind::Encoding.at(0));
    }
    let text = match encoding {
        Encoding::Utf8 => {
            Cow::Borrowed(decode_utf_8(body, bytes.len().saturating_sub(body.len()))?)
        }
        Encoding::Utf16Le => decode_utf_16(body, UTF_16LE)?,
        Encoding::Utf16Be => decode_utf_16(body, UTF_16BE)?,
    };
    match declaration_label(&text) {
        Some(label) if !Label::parse(label)?.agrees_with(encoding) => {
            Err(XmlErrorKind::Encoding.at(0))
        }
        _ => Ok(text),
    }
}

/// The encoding and the bytes after the mark.
fn detect(bytes: &[u8], label: Option<Label>) -> Result<(Encoding, &[u8]), XmlError> {
    let marks = [
        (UTF_8_MARK, Encoding::Utf8),
        (UTF_16LE_MARK, Encoding::Utf16Le),
        (UTF_16BE_MARK, Encoding::Utf16Be),
    ];
    for (mark, encoding) in marks {
        if let Some(body) = bytes.strip_prefix(mark) {
            return Ok((encoding, body));
        }
    }
    // A document begins with an ASCII character, `<` or white space, so that in UTF-16 one of
    // the first two bytes is zero. It tells the order, and whether the label is true.
    match (label, bytes) {
        (None | Some(Label::Utf8), _) => Ok((Encoding::Utf8, bytes)),
        (Some(_), [_, 0, ..]) => Ok((Encoding::Utf16Le, bytes)),
        (Some(_), [0, _, ..]) => Ok((Encoding::Utf16Be, bytes)),
        (Some(_), _) => Err(XmlErrorKind::Encoding.at(0)),
    }
}

fn decode_utf_8(body: &[u8], mark_bytes: usize) -> Result<&str, XmlError> {
    std::str::from_utf8(body)
        .map_err(|error| XmlErrorKind::Encoding.at(error.valid_up_to().saturating_add(mark_bytes)))
}

/// Refuses an odd number of bytes and unpaired surrogates.
fn decode_utf_16<'a>(
    body: &'a [u8],
    encoding: &'static encoding_rs::Encoding,
) -> Result<Cow<'a, str>, XmlError> {
    encoding
        .decode_without_bom_handling_and_without_replacement(body)
        .ok_or(XmlErrorKind::Encoding.at(0))
}

/// The encoding in the XML declaration, if there is one.
///
/// The declaration itself is checked by the reader; here a malformed one has no label.
fn declaration_label(text: &str) -> Option<&str> {
    let (declaration, _) = text.strip_prefix("<?xml")?.split_once("?>")?;
    let mut rest = declaration;
    while let Some(raw) = next_raw(&mut rest) {
        if raw.name == "encoding" {
            return Some(raw.value);
        }
    }
    None
}

//! Escaping of text and attribute values on writing.

use std::borrow::Cow;

use crate::character::is_char;

/// Escapes text content: `&`, `<`, `>` and CR.
///
/// A literal CR would be read back as LF (XML 1.0 section 2.11). Characters that XML 1.0 does
/// not allow even as references become U+FFFD, so that one bad value from a store cannot make
/// a whole answer unreadable.
pub fn escape_text(text: &str) -> Cow<'_, str> {
    escape(text, Place::Text)
}

/// Escapes an attribute value between double quotes: as text, and `"`, tab and line ends.
///
/// Literal tabs and line ends would be read back as spaces (XML 1.0 section 3.3.3).
pub fn escape_attribute(value: &str) -> Cow<'_, str> {
    escape(value, Place::Attribute)
}

/// Where the escaped string will stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Attribute,
}

fn escape(text: &str, place: Place) -> Cow<'_, str> {
    // U+FFFE and U+FFFF start with 0xEF; the many harmless characters that do as well
    // (full-width forms) only cost the copy.
    let is_suspect = |byte: u8| match byte {
        b'&' | b'<' | b'>' | 0xEF => true,
        b'\t' | b'\n' | b'"' => place == Place::Attribute,
        _ => byte < 0x20,
    };
    if !text.bytes().any(is_suspect) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len().saturating_add(16));
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' => escaped.push_str("&#13;"),
            '"' if place == Place::Attribute => escaped.push_str("&quot;"),
            '\t' if place == Place::Attribute => escaped.push_str("&#9;"),
            '\n' if place == Place::Attribute => escaped.push_str("&#10;"),
            _ if is_char(character) => escaped.push(character),
            _ => escaped.push('\u{FFFD}'),
        }
    }
    Cow::Owned(escaped)
}

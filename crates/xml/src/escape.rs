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
#[derive(Clone, Copy)]
enum Place {
    Text,
    Attribute,
}

fn escape(text: &str, place: Place) -> Cow<'_, str> {
    let mut escaped = String::new();
    let mut rest = text;
    while let Some((clean, character, after)) = split_at_special(rest, place) {
        if escaped.is_empty() {
            escaped.reserve(text.len().saturating_add(16));
        }
        escaped.push_str(clean);
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            _ => escaped.push('\u{FFFD}'),
        }
        rest = after;
    }
    // Nothing special was found exactly when nothing was taken off.
    if rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    escaped.push_str(rest);
    Cow::Owned(escaped)
}

/// What stands before the first character to be escaped, that character, and what follows it.
fn split_at_special(text: &str, place: Place) -> Option<(&str, char, &str)> {
    let mut from = 0;
    loop {
        let rest = text.as_bytes().get(from..)?;
        let at = rest.iter().position(|byte| is_suspect(*byte, place))?.checked_add(from)?;
        let (clean, from_character) = text.split_at_checked(at)?;
        let character = from_character.chars().next()?;
        if character.is_ascii() || !is_char(character) {
            return Some((clean, character, from_character.get(character.len_utf8()..)?));
        }
        from = at.checked_add(character.len_utf8())?;
    }
}

/// Whether a character that is not written as it is may begin with `byte`: U+FFFE and U+FFFF
/// do so with 0xEF, and so do harmless ones (full-width forms).
const fn is_suspect(byte: u8, place: Place) -> bool {
    match byte {
        b'&' | b'<' | b'>' | b'\r' | 0xEF => true,
        b'\t' | b'\n' | b'"' => matches!(place, Place::Attribute),
        _ => byte < 0x20,
    }
}

//! Characters, names, references and white space of XML 1.0.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memmem};

use crate::error::XmlErrorKind;

/// White space of XML 1.0 section 2.3, production S; narrower than Unicode's.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether nothing but XML white space is in `text`.
pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// `text` without the XML white space at its beginning.
pub(crate) fn trim_start(text: &str) -> &str {
    let n_spaces = text.bytes().take_while(|byte| is_space(*byte)).count();
    text.get(n_spaces..).unwrap_or_default()
}

/// Splits before the first XML white space.
pub(crate) fn split_at_space(text: &str) -> (&str, &str) {
    let at = text.bytes().position(is_space).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// Splits around the first `separator`, which is ASCII.
///
/// As `str::split_once`, without its cost of preparing a search: the pieces are short.
pub(crate) fn split_around(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = memchr(separator, text.as_bytes())?;
    Some((text.get(..at)?, text.get(at.checked_add(1)?..)?))
}

/// XML 1.0 section 2.2, production Char.
pub(crate) const fn is_char(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Offset of the first character of `text` that XML 1.0 does not allow.
///
/// Two passes over the whole text, both of them vectorised: checked once for the document
/// this costs less than checking each token.
pub(crate) fn first_forbidden(text: &str) -> Option<usize> {
    let is_forbidden = |byte: &u8| *byte < 0x20 && !matches!(*byte, b'\t' | b'\n' | b'\r');
    // A fold without early exit is what the compiler turns into vector code.
    let any_control = text.as_bytes().iter().fold(false, |any, byte| any | is_forbidden(byte));
    if any_control {
        return text.as_bytes().iter().position(is_forbidden);
    }
    if text.is_ascii() {
        return None;
    }
    ["\u{FFFE}", "\u{FFFF}"]
        .iter()
        .filter_map(|noncharacter| memmem::find(text.as_bytes(), noncharacter.as_bytes()))
        .min()
}

/// Namespaces in XML 1.0 section 3, production NCName: a name without a colon.
pub(crate) fn is_ncname(name: &str) -> bool {
    // Nearly all names are ASCII, and bytes are faster than characters.
    let Some((first, rest)) = name.as_bytes().split_first() else { return false };
    let is_ascii_name = matches!(*first, b'a'..=b'z' | b'A'..=b'Z' | b'_')
        && rest.iter().all(
            |byte| matches!(*byte, b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' | b'-' | b'.'),
        );
    is_ascii_name || is_any_ncname(name)
}

#[cold]
fn is_any_ncname(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(is_name_start) && characters.all(is_name_character)
}

/// XML 1.0 section 2.3, production NameStartChar without the colon.
const fn is_name_start(character: char) -> bool {
    matches!(character,
        'a'..='z' | 'A'..='Z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// XML 1.0 section 2.3, production NameChar without the colon.
const fn is_name_character(character: char) -> bool {
    is_name_start(character)
        || matches!(character,
            '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// What `&name;` stands for: a character reference or one of the five predefined entities.
///
/// No other entity can exist, because document type declarations are refused.
pub(crate) fn resolve(name: &str) -> Result<char, XmlErrorKind> {
    match name {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => match name.strip_prefix('#') {
            Some(number) => resolve_number(number),
            None => Err(XmlErrorKind::Entity),
        },
    }
}

fn resolve_number(number: &str) -> Result<char, XmlErrorKind> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` would also take a sign.
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(XmlErrorKind::Malformed);
    }
    u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32)
        .filter(|character| is_char(*character))
        .ok_or(XmlErrorKind::Character)
}

/// Literal text as XML 1.0 gives it to the reader of a document; `None` when it holds `]]>`,
/// which section 2.4 forbids.
pub(crate) fn normalise_text(text: &str) -> Option<Cow<'_, str>> {
    // One pass over nearly every text there is.
    if memchr2(b'\r', b']', text.as_bytes()).is_none() {
        return Some(Cow::Borrowed(text));
    }
    if memmem::find(text.as_bytes(), b"]]>").is_some() {
        None
    } else {
        Some(normalise_line_ends(text))
    }
}

/// Line ends as XML 1.0 section 2.11 wants them: CR LF and a lone CR become LF.
pub(crate) fn normalise_line_ends(text: &str) -> Cow<'_, str> {
    if memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// Checks a raw attribute value: no `<`, and every reference known.
pub(crate) fn check_attribute_value(raw: &str) -> Result<(), XmlErrorKind> {
    if memchr2(b'<', b'&', raw.as_bytes()).is_none() {
        return Ok(());
    }
    if raw.contains('<') {
        return Err(XmlErrorKind::Malformed);
    }
    let mut rest = raw;
    while let Some((_, from_reference)) = rest.split_once('&') {
        let (name, after) = from_reference.split_once(';').ok_or(XmlErrorKind::Malformed)?;
        resolve(name)?;
        rest = after;
    }
    Ok(())
}

/// The value of an attribute, XML 1.0 section 3.3.3, from its checked raw form.
///
/// White space written literally becomes a space, white space written as a character
/// reference stays.
pub(crate) fn normalise_attribute_value(raw: &str) -> Cow<'_, str> {
    let is_special = |byte: u8| matches!(byte, b'&' | b'\t' | b'\r' | b'\n');
    if !raw.bytes().any(is_special) {
        return Cow::Borrowed(raw);
    }
    let lines = normalise_line_ends(raw);
    let mut value = String::with_capacity(lines.len());
    let mut rest: &str = &lines;
    while let Some((before, from_reference)) = rest.split_once('&') {
        push_spaced(&mut value, before);
        // The tag was checked when it was read, so the reference resolves.
        let (name, after) = from_reference.split_once(';').unwrap_or((from_reference, ""));
        value.extend(resolve(name));
        rest = after;
    }
    push_spaced(&mut value, rest);
    Cow::Owned(value)
}

fn push_spaced(value: &mut String, text: &str) {
    value.extend(text.chars().map(|character| match character {
        '\t' | '\r' | '\n' => ' ',
        _ => character,
    }));
}

//! Person names, HL7 v3 type PN: parts in order, or a plain text.
//!
//! A Japanese person has one name for each script, told apart by `use`: `IDE` kanji, `SYL` kana,
//! `ABC` Latin letters.

use identity::{NameKind, NameRepresentation, PersonName};
use xml::{Element, Event, Reader, XmlError};

use super::attribute;
use crate::feed::local;

/// Longest part of a name, in characters; the whole of PID-5 in v2.5.
const MAX_CHARACTERS: usize = 250;

/// The part, `family` or `given`, that is too long or holds control characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct IllegalPart(pub(super) &'static str);

/// Reads a name through its end; `None` if it says nothing.
pub(super) fn read(
    element: &Element<'_>,
    reader: &mut Reader<'_>,
) -> Result<Result<Option<PersonName>, IllegalPart>, XmlError> {
    let mut parts = Parts::default();
    loop {
        match reader.next()? {
            Event::Start(part) => match local(&part) {
                "family" => parts.add_family(is_birth_name(&part), &unwrapped(&reader.text()?)),
                "given" => parts.add_given(&unwrapped(&reader.text()?)),
                _ => reader.skip()?,
            },
            Event::Text(text) => parts.plain.push_str(&text),
            // The end of the document cannot come before the end of the element.
            Event::End | Event::Eof => break,
        }
    }
    let is_null = attribute(element, "nullFlavor").is_some();
    let codes = attribute(element, "use").unwrap_or_default();
    Ok(if is_null { Ok(None) } else { parts.into_name(&codes) })
}

/// What stands in a name.
#[derive(Default)]
struct Parts {
    family: String,
    /// The first given name: the further ones are middle names, as XPN.3 is in v2.
    given: String,
    has_current_family: bool,
    has_birth_family: bool,
    /// Text outside of all parts: all of a name that its sender cannot split.
    plain: String,
}

impl Parts {
    /// A double name in several elements is one family name.
    fn add_family(&mut self, is_birth_name: bool, text: &str) {
        if text.is_empty() {
            return;
        }
        if !self.family.is_empty() {
            self.family.push(' ');
        }
        self.family.push_str(text);
        self.has_birth_family |= is_birth_name;
        self.has_current_family |= !is_birth_name;
    }

    fn add_given(&mut self, text: &str) {
        if self.given.is_empty() {
            text.clone_into(&mut self.given);
        }
    }

    fn into_name(self, codes: &str) -> Result<Option<PersonName>, IllegalPart> {
        let has_parts = !self.family.is_empty() || !self.given.is_empty();
        let family = if has_parts { self.family } else { unwrapped(&self.plain) };
        check(&family, "family")?;
        check(&self.given, "given")?;
        let is_birth_name = self.has_birth_family && !self.has_current_family;
        let name = PersonName {
            family,
            given: self.given,
            representation: representation(codes),
            kind: kind(codes, is_birth_name),
        };
        let is_empty = name.family.is_empty() && name.given.is_empty();
        Ok((!is_empty).then_some(name))
    }
}

/// A text without the line breaks and indents of its XML; an ideographic space inside stays.
fn unwrapped(text: &str) -> String {
    let is_blank = |character| matches!(character, ' ' | '\t' | '\n' | '\r');
    let words: Vec<&str> = text.trim().split(is_blank).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn check(text: &str, part: &'static str) -> Result<(), IllegalPart> {
    let is_legal = !text.contains(char::is_control) && text.chars().count() <= MAX_CHARACTERS;
    if is_legal { Ok(()) } else { Err(IllegalPart(part)) }
}

/// `qualifier="BR"`, a name that the person was born with and has no more.
fn is_birth_name(part: &Element<'_>) -> bool {
    let qualifiers = attribute(part, "qualifier").unwrap_or_default();
    qualifiers.split_whitespace().any(|qualifier| qualifier == "BR")
}

/// HL7 table NameRepresentationUse. `PHON` is a search use, which some senders give to kana.
fn representation(codes: &str) -> Option<NameRepresentation> {
    codes.split_whitespace().find_map(|code| match code {
        "IDE" => Some(NameRepresentation::Ideographic),
        "SYL" | "PHON" => Some(NameRepresentation::Phonetic),
        "ABC" => Some(NameRepresentation::Alphabetic),
        _ => None,
    })
}

/// HL7 table PersonNameUse: assigned, artist's, indigenous, religious names and pseudonyms are no ground
/// for linking records, and neither are sounds and search patterns. The letters are not those of v2.
fn kind(codes: &str, is_birth_name: bool) -> NameKind {
    let is_other = |code| matches!(code, "ASGN" | "A" | "I" | "P" | "R" | "SNDX" | "SRCH");
    if codes.split_whitespace().any(is_other) {
        NameKind::Other
    } else if is_birth_name {
        NameKind::Birth
    } else {
        NameKind::Legal
    }
}

//! Person names, HL7 v3 type PN: parts in order, or a plain text.
//!
//! A Japanese person has one name for each script, told apart by `use`: `IDE` kanji, `SYL` kana,
//! `ABC` Latin letters.

use identity::{NameKind, NameRepresentation, PersonName};
use xml::{Element, Event, Reader, Writer, XmlError};

use super::{IllegalPart, attribute, check_part, unwrapped};
use crate::envelope::local;

/// Reads a name through its end; `None` if it says nothing.
pub(crate) fn read(
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
        check_part(&family, "family")?;
        check_part(&self.given, "given")?;
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

/// Whether like-sounding and variant names are asked for (HL7 table EntityNameSearchUse).
pub(crate) fn is_fuzzy(element: &Element<'_>) -> bool {
    let codes = attribute(element, "use").unwrap_or_default();
    codes.split_whitespace().any(|code| matches!(code, "SRCH" | "SNDX"))
}

/// Writes a name as an element of that name.
///
/// The use of a legal name is the representation alone, so that a receiver finds `IDE`, `SYL` or
/// `ABC` without taking a list apart.
pub(crate) fn write(element: &'static str, name: &PersonName, writer: &mut Writer) {
    let representation = match name.representation {
        None => "",
        Some(NameRepresentation::Ideographic) => "IDE",
        Some(NameRepresentation::Phonetic) => "SYL",
        Some(NameRepresentation::Alphabetic) => "ABC",
    };
    let codes = match name.kind {
        NameKind::Other => format!("P {representation}"),
        NameKind::Legal | NameKind::Birth if representation.is_empty() => "L".to_owned(),
        NameKind::Legal | NameKind::Birth => representation.to_owned(),
    };
    writer.start(element, &[("use", codes.trim_end())]);
    let qualifier = [("qualifier", "BR")];
    let is_birth_name = name.kind == NameKind::Birth;
    if !name.family.is_empty() {
        let qualifier: &[_] = if is_birth_name { &qualifier } else { &[] };
        writer.start("family", qualifier).text(&name.family).end();
    }
    if !name.given.is_empty() {
        writer.start("given", &[]).text(&name.given).end();
    }
    writer.end();
}

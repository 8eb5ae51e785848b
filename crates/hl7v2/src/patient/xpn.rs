//! Person names, HL7 v2 type XPN: `family^given^…^…^…^…^name type^representation`.
//!
//! Japanese names come as one repetition per representation, in any order.

use identity::{NameKind, NameRepresentation, PersonName};

use super::{FeedError, part, read_each, value, write_each};
use crate::delimiters::Delimiters;
use crate::location::Location;
use crate::message::{Field, Repetition};
use crate::writer::join;

/// Longest part of a name, in characters; PID-5 is of length 250 as a whole in v2.5.
pub(crate) const MAX_CHARACTERS: usize = 250;

/// The repetitions that have a family or a given name.
pub(super) fn read_all(
    field: Field<'_>,
    location: &Location,
) -> Result<Vec<PersonName>, FeedError> {
    read_each(field, location, read)
}

pub(super) fn write_all(names: &[PersonName], delimiters: Delimiters) -> String {
    write_each(names, delimiters, write)
}

fn read(xpn: Repetition<'_>, location: &Location) -> Result<Option<PersonName>, FeedError> {
    let name = PersonName {
        family: read_part(xpn, location, 1)?,
        given: read_part(xpn, location, 2)?,
        kind: read_kind(&xpn.component(7).text()),
        representation: read_representation(&xpn.component(8).text()),
    };
    let is_empty = name.family.is_empty() && name.given.is_empty();
    Ok((!is_empty).then_some(name))
}

fn write(name: &PersonName, delimiters: Delimiters) -> String {
    let family = delimiters.escape(&name.family);
    let given = delimiters.escape(&name.given);
    let (kind, representation) = (kind_code(name.kind), representation_code(name.representation));
    join(&[&family, &given, "", "", "", "", kind, representation], delimiters.component)
}

fn read_part(
    xpn: Repetition<'_>,
    location: &Location,
    component: usize,
) -> Result<String, FeedError> {
    let text = xpn.component(component).text();
    part(&text, MAX_CHARACTERS, location.clone().component(component))
}

/// XPN.7, HL7 v2.5 table 0200.
fn read_kind(code: &str) -> NameKind {
    match value(code) {
        "" | "L" | "D" => NameKind::Legal,
        "B" | "M" => NameKind::Birth,
        _ => NameKind::Other,
    }
}

fn kind_code(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Legal => "L",
        NameKind::Birth => "B",
        NameKind::Other => "U",
    }
}

/// XPN.8, HL7 v2.5 table 0465. An unknown code says no more than none: the script tells.
pub(crate) fn read_representation(code: &str) -> Option<NameRepresentation> {
    match value(code) {
        "I" => Some(NameRepresentation::Ideographic),
        "P" => Some(NameRepresentation::Phonetic),
        "A" => Some(NameRepresentation::Alphabetic),
        _ => None,
    }
}

pub(crate) fn representation_code(representation: Option<NameRepresentation>) -> &'static str {
    match representation {
        Some(NameRepresentation::Ideographic) => "I",
        Some(NameRepresentation::Phonetic) => "P",
        Some(NameRepresentation::Alphabetic) => "A",
        None => "",
    }
}

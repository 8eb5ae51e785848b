//! Patient identifiers, HL7 v2 type CX: `id^check digit^scheme^namespace&universal id&type^id type`.
//!
//! The check digit and the identifier type say nothing about who is meant and are
//! not read (ITI TF-2: E.1).

use datatypes::Oid;
use identity::LocalId;

use super::{FeedError, value};
use crate::delimiters::Delimiters;
use crate::location::Location;
use crate::message::{Field, Repetition};
use crate::writer::join;

/// Longest id and namespace, in characters: what an XDS patient id can hold at most.
const MAX_CHARACTERS: usize = 255;

/// The repetitions that name an identifier.
///
/// An id explicitly empty (`""`) says that the patient has none in that domain; it
/// is no identifier.
pub(super) fn read_all(field: Field<'_>, location: &Location) -> Result<Vec<LocalId>, FeedError> {
    let repetitions = (1..).zip(field.repetitions());
    repetitions
        .filter_map(|(number, repetition)| {
            read(repetition, &location.clone().repetition(number)).transpose()
        })
        .collect()
}

pub(super) fn write_all(identifiers: &[LocalId], delimiters: Delimiters) -> String {
    let repetitions: Vec<String> = identifiers.iter().map(|id| write(id, delimiters)).collect();
    repetitions.join(delimiters.repetition.encode_utf8(&mut [0; 4]))
}

/// One identifier, if the repetition names any.
pub(super) fn read(cx: Repetition<'_>, location: &Location) -> Result<Option<LocalId>, FeedError> {
    let at = |component: usize| location.clone().component(component);
    let (id, authority) = (cx.component(1).text(), cx.component(4));
    if value(&id).is_empty() {
        let is_deleted = !id.trim_end_matches(' ').is_empty();
        return if is_deleted || authority.is_empty() {
            Ok(None)
        } else {
            Err(FeedError::FieldMissing { location: at(1) })
        };
    }
    let id = legal_text(value(&id), at(1))?;
    let (namespace, universal_id, universal_id_type) =
        (authority.subcomponent(1), authority.subcomponent(2), authority.subcomponent(3));
    let namespace = match value(&namespace) {
        "" => None,
        namespace => Some(legal_text(namespace, at(4).subcomponent(1))?),
    };
    let invalid = |subcomponent: usize| FeedError::InvalidField {
        location: at(4).subcomponent(subcomponent),
    };
    match (value(&universal_id), value(&universal_id_type)) {
        ("", _) => Ok(Some(LocalId { id, namespace, universal_id: None })),
        // What kind of name it is must be said: HL7 v2.5 chapter 2A, HD.
        (_, "") => Err(invalid(3)),
        (oid, kind) if kind.eq_ignore_ascii_case("ISO") => {
            let oid = Oid::parse(oid).map_err(|_invalid| invalid(2))?;
            Ok(Some(LocalId { id, namespace, universal_id: Some(oid) }))
        }
        (name, _) => {
            let name = legal_text(name, at(4).subcomponent(2))?;
            Ok(Some(LocalId { id, namespace: namespace.or(Some(name)), universal_id: None }))
        }
    }
}

fn write(id: &LocalId, delimiters: Delimiters) -> String {
    let namespace = delimiters.escape(id.namespace.as_deref().unwrap_or_default());
    let (oid, oid_type) = match &id.universal_id {
        Some(oid) => (oid.as_str(), "ISO"),
        None => ("", ""),
    };
    let authority = match delimiters.subcomponent {
        Some(delimiter) => join(&[&namespace, oid, oid_type], delimiter),
        None => namespace.into_owned(),
    };
    join(&[&delimiters.escape(&id.id), "", "", &authority], delimiters.component)
}

/// An id or a name of an authority; white space in front would make two of what people read as one.
fn legal_text(text: &str, location: Location) -> Result<String, FeedError> {
    let is_legal = text.trim() == text
        && !text.contains(char::is_control)
        && text.chars().count() <= MAX_CHARACTERS;
    if is_legal { Ok(text.to_owned()) } else { Err(FeedError::InvalidField { location }) }
}

//! Patient identifiers, HL7 v2 type CX: `id^check digit^scheme^namespace&universal id&type^id type`.
//!
//! The check digit and the identifier type say nothing about who is meant and are
//! not read (ITI TF-2: E.1).

use datatypes::Oid;
use identity::{AuthorityName, LocalId};

use super::{FeedError, part, read_each, value, write_each};
use crate::delimiters::Delimiters;
use crate::location::Location;
use crate::message::{Component, Field, Repetition};
use crate::writer::join;

/// Longest id and namespace, in characters: what an XDS patient id can hold at most.
pub(crate) const MAX_CHARACTERS: usize = 255;

/// The repetitions that name an identifier.
///
/// An id explicitly empty (`""`) says that the patient has none in that domain; it
/// is no identifier.
pub(crate) fn read_all(field: Field<'_>, location: &Location) -> Result<Vec<LocalId>, FeedError> {
    read_each(field, location, read)
}

/// All identifiers of a required field.
pub(crate) fn read_required(
    field: Field<'_>,
    location: &Location,
) -> Result<Vec<LocalId>, FeedError> {
    let identifiers = read_all(field, location)?;
    if identifiers.is_empty() {
        return Err(FeedError::FieldMissing { location: location.clone() });
    }
    Ok(identifiers)
}

pub(crate) fn write_all(identifiers: &[LocalId], delimiters: Delimiters) -> String {
    write_each(identifiers, delimiters, write)
}

/// One identifier, if the repetition names any.
pub(crate) fn read(cx: Repetition<'_>, location: &Location) -> Result<Option<LocalId>, FeedError> {
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
    let AuthorityName { namespace, universal_id } = read_authority(authority, &at(4))?;
    Ok(Some(LocalId { id, namespace, universal_id }))
}

pub(crate) fn write(id: &LocalId, delimiters: Delimiters) -> String {
    let authority =
        AuthorityName { namespace: id.namespace.clone(), universal_id: id.universal_id.clone() };
    let authority = write_authority(&authority, delimiters);
    join(&[&delimiters.escape(&id.id), "", "", &authority], delimiters.component)
}

/// An identifier that a feed may do without: one that is badly made counts as absent, but a text that is
/// too long or holds control characters is refused as everywhere.
pub(super) fn read_additional(
    field: Field<'_>,
    location: &Location,
) -> Result<Option<LocalId>, FeedError> {
    let cx = field.repetition(1);
    let at = |component: usize| location.clone().repetition(1).component(component);
    part(&cx.component(1).text(), MAX_CHARACTERS, at(1))?;
    for number in 1..=3 {
        let text = cx.component(4).subcomponent(number);
        part(&text, MAX_CHARACTERS, at(4).subcomponent(number))?;
    }
    Ok(read(cx, &location.clone().repetition(1)).ok().flatten())
}

/// The names of an authority, HL7 v2 type HD in a component: `namespace&universal id&type`.
pub(crate) fn read_authority(
    hd: Component<'_>,
    location: &Location,
) -> Result<AuthorityName, FeedError> {
    let at = |subcomponent: usize| location.clone().subcomponent(subcomponent);
    let (namespace, universal_id, universal_id_type) =
        (hd.subcomponent(1), hd.subcomponent(2), hd.subcomponent(3));
    let namespace = match value(&namespace) {
        "" => None,
        namespace => Some(legal_text(namespace, at(1))?),
    };
    let invalid = |subcomponent: usize| FeedError::InvalidField { location: at(subcomponent) };
    match (value(&universal_id), value(&universal_id_type)) {
        ("", _) => Ok(AuthorityName { namespace, universal_id: None }),
        // What kind of name it is must be said: HL7 v2.5 chapter 2A, HD.
        (_, "") => Err(invalid(3)),
        (oid, kind) if kind.eq_ignore_ascii_case("ISO") => {
            let oid = Oid::parse(oid).map_err(|_invalid| invalid(2))?;
            Ok(AuthorityName { namespace, universal_id: Some(oid) })
        }
        (name, _) => {
            let name = legal_text(name, at(2))?;
            Ok(AuthorityName { namespace: namespace.or(Some(name)), universal_id: None })
        }
    }
}

pub(crate) fn write_authority(authority: &AuthorityName, delimiters: Delimiters) -> String {
    let namespace = delimiters.escape(authority.namespace.as_deref().unwrap_or_default());
    let (oid, oid_type) = match &authority.universal_id {
        Some(oid) => (oid.as_str(), "ISO"),
        None => ("", ""),
    };
    match delimiters.subcomponent {
        Some(delimiter) => join(&[&namespace, oid, oid_type], delimiter),
        None => namespace.into_owned(),
    }
}

/// An id or a name of an authority; white space in front would make two of what people read as one.
pub(crate) fn legal_text(text: &str, location: Location) -> Result<String, FeedError> {
    let is_legal = text.trim() == text
        && !text.contains(char::is_control)
        && text.chars().count() <= MAX_CHARACTERS;
    if is_legal { Ok(text.to_owned()) } else { Err(FeedError::InvalidField { location }) }
}

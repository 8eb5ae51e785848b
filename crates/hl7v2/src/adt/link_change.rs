//! ITI-64 Notify XAD-PID Link Change: `ADT^A43^ADT_A43` (ITI TF-2: 3.64.4.1).

use identity::{FeedEvent, LinkChange, LocalId};

use super::{FeedError, cx, read_event, structure, value};
use crate::header::Header;
use crate::location::Location;
use crate::message::{Field, Message};

/// MSH-9.2.
pub const LINK_CHANGE_EVENT: &str = "A43";

/// Reads A43: PID-3 is the new XAD-PID, then the local id; MRG-1 the previous XAD-PID, then perhaps a
/// local id that was merged into the other one.
///
/// The order alone tells the identifiers apart, so that neither may have more, and each must name its
/// authority by OID. The name in PID-5 is a blank and not read.
///
/// # Errors
/// [`FeedError`] with the place at fault.
pub fn read_link_change(message: &Message<'_>) -> Result<LinkChange, FeedError> {
    let read_trigger = |event: &str| (event == LINK_CHANGE_EVENT).then_some(());
    read_event(&Header::read(message), read_trigger)?;
    // One patient and one merge group, as in A40.
    let segments = structure::read(message, FeedEvent::Merge)?;
    let mrg = segments.mrg.ok_or(FeedError::SegmentMissing { segment: "MRG" })?;
    let (new, local) = read_pair(segments.pid.field(3), &Location::segment("PID", 1).field(3))?;
    let local = local.ok_or_else(|| FeedError::FieldMissing {
        location: Location::segment("PID", 1).field(3).repetition(2),
    })?;
    let (previous, subsumed) = read_pair(mrg.field(1), &Location::segment("MRG", 1).field(1))?;
    Ok(LinkChange { new, local, previous, subsumed })
}

/// The one or two identifiers of a field.
fn read_pair(
    field: Field<'_>,
    location: &Location,
) -> Result<(LocalId, Option<LocalId>), FeedError> {
    if field.is_empty() {
        return Err(FeedError::FieldMissing { location: location.clone() });
    }
    if let Some((number, _)) =
        (1..).zip(field.repetitions()).skip(2).find(|(_, repetition)| !repetition.is_empty())
    {
        return Err(FeedError::InvalidField { location: location.clone().repetition(number) });
    }
    let first = read_id(field, 1, location)?;
    let second = field.repetition(2);
    let second = if second.is_empty() { None } else { Some(read_id(field, 2, location)?) };
    Ok((first, second))
}

/// An identifier whose authority has an OID.
fn read_id(field: Field<'_>, number: usize, location: &Location) -> Result<LocalId, FeedError> {
    let repetition = field.repetition(number);
    let at = |component: usize| location.clone().repetition(number).component(component);
    if value(&repetition.component(1).text()).is_empty() {
        return Err(FeedError::FieldMissing { location: at(1) });
    }
    let authority = repetition.component(4);
    let is_absent = |part: &usize| value(&authority.subcomponent(*part)).is_empty();
    if let Some(part) = [2, 3].into_iter().find(is_absent) {
        return Err(FeedError::FieldMissing { location: at(4).subcomponent(part) });
    }
    let id = cx::read(repetition, &location.clone().repetition(number))?;
    // Read as a mere name unless its type is ISO.
    id.filter(|id| id.universal_id.is_some())
        .ok_or_else(|| FeedError::InvalidField { location: at(4).subcomponent(3) })
}

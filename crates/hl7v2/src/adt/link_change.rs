//! ITI-64 Notify XAD-PID Link Change: `ADT^A43^ADT_A43` (ITI TF-2: 3.64.4.1).

use identity::{FeedEvent, LinkChange, LocalId};

use super::feed::{mrg_1, pid_3, read_segments, write_evn};
use super::{FeedError, VERSIONS, read_event};
use crate::delimiters::Delimiters;
use crate::header::{Header, MessageType};
use crate::location::Location;
use crate::message::{Field, Message};
use crate::outgoing::{Outgoing, OutgoingHeader};
use crate::patient::{cx, value};
use crate::writer::SegmentWriter;

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
    read_event(&Header::read(message), VERSIONS, read_trigger)?;
    // One patient and one merge group, as in A40.
    let segments = read_segments(message, FeedEvent::Merge)?;
    let mrg = segments.mrg.ok_or(FeedError::SegmentMissing { segment: "MRG" })?;
    let (new, local) = read_pair(segments.pid.field(3), &pid_3(1))?;
    let local =
        local.ok_or_else(|| FeedError::FieldMissing { location: pid_3(1).repetition(2) })?;
    let (previous, subsumed) = read_pair(mrg.field(1), &mrg_1())?;
    Ok(LinkChange { new, local, previous, subsumed })
}

/// The notification in v2.5, to be encoded in UTF-8.
///
/// `sending_application` of the header is the OID of the manager's system (ITI TF-2: 3.64.4.1.2.1), and all
/// identifiers must have the OID of their authority, or the receiver refuses them.
#[must_use]
pub fn write_link_change(header: &OutgoingHeader<'_>, change: &LinkChange) -> String {
    let delimiters = Delimiters::STANDARD;
    let LinkChange { new, local, previous, subsumed } = change;
    let pair = |first: &LocalId, second: Option<&LocalId>| {
        let pair: Vec<LocalId> = std::iter::once(first).chain(second).cloned().collect();
        cx::write_all(&pair, delimiters)
    };
    let mut body = write_evn(LINK_CHANGE_EVENT, &header.time_text());
    body.push_str(
        &SegmentWriter::new("PID", delimiters)
            .field(3, &pair(new, Some(local)))
            .field(5, " ")
            .end(),
    );
    let mrg = SegmentWriter::new("MRG", delimiters).field(1, &pair(previous, subsumed.as_ref()));
    body.push_str(&mrg.end());
    let kind = MessageType { code: "ADT", event: LINK_CHANGE_EVENT, structure: "ADT_A43" };
    header.message(&Outgoing { kind, version: "2.5", profile: "" }, &body)
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

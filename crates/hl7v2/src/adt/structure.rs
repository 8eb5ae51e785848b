//! Which segments a feed has, and in which order (ITI TF-2: 3.8.4.1.2 and 3.8.4.2.2).

use identity::FeedEvent;

use super::FeedError;
use crate::location::Location;
use crate::message::{Message, Segment};

/// The segments that are read.
pub(super) struct FeedSegments<'a> {
    pub(super) pid: Segment<'a>,
    /// In a merge only.
    pub(super) mrg: Option<Segment<'a>>,
}

/// How often and where a segment stands.
struct Slot<'a> {
    name: &'static str,
    is_required: bool,
    /// Its first occurrence and the index of that in the message.
    first: Option<(usize, Segment<'a>)>,
}

/// # Errors
/// [`FeedError::SegmentMissing`] and [`FeedError::SegmentSequence`]. A second PID or MRG is
/// an error, since taking the first would drop a patient or a merge silently.
pub(super) fn read<'a>(
    message: &Message<'a>,
    event: FeedEvent,
) -> Result<FeedSegments<'a>, FeedError> {
    let is_merge = event == FeedEvent::Merge;
    let slot = |name: &'static str, is_required: bool| Slot {
        name,
        is_required,
        first: message.all_segments().enumerate().find(|(_, segment)| segment.name() == name),
    };
    let mut order = vec![slot("EVN", true), slot("PID", true)];
    if is_merge {
        order.push(slot("MRG", true));
    }
    order.push(slot("PV1", !is_merge));
    check_presence(&order)?;
    check_order(&order)?;
    check_once(message, "PID")?;
    if is_merge {
        check_once(message, "MRG")?;
    }
    let pid = message.segment("PID").ok_or(FeedError::SegmentMissing { segment: "PID" })?;
    Ok(FeedSegments { pid, mrg: message.segment("MRG").filter(|_| is_merge) })
}

fn check_presence(order: &[Slot<'_>]) -> Result<(), FeedError> {
    let missing = order.iter().find(|slot| slot.is_required && slot.first.is_none());
    missing.map_or(Ok(()), |slot| Err(FeedError::SegmentMissing { segment: slot.name }))
}

fn check_order(order: &[Slot<'_>]) -> Result<(), FeedError> {
    let present = || order.iter().filter_map(|slot| Some((slot.name, slot.first?.0)));
    let mut neighbours = present().zip(present().skip(1));
    let misplaced = neighbours.find(|((_, before), (_, after))| before > after);
    misplaced.map_or(Ok(()), |(_, (name, _))| {
        Err(FeedError::SegmentSequence { location: Location::segment(name, 1) })
    })
}

fn check_once(message: &Message<'_>, name: &str) -> Result<(), FeedError> {
    match message.segments(name).nth(1) {
        Some(_) => Err(FeedError::SegmentSequence { location: Location::segment(name, 2) }),
        None => Ok(()),
    }
}

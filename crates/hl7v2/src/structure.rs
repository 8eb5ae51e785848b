//! Which segments a message has, how often and in which order.

use crate::adt::FeedError;
use crate::location::Location;
use crate::message::{Message, Segment};

/// A segment of a message structure.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) name: &'static str,
    pub(crate) is_required: bool,
}

impl Slot {
    pub(crate) const fn required(name: &'static str) -> Slot {
        Slot { name, is_required: true }
    }

    pub(crate) const fn optional(name: &'static str) -> Slot {
        Slot { name, is_required: false }
    }
}

/// Checks that what is required is there and that the first of each name stand in this order.
/// Segments of other names are passed over.
///
/// # Errors
/// [`FeedError::SegmentMissing`] and [`FeedError::SegmentSequence`].
pub(crate) fn check_order(message: &Message<'_>, order: &[Slot]) -> Result<(), FeedError> {
    let found: Vec<(Slot, Option<usize>)> = order
        .iter()
        .map(|slot| (*slot, message.all_segments().position(|other| other.name() == slot.name)))
        .collect();
    if let Some((slot, _)) = found.iter().find(|(slot, at)| slot.is_required && at.is_none()) {
        return Err(FeedError::SegmentMissing { segment: slot.name });
    }
    let present = || found.iter().filter_map(|(slot, at)| Some((slot.name, (*at)?)));
    let mut neighbours = present().zip(present().skip(1));
    match neighbours.find(|((_, before), (_, after))| before > after) {
        Some((_, (name, _))) => {
            Err(FeedError::SegmentSequence { location: Location::segment(name, 1) })
        }
        None => Ok(()),
    }
}

/// The only segment of that name.
///
/// # Errors
/// [`FeedError::SegmentSequence`] for a second one, since taking the first would drop a patient or a
/// question silently; [`FeedError::SegmentMissing`].
pub(crate) fn only<'m>(
    message: &Message<'m>,
    name: &'static str,
) -> Result<Segment<'m>, FeedError> {
    let mut segments = message.segments(name);
    let first = segments.next().ok_or(FeedError::SegmentMissing { segment: name })?;
    match segments.next() {
        Some(_) => Err(FeedError::SegmentSequence { location: Location::segment(name, 2) }),
        None => Ok(first),
    }
}

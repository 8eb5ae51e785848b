//! How much one message may hold, beyond what the XML reader bounds.
//!
//! The limits keep one message from binding memory and time out of proportion; each stands
//! well above what honest senders need.

use crate::ReadError;

/// Objects in one submission. A migration sends some hundreds at once; ten thousand entries
/// make an XML document of more than 100 MB, which the door refuses anyway.
pub(crate) const OBJECTS_PER_SUBMISSION: usize = 10_000;

/// Objects in one answer: lists of references have no limit of the registry's own.
pub(crate) const OBJECTS_PER_ANSWER: usize = 100_000;

/// Slots of one object: XDS names fourteen, national extensions add a few dozen.
pub(crate) const SLOTS_PER_OBJECT: usize = 1_000;

/// Values of one slot: a stored query may name as many ids in one list.
pub(crate) const VALUES_PER_SLOT: usize = 10_000;

/// Classifications of one object: the longest are event code lists of image studies.
pub(crate) const CLASSIFICATIONS_PER_OBJECT: usize = 1_000;

/// ExternalIdentifiers of one object: XDS names two or three.
pub(crate) const IDENTIFIERS_PER_OBJECT: usize = 100;

/// Documents asked for, or answered, at once.
pub(crate) const DOCUMENTS_PER_MESSAGE: usize = 10_000;

/// RegistryErrors in one answer.
pub(crate) const ERRORS_PER_ANSWER: usize = 10_000;

/// Characters of one value. The schema says 256 (ebRIM 3.0 `LongName`), which real clients
/// exceed with lists of names and addresses; nothing honest comes near this.
pub(crate) const VALUE_CHARACTERS: usize = 4096;

/// Characters of an opaque identifier in a retrieval (ebRIM 3.0 `LongName`).
pub(crate) const IDENTIFIER_CHARACTERS: usize = 256;

/// Faults noted for one message: enough to mend it, few enough to answer.
pub(crate) const FAULTS: usize = 1_000;

/// Names of unsaved metadata noted for one message.
pub(crate) const NAMES_NOT_SAVED: usize = 100;

/// Refuses one more than `limit`; `count` is how many there are already.
pub(crate) fn room_for_one_more(
    count: usize,
    limit: usize,
    what: &'static str,
) -> Result<(), ReadError> {
    if count < limit { Ok(()) } else { Err(ReadError::Limit { what, limit }) }
}

/// Whether a text has more than `limit` characters.
pub(crate) fn is_longer_than(text: &str, limit: usize) -> bool {
    // Bytes bound characters, so that the usual short value is not counted.
    text.len() > limit && text.chars().nth(limit).is_some()
}

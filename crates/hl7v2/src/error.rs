//! Why bytes are not a readable HL7 v2 message.

use crate::location::Location;
use crate::mllp::FrameError;

/// The message could not be read at all; which code answers that is the actor's choice.
///
/// `Display` names places and limits, never content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hl7Error {
    /// It did not arrive as one message.
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("message does not begin with an MSH segment")]
    NotAMessage,
    #[error("MSH-1 and MSH-2 declare no usable delimiters")]
    Delimiters,
    #[error("MSH-18 names a character set that is not supported")]
    UnsupportedCharset,
    /// With the field of the first bad byte, if the text before it tells which that is.
    #[error("message is not in the declared character set")]
    Undecodable { location: Option<Location> },
    #[error("message is longer than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("message has more than {limit} segments")]
    TooManySegments { limit: usize },
    #[error("segment {location} has more than {limit} fields")]
    TooManyFields { location: Location, limit: usize },
    #[error("field {location} has more than {limit} repetitions")]
    TooManyRepetitions { location: Location, limit: usize },
    #[error("segment number {number} of the message has no legal name")]
    SegmentName { number: usize },
    /// Two messages in one frame; the second one's patient must not be mixed with the first one's.
    #[error("a second MSH segment begins inside the message")]
    SecondHeader,
}

impl Hl7Error {
    /// The place at fault, if it is a place in the message.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        match self {
            Hl7Error::NotAMessage => Some(Location::segment("MSH", 1)),
            Hl7Error::Delimiters => Some(Location::segment("MSH", 1).field(2)),
            Hl7Error::UnsupportedCharset => Some(Location::segment("MSH", 1).field(18)),
            Hl7Error::SecondHeader => Some(Location::segment("MSH", 2)),
            Hl7Error::Undecodable { location } => location.clone(),
            Hl7Error::TooManyFields { location, .. }
            | Hl7Error::TooManyRepetitions { location, .. } => Some(location.clone()),
            Hl7Error::Frame(_)
            | Hl7Error::TooLarge { .. }
            | Hl7Error::TooManySegments { .. }
            | Hl7Error::SegmentName { .. } => None,
        }
    }
}

//! Why a message is not one of those that are read here.

use crate::location::Location;

/// The variants are the rows of the decision table for inbound messages, so that an
/// actor gives each its MSA-1 and ERR-3 (HL7 v2.5 tables 0008 and 0357).
///
/// `Display` names places, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Reject, 200.
    #[error("message type is not one that is received here")]
    UnsupportedMessageType,
    /// Reject, 201.
    #[error("trigger event is not one that is acted on here")]
    UnsupportedTriggerEvent,
    /// Reject, 202. Also for the actor that takes no test messages.
    #[error("processing id is not accepted")]
    UnsupportedProcessingId,
    /// Reject, 203.
    #[error("version is not supported")]
    UnsupportedVersion,
    /// Error, 100.
    #[error("segment {segment} is missing")]
    SegmentMissing { segment: &'static str },
    /// Error, 100. Out of order, or a second one where the message has one: IHE allows one
    /// patient and one merge per message, and two patients in a link.
    #[error("segment {location} is out of order, one too many or one too few")]
    SegmentSequence { location: Location },
    /// Error, 101.
    #[error("field {location} is missing")]
    FieldMissing { location: Location },
    /// Error, 102.
    #[error("field {location} is not of its data type")]
    InvalidField { location: Location },
    /// Error, 103.
    #[error("field {location} is not in its table")]
    UnknownTableValue { location: Location },
    /// Error, 204. Found by the actor, which knows authorities and patients.
    #[error("identifier or authority at {location} is not known")]
    UnknownKey { location: Location },
}

impl FeedError {
    /// ERR-2.
    #[must_use]
    pub fn location(&self) -> Location {
        let header = || Location::segment("MSH", 1);
        match self {
            FeedError::UnsupportedMessageType => header().field(9).repetition(1).component(1),
            FeedError::UnsupportedTriggerEvent => header().field(9).repetition(1).component(2),
            FeedError::UnsupportedProcessingId => header().field(11),
            FeedError::UnsupportedVersion => header().field(12),
            FeedError::SegmentMissing { segment } => Location::segment(segment, 1),
            FeedError::SegmentSequence { location }
            | FeedError::FieldMissing { location }
            | FeedError::InvalidField { location }
            | FeedError::UnknownTableValue { location }
            | FeedError::UnknownKey { location } => location.clone(),
        }
    }
}

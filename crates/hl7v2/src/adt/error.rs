//! Why a message is not one of those that are read here.

use crate::ack::{Ack, ErrDetail, ErrorCode};
use crate::error::Hl7Error;
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

    /// The refusal, by the decision table (ITI TF-2: C.2.3; HL7 v2.5 tables 0008 and 0357).
    #[must_use]
    pub fn to_ack(&self, received: &ReceivedHere) -> Ack {
        let (code, text) = match self {
            FeedError::UnsupportedMessageType => {
                (ErrorCode::UnsupportedMessageType, received.message_types)
            }
            FeedError::UnsupportedTriggerEvent => {
                (ErrorCode::UnsupportedEventCode, received.trigger_events)
            }
            FeedError::UnsupportedProcessingId => {
                (ErrorCode::UnsupportedProcessingId, "the processing id is not accepted")
            }
            FeedError::UnsupportedVersion => (ErrorCode::UnsupportedVersionId, received.versions),
            FeedError::SegmentMissing { .. } => {
                (ErrorCode::SegmentSequenceError, "a required segment is missing")
            }
            FeedError::SegmentSequence { .. } => {
                (ErrorCode::SegmentSequenceError, "the segment is out of order or one too many")
            }
            FeedError::FieldMissing { .. } => {
                (ErrorCode::RequiredFieldMissing, "a required field is missing")
            }
            FeedError::InvalidField { .. } => {
                (ErrorCode::DataTypeError, "the field is not of its data type")
            }
            FeedError::UnknownTableValue { .. } => {
                (ErrorCode::TableValueNotFound, "the value is not in its table")
            }
            FeedError::UnknownKey { .. } => {
                (ErrorCode::UnknownKeyIdentifier, "the identifier or its authority is unknown")
            }
        };
        let detail = ErrDetail { location: Some(self.location()), code, text: text.to_owned() };
        match self {
            FeedError::UnsupportedMessageType
            | FeedError::UnsupportedTriggerEvent
            | FeedError::UnsupportedProcessingId
            | FeedError::UnsupportedVersion => Ack::reject(detail),
            FeedError::SegmentMissing { .. }
            | FeedError::SegmentSequence { .. }
            | FeedError::FieldMissing { .. }
            | FeedError::InvalidField { .. }
            | FeedError::UnknownTableValue { .. }
            | FeedError::UnknownKey { .. } => Ack::error(detail),
        }
    }
}

/// What an actor receives, in the words of its refusals.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedHere {
    pub message_types: &'static str,
    pub trigger_events: &'static str,
    pub versions: &'static str,
}

/// A message that cannot be read at all.
impl From<&Hl7Error> for Ack {
    fn from(error: &Hl7Error) -> Ack {
        let (location, text) = (error.location(), error.to_string());
        Ack::reject(ErrDetail { location, code: ErrorCode::DataTypeError, text })
    }
}

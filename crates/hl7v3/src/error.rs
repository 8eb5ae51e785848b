//! Why a message was not read, and why its content is not what its transaction has.

use xml::XmlError;

use crate::location::Location;
use crate::structure::Place;

/// There is nothing to acknowledge; the answer is a SOAP fault. `Display` holds no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("payload is not acceptable XML")]
    Xml(#[from] XmlError),
    /// Missing, null, or no legal II: an acknowledgement could not say what it acknowledges.
    #[error("message has no id")]
    MessageId,
}

/// The message can be answered, but is not one that the transaction has.
///
/// The variants are as fine as the error codes and places that an acknowledgement tells.
/// `Display` names places, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// `interactionId` names another interaction than the element does.
    #[error("interaction id contradicts the payload element")]
    InteractionMismatch,
    /// Neither production, training nor debugging.
    #[error("processing code is not accepted")]
    UnsupportedProcessingCode,
    #[error("{location} is missing")]
    Missing { location: Location },
    /// A second one where the profile has one: taking the first would drop a patient or a merge
    /// silently.
    #[error("{location} occurs once too often")]
    Repeated { location: Location },
    /// What this interaction must not hold: `replacementOf` outside of a merge, or a criterion that is not
    /// supported, because a query without it would find more than was asked for.
    #[error("{location} must not be there")]
    Unexpected { location: Location },
    #[error("{location} is not of its data type")]
    Invalid { location: Location },
    #[error("{location} is not a code of its table, or not the one that the profile demands")]
    UnknownCode { location: Location },
    #[error("more than {limit} of {location}")]
    TooMany { location: Location, limit: usize },
}

/// Why a message is no patient identity feed.
pub type FeedError = ContentError;

/// Why a message is no query.
pub type QueryError = ContentError;

impl ContentError {
    /// The place at fault.
    #[must_use]
    pub fn location(&self) -> Location {
        match self {
            ContentError::InteractionMismatch => Location::child(Place::Message, "interactionId"),
            ContentError::UnsupportedProcessingCode => {
                Location::child(Place::Message, "processingCode")
            }
            ContentError::Missing { location }
            | ContentError::Repeated { location }
            | ContentError::Unexpected { location }
            | ContentError::Invalid { location }
            | ContentError::UnknownCode { location }
            | ContentError::TooMany { location, .. } => location.clone(),
        }
    }
}

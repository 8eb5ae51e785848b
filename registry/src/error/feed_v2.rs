//! Why a message of ITI-8 or ITI-64 is refused, and its acknowledgement.

use audit::Outcome;
use hl7v2::{Ack, ErrDetail, ErrorCode as Table0357, FeedError, Hl7Error, Location};

use super::feed::{FeedId, IdPart};
use super::{FeedFault, Refusal};

/// Why a message of ITI-8 or ITI-64 was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum FeedRefusal {
    #[error("the message cannot be read")]
    Unreadable(#[source] Hl7Error),
    #[error("the message is neither a feed nor a link change")]
    Feed(#[source] FeedError),
    #[error("the feed is refused")]
    Fault(#[from] FeedFault),
}

impl Refusal for FeedRefusal {
    fn outcome(&self) -> Outcome {
        match self {
            FeedRefusal::Unreadable(_) | FeedRefusal::Feed(_) => Outcome::MinorFailure,
            FeedRefusal::Fault(fault) => fault.outcome(),
        }
    }
}

/// The only place that gives such a message its acknowledgement (ITI TF-2: C.2.3).
impl From<&FeedRefusal> for Ack {
    fn from(refusal: &FeedRefusal) -> Ack {
        match refusal {
            FeedRefusal::Unreadable(error) => {
                Ack::reject(detail(error.location(), Table0357::DataTypeError, &error.to_string()))
            }
            FeedRefusal::Feed(error) => feed_error(error),
            FeedRefusal::Fault(fault) => {
                let told = fault.told();
                let location = told.place.map(|(id, part)| location(id, part));
                let detail = ErrDetail { location, code: told.code, text: told.text };
                match fault {
                    FeedFault::Store(_) | FeedFault::Damaged(_) => Ack::reject(detail),
                    FeedFault::Merge(_)
                    | FeedFault::LinkChange(_)
                    | FeedFault::Denied(_)
                    | FeedFault::InconsistentAuthority { .. }
                    | FeedFault::AuthorityMissing { .. }
                    | FeedFault::Id { .. } => Ack::error(detail),
                }
            }
        }
    }
}

fn location(id: FeedId, part: IdPart) -> Location {
    let (field, repetition) = match id {
        FeedId::Patient(repetition) => (Location::segment("PID", 1).field(3), repetition),
        FeedId::Subsumed(repetition) => (Location::segment("MRG", 1).field(1), repetition),
    };
    let component = match part {
        IdPart::Id => 1,
        IdPart::Authority => 4,
    };
    field.repetition(repetition).component(component)
}

fn detail(location: Option<Location>, code: Table0357, text: &str) -> ErrDetail {
    ErrDetail { location, code, text: text.to_owned() }
}

fn feed_error(error: &FeedError) -> Ack {
    let with = |code, text: &str| detail(Some(error.location()), code, text);
    match error {
        FeedError::UnsupportedMessageType => {
            Ack::reject(with(Table0357::UnsupportedMessageType, "only ADT is received here"))
        }
        FeedError::UnsupportedTriggerEvent => Ack::reject(with(
            Table0357::UnsupportedEventCode,
            "A01, A04, A05, A08, A40 and A43 are received here",
        )),
        FeedError::UnsupportedProcessingId => Ack::reject(with(
            Table0357::UnsupportedProcessingId,
            "the processing id is not accepted",
        )),
        FeedError::UnsupportedVersion => Ack::reject(with(
            Table0357::UnsupportedVersionId,
            "2.3.1, 2.4 and 2.5 are received here",
        )),
        FeedError::SegmentMissing { .. } => {
            Ack::error(with(Table0357::SegmentSequenceError, "a required segment is missing"))
        }
        FeedError::SegmentSequence { .. } => Ack::error(with(
            Table0357::SegmentSequenceError,
            "the segment is out of order or one too many",
        )),
        FeedError::FieldMissing { .. } => {
            Ack::error(with(Table0357::RequiredFieldMissing, "a required field is missing"))
        }
        FeedError::InvalidField { .. } => {
            Ack::error(with(Table0357::DataTypeError, "the field is not of its data type"))
        }
        FeedError::UnknownTableValue { .. } => {
            Ack::error(with(Table0357::TableValueNotFound, "the value is not in its table"))
        }
        FeedError::UnknownKey { .. } => Ack::error(with(
            Table0357::UnknownKeyIdentifier,
            "the identifier or its authority is unknown",
        )),
    }
}

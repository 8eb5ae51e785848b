//! Why an ITI-44 message is refused, and its acknowledgement.
//!
//! The profile names no codes; those of v2 table 0357 say the same here. `CR` is for messages of which not
//! even the wrapper is for us, everything else is `CE` (HL7 v3 table AcknowledgementType).

use audit::Outcome;
use hl7v2::ErrorCode as Table0357;
use hl7v3::{AckDetail, Acknowledgement, FeedError, Location};

use super::feed::FeedId;
use super::{FeedFault, Refusal};

/// Why an ITI-44 message was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum FeedV3Refusal {
    #[error("the message is no patient identity feed")]
    Feed(#[source] FeedError),
    #[error("the feed is refused")]
    Fault(#[from] FeedFault),
}

impl Refusal for FeedV3Refusal {
    fn outcome(&self) -> Outcome {
        match self {
            FeedV3Refusal::Feed(_) => Outcome::MinorFailure,
            FeedV3Refusal::Fault(fault) => fault.outcome(),
        }
    }
}

/// The only place that gives a refused ITI-44 message its acknowledgement.
impl From<&FeedV3Refusal> for Acknowledgement {
    fn from(refusal: &FeedV3Refusal) -> Acknowledgement {
        match refusal {
            FeedV3Refusal::Feed(error) => feed_error(error),
            FeedV3Refusal::Fault(fault) => {
                let told = fault.told();
                let location = told.place.map(|(id, _)| location(id));
                Acknowledgement::error(AckDetail { location, code: told.code, text: told.text })
            }
        }
    }
}

fn location(id: FeedId) -> Location {
    match id {
        FeedId::Patient(number) => Location::patient_id(number),
        // ITI-44 has one.
        FeedId::Subsumed(_) => Location::prior_id(),
    }
}

fn feed_error(error: &FeedError) -> Acknowledgement {
    let with = |code, text: &str| AckDetail {
        location: Some(error.location()),
        code,
        text: text.to_owned(),
    };
    match error {
        FeedError::InteractionMismatch => Acknowledgement::reject(with(
            Table0357::UnsupportedMessageType,
            "the interaction id is not that of the message",
        )),
        FeedError::UnsupportedProcessingCode => Acknowledgement::reject(with(
            Table0357::UnsupportedProcessingId,
            "the processing code is not accepted",
        )),
        FeedError::Missing { .. } => Acknowledgement::error(with(
            Table0357::RequiredFieldMissing,
            "a required element or attribute is missing",
        )),
        FeedError::Repeated { .. } => Acknowledgement::error(with(
            Table0357::SegmentSequenceError,
            "the element occurs once too often",
        )),
        FeedError::Unexpected { .. } => Acknowledgement::error(with(
            Table0357::SegmentSequenceError,
            "the element does not belong to this interaction",
        )),
        FeedError::Invalid { .. } => Acknowledgement::error(with(
            Table0357::DataTypeError,
            "the value is not of its data type",
        )),
        FeedError::UnknownCode { .. } => Acknowledgement::error(with(
            Table0357::TableValueNotFound,
            "the code is not in its table, or not the one of the profile",
        )),
        FeedError::TooMany { limit, .. } => Acknowledgement::error(with(
            Table0357::DataTypeError,
            &format!("more than {limit} repetitions"),
        )),
    }
}

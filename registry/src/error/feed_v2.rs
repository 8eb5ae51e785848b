//! Why a message of ITI-8 or ITI-64 is refused, and its acknowledgement.

use audit::Outcome;
use hl7v2::{Ack, ErrDetail, FeedError, Hl7Error, Location, ReceivedHere};

use super::feed::{FeedId, IdPart};
use super::{FeedFault, Refusal};

const RECEIVED: ReceivedHere = ReceivedHere {
    message_types: "only ADT is received here",
    trigger_events: "A01, A04, A05, A08, A40 and A43 are received here",
    versions: "2.3.1, 2.4 and 2.5 are received here",
};

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
            FeedRefusal::Unreadable(error) => Ack::from(error),
            FeedRefusal::Feed(error) => error.to_ack(&RECEIVED),
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

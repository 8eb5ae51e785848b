//! The codes of HL7 v3: acknowledgement, query response code and details.
//!
//! The profile names no codes for feeds; those of v2 table 0357 say the same here.

use audit::Outcome;
use hl7v2::ErrorCode as Table0357;
use hl7v3::{
    AckDetail, Acknowledgement, ContentError, Location, QueryFailure, QueryFault as V3Fault,
};

use super::{IdPlace, ManagementFault, QueryFault, Refusal};

/// Why an ITI-44 message is refused.
#[derive(Debug, thiserror::Error)]
pub enum FeedV3Refusal {
    #[error("the message is no patient identity feed")]
    Feed(#[source] ContentError),
    #[error("the feed is refused")]
    Fault(#[from] ManagementFault),
}

/// Why a message of ITI-45 or ITI-47 is refused.
#[derive(Debug, thiserror::Error)]
pub enum QueryV3Refusal {
    #[error("the message is no query that is answered here")]
    Query(#[source] ContentError),
    #[error("the query is refused")]
    Fault(#[from] QueryFault),
}

impl Refusal for FeedV3Refusal {
    fn outcome(&self) -> Outcome {
        match self {
            FeedV3Refusal::Feed(_) => Outcome::MinorFailure,
            FeedV3Refusal::Fault(fault) => fault.outcome(),
        }
    }
}

impl Refusal for QueryV3Refusal {
    fn outcome(&self) -> Outcome {
        match self {
            QueryV3Refusal::Query(_) => Outcome::MinorFailure,
            QueryV3Refusal::Fault(fault) => fault.outcome(),
        }
    }
}

impl From<&FeedV3Refusal> for Acknowledgement {
    fn from(refusal: &FeedV3Refusal) -> Acknowledgement {
        match refusal {
            FeedV3Refusal::Feed(error) => content(error),
            FeedV3Refusal::Fault(fault) => Acknowledgement::error(management(fault)),
        }
    }
}

impl QueryV3Refusal {
    /// What the answer says; `domain` is the place of the domain with that number.
    #[must_use]
    pub fn fault(&self, domain: fn(usize) -> Location) -> V3Fault {
        match self {
            QueryV3Refusal::Query(error) => {
                let failure = match error {
                    ContentError::InteractionMismatch | ContentError::UnsupportedProcessingCode => {
                        QueryFailure::Rejected
                    }
                    ContentError::Missing { .. }
                    | ContentError::Repeated { .. }
                    | ContentError::Unexpected { .. }
                    | ContentError::Invalid { .. }
                    | ContentError::UnknownCode { .. }
                    | ContentError::TooMany { .. } => QueryFailure::Invalid,
                };
                V3Fault { failure, details: vec![content_detail(error)] }
            }
            QueryV3Refusal::Fault(fault) => {
                V3Fault { failure: QueryFailure::Error, details: query(fault, domain) }
            }
        }
    }

    /// As the acknowledgement of a cancellation.
    #[must_use]
    pub fn acknowledgement(&self) -> Acknowledgement {
        match self {
            QueryV3Refusal::Query(error) => content(error),
            QueryV3Refusal::Fault(fault) => {
                let mut details = query(fault, Location::scoping_organization);
                let detail = (!details.is_empty()).then(|| details.swap_remove(0));
                detail.map_or_else(Acknowledgement::accept, Acknowledgement::error)
            }
        }
    }
}

/// `CR` is for messages of which not even the wrapper is for us, everything else is `CE`.
fn content(error: &ContentError) -> Acknowledgement {
    let detail = content_detail(error);
    match error {
        ContentError::InteractionMismatch | ContentError::UnsupportedProcessingCode => {
            Acknowledgement::reject(detail)
        }
        ContentError::Missing { .. }
        | ContentError::Repeated { .. }
        | ContentError::Unexpected { .. }
        | ContentError::Invalid { .. }
        | ContentError::UnknownCode { .. }
        | ContentError::TooMany { .. } => Acknowledgement::error(detail),
    }
}

fn content_detail(error: &ContentError) -> AckDetail {
    let (code, text) = match error {
        ContentError::InteractionMismatch => (
            Table0357::UnsupportedMessageType,
            "the interaction id is not that of the message".to_owned(),
        ),
        ContentError::UnsupportedProcessingCode => {
            (Table0357::UnsupportedProcessingId, "the processing code is not accepted".to_owned())
        }
        ContentError::Missing { .. } => (
            Table0357::RequiredFieldMissing,
            "a required element or attribute is missing".to_owned(),
        ),
        ContentError::Repeated { .. } => {
            (Table0357::SegmentSequenceError, "the element occurs once too often".to_owned())
        }
        ContentError::Unexpected { .. } => (
            Table0357::SegmentSequenceError,
            "the element does not belong here, or is not supported".to_owned(),
        ),
        ContentError::Invalid { .. } => {
            (Table0357::DataTypeError, "the value is not of its data type".to_owned())
        }
        ContentError::UnknownCode { .. } => (
            Table0357::TableValueNotFound,
            "the code is not in its table, or not the one of the profile".to_owned(),
        ),
        ContentError::TooMany { limit, .. } => {
            (Table0357::DataTypeError, format!("more than {limit} repetitions"))
        }
    };
    AckDetail { location: Some(error.location()), code, text }
}

fn management(fault: &ManagementFault) -> AckDetail {
    let told = fault.told();
    let location = told.place.map(|(id, _part)| location(id));
    AckDetail { location, code: told.code, text: told.text }
}

fn location(id: IdPlace) -> Location {
    match id {
        IdPlace::Patient(number) => Location::patient_id(number),
        // ITI-44 has one prior identifier, and no second patient.
        IdPlace::Prior(_) | IdPlace::Second(_) => Location::prior_id(),
    }
}

fn query(fault: &QueryFault, domain: fn(usize) -> Location) -> Vec<AckDetail> {
    let detail = |code, text: &str, location| AckDetail { location, code, text: text.to_owned() };
    let unknown =
        |text: &str, location| vec![detail(Table0357::UnknownKeyIdentifier, text, Some(location))];
    let internal = |text: &str| vec![detail(Table0357::ApplicationInternalError, text, None)];
    match fault {
        QueryFault::Denied(_) => internal("not permitted"),
        QueryFault::AuthorityUnknown => {
            unknown("the patient identifier domain is not known", Location::patient_identifier())
        }
        QueryFault::IdUnknown => {
            unknown("the patient identifier is not known", Location::patient_identifier())
        }
        QueryFault::DomainsUnknown { numbers } => numbers
            .iter()
            .map(|number| {
                let text = "the domain is not known";
                detail(Table0357::UnknownKeyIdentifier, text, Some(domain(*number)))
            })
            .collect(),
        QueryFault::TooMany { .. } => {
            internal("too many patients would have to be compared: ask more precisely")
        }
        QueryFault::ContinuationUnknown => {
            unknown("the query is not known, or no longer", Location::continued_query_id())
        }
        QueryFault::Store(_) | QueryFault::Journal(_) | QueryFault::Interrupted => {
            internal("try again later")
        }
        QueryFault::Damaged(_) => internal("what is stored cannot be read"),
    }
}

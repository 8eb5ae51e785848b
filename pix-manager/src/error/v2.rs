//! The codes of HL7 v2: MSA-1, ERR-2 and ERR-3 (HL7 v2.5 tables 0008 and 0357).
//!
//! `AE`: sending the same again will not help. `AR`: the header is not for us, or we could not do it now.

use audit::Outcome;
use hl7v2::{
    Ack, AckCode, DomainsField, ErrDetail, ErrorCode as Table0357, FeedError, Hl7Error, Location,
    QueryError, ReceivedHere,
};

use super::told::IdPart;
use super::{IdPlace, ManagementFault, QueryFault, Refusal};

const RECEIVED: ReceivedHere = ReceivedHere {
    message_types: "ADT, QBP and QCN are received here",
    trigger_events: "received here: ADT A01 A04 A05 A08 A24 A28 A31 A37 A40 A47, QBP Q22 Q23 ZV1, QCN J01",
    versions: "2.3.1, 2.4, 2.5 and 2.5.1 are received here",
};

/// Why a message of ITI-8 or ITI-30 is refused.
#[derive(Debug, thiserror::Error)]
pub enum FeedRefusal {
    #[error("the message cannot be read")]
    Unreadable(#[source] Hl7Error),
    #[error("the message is no feed")]
    Feed(#[source] FeedError),
    #[error("the feed is refused")]
    Fault(#[from] ManagementFault),
}

/// Why a message of ITI-9, ITI-21 or ITI-22 is refused.
#[derive(Debug, thiserror::Error)]
pub enum QueryRefusal {
    #[error("the message cannot be read")]
    Unreadable(#[source] Hl7Error),
    #[error("the message is no query that is answered here")]
    Query(#[from] QueryError),
    #[error("the query is refused")]
    Fault(#[from] QueryFault),
}

impl Refusal for FeedRefusal {
    fn outcome(&self) -> Outcome {
        match self {
            FeedRefusal::Unreadable(_) | FeedRefusal::Feed(_) => Outcome::MinorFailure,
            FeedRefusal::Fault(fault) => fault.outcome(),
        }
    }
}

impl Refusal for QueryRefusal {
    fn outcome(&self) -> Outcome {
        match self {
            QueryRefusal::Unreadable(_) | QueryRefusal::Query(_) => Outcome::MinorFailure,
            QueryRefusal::Fault(fault) => fault.outcome(),
        }
    }
}

impl From<&FeedRefusal> for Ack {
    fn from(refusal: &FeedRefusal) -> Ack {
        match refusal {
            FeedRefusal::Unreadable(error) => Ack::from(error),
            FeedRefusal::Feed(error) => error.to_ack(&RECEIVED),
            FeedRefusal::Fault(fault) => management(fault),
        }
    }
}

impl QueryRefusal {
    /// The acknowledgement; `domains` is where the query names domains.
    #[must_use]
    pub fn ack(&self, domains: DomainsField) -> Ack {
        match self {
            QueryRefusal::Unreadable(error) => Ack::from(error),
            QueryRefusal::Query(error) => query_error(error),
            QueryRefusal::Fault(fault) => query_fault(fault, domains),
        }
    }
}

fn detail(location: Option<Location>, code: Table0357, text: &str) -> ErrDetail {
    ErrDetail { location, code, text: text.to_owned() }
}

fn management(fault: &ManagementFault) -> Ack {
    let told = fault.told();
    let location = told.place.map(|(id, part)| location(id, part));
    let detail = ErrDetail { location, code: told.code, text: told.text };
    if fault.is_ours() { Ack::reject(detail) } else { Ack::error(detail) }
}

fn location(id: IdPlace, part: IdPart) -> Location {
    let (field, repetition) = match id {
        IdPlace::Patient(repetition) => (Location::segment("PID", 1).field(3), repetition),
        IdPlace::Prior(repetition) => (Location::segment("MRG", 1).field(1), repetition),
        IdPlace::Second(repetition) => (Location::segment("PID", 2).field(3), repetition),
    };
    let component = match part {
        IdPart::Id => 1,
        IdPart::Authority => 4,
    };
    field.repetition(repetition).component(component)
}

/// One ERR for each place at fault.
fn errors(error: &QueryError, code: Table0357, text: &str) -> Ack {
    let mut errors: Vec<ErrDetail> =
        error.locations().into_iter().map(|place| detail(Some(place), code, text)).collect();
    if errors.is_empty() {
        errors.push(detail(None, code, text));
    }
    Ack { code: AckCode::AE, errors }
}

fn query_error(error: &QueryError) -> Ack {
    let unknown = |text: &str| errors(error, Table0357::UnknownKeyIdentifier, text);
    match error {
        QueryError::Message(error) => error.to_ack(&RECEIVED),
        QueryError::UnknownParameter { .. } => {
            errors(error, Table0357::TableValueNotFound, "the query parameter is not supported")
        }
        QueryError::IdWithoutAuthority { .. } => {
            errors(error, Table0357::RequiredFieldMissing, "the identifier needs an authority")
        }
        QueryError::UnknownId => unknown("the patient identifier is not known"),
        QueryError::UnknownIdDomain => unknown("the patient identifier domain is not known"),
        QueryError::UnknownDomains { .. } => unknown("the domain is not known"),
        QueryError::UnknownParameterDomain => unknown("the authority is not known"),
        QueryError::UnknownPointer => unknown("the continuation pointer is not known"),
        QueryError::TooManyMatches => errors(
            error,
            Table0357::ApplicationInternalError,
            "too many patients would have to be compared: ask more precisely",
        ),
    }
}

fn query_fault(fault: &QueryFault, domains: DomainsField) -> Ack {
    match fault {
        QueryFault::Denied(_) => {
            Ack::error(detail(None, Table0357::ApplicationInternalError, "not permitted"))
        }
        QueryFault::AuthorityUnknown => query_error(&QueryError::UnknownIdDomain),
        QueryFault::IdUnknown => query_error(&QueryError::UnknownId),
        QueryFault::DomainsUnknown { numbers } => query_error(&QueryError::UnknownDomains {
            field: domains,
            repetitions: numbers.clone(),
        }),
        QueryFault::TooMany { .. } => query_error(&QueryError::TooManyMatches),
        QueryFault::ContinuationUnknown => query_error(&QueryError::UnknownPointer),
        QueryFault::Store(_) | QueryFault::Journal(_) | QueryFault::Interrupted => {
            Ack::reject(detail(None, Table0357::ApplicationInternalError, "try again later"))
        }
        QueryFault::Damaged(_) => Ack::reject(detail(
            None,
            Table0357::ApplicationInternalError,
            "what is stored cannot be read",
        )),
    }
}

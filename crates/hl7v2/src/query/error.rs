//! Why a query is not answered.

use crate::adt::FeedError;
use crate::location::Location;

/// The variants are the error cases of the query transactions, so that an actor gives each its MSA-1 and
/// ERR-3 (HL7 v2.5 tables 0008 and 0357); [`QueryError::locations`] has the ERR-2 of each ERR.
///
/// The last six are found by the actor. `Display` names places, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// What can be wrong with every message: its header, its segments, the type of a field.
    #[error(transparent)]
    Message(#[from] FeedError),
    /// Error, 103. QPD-3 asks for something that is not supported; to ignore it would widen the result.
    #[error("query parameter {repetition} is not known")]
    UnknownParameter { repetition: usize },
    /// Error, 101. `@PID.3.1` without any of `@PID.3.4` (ITI TF-2: 3.21.4.1.2.2).
    #[error("query parameter {repetition} is an identifier without authority")]
    IdWithoutAuthority { repetition: usize },
    /// Error, 204. Nobody has this identifier (ITI TF-2: 3.9.4.2.2, case 3).
    #[error("the identifier asked for is not known")]
    UnknownId,
    /// Error, 204. Its domain is not known (case 4).
    #[error("the domain of the identifier asked for is not known")]
    UnknownIdDomain,
    /// Error, 204. Domains in which identifiers are wanted are not known: one ERR each (case 5, and
    /// ITI TF-2: 3.21.4.2.2, case 3). Repetitions count from one.
    #[error("{} domains asked for are not known", repetitions.len())]
    UnknownDomains { field: DomainsField, repetitions: Vec<usize> },
    /// Error, 204. The authority in a parameter of QPD-3 is not known.
    #[error("authority in a query parameter is not known")]
    UnknownParameterDomain,
    /// Error, 204. The continuation pointer was never given to this asker, or has expired.
    #[error("the continuation pointer is not known")]
    UnknownPointer,
    /// More patients than may be told at once.
    #[error("too many patients match")]
    TooManyMatches,
}

/// Where a query names the domains in which it wants identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainsField {
    /// QPD-4 of ITI-9.
    CrossReference,
    /// QPD-8 of ITI-21 and ITI-22.
    Demographics,
}

impl QueryError {
    /// ERR-2, one for each ERR segment; none if no field is at fault.
    #[must_use]
    pub fn locations(&self) -> Vec<Location> {
        let qpd = |field: usize| Location::segment("QPD", 1).field(field);
        match self {
            QueryError::Message(error) => vec![error.location()],
            QueryError::UnknownParameter { repetition }
            | QueryError::IdWithoutAuthority { repetition } => {
                vec![qpd(3).repetition(*repetition)]
            }
            QueryError::UnknownParameterDomain => vec![qpd(3)],
            QueryError::UnknownId => vec![qpd(3).repetition(1).component(1)],
            QueryError::UnknownIdDomain => vec![qpd(3).repetition(1).component(4)],
            QueryError::UnknownDomains { field, repetitions } => {
                let field = match field {
                    DomainsField::CrossReference => 4,
                    DomainsField::Demographics => 8,
                };
                repetitions.iter().map(|repetition| qpd(field).repetition(*repetition)).collect()
            }
            QueryError::UnknownPointer => vec![Location::segment("DSC", 1).field(1)],
            QueryError::TooManyMatches => Vec::new(),
        }
    }
}

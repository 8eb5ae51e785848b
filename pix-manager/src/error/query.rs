//! Why a question is refused, whatever wire format it came in.

use audit::{JournalError, Outcome};
use store::StoreError;

use super::Refusal;
use crate::record::DamagedRecord;

/// The manager cannot answer; indexes count from 1.
#[derive(Debug, thiserror::Error)]
pub enum QueryFault {
    #[error("the requester may not ask this")]
    Denied(#[source] policy::Denied),
    /// Case 4 of ITI-9 (ITI TF-2: 3.9.4.2.2.6).
    #[error("the authority of the identifier asked about is not known")]
    AuthorityUnknown,
    /// Case 3 of ITI-9.
    #[error("the identifier asked about is not known")]
    IdUnknown,
    /// Case 5 of ITI-9, case 3 of ITI-21: the numbers of the domains that are not known.
    #[error("domains asked for are not known")]
    DomainsUnknown { numbers: Vec<usize> },
    #[error("more than {limit} patients would have to be looked at")]
    TooMany { limit: usize },
    #[error("the continuation is not known, or no longer")]
    ContinuationUnknown,
    #[error("the database could not be read")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Damaged(#[from] DamagedRecord),
    #[error("the answer could not be recorded in the audit trail")]
    Journal(#[from] JournalError),
    #[error("the work was broken off")]
    Interrupted,
}

impl From<diesel::result::Error> for QueryFault {
    fn from(error: diesel::result::Error) -> QueryFault {
        QueryFault::Store(StoreError::Database(error))
    }
}

impl Refusal for QueryFault {
    fn outcome(&self) -> Outcome {
        match self {
            QueryFault::Store(_)
            | QueryFault::Damaged(_)
            | QueryFault::Journal(_)
            | QueryFault::Interrupted => Outcome::SeriousFailure,
            QueryFault::Denied(_)
            | QueryFault::AuthorityUnknown
            | QueryFault::IdUnknown
            | QueryFault::DomainsUnknown { .. }
            | QueryFault::TooMany { .. }
            | QueryFault::ContinuationUnknown => Outcome::MinorFailure,
        }
    }
}

//! Why a feed, a merge or a link is refused, whatever wire format it came in.

use audit::Outcome;
use store::StoreError;

use super::Refusal;
use crate::record::DamagedRecord;

/// The manager cannot do what it is told; then nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ManagementFault {
    #[error("the sender may not feed identifiers")]
    Denied(#[source] policy::Denied),
    #[error("{id} names two different authorities")]
    InconsistentAuthority { id: IdPlace },
    #[error("{id} names no assigning authority, and the sender is registered for none")]
    AuthorityMissing { id: IdPlace },
    #[error("the assigning authority of {id} is not in the agreement")]
    AuthorityUnknown { id: IdPlace },
    #[error("the sender is not the identity source of the authority of {id}")]
    NotTheSource { id: IdPlace },
    #[error("{id} is a second one of the same authority")]
    SeveralIds { id: IdPlace },
    #[error("{id} cannot stand in a patient identifier of XDS")]
    Id {
        id: IdPlace,
        #[source]
        source: datatypes::InvalidPatientId,
    },
    #[error("{id} is not known")]
    UnknownPatient { id: IdPlace },
    #[error("{id} was merged into another")]
    Subsumed { id: IdPlace },
    #[error("the merge is refused: {0}")]
    Merge(MergeFault),
    #[error("the change of the identifier is refused: {0}")]
    Change(ChangeFault),
    #[error("the link is refused: {0}")]
    Link(LinkFault),
    #[error("the manager could not store the change")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Damaged(#[from] DamagedRecord),
    #[error("a message to registry or consumers could not be written")]
    Unwritable,
}

/// Which identifier of the message is meant, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdPlace {
    /// Of the patient: PID-3, `patient/id`.
    Patient(usize),
    /// That is subsumed or replaced: MRG-1, `priorRegisteredRole/id`.
    Prior(usize),
    /// Of the second patient of a link: PID-3 of the second PID.
    Second(usize),
}

impl std::fmt::Display for IdPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            IdPlace::Patient(number) => write!(f, "identifier {number} of the patient"),
            IdPlace::Prior(number) => write!(f, "prior identifier {number}"),
            IdPlace::Second(number) => write!(f, "identifier {number} of the second patient"),
        }
    }
}

/// The condition of a merge that does not hold (ITI TF-2: 3.8.4.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeFault {
    #[error("the identifiers are of different authorities")]
    DifferentAuthorities,
    #[error("both identifiers are the same")]
    SamePatient,
    #[error("the subsumed identifier is not known")]
    SubsumedUnknown,
    #[error("the surviving identifier is not known")]
    SurvivingUnknown,
    #[error("the subsumed identifier is subsumed by another already")]
    SubsumedAlready,
    #[error("the surviving identifier is itself subsumed")]
    SurvivingSubsumed,
}

/// Why an identifier cannot be changed (A47).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeFault {
    #[error("the identifiers are of different authorities")]
    DifferentAuthorities,
    #[error("both identifiers are the same")]
    SameId,
    #[error("the new identifier exists already: that would be a merge")]
    NewExists,
    #[error("the old identifier is not known")]
    OldUnknown,
    #[error("the old identifier was merged into another")]
    OldSubsumed,
}

/// Why two patients cannot be linked or unlinked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    #[error("both identifiers are the same patient")]
    SamePatient,
    #[error("they stay one person because of other decisions, which must be taken back first")]
    StillLinked,
    #[error(
        "two of those who would be one person are decided not to be, which must be taken back first"
    )]
    Separated,
}

impl From<diesel::result::Error> for ManagementFault {
    fn from(error: diesel::result::Error) -> ManagementFault {
        ManagementFault::Store(StoreError::Database(error))
    }
}

impl ManagementFault {
    /// Whether the same work may well succeed when it is done again: another process got in its way.
    #[must_use]
    pub fn is_contention(&self) -> bool {
        let ManagementFault::Store(error) = self else { return false };
        error.is_unique_violation() || error.is_transient()
    }
}

impl Refusal for ManagementFault {
    fn outcome(&self) -> Outcome {
        if self.is_ours() { Outcome::SeriousFailure } else { Outcome::MinorFailure }
    }
}

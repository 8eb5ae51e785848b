//! Why a Patient Identity Feed or a link change is refused, whatever wire format it came in, and the code of table 0357
//! that tells it in both.

use audit::Outcome;
use hl7v2::ErrorCode as Table0357;
use store::StoreError;

/// Why a feed was not accepted. `Display` goes to logs: places and counts, no ids.
#[derive(Debug, thiserror::Error)]
pub enum FeedFault {
    #[error("the merge is refused: {0}")]
    Merge(MergeFault),
    #[error("the link change is refused: {0}")]
    LinkChange(LinkFault),
    #[error("the sender may not feed identifiers")]
    Denied(#[source] policy::Denied),
    #[error("{id} names two different authorities")]
    InconsistentAuthority { id: FeedId },
    #[error("{id} names no assigning authority, and no other one does")]
    AuthorityMissing { id: FeedId },
    #[error("{id} cannot stand in XDS metadata")]
    Id {
        id: FeedId,
        #[source]
        source: datatypes::InvalidPatientId,
    },
    #[error("the registry could not store the patient")]
    Store(#[from] StoreError),
    #[error("a stored record is damaged")]
    Damaged(#[from] crate::record::DamagedRecord),
}

/// A failed statement is a failure of the store, which knows whether trying again may help.
impl From<super::RelocationError> for FeedFault {
    fn from(error: super::RelocationError) -> FeedFault {
        match error {
            super::RelocationError::Database(error) => FeedFault::from(error),
            super::RelocationError::Damaged(damaged) => FeedFault::Damaged(damaged),
        }
    }
}

impl From<diesel::result::Error> for FeedFault {
    fn from(error: diesel::result::Error) -> FeedFault {
        FeedFault::Store(StoreError::Database(error))
    }
}

/// A message of one wire format that was not accepted, as far as logs and audit know it.
pub(crate) trait Refusal: std::error::Error + From<FeedFault> {
    /// 4, the sender must act, or 8, someone here must.
    fn outcome(&self) -> Outcome;
}

/// Which identifier of a feed is meant, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedId {
    /// Of the patient; in a merge of the surviving one, in a link change of the one linked to.
    Patient(usize),
    /// Of the patient whom a merge subsumes, or to whom a link led before.
    Subsumed(usize),
}

impl std::fmt::Display for FeedId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FeedId::Patient(number) => write!(f, "identifier {number} of the patient"),
            FeedId::Subsumed(number) => write!(f, "prior identifier {number}"),
        }
    }
}

/// Which condition of a merge does not hold (ITI TF-2: 3.8.4.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeFault {
    #[error("not exactly one identifier to be subsumed is of the affinity domain")]
    SubsumedAuthority,
    #[error("not exactly one surviving identifier is of the affinity domain")]
    SurvivingAuthority,
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

/// Which condition of a link change does not hold (ITI TF-2: 3.64.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    #[error("the new identifier is not of the affinity domain")]
    NewAuthority,
    #[error("the previous identifier is not of the affinity domain")]
    PreviousAuthority,
    #[error("the subsumed local identifier is of another authority than the local one")]
    SubsumedAuthority,
    #[error("both local identifiers are the same")]
    SameLocal,
    #[error("the new identifier is not known")]
    NewUnknown,
    #[error("the previous identifier is not known")]
    PreviousUnknown,
    #[error("the new identifier is subsumed by another")]
    NewSubsumed,
    #[error("the previous identifier is subsumed by another")]
    PreviousSubsumed,
    #[error("the previous identifier is the new one, and no local identifiers are merged")]
    NothingChanged,
}

/// What of an identifier is at fault.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IdPart {
    Id,
    Authority,
}

/// What the sender is told; the text holds no value of the message.
pub(super) struct Told {
    pub(super) code: Table0357,
    pub(super) text: String,
    /// Absent if no identifier is at fault.
    pub(super) place: Option<(FeedId, IdPart)>,
}

impl FeedFault {
    /// See [`Refusal::outcome`].
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            FeedFault::Store(_) | FeedFault::Damaged(_) => Outcome::SeriousFailure,
            FeedFault::Merge(_)
            | FeedFault::LinkChange(_)
            | FeedFault::Denied(_)
            | FeedFault::InconsistentAuthority { .. }
            | FeedFault::AuthorityMissing { .. }
            | FeedFault::Id { .. } => Outcome::MinorFailure,
        }
    }

    pub(super) fn told(&self) -> Told {
        let told = |code, text: &str, place| Told { code, text: text.to_owned(), place };
        match self {
            FeedFault::Merge(fault) => {
                told(Table0357::UnknownKeyIdentifier, &fault.to_string(), Some(fault.place()))
            }
            FeedFault::LinkChange(fault) => {
                told(Table0357::UnknownKeyIdentifier, &fault.to_string(), Some(fault.place()))
            }
            FeedFault::Denied(_) => {
                told(Table0357::ApplicationInternalError, "not permitted", None)
            }
            FeedFault::InconsistentAuthority { id } => told(
                Table0357::UnknownKeyIdentifier,
                "namespace and OID name different assigning authorities",
                Some((*id, IdPart::Authority)),
            ),
            FeedFault::AuthorityMissing { id } => told(
                Table0357::UnknownKeyIdentifier,
                "the identifier has no assigning authority",
                Some((*id, IdPart::Authority)),
            ),
            FeedFault::Id { id, .. } => told(
                Table0357::DataTypeError,
                "the identifier cannot stand in XDS metadata",
                Some((*id, IdPart::Id)),
            ),
            FeedFault::Store(_) => {
                told(Table0357::ApplicationInternalError, "try again later", None)
            }
            FeedFault::Damaged(_) => {
                told(Table0357::ApplicationInternalError, "what is registered cannot be read", None)
            }
        }
    }
}

impl MergeFault {
    /// Where in the message the identifier at fault stands.
    fn place(self) -> (FeedId, IdPart) {
        match self {
            MergeFault::SubsumedAuthority => (FeedId::Subsumed(1), IdPart::Authority),
            MergeFault::SurvivingAuthority => (FeedId::Patient(1), IdPart::Authority),
            MergeFault::SamePatient | MergeFault::SubsumedUnknown | MergeFault::SubsumedAlready => {
                (FeedId::Subsumed(1), IdPart::Id)
            }
            MergeFault::SurvivingUnknown | MergeFault::SurvivingSubsumed => {
                (FeedId::Patient(1), IdPart::Id)
            }
        }
    }
}

impl LinkFault {
    /// Where in the message the identifier at fault stands.
    fn place(self) -> (FeedId, IdPart) {
        match self {
            LinkFault::NewAuthority => (FeedId::Patient(1), IdPart::Authority),
            LinkFault::NewUnknown | LinkFault::NewSubsumed => (FeedId::Patient(1), IdPart::Id),
            LinkFault::PreviousAuthority => (FeedId::Subsumed(1), IdPart::Authority),
            LinkFault::PreviousUnknown
            | LinkFault::PreviousSubsumed
            | LinkFault::NothingChanged => (FeedId::Subsumed(1), IdPart::Id),
            LinkFault::SubsumedAuthority => (FeedId::Subsumed(2), IdPart::Authority),
            LinkFault::SameLocal => (FeedId::Subsumed(2), IdPart::Id),
        }
    }
}

//! Why an operator's order is refused, and the status of HTTP that tells it.

use audit::{JournalError, Outcome};
use store::StoreError;

use crate::admin::OTHER_COMMUNITY;

use super::{ChangeFault, LinkFault, ManagementFault, MergeFault, Refusal};

/// An order is not carried out. `Display` is shown to the operator: no values.
#[derive(Debug, thiserror::Error)]
pub enum AdminFault {
    #[error("the header {header} is missing")]
    NoOperator { header: &'static str },
    #[error("the order is no JSON of the form that this page takes")]
    Order,
    #[error("the order is for the manager of another community")]
    OtherCommunity,
    #[error("operator and reason must be said, each on one line of {limit} characters at the most")]
    Unexplained { limit: usize },
    #[error("an identifier is written ID^^^&OID&ISO")]
    Id(#[source] datatypes::InvalidPatientId),
    #[error(
        "identifiers of the affinity domain are given by the manager: name those of the hospitals"
    )]
    NetworkId,
    #[error("the identifier is not known")]
    UnknownPatient,
    #[error("there is no such announcement: it was delivered or dropped")]
    UnknownAnnouncement,
    #[error("the announcement is not refused, it waits to be delivered")]
    WaitsAlready,
    #[error(transparent)]
    Change(ManagementFault),
    #[error("the database could not be used")]
    Store(#[from] StoreError),
    #[error("the audit journal cannot be written")]
    Journal(#[source] JournalError),
}

impl From<diesel::result::Error> for AdminFault {
    fn from(error: diesel::result::Error) -> AdminFault {
        AdminFault::Store(StoreError::Database(error))
    }
}

impl AdminFault {
    /// The status, and a word for programs.
    #[must_use]
    pub fn code(&self) -> (u16, &'static str) {
        match self {
            AdminFault::NoOperator { .. } => (403, "no-operator"),
            AdminFault::Order => (400, "malformed-order"),
            AdminFault::OtherCommunity => (421, OTHER_COMMUNITY),
            AdminFault::Unexplained { .. } => (400, "operator-or-reason-missing"),
            AdminFault::Id(_) => (400, "malformed-identifier"),
            AdminFault::NetworkId => (422, "network-identifier"),
            AdminFault::UnknownPatient => (404, "unknown-patient"),
            AdminFault::UnknownAnnouncement => (404, "unknown-announcement"),
            AdminFault::WaitsAlready => (409, "waits-already"),
            AdminFault::Change(fault) => change_code(fault),
            AdminFault::Store(_) | AdminFault::Journal(_) => (503, "unavailable"),
        }
    }
}

fn change_code(fault: &ManagementFault) -> (u16, &'static str) {
    match fault {
        ManagementFault::UnknownPatient { .. } => (404, "unknown-patient"),
        ManagementFault::Subsumed { .. } => (409, "subsumed"),
        ManagementFault::Merge(MergeFault::SubsumedUnknown | MergeFault::SurvivingUnknown) => {
            (404, "unknown-patient")
        }
        ManagementFault::Merge(MergeFault::DifferentAuthorities) => (422, "different-domains"),
        ManagementFault::Merge(MergeFault::SamePatient)
        | ManagementFault::Link(LinkFault::SamePatient)
        | ManagementFault::Change(ChangeFault::SameId) => (422, "same-patient"),
        ManagementFault::Merge(MergeFault::SubsumedAlready | MergeFault::SurvivingSubsumed) => {
            (409, "subsumed")
        }
        ManagementFault::Link(LinkFault::StillLinked) => (409, "still-linked"),
        ManagementFault::Link(LinkFault::Separated) => (409, "separated"),
        ManagementFault::Change(
            ChangeFault::DifferentAuthorities
            | ChangeFault::NewExists
            | ChangeFault::OldUnknown
            | ChangeFault::OldSubsumed,
        ) => (409, "identifier-in-use"),
        ManagementFault::Denied(_) => (403, "denied"),
        ManagementFault::InconsistentAuthority { .. }
        | ManagementFault::AuthorityMissing { .. }
        | ManagementFault::AuthorityUnknown { .. }
        | ManagementFault::NotTheSource { .. }
        | ManagementFault::SeveralIds { .. }
        | ManagementFault::Id { .. } => (422, "identifier"),
        ManagementFault::Store(_) => (503, "unavailable"),
        ManagementFault::Damaged(_) | ManagementFault::Unwritable => (500, "damaged"),
    }
}

impl Refusal for AdminFault {
    fn outcome(&self) -> Outcome {
        match self {
            AdminFault::Change(fault) => fault.outcome(),
            AdminFault::Store(_) | AdminFault::Journal(_) => Outcome::SeriousFailure,
            AdminFault::NoOperator { .. }
            | AdminFault::Order
            | AdminFault::OtherCommunity
            | AdminFault::Unexplained { .. }
            | AdminFault::Id(_)
            | AdminFault::NetworkId
            | AdminFault::UnknownPatient
            | AdminFault::UnknownAnnouncement
            | AdminFault::WaitsAlready => Outcome::MinorFailure,
        }
    }
}

//! The Patient Identity Feed, free of its wire format (ITI-8 and ITI-44), and Patient Identity Management
//! (ITI-30), which says more.

use crate::demographics::Demographics;
use crate::local_id::LocalId;
use crate::visit::Visit;

/// Why a source sends a feed (ITI TF-2: 3.8.4.1 and 3.8.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedEvent {
    /// A01, an inpatient was admitted.
    Admit,
    /// A04, an outpatient was registered.
    Register,
    /// A05, a patient was pre-admitted.
    PreAdmit,
    /// A08, demographics changed.
    Update,
    /// A40, two identifiers of one domain turned out to be one patient.
    Merge,
}

/// What one feed message says.
///
/// Its `Debug` shows authorities and counts, no identifier and no demographics.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PatientIdentityFeed {
    pub event: FeedEvent,
    /// The patient's identifiers, at least one; in a merge the surviving ones.
    pub identifiers: Vec<LocalId>,
    /// The subsumed identifiers: at least one in a merge, otherwise none.
    pub prior_identifiers: Vec<LocalId>,
    /// Empty in a merge, whose demographics are not an update (ITI TF-2: 3.8.4.2).
    pub demographics: Demographics,
    /// What was said about the visit, if anything was.
    pub visit: Option<Visit>,
}

/// What a Patient Identity Cross-reference Manager is told: the feed, and what only ITI-30 can say.
///
/// All identifiers of one patient are named; at least one each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one for each message, and nearly all are feeds")]
pub enum IdentityManagement {
    /// ITI-8 and ITI-44; of ITI-30 A28 as [`FeedEvent::Register`], A31 as [`FeedEvent::Update`], and A40.
    Feed(PatientIdentityFeed),
    /// A47: an identifier was replaced by one that did not exist; no merge.
    ChangeId { new: Vec<LocalId>, old: Vec<LocalId> },
    /// A24: two patients are one person; both identifiers stay.
    Link { first: Vec<LocalId>, second: Vec<LocalId> },
    /// A37: they are not.
    Unlink { first: Vec<LocalId>, second: Vec<LocalId> },
}

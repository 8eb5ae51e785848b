//! The Patient Identity Feed, free of its wire format (ITI-8 and ITI-44).

use crate::demographics::Demographics;
use crate::local_id::LocalId;

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
}

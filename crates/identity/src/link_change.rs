//! A local patient's change from one patient of the affinity domain to another (ITI-64).

use crate::local_id::LocalId;

/// What one notification of a changed link says (ITI TF-2: 3.64).
///
/// A patient identity manager links the identifiers that each hospital gave to one identifier of the
/// affinity domain, the XAD-PID. Its `Debug` shows authorities, no identifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LinkChange {
    /// The XAD-PID to which the local identifier is linked from now on.
    pub new: LocalId,
    pub local: LocalId,
    /// The XAD-PID to which it was linked; the new one if all that happened is a merge at the hospital.
    pub previous: LocalId,
    /// A second local identifier that was merged into `local`.
    pub subsumed: Option<LocalId>,
}

//! What the manager does, whatever wire format it is asked in; each reads as the list of its duties.

pub mod cross_reference;
pub mod demographics;
pub mod identity_management;

pub use actor::Origin;
use audit::{AuditRecord, Event, Outcome};

use crate::Manager;

impl Manager {
    /// The part of an audit record that every transaction fills in the same way.
    pub(crate) fn audit_record(
        &self,
        event: &'static Event,
        outcome: Outcome,
        origin: &Origin,
    ) -> AuditRecord {
        origin.record(event, outcome, self.in_force.load().agreement.version_in_force())
    }
}

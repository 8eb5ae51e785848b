//! One file per transaction that the registry receives; each reads as the list of its duties.

pub mod multi_patient_stored_query;
pub mod notify_xad_pid_link_change;
pub mod patient_identity_feed;
pub mod register_document_set;
pub mod registry_stored_query;
mod stored_query;

pub use actor::Origin;
use audit::{AuditRecord, Event, Outcome};

use crate::Registry;
pub use stored_query::{Asked, Found, QueryTransaction};

impl Registry {
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

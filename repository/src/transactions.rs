//! One file per transaction that the repository receives; each reads as the list of its duties.

pub mod provide_and_register_document_set;
pub mod retrieve_document_set;

pub use actor::Origin;
use audit::{AuditRecord, Event, Outcome};

use crate::Repository;

impl Repository {
    /// A record of work that nobody sent a message for.
    pub(crate) fn worked(
        &self,
        event: &'static Event,
        outcome: Outcome,
        description: String,
    ) -> AuditRecord {
        AuditRecord {
            agreement_version: self.agreement.load().version_in_force(),
            ..self.node.worked(event, outcome, description)
        }
    }

    /// The part of an audit record that every transaction fills in the same way.
    pub(crate) fn audit_record(
        &self,
        event: &'static Event,
        outcome: Outcome,
        origin: &Origin,
    ) -> AuditRecord {
        origin.record(event, outcome, self.agreement.load().version_in_force())
    }
}

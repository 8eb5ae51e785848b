//! One file per transaction that the repository receives; each reads as the list of its duties.

pub mod provide_and_register_document_set;
pub mod retrieve_document_set;

use audit::{AuditRecord, Event, Outcome, Party};
use policy::Requester;

use crate::Repository;

/// Where a request came from, as far as the audit record and the logs need it.
#[derive(Clone, Debug)]
pub struct Origin {
    pub requester: Requester,
    /// The other side.
    pub peer: Party,
    /// This side, as the other one called it.
    pub own: Party,
    /// `wsa:MessageID`.
    pub message_id: Option<String>,
}

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
        AuditRecord {
            own: origin.own.clone(),
            peer: origin.peer.clone(),
            message_id: origin.message_id.clone(),
            agreement_version: self.agreement.load().version_in_force(),
            ..AuditRecord::now(event, outcome)
        }
    }
}

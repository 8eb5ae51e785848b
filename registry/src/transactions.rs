//! One file per transaction that the registry receives; each reads as the list of its duties.

pub mod patient_identity_feed;
pub mod register_document_set;
pub mod registry_stored_query;

use audit::{AuditRecord, EventAction, Outcome};
use policy::Requester;

use crate::Registry;

/// Where a request came from, as far as the audit record and the logs need it.
#[derive(Clone, Debug)]
pub struct Origin {
    pub requester: Requester,
    /// Network address of the other side.
    pub peer: String,
    /// `wsa:MessageID` or MSH-10.
    pub message_id: Option<String>,
}

impl Registry {
    /// The part of an audit record that every transaction fills in the same way.
    pub(crate) fn audit_record(
        &self,
        transaction: &'static str,
        event: EventAction,
        outcome: Outcome,
        origin: &Origin,
    ) -> AuditRecord {
        AuditRecord {
            requester: origin.requester.name().to_owned(),
            peer: origin.peer.clone(),
            message_id: origin.message_id.clone(),
            agreement_version: self.in_force.load().agreement.version_in_force(),
            ..AuditRecord::now(transaction, "registry", event, outcome)
        }
    }
}

//! What the manager does, whatever wire format it is asked in; each reads as the list of its duties.

pub mod cross_reference;
pub mod demographics;
pub mod identity_management;

use std::sync::LazyLock;

use audit::{AuditRecord, Event, Outcome, Party};
use datatypes::Dtm;
use policy::Requester;

use crate::Manager;

/// Where a request came from, as far as the audit record and the logs need it.
#[derive(Clone, Debug)]
pub struct Origin {
    pub requester: Requester,
    /// The other side.
    pub peer: Party,
    /// This side, as the other one called it.
    pub own: Party,
    /// `wsa:MessageID`, MSH-10 or the id of an HL7 v3 message.
    pub message_id: Option<String>,
}

impl Manager {
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
            agreement_version: self.in_force.load().agreement.version_in_force(),
            ..AuditRecord::now(event, outcome)
        }
    }
}

/// The manager's clock: UTC, 14 digits.
pub(crate) fn now() -> Dtm {
    let seconds = jiff::Timestamp::now().as_second();
    Dtm::from_unix_seconds(seconds).unwrap_or_else(|_| EPOCH.clone())
}

/// What a clock outside the years 0 to 9999 is read as.
static EPOCH: LazyLock<Dtm> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a constant text that is a DTM")]
    Dtm::parse("19700101000000").expect("a constant text that is a DTM")
});

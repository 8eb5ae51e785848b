//! What every actor records of itself: start, stop, alerts, refused connections.

use std::sync::Arc;

use atna::Outcome;

use crate::event::Event;
use crate::journal::{Journal, JournalError};
use crate::node::Node;
use crate::record::AuditRecord;
use crate::refusals::Refusals;

/// An actor's own records, each with the version of the agreement that is in force.
#[derive(Clone)]
pub struct ActorTrail {
    journal: Arc<Journal>,
    node: Node,
    agreement_version: Arc<dyn Fn() -> String + Send + Sync>,
}

impl ActorTrail {
    #[must_use]
    pub fn new(
        journal: Arc<Journal>,
        node: Node,
        agreement_version: impl Fn() -> String + Send + Sync + 'static,
    ) -> ActorTrail {
        ActorTrail { journal, node, agreement_version: Arc::new(agreement_version) }
    }

    /// The actor begins to serve, with this switch in this position: who reads the trail later must know
    /// whether access was open at the time. One sync for both.
    ///
    /// # Errors
    /// [`JournalError`]; the actor must not serve then.
    pub async fn record_start(&self, switch: &str) -> Result<(), JournalError> {
        let switch = self.node.alert(Event::SWITCH, Outcome::Success, switch.to_owned());
        let records = [self.node.started(), switch].map(|record| self.in_force(record));
        self.journal.append_all(&records).await
    }

    /// The actor has ended in order.
    pub async fn record_stop(&self) {
        if let Err(error) = self.journal.append(&self.in_force(self.node.stopped())).await {
            tracing::error!(%error, "the stop could not be recorded");
        }
    }

    /// A security alert about this node; one that cannot be recorded is told in the log.
    pub async fn record_alert(&self, event: &'static Event, outcome: Outcome, description: String) {
        let record = self.in_force(self.node.alert(event, outcome, description));
        if let Err(error) = self.journal.append(&record).await {
            tracing::error!(event = event.name(), %error, "an alert could not be recorded");
        }
    }

    /// Who knocks in vain stands in the trail. Needs a tokio runtime.
    #[must_use]
    pub fn record_refusals(&self) -> Refusals {
        let version = Arc::clone(&self.agreement_version);
        Refusals::start(Arc::clone(&self.journal), self.node.clone(), move || version())
    }

    fn in_force(&self, record: AuditRecord) -> AuditRecord {
        AuditRecord { agreement_version: (self.agreement_version)(), ..record }
    }
}

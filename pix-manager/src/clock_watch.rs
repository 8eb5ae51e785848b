//! The watch over this machine's clock (ITI-1), as the manager keeps it.

use std::sync::Arc;

use audit::{AuditRecord, Event};
use clock::{ClockAlert, ClockMetrics, ClockWatch, watch_for_actor};
use config::actor::TimeConfig;

use crate::Manager;

/// Starts the watch; needs a tokio runtime. It holds the manager until it is stopped.
pub(crate) fn watch_clock(
    manager: &Arc<Manager>,
    time: &TimeConfig,
    metrics: &ClockMetrics,
) -> ClockWatch {
    let (ruled, alerted) = (Arc::clone(manager), Arc::clone(manager));
    let agreed = move || ruled.in_force.load().agreement.time;
    let record = move |alert| {
        let manager = Arc::clone(&alerted);
        async move { record(&manager, alert).await }
    };
    watch_for_actor("pix-manager", time, metrics, agreed, record)
}

async fn record(manager: &Manager, alert: ClockAlert) {
    let record = AuditRecord {
        agreement_version: manager.in_force.load().agreement.version_in_force(),
        ..manager.node.alert(Event::CLOCK, alert.outcome(), alert.to_string())
    };
    if let Err(error) = manager.journal.append(&record).await {
        tracing::error!(actor = "pix-manager", %error, "an alert about the clock could not be recorded");
    }
}

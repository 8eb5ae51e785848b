//! The watch over this machine's clock (ITI-1), as the registry keeps it.

use std::sync::Arc;

use audit::{AuditRecord, Event};
use clock::{ClockAlert, ClockMetrics, ClockWatch, watch_for_actor};
use config::actor::TimeConfig;

use crate::Registry;

/// Starts the watch; needs a tokio runtime. It holds the registry until it is stopped.
pub(crate) fn watch_clock(
    registry: &Arc<Registry>,
    time: &TimeConfig,
    metrics: &ClockMetrics,
) -> ClockWatch {
    let (ruled, alerted) = (Arc::clone(registry), Arc::clone(registry));
    let agreed = move || ruled.in_force.load().agreement.time;
    let record = move |alert| {
        let registry = Arc::clone(&alerted);
        async move { record(&registry, alert).await }
    };
    watch_for_actor("registry", time, metrics, agreed, record)
}

async fn record(registry: &Registry, alert: ClockAlert) {
    let record = AuditRecord {
        agreement_version: registry.in_force.load().agreement.version_in_force(),
        ..registry.node.alert(Event::CLOCK, alert.outcome(), alert.to_string())
    };
    if let Err(error) = registry.journal.append(&record).await {
        tracing::error!(actor = "registry", %error, "an alert about the clock could not be recorded");
    }
}

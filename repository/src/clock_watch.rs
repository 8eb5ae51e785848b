//! The watch over this machine's clock (ITI-1), as the repository keeps it.

use std::sync::Arc;

use audit::{AuditRecord, Event};
use clock::{ClockAlert, ClockMetrics, ClockWatch, watch_for_actor};
use config::actor::TimeConfig;

use crate::Repository;

/// Starts the watch; needs a tokio runtime. It holds the repository until it is stopped.
pub(crate) fn watch_clock(
    repository: &Arc<Repository>,
    time: &TimeConfig,
    metrics: &ClockMetrics,
) -> ClockWatch {
    let (ruled, alerted) = (Arc::clone(repository), Arc::clone(repository));
    let agreed = move || ruled.agreement.load().time;
    let record = move |alert| {
        let repository = Arc::clone(&alerted);
        async move { record(&repository, alert).await }
    };
    watch_for_actor("repository", time, metrics, agreed, record)
}

async fn record(repository: &Repository, alert: ClockAlert) {
    let record = AuditRecord {
        agreement_version: repository.agreement.load().version_in_force(),
        ..repository.node.alert(Event::CLOCK, alert.outcome(), alert.to_string())
    };
    if let Err(error) = repository.journal.append(&record).await {
        tracing::error!(actor = "repository", %error, "an alert about the clock could not be recorded");
    }
}

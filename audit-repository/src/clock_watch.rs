//! The watch over this machine's clock (ITI-1), as the audit repository keeps it: by its clock it says when a
//! record was received.

use std::sync::Arc;

use clock::{ClockAlert, ClockMetrics, ClockWatch, watch_for_actor};
use config::actor::TimeConfig;

use crate::AuditRepository;
use crate::own_record::ACTOR;
use crate::transactions::record_audit_event::record_audit_event;

/// Starts the watch; needs a tokio runtime. It holds the audit repository until it is stopped.
pub(crate) fn watch_clock(
    repository: &Arc<AuditRepository>,
    time: &TimeConfig,
    metrics: &ClockMetrics,
) -> ClockWatch {
    let (ruled, alerted) = (Arc::clone(repository), Arc::clone(repository));
    let agreed = move || ruled.agreement.load().time;
    let record = move |alert| {
        let repository = Arc::clone(&alerted);
        async move { record(&repository, alert).await }
    };
    watch_for_actor(ACTOR, time, metrics, agreed, record)
}

async fn record(repository: &AuditRepository, alert: ClockAlert) {
    let record = repository.author.clock(alert.outcome(), &alert.to_string());
    if let Err(error) = record_audit_event(repository, vec![record]).await {
        tracing::error!(actor = ACTOR, %error, "an alert about the clock is not recorded");
    }
}

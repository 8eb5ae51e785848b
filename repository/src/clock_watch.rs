//! The watch over this machine's clock (ITI-1), as the repository keeps it.

use std::sync::Arc;

use audit::Event;
use clock::{ClockAlert, ClockMetrics, ClockWatch, watch_for_actor};
use config::actor::TimeConfig;

use crate::Repository;

/// Starts the watch; needs a tokio runtime.
pub(crate) fn watch_clock(
    repository: &Repository,
    time: &TimeConfig,
    metrics: &ClockMetrics,
) -> ClockWatch {
    let (agreement, trail) = (Arc::clone(&repository.agreement), repository.trail());
    let agreed = move || agreement.load().time;
    let record = move |alert: ClockAlert| {
        let trail = trail.clone();
        async move { trail.record_alert(Event::CLOCK, alert.outcome(), alert.to_string()).await }
    };
    watch_for_actor("repository", time, metrics, agreed, record)
}

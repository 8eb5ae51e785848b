//! The watch over this machine's clock (ITI-1), as the registry keeps it.

use std::sync::Arc;

use audit::Event;
use clock::{ClockAlert, ClockMetrics, ClockWatch, watch_for_actor};
use config::actor::TimeConfig;

use crate::Registry;

/// Starts the watch; needs a tokio runtime.
pub(crate) fn watch_clock(
    registry: &Registry,
    time: &TimeConfig,
    metrics: &ClockMetrics,
) -> ClockWatch {
    let (in_force, trail) = (Arc::clone(&registry.in_force), registry.trail());
    let agreed = move || in_force.load().agreement.time;
    let record = move |alert: ClockAlert| {
        let trail = trail.clone();
        async move { trail.record_alert(Event::CLOCK, alert.outcome(), alert.to_string()).await }
    };
    watch_for_actor("registry", time, metrics, agreed, record)
}

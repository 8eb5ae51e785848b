//! The watch over this machine's clock (ITI-1), as the registry keeps it: its servers, the agreement's rules,
//! and the security alert in its trail.

use std::sync::Arc;

use audit::{AuditRecord, Event, Outcome};
use clock::{
    ActorClockMetrics, ClockAlert, ClockWatch, PROBE_DEADLINE, Rules, Settings, Synchronisation,
};
use config::actor::TimeConfig;
use config::agreement::TimeRules;

use crate::Registry;

/// Starts the watch; needs a tokio runtime. It holds the registry until it is stopped.
pub(crate) fn watch_clock(
    registry: &Arc<Registry>,
    time: &TimeConfig,
    metrics: ActorClockMetrics,
) -> ClockWatch {
    let settings = Settings {
        servers: time.servers.clone(),
        interval: time.interval,
        probe_deadline: PROBE_DEADLINE,
    };
    let (ruled, alerted) = (Arc::clone(registry), Arc::clone(registry));
    let rules = move || rules(&ruled.in_force.load().agreement.time);
    let on_change = move |alert| {
        let registry = Arc::clone(&alerted);
        async move { record(&registry, alert).await }
    };
    ClockWatch::start(settings, metrics, rules, on_change)
}

fn rules(agreed: &TimeRules) -> Rules {
    let synchronisation = if agreed.require_synchronised {
        Synchronisation::Required
    } else {
        Synchronisation::NotRequired
    };
    Rules { max_error: agreed.max_error, synchronisation }
}

/// DICOM PS3.15 A.5.3.11. That the clock is right again is recorded as well: from then on times can be trusted.
async fn record(registry: &Registry, alert: ClockAlert) {
    let outcome = match alert {
        ClockAlert::Wrong(fault) => {
            tracing::error!(actor = "registry", %fault, "the clock is wrong: the actor is not ready");
            Outcome::SeriousFailure
        }
        ClockAlert::Right => {
            tracing::info!(actor = "registry", "the clock is right again");
            Outcome::Success
        }
    };
    let record = AuditRecord {
        agreement_version: registry.in_force.load().agreement.version_in_force(),
        ..registry.node.alert(Event::CLOCK, outcome, alert.to_string())
    };
    if let Err(error) = registry.journal.append(&record).await {
        tracing::error!(actor = "registry", %error, "an alert about the clock could not be recorded");
    }
}

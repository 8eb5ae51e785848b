//! The watch over this machine's clock (ITI-1), as the repository keeps it: its servers, the agreement's rules,
//! and the security alert in its trail.

use std::sync::Arc;

use audit::{AuditRecord, Event, Outcome};
use clock::{
    ActorClockMetrics, ClockAlert, ClockWatch, PROBE_DEADLINE, Rules, Settings, Synchronisation,
};
use config::actor::TimeConfig;
use config::agreement::TimeRules;

use crate::Repository;

/// Starts the watch; needs a tokio runtime. It holds the repository until it is stopped.
pub(crate) fn watch_clock(
    repository: &Arc<Repository>,
    time: &TimeConfig,
    metrics: ActorClockMetrics,
) -> ClockWatch {
    let settings = Settings {
        servers: time.servers.clone(),
        interval: time.interval,
        probe_deadline: PROBE_DEADLINE,
    };
    let (ruled, alerted) = (Arc::clone(repository), Arc::clone(repository));
    let rules = move || rules(&ruled.agreement.load().time);
    let on_change = move |alert| {
        let repository = Arc::clone(&alerted);
        async move { record(&repository, alert).await }
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
async fn record(repository: &Repository, alert: ClockAlert) {
    let outcome = match alert {
        ClockAlert::Wrong(fault) => {
            tracing::error!(actor = "repository", %fault, "the clock is wrong: the actor is not ready");
            Outcome::SeriousFailure
        }
        ClockAlert::Right => {
            tracing::info!(actor = "repository", "the clock is right again");
            Outcome::Success
        }
    };
    let record = AuditRecord {
        agreement_version: repository.agreement.load().version_in_force(),
        ..repository.node.alert(Event::CLOCK, outcome, alert.to_string())
    };
    if let Err(error) = repository.journal.append(&record).await {
        tracing::error!(actor = "repository", %error, "an alert about the clock could not be recorded");
    }
}

//! The watch over this machine's clock (ITI-1), as the audit repository keeps it: by its clock it says when a
//! record was received.

use std::sync::Arc;

use atna::Outcome;
use clock::{
    ActorClockMetrics, ClockAlert, ClockWatch, PROBE_DEADLINE, Rules, Settings, Synchronisation,
};
use config::actor::TimeConfig;
use config::agreement::TimeRules;

use crate::AuditRepository;
use crate::own_record::ACTOR;
use crate::transactions::record_audit_event::record_audit_event;

/// Starts the watch; needs a tokio runtime. It holds the audit repository until it is stopped.
pub(crate) fn watch_clock(
    repository: &Arc<AuditRepository>,
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
async fn record(repository: &AuditRepository, alert: ClockAlert) {
    let outcome = match alert {
        ClockAlert::Wrong(fault) => {
            tracing::error!(actor = ACTOR, %fault, "the clock is wrong: the actor is not ready");
            Outcome::SeriousFailure
        }
        ClockAlert::Right => {
            tracing::info!(actor = ACTOR, "the clock is right again");
            Outcome::Success
        }
    };
    let record = repository.author.clock(outcome, &alert.to_string());
    if let Err(error) = record_audit_event(repository, vec![record]).await {
        tracing::error!(actor = ACTOR, %error, "an alert about the clock is not recorded");
    }
}

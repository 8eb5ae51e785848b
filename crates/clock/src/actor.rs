//! The watch as an actor keeps it: its file's servers, the agreement's rules, its log.

use config::actor::TimeConfig;
use config::agreement::TimeRules;

use crate::judgement::{Rules, Synchronisation};
use crate::metrics::ClockMetrics;
use crate::watch::{ClockAlert, ClockWatch, PROBE_DEADLINE, Settings};

/// Starts the watch; needs a tokio runtime. `agreed` tells the rules in force, at every look; `record` writes
/// the security alert (DICOM PS3.15 A.5.3.11) into the actor's trail. That the clock is right again is recorded
/// as well: from then on times can be trusted.
pub fn watch_for_actor<R, C, F>(
    actor: &'static str,
    time: &TimeConfig,
    metrics: &ClockMetrics,
    agreed: R,
    record: C,
) -> ClockWatch
where
    R: Fn() -> TimeRules + Send + 'static,
    C: Fn(ClockAlert) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let settings = Settings {
        servers: time.servers.clone(),
        interval: time.interval,
        probe_deadline: PROBE_DEADLINE,
    };
    let on_change = move |alert| {
        log(actor, alert);
        record(alert)
    };
    ClockWatch::start(settings, metrics.of(actor), move || rules(agreed()), on_change)
}

fn rules(agreed: TimeRules) -> Rules {
    let synchronisation = if agreed.require_synchronised {
        Synchronisation::Required
    } else {
        Synchronisation::NotRequired
    };
    Rules { max_error: agreed.max_error, synchronisation }
}

fn log(actor: &'static str, alert: ClockAlert) {
    match alert {
        ClockAlert::Wrong(fault) => {
            tracing::error!(actor, %fault, "the clock is wrong: the actor is not ready");
        }
        ClockAlert::Right => tracing::info!(actor, "the clock is right again"),
    }
}

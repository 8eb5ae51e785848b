//! Looks at the files of TLS every few seconds and on SIGHUP, and tells when something ends.
//!
//! By the log at the start and once a day, by metrics, and by readiness when the node cannot work any more.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::expiry::{Kind, Nearness};
use super::{Reload, Tls, described};
use crate::metrics::TlsMetrics;

/// How often what will end is told.
const TELLING: Duration = Duration::from_secs(86_400);

/// Watches over the TLS of an actor. Dropping it ends the watch; what is in force stays.
#[derive(Debug)]
pub struct TlsWatch {
    watched: Vec<Tls>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl TlsWatch {
    /// Starts; needs a tokio runtime. `interval` is the pause between two looks.
    #[must_use]
    pub fn start(
        actor: &'static str,
        mut watched: Vec<Tls>,
        interval: Duration,
        metrics: &TlsMetrics,
    ) -> TlsWatch {
        // What two listeners share is looked at once; what nobody uses has nothing in force.
        watched.dedup_by(|one, other| one.is_same(other));
        watched.retain(|tls| tls.generation() > 0);
        let (stop, stopped) = oneshot::channel();
        let watch = Watch { actor, watched: watched.clone(), metrics: metrics.clone() };
        let task = tokio::spawn(watch.run(interval, stopped));
        TlsWatch { watched, stop: Some(stop), task }
    }

    /// For `/readyz`: what keeps this node from being trusted, or from trusting anybody, and files that were
    /// refused.
    pub fn readiness(&self) -> impl Fn() -> Result<(), String> + Send + Sync + use<> {
        let watched = self.watched.clone();
        move || watched.iter().find_map(Tls::fault).map_or(Ok(()), Err)
    }

    /// Ends in order.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // A task that is gone has failed, which is said below.
            let _ = stop.send(());
        }
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the watch over certificates failed");
        }
    }
}

impl Drop for TlsWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Watch {
    actor: &'static str,
    watched: Vec<Tls>,
    metrics: TlsMetrics,
}

/// How thorough a look is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// At the files' times and lengths first.
    Glance,
    /// At what stands in them.
    Whole,
}

impl Watch {
    async fn run(self, interval: Duration, mut stopped: oneshot::Receiver<()>) {
        let mut looks = tokio::time::interval(interval);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut hangup = signal(SignalKind::hangup())
            .inspect_err(|error| tracing::warn!(%error, "SIGHUP is not heard"))
            .ok();
        let mut told = None::<Instant>;
        loop {
            let look = tokio::select! {
                _ = looks.tick() => Look::Glance,
                () = heard(&mut hangup) => Look::Whole,
                _ = &mut stopped => return,
            };
            for tls in &self.watched {
                self.look(tls, look).await;
            }
            let is_due = told.is_none_or(|told| told.elapsed() >= TELLING);
            self.show(is_due);
            if is_due {
                told = Some(Instant::now());
            }
        }
    }

    async fn look(&self, tls: &Tls, look: Look) {
        let actor = self.actor;
        let files = tls.clone();
        let looked = tokio::task::spawn_blocking(move || match look {
            Look::Glance => files.reload_if_changed(),
            Look::Whole => files.reload(),
        });
        match looked.await {
            Ok(Ok(Reload::Unchanged)) => {}
            Ok(Ok(Reload::Replaced)) => {
                self.metrics.reloaded(actor);
                let generation = tls.generation();
                tracing::info!(
                    actor,
                    generation,
                    "certificates, trust and revocation were read anew"
                );
                self.show(true);
            }
            Ok(Err(error)) => {
                let error = described(&error);
                tracing::error!(
                    actor,
                    error,
                    "new TLS files are refused, those before stay in force"
                );
            }
            Err(error) => tracing::error!(actor, %error, "the TLS files could not be looked at"),
        }
    }

    fn show(&self, is_told: bool) {
        let expiries: Vec<_> = self.watched.iter().flat_map(Tls::expiries).collect();
        let has_fault = self.watched.iter().any(|tls| tls.reload_fault().is_some());
        self.metrics.show(self.actor, &expiries, has_fault);
        if !is_told {
            return;
        }
        let actor = self.actor;
        for expiry in &expiries {
            let (kind, name) = (expiry.kind.as_str(), expiry.name.as_str());
            let days_left = expiry.seconds_left().div_euclid(86_400);
            match (expiry.nearness(), expiry.kind) {
                (Nearness::Past, Kind::Own | Kind::Authority | Kind::Revocation) => {
                    tracing::error!(actor, kind, name, "is past its end: connections are refused");
                }
                (Nearness::Past, Kind::Peer) => {
                    tracing::warn!(actor, kind, name, "a listed certificate has expired");
                }
                (Nearness::Near, _) => {
                    tracing::warn!(actor, kind, name, days_left, "must be renewed soon");
                }
                (Nearness::Far, _) => tracing::info!(actor, kind, name, days_left, "is valid"),
            }
        }
    }
}

/// Ready when SIGHUP came; never, if it cannot be heard.
async fn heard(hangup: &mut Option<Signal>) {
    match hangup {
        Some(hangup) => drop(hangup.recv().await),
        None => std::future::pending().await,
    }
}

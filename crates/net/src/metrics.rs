//! Counters and durations of `/metrics`.
//!
//! Labels are names from our own code (actor, transaction, outcome), never
//! values of messages: neither their number nor their content is foreign.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use audit::forwarding::DestinationStatus;
use clock::ClockMetrics;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::tls::Expiry;

/// Upper bounds in seconds: from a cached stored query to a document over a slow line.
const DURATION_BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// How a transaction ended, as far as operations are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Outcome {
    /// Answered as asked.
    Success,
    /// Answered with warnings or only in part.
    Partial,
    /// Answered with an error of the profile.
    Refused,
    /// Not understood, or cut off: a SOAP fault, a broken frame, a deadline.
    Rejected,
    /// Our own fault.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Transaction {
    actor: &'static str,
    transaction: &'static str,
    outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Timed {
    actor: &'static str,
    transaction: &'static str,
}

/// The counters of a process; clones count into the same cells.
#[derive(Clone, Debug)]
pub struct Metrics {
    transactions: Family<Transaction, Counter>,
    durations: Family<Timed, Histogram, fn() -> Histogram>,
    /// What the MLLP listeners of the process saw.
    pub mllp: MllpMetrics,
    /// What the syslog listeners of the process saw, and what became of it.
    pub syslog: SyslogMetrics,
    /// Audit records on their way (ITI-20).
    pub forwarding: ForwardingMetrics,
    /// Announcements of a PIX manager.
    pub announcements: AnnouncementMetrics,
    /// What the actors of the process saw of the clock.
    pub clock: ClockMetrics,
    /// Certificates and revocation lists of the actors.
    pub tls: TlsMetrics,
}

/// One actor's way to one audit record repository, which configuration names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Way {
    actor: &'static str,
    destination: String,
}

/// Audit records that wait for their repositories.
#[derive(Clone, Debug, Default)]
pub struct ForwardingMetrics {
    waiting: Family<Way, Gauge>,
    waiting_bytes: Family<Way, Gauge>,
    confirmed: Family<Way, Gauge>,
    lost: Family<Way, Gauge>,
    alarms: Family<Way, Gauge>,
}

impl ForwardingMetrics {
    /// Shows how a destination is doing.
    pub fn show(&self, actor: &'static str, status: &DestinationStatus) {
        let way = Way { actor, destination: status.destination.to_string() };
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let n_lost = status.n_unrenderable.saturating_add(status.n_too_long);
        let is_alarmed = status.has_backlog_alarm || status.has_failure_alarm;
        self.waiting.get_or_create(&way).set(number(status.n_waiting));
        self.waiting_bytes.get_or_create(&way).set(number(status.waiting_bytes));
        self.confirmed.get_or_create(&way).set(number(status.n_confirmed));
        self.lost.get_or_create(&way).set(number(n_lost));
        self.alarms.get_or_create(&way).set(i64::from(is_alarmed));
    }

    fn register(&self, registry: &mut Registry) {
        let gauges = [
            ("waiting", "Audit records not yet confirmed by a repository", &self.waiting),
            ("waiting_bytes", "Bytes of the journal not yet confirmed", &self.waiting_bytes),
            ("confirmed", "Audit records confirmed since the start", &self.confirmed),
            ("passed_over", "Audit records that could not be sent there", &self.lost),
            ("alarm", "1 while too much waits or a repository is away too long", &self.alarms),
        ];
        for (name, help, gauge) in gauges {
            registry.register(format!("renkei_audit_forwarding_{name}"), help, gauge.clone());
        }
    }
}

/// Something of an actor's TLS that ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ending {
    actor: &'static str,
    kind: &'static str,
    /// As our own files name it.
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfActor {
    actor: &'static str,
}

/// Certificates and revocation lists of the actors.
#[derive(Clone, Debug, Default)]
pub struct TlsMetrics {
    expires: Family<Ending, Gauge>,
    reload_faults: Family<OfActor, Gauge>,
    reloads: Family<OfActor, Counter>,
    /// What is shown of each actor: what is not in force any more must vanish.
    shown: Arc<Mutex<HashMap<&'static str, Vec<Ending>>>>,
}

impl TlsMetrics {
    pub(crate) fn show(&self, actor: &'static str, expiries: &[Expiry], has_fault: bool) {
        let mut endings = Vec::new();
        for expiry in expiries {
            let (kind, name) = (expiry.kind.as_str(), expiry.name.clone());
            let ending = Ending { actor, kind, name };
            let seconds = expiry.seconds_left();
            // Of two with one name the one that ends first counts.
            let seconds = match endings.contains(&ending) {
                true => seconds.min(self.expires.get_or_create(&ending).get()),
                false => seconds,
            };
            self.expires.get_or_create(&ending).set(seconds);
            endings.push(ending);
        }
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let before = shown.insert(actor, endings.clone()).unwrap_or_default();
        for ending in before.iter().filter(|ending| !endings.contains(ending)) {
            self.expires.remove(ending);
        }
        self.reload_faults.get_or_create(&OfActor { actor }).set(i64::from(has_fault));
    }

    pub(crate) fn reloaded(&self, actor: &'static str) {
        self.reloads.get_or_create(&OfActor { actor }).inc();
    }

    fn register(&self, registry: &mut Registry) {
        registry.register(
            "renkei_certificate_expires_seconds",
            "Time until a certificate or a revocation list ends; negative afterwards",
            self.expires.clone(),
        );
        registry.register(
            "renkei_tls_reload_fault",
            "1 while changed TLS files are refused and those before are in force",
            self.reload_faults.clone(),
        );
        registry.register(
            "renkei_tls_reloads",
            "How often other certificates, trust or revocation came into force",
            self.reloads.clone(),
        );
    }
}

/// Where announcements go; configuration names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Told {
    destination: String,
}

/// What registry and consumers must still be told by the PIX manager.
#[derive(Clone, Debug, Default)]
pub struct AnnouncementMetrics {
    waiting: Family<Told, Gauge>,
    refused: Family<Told, Gauge>,
}

impl AnnouncementMetrics {
    /// Shows how a destination is doing. What was refused waits for an operator.
    pub fn show(&self, destination: &str, n_waiting: i64, n_refused: i64) {
        let told = Told { destination: destination.to_owned() };
        self.waiting.get_or_create(&told).set(n_waiting);
        self.refused.get_or_create(&told).set(n_refused);
    }

    fn register(&self, registry: &mut Registry) {
        let gauges = [
            ("waiting", "Announcements not yet acknowledged", &self.waiting),
            (
                "refused",
                "Announcements refused, which an operator must decide about",
                &self.refused,
            ),
        ];
        for (name, help, gauge) in gauges {
            registry.register(format!("renkei_announcements_{name}"), help, gauge.clone());
        }
    }
}

/// Connections and frames of MLLP listeners.
#[derive(Clone, Debug, Default)]
pub struct MllpMetrics {
    /// Connections accepted, also those that were refused afterwards.
    pub connections: Counter,
    /// Connections closed at once because too many were open.
    pub refused_connections: Counter,
    /// TLS handshakes that failed, for want of a trusted certificate among others.
    pub failed_handshakes: Counter,
    /// Connections closed because their peers were not trusted any more.
    pub distrusted_connections: Counter,
    /// Connections closed because a frame was broken or too large.
    pub broken_frames: Counter,
    /// Connections closed because a frame took too long.
    pub frame_timeouts: Counter,
}

/// Connections and messages of syslog listeners.
#[derive(Clone, Debug, Default)]
pub struct SyslogMetrics {
    /// Connections accepted, also those that were refused afterwards.
    pub connections: Counter,
    /// Connections closed at once because too many were open.
    pub refused_connections: Counter,
    /// TLS handshakes that failed, for want of a trusted certificate among others.
    pub failed_handshakes: Counter,
    /// Connections closed because their peers were not trusted any more.
    pub distrusted_connections: Counter,
    /// Connections closed because no further message could be told apart, or one took too long.
    pub broken_streams: Counter,
    /// Connections closed because their messages could not be stored.
    pub not_stored: Counter,
    /// Datagrams received.
    pub datagrams: Counter,
    /// Datagrams lost because too many waited to be stored.
    pub dropped_datagrams: Counter,
    /// Messages stored; counted by who stores them.
    pub stored_messages: Counter,
    /// Messages that were stored already; counted by who stores them.
    pub duplicate_messages: Counter,
}

impl Metrics {
    /// Registers the counters; an actor may register its own in the same registry.
    #[must_use]
    pub fn new(registry: &mut Registry) -> Metrics {
        let durations: fn() -> Histogram = || Histogram::new(DURATION_BUCKETS);
        let metrics = Metrics {
            transactions: Family::default(),
            durations: Family::new_with_constructor(durations),
            mllp: MllpMetrics::default(),
            forwarding: ForwardingMetrics::default(),
            syslog: SyslogMetrics::default(),
            announcements: AnnouncementMetrics::default(),
            clock: ClockMetrics::new(registry),
            tls: TlsMetrics::default(),
        };
        registry.register(
            "renkei_transactions",
            "Transactions answered, by outcome",
            metrics.transactions.clone(),
        );
        registry.register(
            "renkei_transaction_duration_seconds",
            "Time from the request's first byte to the answer's first byte",
            metrics.durations.clone(),
        );
        metrics.mllp.register(registry);
        metrics.forwarding.register(registry);
        metrics.syslog.register(registry);
        metrics.announcements.register(registry);
        metrics.tls.register(registry);
        metrics
    }

    /// Counts one transaction, e.g. `record("registry", "ITI-18", Outcome::Success, elapsed)`.
    pub fn record(
        &self,
        actor: &'static str,
        transaction: &'static str,
        outcome: Outcome,
        duration: Duration,
    ) {
        self.transactions.get_or_create(&Transaction { actor, transaction, outcome }).inc();
        self.durations.get_or_create(&Timed { actor, transaction }).observe(duration.as_secs_f64());
    }
}

impl MllpMetrics {
    fn register(&self, registry: &mut Registry) {
        let counters = [
            ("connections", "MLLP connections accepted", &self.connections),
            ("refused_connections", "MLLP connections over the limit", &self.refused_connections),
            ("failed_handshakes", "TLS handshakes of MLLP that failed", &self.failed_handshakes),
            (
                "distrusted_connections",
                "MLLP connections whose peers were not trusted any more",
                &self.distrusted_connections,
            ),
            ("broken_frames", "MLLP frames broken or too large", &self.broken_frames),
            ("frame_timeouts", "MLLP frames that took too long", &self.frame_timeouts),
        ];
        for (name, help, counter) in counters {
            registry.register(format!("renkei_mllp_{name}"), help, counter.clone());
        }
    }
}

impl SyslogMetrics {
    fn register(&self, registry: &mut Registry) {
        let counters = [
            ("connections", "Syslog connections accepted", &self.connections),
            ("refused_connections", "Syslog connections over the limit", &self.refused_connections),
            ("failed_handshakes", "TLS handshakes of syslog that failed", &self.failed_handshakes),
            (
                "distrusted_connections",
                "Syslog connections whose peers were not trusted any more",
                &self.distrusted_connections,
            ),
            ("broken_streams", "Syslog connections with broken framing", &self.broken_streams),
            (
                "not_stored",
                "Syslog connections whose messages could not be stored",
                &self.not_stored,
            ),
            ("datagrams", "Syslog datagrams received", &self.datagrams),
            (
                "dropped_datagrams",
                "Syslog datagrams lost for want of room",
                &self.dropped_datagrams,
            ),
            ("stored_messages", "Syslog messages stored", &self.stored_messages),
            (
                "duplicate_messages",
                "Syslog messages that were stored before",
                &self.duplicate_messages,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(format!("renkei_syslog_{name}"), help, counter.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_are_counted_by_outcome() {
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        let duration = Duration::from_millis(3);
        metrics.record("registry", "ITI-18", Outcome::Success, duration);
        metrics.clone().record("registry", "ITI-18", Outcome::Success, duration);
        metrics.record("registry", "ITI-18", Outcome::Refused, duration);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        let series = r#"{actor="registry",transaction="ITI-18",outcome="#;
        assert!(text.contains(&format!("renkei_transactions_total{series}\"Success\"}} 2")));
        assert!(text.contains(&format!("renkei_transactions_total{series}\"Refused\"}} 1")));
        assert!(text.contains(
            r#"renkei_transaction_duration_seconds_bucket{le="0.005",actor="registry",transaction="ITI-18"} 3"#
        ));
    }
}

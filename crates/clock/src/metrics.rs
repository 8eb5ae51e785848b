//! The clock in `/metrics`, per actor: each has servers of its own.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::judgement::ClockState;
use crate::kernel::KernelState;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Actor {
    actor: &'static str,
}

type Seconds = Family<Actor, Gauge<f64, AtomicU64>>;

/// The gauges of a process; clones show into the same cells. What is not known is absent.
#[derive(Clone, Debug, Default)]
pub struct ClockMetrics {
    offset: Seconds,
    error_bound: Seconds,
    synchronised: Family<Actor, Gauge>,
    probes_failed: Family<Actor, Counter>,
}

impl ClockMetrics {
    /// Registers the gauges, once for the process.
    #[must_use]
    pub fn new(registry: &mut Registry) -> ClockMetrics {
        let metrics = ClockMetrics::default();
        registry.register(
            "renkei_clock_offset_seconds",
            "What must be added to this clock, by the time servers or else by the kernel",
            metrics.offset.clone(),
        );
        registry.register(
            "renkei_clock_error_bound_seconds",
            "The most by which the offset can be wrong",
            metrics.error_bound.clone(),
        );
        registry.register(
            "renkei_clock_synchronised",
            "1 if the kernel says that something keeps the clock, 0 if it says that nothing does",
            metrics.synchronised.clone(),
        );
        registry.register(
            "renkei_clock_probes_failed",
            "Questions to time servers that brought no time",
            metrics.probes_failed.clone(),
        );
        metrics
    }

    /// The gauges of one actor.
    #[must_use]
    pub fn of(&self, actor: &'static str) -> ActorClockMetrics {
        ActorClockMetrics { metrics: self.clone(), actor: Actor { actor } }
    }
}

/// The gauges of one actor.
#[derive(Clone, Debug)]
pub struct ActorClockMetrics {
    metrics: ClockMetrics,
    actor: Actor,
}

impl ActorClockMetrics {
    pub(crate) fn show(&self, state: &ClockState) {
        let offset = state.reading.map(|reading| reading.offset.as_secs_f64());
        let error_bound = state.reading.map(|reading| reading.error_bound.as_secs_f64());
        for (family, value) in
            [(&self.metrics.offset, offset), (&self.metrics.error_bound, error_bound)]
        {
            match value {
                Some(value) => _ = family.get_or_create(&self.actor).set(value),
                None => _ = family.remove(&self.actor),
            }
        }
        let synchronised = match state.kernel {
            KernelState::Synchronised(_) => Some(1),
            KernelState::Unsynchronised => Some(0),
            KernelState::Unknown => None,
        };
        match synchronised {
            Some(value) => _ = self.metrics.synchronised.get_or_create(&self.actor).set(value),
            None => _ = self.metrics.synchronised.remove(&self.actor),
        }
    }

    pub(crate) fn count_failed(&self, n_failed: usize) {
        let n_failed = u64::try_from(n_failed).unwrap_or(u64::MAX);
        self.metrics.probes_failed.get_or_create(&self.actor).inc_by(n_failed);
    }
}

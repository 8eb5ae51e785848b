//! What was measured of a server in one round, and what many rounds say together.

use std::time::Duration;

use crate::client::Turn;

/// One turn of one server.
pub(crate) struct Sample {
    pub(crate) turn: Turn,
    /// Processor time of the server's process.
    pub(crate) cpu: Duration,
}

impl Sample {
    fn n_requests(&self) -> f64 {
        u32::try_from(self.turn.latencies.len().max(1)).map_or(f64::MAX, f64::from)
    }

    pub(crate) fn requests_per_second(&self) -> f64 {
        self.n_requests() / self.turn.elapsed.as_secs_f64()
    }

    pub(crate) fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.n_requests()
    }

    fn latency_ms(&self, percent: usize) -> f64 {
        let place = self.turn.latencies.len().saturating_mul(percent) / 100;
        let latency = self.turn.latencies.get(place).or(self.turn.latencies.last());
        latency.map_or(f64::NAN, Duration::as_secs_f64) * 1e3
    }
}

/// Medians of one server.
pub(crate) struct Figures {
    pub(crate) requests_per_second: f64,
    pub(crate) cpu_us: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

impl Figures {
    pub(crate) fn of(samples: &[Sample]) -> Figures {
        let median = |figure: &dyn Fn(&Sample) -> f64| {
            Spread::of(samples.iter().map(figure).collect()).median
        };
        Figures {
            requests_per_second: median(&Sample::requests_per_second),
            cpu_us: median(&Sample::cpu_us),
            p50_ms: median(&|sample| sample.latency_ms(50)),
            p99_ms: median(&|sample| sample.latency_ms(99)),
        }
    }
}

/// Median and extremes of the rounds.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        let [first, last] =
            [values.first(), values.last()].map(|value| value.copied().unwrap_or(f64::NAN));
        let median = values.get(values.len() / 2).copied().unwrap_or(f64::NAN);
        Spread { low: first, median, high: last }
    }

    /// A figure of the subject by that of its reference, round by round.
    pub(crate) fn of_ratios(
        reference: &[Sample],
        subject: &[Sample],
        figure: fn(&Sample) -> f64,
    ) -> Spread {
        let pairs = reference.iter().zip(subject);
        Spread::of(pairs.map(|(reference, subject)| figure(subject) / figure(reference)).collect())
    }
}

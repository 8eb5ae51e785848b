//! A subject and its reference, timed in turns, so that what disturbs the machine disturbs both.
//!
//! Criterion says how long the subject takes; what a goal is about is the ratio, which is formed here from
//! pairs that were measured within milliseconds of each other.

use std::io::{self, Write};
use std::time::{Duration, Instant};

/// A pair shorter than this is mostly the clock's own time; warming up begins with such.
const SHORTEST: Duration = Duration::from_micros(200);

/// The pairs of one comparison.
#[derive(Debug)]
pub struct Paired {
    name: String,
    /// Time of the subject by time of its reference.
    ratios: Vec<f64>,
}

impl Paired {
    #[must_use]
    pub fn new(name: &str) -> Paired {
        Paired { name: name.to_owned(), ratios: Vec::new() }
    }

    /// Runs the reference, then the subject, each `n_times`; the subject's time.
    pub fn time<R, S>(
        &mut self,
        n_times: u64,
        mut reference: impl FnMut() -> R,
        mut subject: impl FnMut() -> S,
    ) -> Duration {
        let of_reference = time(n_times, &mut reference);
        let of_subject = time(n_times, &mut subject);
        self.add(of_reference, of_subject);
        of_subject
    }

    /// Notes a pair that was timed elsewhere.
    pub fn add(&mut self, of_reference: Duration, of_subject: Duration) {
        if of_reference.min(of_subject) >= SHORTEST {
            self.ratios.push(of_subject.div_duration_f64(of_reference));
        }
    }

    /// Writes median and quartiles of the ratios.
    pub fn report(mut self) {
        self.ratios.sort_by(f64::total_cmp);
        let at = |part: usize| {
            let place = self.ratios.len().saturating_sub(1).saturating_mul(part) / 4;
            self.ratios.get(place).copied().unwrap_or(f64::NAN)
        };
        let [low, median, high] = [at(1), at(2), at(3)];
        // Who closed the output wants no figures; the bench itself goes on.
        drop(writeln!(
            io::stdout(),
            "{:<50} ratio {median:.2} (quartiles {low:.2} to {high:.2}, {} pairs)\n",
            self.name,
            self.ratios.len(),
        ));
    }
}

/// Runs `work` `n_times` and keeps the compiler from seeing that nobody wants the results.
pub fn time<T>(n_times: u64, work: &mut impl FnMut() -> T) -> Duration {
    let started = Instant::now();
    for _ in 0..n_times {
        std::hint::black_box(work());
    }
    started.elapsed()
}

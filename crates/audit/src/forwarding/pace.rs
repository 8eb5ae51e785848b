//! How fast one destination is tried again, and how much at once.

use std::time::Duration;

use uuid::Uuid;

use super::Limits;

/// Slows down with every failure, and recovers with a confirmed session.
pub(super) struct Pace {
    first_pause: Duration,
    longest_pause: Duration,
    most_records: usize,
    pause: Duration,
    /// Records of the next session. After a failure it is halved: if one record makes the receiver hang up,
    /// those before it are confirmed at last, instead of being sent again for ever.
    n_records: usize,
}

impl Pace {
    pub(super) fn new(limits: &Limits) -> Pace {
        Pace {
            first_pause: limits.first_pause,
            longest_pause: limits.longest_pause,
            most_records: limits.session_records.max(1),
            pause: limits.first_pause,
            n_records: limits.session_records.max(1),
        }
    }

    pub(super) fn n_records(&self) -> usize {
        self.n_records
    }

    pub(super) fn succeeded(&mut self) {
        self.pause = self.first_pause;
        self.n_records = self.n_records.saturating_mul(2).min(self.most_records);
    }

    /// How long to wait now: half of the pause for certain, the rest by chance, so that many nodes do not
    /// come back to one receiver at the same moment.
    pub(super) fn failed_after(&mut self, n_sent_again: usize) -> Duration {
        if n_sent_again > 0 {
            self.n_records = (self.n_records.min(n_sent_again) / 2).max(1);
        }
        let pause = self.pause;
        self.pause = pause.saturating_mul(2).min(self.longest_pause);
        let (chance, _) = Uuid::new_v4().as_u64_pair();
        let fraction =
            f64::from(u32::try_from(chance >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        pause.mul_f64(0.5 + fraction / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_start_again() {
        let limits = Limits::default();
        let mut pace = Pace::new(&limits);
        let mut expected = limits.first_pause;
        for _ in 0..12 {
            let pause = pace.failed_after(0);
            assert!(pause >= expected / 2 && pause <= expected, "{pause:?} of {expected:?}");
            expected = (expected * 2).min(limits.longest_pause);
        }
        assert_eq!(expected, limits.longest_pause);
        assert_eq!(pace.n_records(), limits.session_records);
        pace.succeeded();
        assert!(pace.failed_after(0) <= limits.first_pause);
    }

    #[test]
    fn sessions_shrink_to_one_record_and_grow_again() {
        let mut pace = Pace::new(&Limits::default());
        for expected in [500, 250, 125, 62, 31, 15, 7, 3, 1, 1] {
            pace.failed_after(pace.n_records());
            assert_eq!(pace.n_records(), expected);
        }
        for expected in [2, 4, 8] {
            pace.succeeded();
            assert_eq!(pace.n_records(), expected);
        }
    }
}

//! A bound on bytes per second, so that a verification leaves the disk to those who are waiting for it.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

/// What may be read at once after a pause.
const BURST: Duration = Duration::from_millis(100);

const NANOSECONDS_PER_SECOND: u128 = 1_000_000_000;

/// Tells how long to wait. Each byte takes its time; time that was not used is lost beyond a short burst.
#[derive(Debug)]
pub struct Pace {
    bytes_per_second: NonZeroU64,
    /// When everything that was taken so far is paid for.
    paid: Instant,
}

impl Pace {
    #[must_use]
    pub fn new(bytes_per_second: NonZeroU64, now: Instant) -> Pace {
        Pace { bytes_per_second, paid: now }
    }

    /// Takes bytes and tells how long to wait before going on.
    #[must_use]
    pub fn take(&mut self, n_bytes: u64, now: Instant) -> Duration {
        let nanoseconds = u128::from(n_bytes).saturating_mul(NANOSECONDS_PER_SECOND)
            / u128::from(self.bytes_per_second.get());
        let cost = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        let earliest = now.checked_sub(BURST).unwrap_or(now);
        let paid = self.paid.max(earliest);
        self.paid = paid.checked_add(cost).unwrap_or(paid);
        self.paid.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn bytes_take_their_time_and_pauses_are_not_saved_up() {
        let mut now = Instant::now();
        let mut pace = Pace::new(NonZeroU64::new(1_000).unwrap(), now);
        assert_eq!(pace.take(500, now), SECOND / 2);
        assert_eq!(pace.take(500, now), SECOND);
        now += SECOND;
        assert_eq!(pace.take(0, now), Duration::ZERO);
        now += SECOND * 60;
        assert_eq!(pace.take(100, now), Duration::ZERO, "a burst");
        assert_eq!(pace.take(1_000, now), SECOND);
    }

    #[test]
    fn over_time_the_rate_is_kept_whatever_the_pieces() {
        let begin = Instant::now();
        let mut now = begin;
        let mut pace = Pace::new(NonZeroU64::new(1_000_000).unwrap(), now);
        let mut n_bytes = 0;
        for piece in (1..2_000).cycle().take(20_000) {
            now += pace.take(piece, now);
            n_bytes += piece;
        }
        let taken = now - begin;
        let expected = Duration::from_micros(n_bytes);
        assert!(taken <= expected && taken + BURST >= expected, "{taken:?} {expected:?}");
    }
}

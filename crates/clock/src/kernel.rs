//! What the kernel knows of its clock: adjtimex, asked without changing anything, which needs no privilege.

use std::time::Duration;

use jiff::SignedDuration;
use rtime_clock::adjtime::{Timex, adjtimex};

/// `STA_UNSYNC` of the status word: nothing has kept the clock lately.
const UNSYNCHRONISED: i32 = 0x0040;
/// `STA_NANO` of the status word: the offset is in ns, else in µs.
const NANOSECONDS: i32 = 0x2000;

/// Whether anything keeps the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelState {
    Synchronised(KernelErrors),
    /// No daemon told the kernel that it keeps the clock. In many containers and virtual machines it is so
    /// although the host's clock is kept.
    Unsynchronised,
    /// The kernel was not asked yet, or does not tell: a sandbox may forbid the question.
    Unknown,
}

/// What the daemon that keeps the clock told the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelErrors {
    /// What is still to be added to the clock.
    pub offset: SignedDuration,
    /// The daemon's estimate of the error.
    pub estimated: Duration,
    /// The most that the clock can be off.
    pub maximum: Duration,
}

/// Asks the kernel.
#[must_use]
pub fn kernel_state() -> KernelState {
    // A new Timex has no mode set: a question, not a change.
    let mut timex = Timex::new();
    match adjtimex(&mut timex) {
        Ok(_) => state_of(&timex),
        Err(error) => {
            tracing::debug!(%error, "the kernel does not tell the state of its clock");
            KernelState::Unknown
        }
    }
}

fn state_of(Timex(timex): &Timex) -> KernelState {
    if timex.status & UNSYNCHRONISED != 0 {
        return KernelState::Unsynchronised;
    }
    let is_fine = timex.status & NANOSECONDS != 0;
    let offset = if is_fine {
        SignedDuration::from_nanos(timex.offset)
    } else {
        SignedDuration::from_micros(timex.offset)
    };
    let micros = |value| Duration::from_micros(u64::try_from(value).unwrap_or(0));
    KernelState::Synchronised(KernelErrors {
        offset,
        estimated: micros(timex.esterror),
        maximum: micros(timex.maxerror),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timex(status: i32, offset: i64) -> Timex {
        let mut timex = Timex::new();
        timex.0.status = status;
        timex.0.offset = offset;
        timex.0.esterror = 1_500;
        timex.0.maxerror = 250_000;
        timex
    }

    #[track_caller]
    fn check(status: i32, offset: i64, expected: SignedDuration) {
        let state = state_of(&timex(status, offset));
        let errors = KernelErrors {
            offset: expected,
            estimated: Duration::from_micros(1_500),
            maximum: Duration::from_millis(250),
        };
        assert_eq!(state, KernelState::Synchronised(errors));
    }

    #[test]
    fn the_offset_has_the_unit_that_the_status_says() {
        check(0x2001, -4_000, SignedDuration::from_micros(-4));
        check(0x0001, -4_000, SignedDuration::from_millis(-4));
    }

    #[test]
    fn a_clock_that_nothing_keeps_is_unsynchronised() {
        assert_eq!(state_of(&timex(0x2041, 0)), KernelState::Unsynchronised);
    }

    #[test]
    fn the_question_is_allowed_to_everybody() {
        // A sandbox may forbid it; that it panics or hangs is what must not be.
        eprintln!("this kernel says {:?}", kernel_state());
    }
}

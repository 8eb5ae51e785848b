//! When a clock is wrong: the agreement's rules against what was seen.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::kernel::KernelState;
use crate::sntp::Measurement;

/// What the members settled about clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The largest error; ITI TF-2: 3.1 wants a median below 1 s.
    pub max_error: Duration,
    pub synchronisation: Synchronisation,
}

/// Whether somebody must vouch for the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronisation {
    /// The kernel says that something keeps the clock, or a time server says that it is right.
    Required,
    /// A clock of which nobody says anything is taken as it is.
    NotRequired,
}

/// What was seen of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockState {
    pub kernel: KernelState,
    /// What the servers say; if none does, what the kernel says of a clock that is kept.
    pub reading: Option<Reading>,
    pub at: Timestamp,
}

/// How far the clock is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What must be added to the clock: positive if it is slow.
    pub offset: SignedDuration,
    /// The most by which `offset` can be wrong.
    pub error_bound: Duration,
}

impl From<Measurement> for Reading {
    fn from(Measurement { offset, error_bound }: Measurement) -> Reading {
        Reading { offset, error_bound }
    }
}

/// What is wrong with the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockFault {
    #[error("the clock is {} s off, and {} s is the limit", seconds(*.offset), .limit.as_secs_f64())]
    Off { offset: SignedDuration, limit: Duration },
    #[error("nothing keeps the clock, and no time server vouches for it")]
    NotSynchronised,
}

/// Holds the state against the rules. The error bound does not count: a slow line is no wrong clock.
///
/// # Errors
/// [`ClockFault`], if the clock is wrong.
pub fn fault(state: &ClockState, rules: &Rules) -> Result<(), ClockFault> {
    if let Some(Reading { offset, .. }) = state.reading {
        return if offset.unsigned_abs() > rules.max_error {
            Err(ClockFault::Off { offset, limit: rules.max_error })
        } else {
            Ok(())
        };
    }
    match (state.kernel, rules.synchronisation) {
        (KernelState::Synchronised(_), _) | (_, Synchronisation::NotRequired) => Ok(()),
        (KernelState::Unsynchronised | KernelState::Unknown, Synchronisation::Required) => {
            Err(ClockFault::NotSynchronised)
        }
    }
}

fn seconds(offset: SignedDuration) -> String {
    format!("{:.3}", offset.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::KernelErrors;

    const KEPT: KernelState = KernelState::Synchronised(KernelErrors {
        offset: SignedDuration::ZERO,
        estimated: Duration::ZERO,
        maximum: Duration::ZERO,
    });

    fn judged(
        kernel: KernelState,
        offset_ms: Option<i64>,
        synchronisation: Synchronisation,
    ) -> Result<(), String> {
        let reading = offset_ms.map(|offset_ms| Reading {
            offset: SignedDuration::from_millis(offset_ms),
            error_bound: Duration::from_secs(10),
        });
        let state = ClockState { kernel, reading, at: Timestamp::UNIX_EPOCH };
        let rules = Rules { max_error: Duration::from_secs(1), synchronisation };
        fault(&state, &rules).map_err(|fault| fault.to_string())
    }

    #[test]
    fn an_offset_above_the_limit_is_wrong_whoever_keeps_the_clock() {
        for kernel in [KEPT, KernelState::Unsynchronised, KernelState::Unknown] {
            for synchronisation in [Synchronisation::Required, Synchronisation::NotRequired] {
                assert_eq!(judged(kernel, Some(1_000), synchronisation), Ok(()));
                assert_eq!(judged(kernel, Some(-1_000), synchronisation), Ok(()));
                let said = "the clock is -1.001 s off, and 1 s is the limit".to_owned();
                assert_eq!(judged(kernel, Some(-1_001), synchronisation), Err(said));
                assert!(judged(kernel, Some(i64::MIN), synchronisation).is_err());
            }
        }
    }

    #[test]
    fn a_clock_that_nobody_vouches_for_is_wrong_only_where_the_agreement_says_so() {
        for kernel in [KernelState::Unsynchronised, KernelState::Unknown] {
            assert_eq!(judged(kernel, None, Synchronisation::NotRequired), Ok(()));
            let said = "nothing keeps the clock, and no time server vouches for it".to_owned();
            assert_eq!(judged(kernel, None, Synchronisation::Required), Err(said));
        }
        assert_eq!(judged(KEPT, None, Synchronisation::Required), Ok(()));
    }
}

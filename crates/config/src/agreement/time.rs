//! `[time]`: how wrong the clocks of the community may be (ITI-1).

use std::time::Duration;

use crate::reader::{SWITCH, Section};

/// A minute, in ms: with a worse clock the order of what happened is lost.
const MAX_ERROR_MS: u64 = 60_000;

/// What the members settled about clocks; every actor holds its own against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRules {
    /// `max_error_ms`: the largest error of a clock, in ms; beyond it the actor is not ready and its
    /// audit trail says so. Default 1 000 ms (ITI TF-2: 3.1).
    pub max_error: Duration,
    /// `require_synchronised`: somebody must vouch for the clock, the kernel or a time server. Default
    /// false: in many containers the kernel does not know that the host's clock is kept.
    pub require_synchronised: bool,
}

pub(super) fn read_time(section: &Section<'_>) -> Option<TimeRules> {
    Some(TimeRules {
        max_error: section.duration("max_error_ms", 1_000, 1..=MAX_ERROR_MS),
        require_synchronised: section.optional("require_synchronised", &SWITCH).unwrap_or(false),
    })
}

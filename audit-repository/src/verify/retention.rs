//! Texts that are not there any more, held against the acts that dropped them.

use super::{Fault, Findings};
use crate::retention::Act;

/// Neighbouring records without text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dropped {
    first: i64,
    last: i64,
    /// The youngest of them, in microseconds since 1970.
    received_at: i64,
}

/// Records of one [`Dropped`], so that one young record does not discredit a year.
const MAX_RANGE: i64 = 1_000;

impl Dropped {
    pub(super) fn extend(ranges: &mut Vec<Dropped>, sequence: i64, received_at: i64) {
        if let Some(last) = ranges.last_mut()
            && last.last.saturating_add(1) == sequence
            && sequence.saturating_sub(last.first) < MAX_RANGE
        {
            last.last = sequence;
            last.received_at = last.received_at.max(received_at);
            return;
        }
        ranges.push(Dropped { first: sequence, last: sequence, received_at });
    }
}

/// Each dropped record lies in the range of an act that came later and allowed it.
pub(super) fn compare(dropped: &[Dropped], acts: &[(i64, Act)], findings: &mut Findings) {
    for range in dropped {
        let mut uncovered = range.first;
        // Acts of growing ranges: each may take the place of the one before.
        for (sequence, act) in acts {
            let allows = act.first <= uncovered
                && *sequence > range.last
                && range.received_at < act.received_before;
            if allows {
                uncovered = uncovered.max(act.last.saturating_add(1));
            }
        }
        if uncovered <= range.last {
            findings.add(Some(uncovered), Fault::Dropped);
        }
    }
}

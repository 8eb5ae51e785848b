//! For measurements only: records that nobody keeps, to see what keeping them costs.
//!
//! The feature is off by default, no setting leads here, and no program of the product calls it: a process
//! discards only if its own code says so.

use std::sync::atomic::{AtomicBool, Ordering};

static IS_DISCARDING: AtomicBool = AtomicBool::new(false);

/// From now on, [`crate::Journal::append`] of this process acknowledges records and keeps none.
pub fn discard_everything() {
    IS_DISCARDING.store(true, Ordering::Relaxed);
}

pub(crate) fn is_discarding() -> bool {
    IS_DISCARDING.load(Ordering::Relaxed)
}

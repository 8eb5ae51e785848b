//! Disks that are full or broken under a running community: every call on a file that a transaction makes
//! fails once, and once for good.
//!
//! Whatever fails, the sender hears an answer of the profile, what was acknowledged is there byte for byte, what
//! was not is there as a whole or not at all, and after the fault everything goes on. `RENKEI_FAULT_POINTS=all`
//! leaves no call out.

mod bench;
mod everything;
mod killing;
mod reading;
mod writing;

/// Every way to fail at every call, instead of one way at some of them.
fn is_everything() -> bool {
    std::env::var("RENKEI_FAULT_POINTS").is_ok_and(|value| value == "all")
}

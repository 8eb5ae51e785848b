//! Consistent Time, ITI-1: how far this machine's clock is off, and who says so.
//!
//! The operating system's own daemon keeps the clock (ITI TF-2: 3.1). This crate only looks: the kernel tells
//! whether anything keeps the clock ([`kernel`]), time servers tell what time it is ([`sntp`]), and
//! [`ClockWatch`] compares both with the rules of the agreement. It sets no clock and serves no time.

pub mod kernel;
pub mod sntp;

mod actor;
mod judgement;
mod metrics;
mod probe;
mod servers;
mod watch;

pub use actor::watch_for_actor;
pub use judgement::{ClockFault, ClockState, Reading, Rules, Synchronisation, fault};
pub use kernel::KernelState;
pub use metrics::{ActorClockMetrics, ClockMetrics};
pub use probe::{ProbeError, probe};
pub use servers::median;
pub use watch::{ClockAlert, ClockWatch, PROBE_DEADLINE, Settings};

//! The load driver runs: few requests, nothing measured.

#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

mod audit;
mod pix;
mod transfer;

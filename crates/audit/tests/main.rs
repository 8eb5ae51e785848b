//! The journal and the outbox from outside, through the public interface only.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests: what fails there fails the test"
)]

mod forwarding;
mod journal;
mod outbox;
mod rendering;
mod samples;
mod tampering;

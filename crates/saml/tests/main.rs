//! The tests of the crate, as its users see it.
#![expect(clippy::unwrap_used, reason = "helper functions of tests may fail loudly")]

mod accepted;
mod attacks;
mod forgery;
#[path = "../../xmldsig/tests/keys.rs"]
mod keys;
mod round_trip;
mod samples;
mod support;

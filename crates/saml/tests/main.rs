//! The tests of the crate, as its users see it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "tests and their helpers fail by panicking, and say what they skip"
)]

mod accepted;
mod attacks;
mod forgery;
#[path = "../../xmldsig/tests/keys.rs"]
mod keys;
mod oracle;
mod relay;
mod round_trip;
mod samples;
mod support;

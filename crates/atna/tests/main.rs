//! Everything of the crate from outside: values to bytes, and back.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests and their helpers fail by panicking, and say what they skip"
)]

mod frames;
mod generate;
mod hostile;
mod older_forms;
mod round_trip;
mod samples;
mod schema;
mod support;
mod syslog;
mod worked_example;

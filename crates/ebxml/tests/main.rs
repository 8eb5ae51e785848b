//! Tests of the ebXML messages: published samples, round trips, schemas, faults, hostile input.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "tests and their helpers fail by panicking, and say what they skip"
)]

mod amendment;
mod faults;
mod generate;
mod hostile;
mod round_trip;
mod samples;
mod schemas;
mod support;

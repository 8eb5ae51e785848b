//! Everything of the crate from outside: bytes in, values out, and back.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests and their helpers fail by panicking, and say what they skip"
)]

mod acknowledgement;
mod contacts;
mod continuation;
mod demographics;
mod demographics_query;
mod faults;
mod hostile;
mod identifiers;
mod notification;
mod queries;
mod query_round_trip;
mod responses;
mod round_trip;
mod samples;
mod strategies;
mod support;

//! One binary: the store and its proofs on both back ends, reception over real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests and their helpers fail by panicking"
)]

mod blocks;
mod duplicates;
mod fixture;
mod plans;
mod processes;
mod reader;
mod reception;
mod retention;
mod retrieving;
mod search;
mod tampering;
mod times;
mod tls;

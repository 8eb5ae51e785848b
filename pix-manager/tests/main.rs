//! The manager as a program, on PostgreSQL where `RENKEI_TEST_POSTGRES` names a server.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests and their helpers fail by panicking"
)]

#[path = "../../crates/renkei/tests/harness/peer.rs"]
#[expect(dead_code, reason = "the tests of the whole community use more of it")]
mod peer;
mod processes;

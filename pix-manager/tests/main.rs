//! The manager over the wire and as a library, on SQLite always and on PostgreSQL where
//! `RENKEI_TEST_POSTGRES` names a server.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests and their helpers fail by panicking"
)]

mod frames;
mod listening_stub;
mod merges;
mod messages;
mod open_manager;
mod outbox;
mod parallel;
#[path = "../../crates/renkei/tests/harness/peer.rs"]
#[expect(dead_code, reason = "the tests of the whole community use more of it")]
mod peer;
mod processes;
mod questions;
mod random_changes;
mod registration;
mod rows;
mod scene;

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
mod questions;
mod random_changes;
mod registration;
mod rows;
mod scene;

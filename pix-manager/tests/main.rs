//! The manager over the wire and as a library, on SQLite always and on PostgreSQL where
//! `RENKEI_TEST_POSTGRES` names a server.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests and their helpers fail by panicking"
)]

mod merges;
mod messages;
mod open_manager;
mod random_changes;
mod rows;
mod scene;

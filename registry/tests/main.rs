//! The registry as a library, on SQLite always and on PostgreSQL where `RENKEI_TEST_POSTGRES` names a
//! server.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests and their helpers fail by panicking"
)]

mod answered;
mod auditing;
mod dice;
mod effects;
mod error_codes;
mod feed;
mod feed_v3;
mod find_documents;
mod generate;
mod link_changes;
mod merges;
mod metadata;
mod multi_patient;
mod open_registry;
mod plans;
mod processes;
mod races;
mod records;
mod registration_rules;
mod requests;
mod schemas;
mod stored_queries;

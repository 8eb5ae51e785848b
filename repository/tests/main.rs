//! The repository as a library: its document store, its rows, its rules and its error codes. On SQLite
//! always, on PostgreSQL where `RENKEI_TEST_POSTGRES` names a server.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests and their helpers fail by panicking"
)]

mod blobs;
mod document_rows;
mod error_codes;
mod maintenance;
mod open_repository;
mod retrievals;
mod stopping;
mod submission;
mod submission_rules;
mod submissions;

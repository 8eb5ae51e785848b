//! The repository as a library: its document store, its rows, its rules and its error codes. On SQLite
//! always, on PostgreSQL where `RENKEI_TEST_POSTGRES` names a server. With feature
//! `s3`, the document store also in a bucket where `RENKEI_TEST_S3` names a server (`scripts/with-s3.sh`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests and their helpers fail by panicking"
)]

mod blobs;
#[cfg(feature = "s3")]
mod bucket;
mod document_rows;
mod error_codes;
mod maintenance;
mod open_repository;
mod retrievals;
#[cfg(feature = "s3")]
mod s3_server;
mod stopping;
mod submission;
mod submission_rules;
mod submissions;

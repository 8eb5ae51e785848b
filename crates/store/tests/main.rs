//! The store from outside: group commit, durability, opening and the outbox, on SQLite
//! always and on PostgreSQL where `RENKEI_TEST_POSTGRES` names a server.
#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails there fails the test")]

mod contention;
mod drain;
mod durability;
mod fixture;
mod group_commit;
mod group_failure;
mod opening;
mod reading;
mod reconnecting;

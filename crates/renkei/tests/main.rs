//! The command line as its users meet it: the real binary, its output and exit code.
#![expect(clippy::unwrap_used, reason = "test helpers fail by panicking")]

mod admission;
mod answers;
mod audit_trail;
mod cert_client;
mod check_config;
mod codes_import;
mod command;
mod consistent_time;
mod crash;
mod faults;
mod harness;
mod help;
mod hostile;
mod identities;
mod init;
mod link_change;
mod maintenance;
mod node_authentication;
mod partner;
mod patients;
#[cfg(feature = "s3")]
#[path = "../../../repository/tests/s3_server.rs"]
#[expect(
    dead_code,
    clippy::indexing_slicing,
    reason = "the tests of the repository use more of it"
)]
mod s3_server;
mod samples;
#[path = "../../clock/tests/server.rs"]
#[expect(
    dead_code,
    clippy::indexing_slicing,
    reason = "the tests of the crate clock use more of it"
)]
mod time_server;
mod token;
mod trail;
mod transfers;
mod trust_issuer;
mod verify_audit;
mod wire;

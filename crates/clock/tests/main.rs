//! The watch against time servers on loopback, good ones and others.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test helpers fail by panicking")]

mod probing;
mod server;
mod watching;

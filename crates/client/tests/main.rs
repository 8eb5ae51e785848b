//! Tests over real sockets on 127.0.0.1, most of them against the servers of `net`.

#[path = "../../net/tests/certificates.rs"]
mod certificates;
mod failures;
mod mllp;
mod reload;
mod round_trip;
mod servers;

//! One binary: the store and its proofs on both back ends, reception over real sockets.

mod duplicates;
mod fixture;
mod processes;
mod reception;
mod retention;
mod search;
mod tampering;
mod tls;

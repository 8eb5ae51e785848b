//! Tests over real sockets on 127.0.0.1.

mod admin;
mod certificates;
mod http;
mod mllp;
mod relating;
mod soap;
mod tls;
mod wire;

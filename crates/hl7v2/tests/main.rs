//! Everything of the crate from outside: bytes in, values out, and back.
#![expect(
    clippy::unwrap_used,
    reason = "functions that tests share are tests to us, not to clippy"
)]

mod ack;
mod charset;
mod demographics_query;
mod demographics_response;
mod escape;
mod feed;
mod hostile;
mod link_change;
mod management;
mod message;
mod mllp;
mod people;
mod pix_query;
mod samples;
mod texts;

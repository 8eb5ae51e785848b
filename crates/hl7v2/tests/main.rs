//! Everything of the crate from outside: bytes in, values out, and back.

mod ack;
mod charset;
mod escape;
mod feed;
mod hostile;
mod message;
mod mllp;
mod samples;
mod texts;

//! SNTP (RFC 4330) without IO: packets, time stamps, and what four time stamps say.

mod exchange;
mod packet;
mod timestamp;

pub use exchange::{Kiss, Measurement, Question, Refusal};
pub use packet::{LENGTH_BYTES, Leap, Packet};
pub use timestamp::NtpTimestamp;

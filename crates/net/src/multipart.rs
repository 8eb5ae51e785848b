//! MTOM messages between sockets and files, for the endpoint and for the client.
//!
//! The packaging itself is the `soap` crate's; here are the parts' bytes.
//! ITI TF-2: Appendix V.3.6.

mod envelope;
mod incoming;
mod outgoing;
mod spool;

pub use envelope::{Collected, Envelope, InlineLimits};
pub use incoming::{Ended, Incoming, IncomingError, PartLimits};
pub(crate) use outgoing::BLOCK_BYTES;
pub use outgoing::{OutMessage, OutPart, PartSource};
pub use spool::{Content, SpoolWriter, Spooled, remove_leftovers};

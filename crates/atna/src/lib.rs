//! The audit message of ATNA (ITI-20): its content, its XML and the syslog message around it.
//!
//! [`AuditMessage`] is the content (DICOM PS3.15 A.5), [`Code`] its coded values. What is recorded of which
//! transaction is the `audit` crate's business; this crate turns values into bytes and bytes into values. It
//! does no IO and knows no clock.

mod code;
mod destination;
mod message;

mod document;
mod time;

pub mod syslog;

pub use code::Code;
pub use destination::{Destination, InvalidDestination};
pub use document::ReadError;
pub use message::{
    ActiveParticipant, AuditMessage, AuditSource, EventAction, EventIdentification,
    NetworkAccessPoint, Outcome, ParticipantObject,
};

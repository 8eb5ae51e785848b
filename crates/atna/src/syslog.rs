//! The syslog message around an audit message (ITI TF-2: 3.20.4.1.2): RFC 5424, and its frames on a TLS
//! connection, RFC 5425.
//!
//! BSD syslog (RFC 3164) is not read here; it says so, and whoever receives it keeps the bytes.

mod frames;
mod read;
mod write;

pub use frames::{FrameError, FrameReader, frame};
pub use read::{SyslogError, SyslogMessage, parse};
pub use write::{Header, Severity, write};

/// MSGID of every audit message, although what it carries is in the format of DICOM.
pub const MESSAGE_ID: &str = "IHE+RFC-3881";

/// Facility 10, security and authorisation.
pub const FACILITY: u8 = 10;

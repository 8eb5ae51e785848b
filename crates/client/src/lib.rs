//! SOAP and MLLP clients with timeouts and pooling.
//!
//! [`Transport`](net::Transport) of the other side, a deadline for every state of
//! a call, and errors that tell whether a message can have been received. Nothing
//! is ever sent twice here: whether to repeat a call is decided by who knows what it does.

mod connector;
mod error;
mod http;
pub mod mllp;
mod raw;
pub mod soap;

pub use error::{CallError, Stage};
pub use http::Timeouts;
pub use mllp::{MllpClient, MllpError, MllpReceiver, MllpSender, MllpTimeouts};
pub use net::{TlsFiles, Transport as ClientTransport, TransportError};
pub use raw::{RawAnswer, RawClient};
pub use soap::{AnswerLimits, InAttachment, SoapAnswer, SoapClient};

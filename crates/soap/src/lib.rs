//! SOAP 1.2, WS-Addressing, faults, MTOM/XOP both ways; bytes in, values out.
//!
//! ITI TF-2: Appendix V, SOAP 1.2 part 1, WS-Addressing 1.0 (core and SOAP binding), XOP, MTOM.
//! No sockets and no clock: the endpoints in `net` and `client` move the bytes.

pub mod content_type;
mod envelope;
mod fault;
mod header;
mod incoming;
pub mod mtom;

pub use envelope::{
    ENVELOPE_SUFFIX, envelope_prefix, write_envelope, write_fault, write_request,
    write_request_with,
};
pub use fault::{Fault, FaultCode, Subcode};
pub use header::{
    Addressing, Header, ReplyTo, SecurityBlock, is_our_role, message_id, read_end, read_header,
};
pub use incoming::{Incoming, action_not_supported};

/// SOAP 1.2 envelopes.
pub const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// WS-Addressing 1.0; the 2004/08 draft is another namespace and not supported by IHE.
pub const ADDRESSING: &str = "http://www.w3.org/2005/08/addressing";
/// WS-Security, the carrier of SAML assertions.
pub const WS_SECURITY: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
/// XOP `Include` elements.
pub const XOP: &str = "http://www.w3.org/2004/08/xop/include";
/// The reply address that means "on this connection".
pub const ANONYMOUS: &str = "http://www.w3.org/2005/08/addressing/anonymous";

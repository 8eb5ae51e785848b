//! Why a payload could not be read at all.

use xml::XmlError;

/// A structural fault: the message is not the one it should be.
///
/// `Display` may go to logs and faults: it holds names of the standards only, nothing that the
/// message said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("payload is not acceptable XML")]
    Xml(#[from] XmlError),
    #[error("unexpected element inside {inside}")]
    Unexpected { inside: &'static str },
    #[error("{inside} lacks {what}")]
    Missing { inside: &'static str, what: &'static str },
    #[error("{what} of {inside} has an invalid value")]
    Invalid { inside: &'static str, what: &'static str },
    #[error("more than {limit} {what}")]
    Limit { what: &'static str, limit: usize },
    #[error("document content is not base64")]
    Base64,
}

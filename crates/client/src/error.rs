//! Why a call has no answer, and whether the other side can have received it.

use std::error::Error;

/// Where a call stood when its time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The other side did not take the request.
    Request,
    /// The request was sent, the answer did not begin.
    Response,
    /// The answer began and stood still.
    Body,
    /// Everything moved, but the whole call took too long.
    Whole,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Stage::Request => "request",
            Stage::Response => "response",
            Stage::Body => "response body",
            Stage::Whole => "whole call",
        })
    }
}

/// Why a call has no answer. `Display` goes to logs and holds nothing of the messages.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The URL or a header is malformed, or the URL's scheme is not that of the transport.
    #[error("request could not be made: {0}")]
    InvalidRequest(&'static str),
    /// Not resolved, refused, unreachable, or the TLS handshake failed or took too long.
    #[error("connection could not be opened")]
    Connect(#[source] Box<dyn Error + Send + Sync>),
    /// The time for this stage ran out.
    #[error("{0} took too long")]
    Timeout(Stage),
    /// The connection broke after it had been opened.
    #[error("connection broke")]
    Io(#[source] Box<dyn Error + Send + Sync>),
    /// An attachment could not be read, or is not as long as was said.
    #[error("attachment could not be sent")]
    Attachment(#[source] std::io::Error),
    /// The answer is neither SOAP 1.2 nor MTOM.
    #[error("answer is not SOAP, HTTP status {status}")]
    NotSoap {
        /// HTTP status of the answer.
        status: u16,
        /// Its `Content-Type`, as sent.
        content_type: Option<String>,
    },
    /// The answer is larger than [`crate::AnswerLimits`] allow.
    #[error("answer is too large")]
    TooLarge,
    /// The parts of the answer could not be told apart.
    #[error("answer is no valid MTOM message")]
    Mtom(#[source] soap::mtom::MtomError),
    /// No part of the answer is the one that `start` names.
    #[error("answer has no root part")]
    NoRoot,
    /// The answer's text is neither UTF-8 nor UTF-16.
    #[error("answer could not be decoded")]
    Encoding(#[source] xml::XmlError),
    /// An attachment of the answer could not be written to the spool folder.
    #[error("attachment could not be stored")]
    Spool(#[source] std::io::Error),
}

impl CallError {
    /// `true` only if not one byte of the request can have reached the other side.
    ///
    /// Everything else leaves the call in doubt: it may have been carried out
    /// although no answer came.
    #[must_use]
    pub fn is_certainly_not_received(&self) -> bool {
        matches!(self, CallError::InvalidRequest(_) | CallError::Connect(_))
    }
}

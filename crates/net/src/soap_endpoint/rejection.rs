//! Requests that never reach a transaction, and their answers.

use std::io;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode, header};
use soap::mtom::MtomError;
use soap::{Fault, FaultCode};
use xml::XmlError;

use super::Packaging;
use super::respond::respond_fault_as;
use crate::multipart::IncomingError;

/// A request whose body was not read, or not completely.
#[derive(Debug, thiserror::Error)]
#[error("request body refused")]
pub struct Rejection {
    /// How the answer is to be packed.
    pub packaging: Packaging,
    /// The `wsa:MessageID` of the request, if it was read before the refusal.
    pub relates_to: Option<String>,
    /// Why it was refused.
    #[source]
    pub cause: RejectionCause,
}

/// Why a request body was refused. `Display` holds nothing of the message.
#[derive(Debug, thiserror::Error)]
pub enum RejectionCause {
    /// Another method than POST.
    #[error("method is not POST")]
    Method,
    /// Neither SOAP 1.2 nor MTOM, or compressed.
    #[error("media type is not supported")]
    ContentType,
    /// SOAP 1.1.
    #[error("message is SOAP 1.1")]
    Soap11,
    /// A transaction without documents was packed as MTOM.
    #[error("message is MTOM where simple SOAP is expected")]
    MtomNotExpected,
    /// More bytes than the limits allow; a repository answers `XDSRepositoryOutOfResources`.
    #[error("message is too large")]
    TooLarge,
    /// The body stood still, or took too long.
    #[error("message took too long")]
    Timeout,
    /// The connection broke, or its transfer coding did.
    #[error("message was interrupted")]
    Interrupted,
    /// The packaging is broken; a truncated message among others.
    #[error("MTOM packaging is not valid")]
    Mtom(#[from] MtomError),
    /// No part is the one that `start` names.
    #[error("message has no root part")]
    NoRoot,
    /// The text is not UTF-8 or UTF-16, or labelled otherwise.
    #[error("text could not be decoded")]
    Encoding(#[from] XmlError),
    /// The spool folder is full or not writable.
    #[error("attachment could not be stored")]
    Spool(#[from] io::Error),
}

impl From<IncomingError> for RejectionCause {
    fn from(error: IncomingError) -> RejectionCause {
        match error {
            IncomingError::Mtom(error) => RejectionCause::Mtom(error),
            IncomingError::TooLarge => RejectionCause::TooLarge,
            IncomingError::NoRoot => RejectionCause::NoRoot,
            IncomingError::Spool(error) => RejectionCause::Spool(error),
        }
    }
}

impl Rejection {
    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self.cause {
            RejectionCause::Method => 405,
            RejectionCause::ContentType => 415,
            RejectionCause::TooLarge => 413,
            RejectionCause::Timeout => 408,
            RejectionCause::Soap11
            | RejectionCause::MtomNotExpected
            | RejectionCause::Interrupted
            | RejectionCause::Mtom(_)
            | RejectionCause::NoRoot
            | RejectionCause::Encoding(_)
            | RejectionCause::Spool(_) => self.fault().http_status(),
        }
    }

    /// What the sender is told; nothing of our inside.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match &self.cause {
            RejectionCause::Method => Fault::sender("Only POST is supported."),
            RejectionCause::ContentType => Fault::sender(
                "The media type is neither application/soap+xml nor multipart/related with XOP.",
            ),
            RejectionCause::Soap11 => Fault {
                code: FaultCode::VersionMismatch,
                reason: "SOAP 1.2 is required; the media type is that of SOAP 1.1.".to_owned(),
            },
            RejectionCause::MtomNotExpected => {
                Fault::sender("This transaction is simple SOAP, not MTOM.")
            }
            RejectionCause::TooLarge => Fault::sender("The message is too large."),
            RejectionCause::Timeout => Fault::sender("The message took too long."),
            RejectionCause::Interrupted => Fault::sender("The message was interrupted."),
            RejectionCause::Mtom(error) => Fault::from(*error),
            RejectionCause::NoRoot => Fault::sender("The MTOM package has no root part."),
            RejectionCause::Encoding(error) => Fault::from(*error),
            RejectionCause::Spool(_) => Fault::receiver("The documents could not be stored."),
        }
    }

    /// The answer to send; the connection is closed where the body was not read.
    #[must_use]
    pub fn respond(&self) -> HttpResponse {
        if matches!(self.cause, RejectionCause::Method) {
            return HttpResponse::MethodNotAllowed()
                .insert_header((header::ALLOW, Method::POST.as_str()))
                .finish();
        }
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response =
            respond_fault_as(self.packaging, status, &self.fault(), self.relates_to.as_deref());
        response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
        response
    }
}

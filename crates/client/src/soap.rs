//! SOAP calls, simple or MTOM.
//!
//! Envelopes come and go as text. An answer with a fault is an answer: whoever
//! knows the transaction looks into it.

mod answer;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request};
use net::multipart::OutMessage;
pub use net::multipart::{Content, OutPart as OutAttachment, PartSource};
use net::{Transport, TransportError};

use crate::error::CallError;
use crate::http::{AttachmentFailure, Exchange, RequestBody, Timeouts, Upload};
use crate::raw::RawClient;

/// A client of SOAP endpoints; clones share its connections.
#[derive(Clone, Debug)]
pub struct SoapClient {
    exchange: Exchange,
    limits: AnswerLimits,
}

/// How large an answer may be, and where its documents go.
#[derive(Clone, Debug)]
pub struct AnswerLimits {
    /// The envelope in bytes; it is held in memory.
    pub root_bytes: usize,
    /// One document in bytes.
    pub part_bytes: u64,
    /// The whole answer in bytes.
    pub total_bytes: u64,
    /// Parts of an MTOM answer, the envelope included.
    pub parts: usize,
    /// Folder for documents that are not small.
    pub spool: PathBuf,
}

impl Default for AnswerLimits {
    /// 64 MiB envelope, 1 GiB a document, 2 GiB in all, 256 parts, the system's temporary folder.
    ///
    /// An answer may be larger than a request: it holds all a patient has.
    fn default() -> AnswerLimits {
        AnswerLimits {
            root_bytes: 64 * 1024 * 1024,
            part_bytes: 1024 * 1024 * 1024,
            total_bytes: 2 * 1024 * 1024 * 1024,
            parts: 256,
            spool: std::env::temp_dir(),
        }
    }
}

/// An answer, or a fault: the caller looks.
#[derive(Debug)]
pub struct SoapAnswer {
    /// HTTP status; 200, or 400 and 500 with a fault.
    pub status: u16,
    /// The envelope, decoded; not parsed yet.
    pub text: String,
    /// Documents in the order of the answer.
    pub attachments: Vec<InAttachment>,
    /// From the call to the end of the answer.
    pub duration: Duration,
}

/// A document of an answer.
#[derive(Debug)]
pub struct InAttachment {
    /// `Content-ID` without angle brackets; a part without one cannot be referred to.
    pub content_id: Option<String>,
    /// Its bytes.
    pub content: Content,
}

impl SoapClient {
    /// # Errors
    /// [`TransportError`] when certificate, key or CA cannot be used.
    pub fn new(
        transport: &Transport,
        timeouts: Timeouts,
        limits: AnswerLimits,
    ) -> Result<SoapClient, TransportError> {
        Ok(SoapClient { exchange: Exchange::new(transport, timeouts)?, limits })
    }

    /// The same connections for requests that need not be SOAP.
    #[must_use]
    pub fn raw(&self) -> RawClient {
        RawClient::over(self.exchange.clone())
    }

    /// Sends a complete envelope as simple SOAP.
    ///
    /// # Errors
    /// [`CallError`]; a fault is an answer.
    pub async fn call(
        &self,
        url: &str,
        action: &str,
        envelope: String,
    ) -> Result<SoapAnswer, CallError> {
        let upload = Upload::new();
        upload.ended();
        let body = Full::new(Bytes::from(envelope)).map_err(|never| match never {});
        let content_type = soap::content_type::simple_soap(action);
        let request = self.request(url, &content_type, body.boxed_unsync())?;
        self.exchange(request, &upload).await
    }

    /// Sends a complete envelope with its documents, streamed with known length.
    ///
    /// # Errors
    /// [`CallError`]; a fault is an answer.
    pub async fn call_mtom(
        &self,
        url: &str,
        action: &str,
        envelope: String,
        attachments: Vec<OutAttachment>,
    ) -> Result<SoapAnswer, CallError> {
        let upload = Upload::new();
        let message = OutMessage::new(action, envelope, attachments);
        let content_type = message.content_type.clone();
        let size = message.size;
        let mut request = self.request(url, &content_type, streamed(message, &upload))?;
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(size));
        self.exchange(request, &upload).await
    }

    fn request(
        &self,
        url: &str,
        content_type: &str,
        body: RequestBody,
    ) -> Result<Request<RequestBody>, CallError> {
        let content_type = HeaderValue::try_from(content_type)
            .map_err(|_invalid| CallError::InvalidRequest("action"))?;
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.exchange.uri(url)?;
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        Ok(request)
    }

    async fn exchange(
        &self,
        request: Request<RequestBody>,
        upload: &Upload,
    ) -> Result<SoapAnswer, CallError> {
        let start = std::time::Instant::now();
        let answer = self.exchange.send(request, upload).await?;
        let (status, text, attachments) = answer::read(answer, &self.limits).await?;
        Ok(SoapAnswer { status, text, attachments, duration: start.elapsed() })
    }
}

/// The message as a body that reports its progress.
fn streamed(message: OutMessage, upload: &Upload) -> RequestBody {
    let upload = upload.clone();
    let mut rest = message.size;
    let frames = message.into_stream().map(move |block| {
        let block = block.map_err(|error| io::Error::other(AttachmentFailure(error)))?;
        rest = rest.saturating_sub(block.len().try_into().unwrap_or(u64::MAX));
        if rest == 0 {
            upload.ended();
        } else {
            upload.moved();
        }
        Ok(Frame::data(block))
    });
    UnsyncBoxBody::new(StreamBody::new(frames))
}

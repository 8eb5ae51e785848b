//! Answers: envelopes, faults, documents; packed like the request.

use std::io;

use actix_web::HttpResponse;
use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use soap::{Fault, write_fault};

use super::Packaging;
use crate::multipart::{BLOCK_BYTES, OutMessage, OutPart};

/// How the stream of an answer ended, as far as this side can know.
#[derive(Debug)]
pub enum StreamEnd {
    /// Every byte was handed to the connection.
    Complete,
    /// A document could not be read, or is not what was announced; somebody here must act.
    Unreadable(io::Error),
    /// The client went away, or stopped reading.
    Abandoned,
}

/// An answer in the packaging of its request.
///
/// Small answers are one contiguous body, which costs the least; large ones
/// are sent in blocks so that the connection does not copy all of it.
#[must_use]
pub fn respond(packaging: Packaging, status: u16, action: &str, envelope: String) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    respond_as(packaging, status, action, envelope)
}

/// A fault with the status that SOAP gives it.
#[must_use]
pub fn respond_fault(
    packaging: Packaging,
    fault: &Fault,
    relates_to: Option<&str>,
) -> HttpResponse {
    let status =
        StatusCode::from_u16(fault.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    respond_fault_as(packaging, status, fault, relates_to)
}

/// Documents with their envelope, streamed; always MTOM.
///
/// `on_end` is called once, when the stream has ended: the audit of a retrieval
/// has a second record if it broke. It runs on a worker and must not block.
#[must_use]
pub fn respond_mtom_stream(
    action: &str,
    envelope: String,
    parts: Vec<OutPart>,
    on_end: impl FnOnce(StreamEnd) + Send + 'static,
) -> HttpResponse {
    let message = OutMessage::new(action, envelope, parts);
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, message.content_type.as_str()));
    let mut watched = Watched { rest: message.size, error: None, on_end: Some(on_end) };
    let size = message.size;
    let blocks = message.into_stream().map(move |block| watched.pass(block));
    response.body(SizedStream::new(size, blocks.boxed()))
}

pub(super) fn respond_fault_as(
    packaging: Packaging,
    status: StatusCode,
    fault: &Fault,
    relates_to: Option<&str>,
) -> HttpResponse {
    respond_as(packaging, status, fault.action(), write_fault(fault, relates_to))
}

fn respond_as(
    packaging: Packaging,
    status: StatusCode,
    action: &str,
    envelope: String,
) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    match packaging {
        Packaging::Simple => {
            response.insert_header((CONTENT_TYPE, soap::content_type::simple_soap(action)));
            if envelope.len() <= BLOCK_BYTES {
                return response.body(envelope);
            }
            let envelope = Bytes::from(envelope);
            let size = envelope.len().try_into().unwrap_or(u64::MAX);
            response.body(SizedStream::new(size, blocks(envelope).boxed()))
        }
        Packaging::Mtom => {
            let message = OutMessage::new(action, envelope, Vec::new());
            response.insert_header((CONTENT_TYPE, message.content_type.as_str()));
            match message.into_bytes() {
                Ok(body) => response.body(body),
                Err(message) => {
                    let size = message.size;
                    response.body(SizedStream::new(size, message.into_stream().boxed()))
                }
            }
        }
    }
}

/// A long text in blocks that share its memory.
fn blocks(text: Bytes) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(text, |mut text| async move {
        let block = text.split_to(text.len().min(BLOCK_BYTES));
        (!block.is_empty()).then_some((Ok(block), text))
    })
}

/// Tells the end of a stream when the connection lets go of it.
struct Watched<F: FnOnce(StreamEnd)> {
    rest: u64,
    error: Option<io::Error>,
    on_end: Option<F>,
}

impl<F: FnOnce(StreamEnd)> Watched<F> {
    /// The connection learns only what kind of error breaks it off.
    fn pass(&mut self, block: io::Result<Bytes>) -> io::Result<Bytes> {
        match block {
            Ok(block) => {
                let n_bytes = block.len().try_into().unwrap_or(u64::MAX);
                self.rest = self.rest.saturating_sub(n_bytes);
                Ok(block)
            }
            Err(error) => {
                let kind = error.kind();
                self.error = Some(error);
                Err(kind.into())
            }
        }
    }
}

impl<F: FnOnce(StreamEnd)> Drop for Watched<F> {
    fn drop(&mut self) {
        let end = match self.error.take() {
            Some(error) => StreamEnd::Unreadable(error),
            None if self.rest == 0 => StreamEnd::Complete,
            None => StreamEnd::Abandoned,
        };
        if let Some(on_end) = self.on_end.take() {
            on_end(end);
        }
    }
}

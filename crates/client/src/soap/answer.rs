//! Reading an answer of either packaging.

use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use net::multipart::{Incoming, IncomingError, PartLimits};
use soap::content_type::ContentType;
use soap::mtom::MultipartRequest;

use super::{AnswerLimits, InAttachment};
use crate::error::CallError;
use crate::http::Answer;

type Read = (u16, String, Vec<InAttachment>);

pub(super) async fn read(answer: Answer, limits: &AnswerLimits) -> Result<Read, CallError> {
    let status = answer.response.status().as_u16();
    let field = answer.response.headers().get(CONTENT_TYPE);
    let field = field.and_then(|field| field.to_str().ok()).map(str::to_owned);
    let content_type = field.as_deref().and_then(|field| ContentType::parse(field).ok());
    let mut body = Body::new(answer, limits)?;
    match content_type {
        Some(content_type) if content_type.essence == "application/soap+xml" => {
            let text = read_simple(&mut body, &content_type, limits).await?;
            Ok((status, text, Vec::new()))
        }
        Some(content_type) if content_type.essence == "multipart/related" => {
            let (text, attachments) = read_mtom(&mut body, &content_type, limits).await?;
            Ok((status, text, attachments))
        }
        Some(_) | None => Err(CallError::NotSoap { status, content_type: field }),
    }
}

/// The body with what may still come.
struct Body {
    answer: Answer,
    room: u64,
}

impl Body {
    /// Refuses at once what is announced too large.
    fn new(answer: Answer, limits: &AnswerLimits) -> Result<Body, CallError> {
        let announced = answer.response.headers().get(CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|announced| announced > limits.total_bytes) {
            return Err(CallError::TooLarge);
        }
        Ok(Body { answer, room: limits.total_bytes })
    }

    async fn next(&mut self) -> Result<Option<bytes::Bytes>, CallError> {
        let Some(chunk) = self.answer.chunk().await? else { return Ok(None) };
        let n_bytes = chunk.len().try_into().unwrap_or(u64::MAX);
        self.room = self.room.checked_sub(n_bytes).ok_or(CallError::TooLarge)?;
        Ok(Some(chunk))
    }
}

async fn read_simple(
    body: &mut Body,
    content_type: &ContentType,
    limits: &AnswerLimits,
) -> Result<String, CallError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await? {
        if chunk.len() > limits.root_bytes.saturating_sub(bytes.len()) {
            return Err(CallError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    decode(&bytes, content_type.param("charset"))
}

async fn read_mtom(
    body: &mut Body,
    content_type: &ContentType,
    limits: &AnswerLimits,
) -> Result<(String, Vec<InAttachment>), CallError> {
    let package = MultipartRequest::from_content_type(content_type).map_err(CallError::Mtom)?;
    let part_limits = PartLimits {
        root_bytes: limits.root_bytes,
        inline_bytes: None,
        part_bytes: limits.part_bytes,
        parts: limits.parts,
    };
    let mut incoming =
        Incoming::new(package, part_limits, &limits.spool).map_err(CallError::Mtom)?;
    let mut attachments = Vec::new();
    while let Some(chunk) = body.next().await? {
        for ended in incoming.push(&chunk).await? {
            let content = ended.writer.finish_volatile().await.map_err(CallError::Spool)?;
            attachments.push(InAttachment { content_id: ended.content_id, content });
        }
    }
    let collected = incoming.finish()?;
    let text = decode(&collected.root, collected.charset.as_deref())?;
    Ok((text, attachments))
}

fn decode(bytes: &[u8], charset: Option<&str>) -> Result<String, CallError> {
    match xml::decode(bytes, charset) {
        Ok(text) => Ok(text.into_owned()),
        Err(error) => Err(CallError::Encoding(error)),
    }
}

impl From<IncomingError> for CallError {
    fn from(error: IncomingError) -> CallError {
        match error {
            IncomingError::Mtom(error) => CallError::Mtom(error),
            IncomingError::TooLarge => CallError::TooLarge,
            IncomingError::NoRoot => CallError::NoRoot,
            IncomingError::Spool(error) => CallError::Spool(error),
        }
    }
}

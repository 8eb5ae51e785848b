//! SOAP over HTTP: request bodies in, answers out, simple or MTOM.
//!
//! Checks method and media type, reads within limits and deadlines, puts
//! documents into the spool folder, and writes answers in the packaging of the
//! request. The envelope itself is the `soap` crate's, its meaning the actor's.
//! ITI TF-2: Appendix V; SOAP 1.2 part 2, section 7.

mod beginning;
mod body;
mod rejection;
mod respond;
mod unreadable;

use std::path::{Path, PathBuf};

use actix_web::http::Method;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpRequest, web};
use soap::content_type::ContentType;
use soap::mtom::MultipartRequest;

use crate::multipart::{Collected, Ended, Envelope, Incoming, InlineLimits, PartLimits, Spooled};
pub use crate::multipart::{OutPart, PartSource, remove_leftovers};
use crate::peer::{Peer, peer};
use beginning::Refused;
use body::Body;
pub use rejection::{Rejection, RejectionCause};
pub use respond::{StreamEnd, respond, respond_fault, respond_mtom_stream};
pub use unreadable::Unreadable;

/// How large a request may be.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// The envelope in bytes, without what is extracted from it; it is held in memory.
    pub root_bytes: usize,
    /// Documents that stand in the envelope and are extracted from it, in bytes, together.
    pub inline_bytes: u64,
    /// One document in bytes.
    pub part_bytes: u64,
    /// The whole body in bytes.
    pub total_bytes: u64,
    /// Parts of an MTOM message, the envelope included.
    pub parts: usize,
}

impl Default for BodyLimits {
    /// 32 MiB envelope, 32 MiB in it, 1 GiB a document, 2 GiB in all, 1 000 parts.
    ///
    /// Imaging manifests with reports reach several hundred megabytes; the documents of a whole
    /// hospital stay are several hundred.
    fn default() -> BodyLimits {
        BodyLimits {
            root_bytes: 32 * 1024 * 1024,
            inline_bytes: 32 * 1024 * 1024,
            part_bytes: 1024 * 1024 * 1024,
            total_bytes: 2 * 1024 * 1024 * 1024,
            parts: 1_000,
        }
    }
}

/// How a message is packed. An answer is packed like its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packaging {
    /// `application/soap+xml`
    Simple,
    /// `multipart/related` with XOP, also where nothing is attached.
    Mtom,
}

/// A request as far as HTTP and MIME are concerned.
#[derive(Debug)]
pub struct Received {
    /// The envelope, decoded; not parsed yet. Where a document stood in it, it refers to an attachment.
    pub text: String,
    /// How the request was packed.
    pub packaging: Packaging,
    /// The `action` parameter of the media type; only `wsa:Action` counts.
    pub action_param: Option<String>,
    /// Documents in the order of the message; those that are not kept are removed on drop.
    pub attachments: Vec<Attachment>,
    /// Who sent it.
    pub peer: Peer,
}

/// A document that came as a MIME part, or in the envelope.
#[derive(Debug)]
pub struct Attachment {
    /// `Content-ID` without angle brackets; a part without one cannot be referred to.
    pub content_id: Option<String>,
    file: Spooled,
}

impl Attachment {
    /// Where the bytes are; they are on stable storage, the folder's entry is not yet.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.file.size
    }

    /// SHA-1 of the bytes.
    #[must_use]
    pub fn sha1(&self) -> [u8; 20] {
        self.file.sha1
    }

    /// SHA-256 of the bytes.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.file.sha256
    }

    /// Hands the file over: it is no longer removed on drop.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        self.file.keep()
    }
}

/// Reads a request.
///
/// `spool` is the folder for documents, on the file system of the document
/// store; `None` where a transaction has none, then MTOM is refused and the envelope left as it is.
///
/// # Errors
/// [`Rejection`], which is an answer already.
pub async fn receive(
    request: &HttpRequest,
    payload: web::Payload,
    limits: &BodyLimits,
    spool: Option<&Path>,
) -> Result<Received, Rejection> {
    let media_type = MediaType::of(request)?;
    let packaging = media_type.packaging;
    let body = Body::new(request, payload, limits);
    match packaging {
        Packaging::Simple => read_simple(body, &media_type, limits, spool).await,
        Packaging::Mtom => read_mtom(body, &media_type, limits, spool).await,
    }
    .map(|(text, attachments)| Received {
        text,
        packaging,
        action_param: media_type.content_type.param("action").map(str::to_owned),
        attachments,
        peer: peer(request),
    })
    .map_err(|refused| {
        let relates_to = refused.message_id();
        Rejection { packaging, relates_to, cause: refused.cause }
    })
}

/// Reads a small body that is no SOAP, a form for instance, within the deadlines of the server.
///
/// # Errors
/// [`RejectionCause::TooLarge`] for more than `limit` bytes, [`RejectionCause::Timeout`],
/// [`RejectionCause::Interrupted`].
pub async fn receive_small(
    request: &HttpRequest,
    payload: web::Payload,
    limit: usize,
) -> Result<Vec<u8>, RejectionCause> {
    let total_bytes = u64::try_from(limit).unwrap_or(u64::MAX);
    let limits =
        BodyLimits { root_bytes: limit, inline_bytes: 0, part_bytes: 0, total_bytes, parts: 0 };
    let mut body = Body::new(request, payload, &limits);
    let mut bytes = Vec::with_capacity(body.expected_bytes());
    while let Some(chunk) = body.next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What the headers say about the body.
struct MediaType {
    content_type: ContentType,
    packaging: Packaging,
}

impl MediaType {
    fn of(request: &HttpRequest) -> Result<MediaType, Rejection> {
        let rejected = |packaging, cause| Rejection { packaging, relates_to: None, cause };
        let simple = |cause| rejected(Packaging::Simple, cause);
        if request.method() != Method::POST {
            return Err(simple(RejectionCause::Method));
        }
        let field = request.headers().get(CONTENT_TYPE).and_then(|field| field.to_str().ok());
        let content_type = field
            .and_then(|field| ContentType::parse(field).ok())
            .ok_or_else(|| simple(RejectionCause::ContentType))?;
        let packaging = match content_type.essence.as_str() {
            "application/soap+xml" => Packaging::Simple,
            "multipart/related" => Packaging::Mtom,
            "text/xml" => return Err(simple(RejectionCause::Soap11)),
            _ => return Err(simple(RejectionCause::ContentType)),
        };
        // Compression is not negotiated, and a small body must not become a large one here.
        let is_encoded = request
            .headers()
            .get(CONTENT_ENCODING)
            .is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
        if is_encoded {
            return Err(rejected(packaging, RejectionCause::ContentType));
        }
        Ok(MediaType { content_type, packaging })
    }
}

type Content = (String, Vec<Attachment>);

async fn read_simple(
    mut body: Body,
    media_type: &MediaType,
    limits: &BodyLimits,
    spool: Option<&Path>,
) -> Result<Content, Refused> {
    let charset = media_type.content_type.param("charset").map(str::to_owned);
    let inline = spool.map(|folder| InlineLimits {
        folder,
        bytes: limits.inline_bytes,
        documents: limits.parts,
    });
    let mut envelope = Envelope::new(limits.root_bytes, inline, charset);
    envelope.reserve(body.expected_bytes());
    let read = read_envelope(&mut body, &mut envelope).await;
    let (Collected { root, charset }, end) = envelope.finish();
    let content = read.and_then(|attachments| {
        end?;
        Ok((xml::decode(&root, charset.as_deref())?.into_owned(), attachments))
    });
    content.map_err(|cause| Refused { cause: body.blame(cause), envelope: root, charset })
}

async fn read_envelope(
    body: &mut Body,
    envelope: &mut Envelope,
) -> Result<Vec<Attachment>, RejectionCause> {
    let mut attachments = Vec::new();
    while let Some(chunk) = body.next().await? {
        let ended = envelope.push(&chunk)?;
        envelope.settle().await?;
        finish_all(ended, &mut attachments).await?;
    }
    Ok(attachments)
}

async fn read_mtom(
    mut body: Body,
    media_type: &MediaType,
    limits: &BodyLimits,
    spool: Option<&Path>,
) -> Result<Content, Refused> {
    let mut incoming = incoming(media_type, limits, spool).map_err(|cause| Refused {
        cause,
        envelope: Vec::new(),
        charset: None,
    })?;
    let read = read_parts(&mut body, &mut incoming).await;
    let (envelope, end) = incoming.end();
    let read = read.and_then(|attachments| Ok(end.map(|()| attachments)?));
    let is_missing = envelope.is_none();
    let Collected { root, charset } = envelope.unwrap_or_default();
    let content = read.and_then(|attachments| {
        if is_missing {
            return Err(RejectionCause::NoRoot);
        }
        Ok((xml::decode(&root, charset.as_deref())?.into_owned(), attachments))
    });
    content.map_err(|cause| Refused { cause: body.blame(cause), envelope: root, charset })
}

fn incoming(
    media_type: &MediaType,
    limits: &BodyLimits,
    spool: Option<&Path>,
) -> Result<Incoming, RejectionCause> {
    let spool = spool.ok_or(RejectionCause::MtomNotExpected)?;
    let package = MultipartRequest::from_content_type(&media_type.content_type)?;
    let limits = PartLimits {
        root_bytes: limits.root_bytes,
        inline_bytes: Some(limits.inline_bytes),
        part_bytes: limits.part_bytes,
        parts: limits.parts,
    };
    Ok(Incoming::new(package, limits, spool)?)
}

async fn read_parts(
    body: &mut Body,
    incoming: &mut Incoming,
) -> Result<Vec<Attachment>, RejectionCause> {
    let mut attachments = Vec::new();
    while let Some(chunk) = body.next().await? {
        let ended = incoming.push(&chunk).await?;
        finish_all(ended, &mut attachments).await?;
    }
    Ok(attachments)
}

async fn finish_all(
    ended: Vec<Ended>,
    attachments: &mut Vec<Attachment>,
) -> Result<(), RejectionCause> {
    for Ended { content_id, writer } in ended {
        attachments.push(Attachment { content_id, file: writer.finish().await? });
    }
    Ok(())
}

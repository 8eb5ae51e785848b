//! Takes an incoming MTOM message apart: the envelope into memory, documents into files.

use std::io;
use std::path::{Path, PathBuf};

use soap::content_type::ContentType;
use soap::mtom::{
    MtomError, MultipartLimits, MultipartReader, MultipartRequest, PartEvent, PartHeaders,
    RootSelector,
};

use super::envelope::{Collected, Envelope, InlineLimits};
use super::spool::SpoolWriter;

/// How large the pieces of a message may be.
#[derive(Clone, Copy, Debug)]
pub struct PartLimits {
    /// The envelope in bytes; it is held in memory.
    pub root_bytes: usize,
    /// What is extracted from the envelope, in bytes; `None` if everything stays in it.
    pub inline_bytes: Option<u64>,
    /// One document in bytes.
    pub part_bytes: u64,
    /// Parts, the envelope included.
    pub parts: usize,
}

/// Why a message could not be taken apart. `Display` holds nothing of the message.
#[derive(Debug, thiserror::Error)]
pub enum IncomingError {
    /// The packaging is broken.
    #[error("MTOM packaging is not valid")]
    Mtom(#[from] MtomError),
    /// The envelope or a document is longer than [`PartLimits`] allow.
    #[error("a part is too large")]
    TooLarge,
    /// No part is the one that `start` names.
    #[error("message has no root part")]
    NoRoot,
    /// The spool folder is full or not writable.
    #[error("attachment could not be stored")]
    Spool(#[from] io::Error),
}

/// A message that is being received.
pub struct Incoming {
    reader: MultipartReader,
    parts: Parts,
}

/// A document that has been received completely; the caller says how it ends.
pub struct Ended {
    /// `Content-ID` without angle brackets; a part without one cannot be referred to.
    pub content_id: Option<String>,
    /// Its bytes so far.
    pub writer: SpoolWriter,
}

/// What was received so far.
struct Parts {
    selector: RootSelector,
    limits: PartLimits,
    folder: PathBuf,
    n_parts: usize,
    current: Current,
    root: Option<Collected>,
    ended: Vec<Ended>,
}

/// The part at hand.
enum Current {
    None,
    Root(Box<Envelope>),
    Document { ended: Ended, size: u64 },
}

impl Incoming {
    /// `folder` takes the documents.
    ///
    /// # Errors
    /// [`MtomError::Boundary`].
    pub fn new(
        package: MultipartRequest,
        limits: PartLimits,
        folder: &Path,
    ) -> Result<Incoming, MtomError> {
        let packaging = MultipartLimits { parts: limits.parts, ..MultipartLimits::default() };
        let parts = Parts {
            selector: package.root,
            limits,
            folder: folder.to_owned(),
            n_parts: 0,
            current: Current::None,
            root: None,
            ended: Vec::new(),
        };
        Ok(Incoming { reader: MultipartReader::new(&package.boundary, packaging)?, parts })
    }

    /// Takes the next bytes of the message, cut anywhere, and returns the documents that
    /// ended with them.
    ///
    /// # Errors
    /// [`IncomingError`]; the message is lost then.
    pub async fn push(&mut self, chunk: &[u8]) -> Result<Vec<Ended>, IncomingError> {
        let parts = &mut self.parts;
        self.reader.push(chunk, &mut |event| parts.take(event))?;
        match &mut parts.current {
            Current::None => {}
            Current::Root(envelope) => envelope.settle().await?,
            Current::Document { ended, .. } => ended.writer.settle().await?,
        }
        Ok(std::mem::take(&mut parts.ended))
    }

    /// At the end of the message.
    ///
    /// # Errors
    /// [`IncomingError::Mtom`] when it is truncated, [`IncomingError::NoRoot`].
    pub fn finish(self) -> Result<Collected, IncomingError> {
        let (envelope, end) = self.end();
        end?;
        envelope.ok_or(IncomingError::NoRoot)
    }

    /// Where no more bytes will be pushed: what there is of the envelope, and whether the message is whole.
    pub fn end(self) -> (Option<Collected>, Result<(), MtomError>) {
        let envelope = match self.parts.current {
            Current::Root(beginning) => Some(beginning.finish().0),
            Current::None | Current::Document { .. } => self.parts.root,
        };
        (envelope, self.reader.finish())
    }
}

impl Parts {
    fn take(&mut self, event: PartEvent<'_>) -> Result<(), IncomingError> {
        match event {
            PartEvent::Begin(headers) => self.begin(headers),
            PartEvent::Data(bytes) => self.extend(bytes)?,
            PartEvent::End => self.end()?,
            PartEvent::Finished => {}
        }
        Ok(())
    }

    fn begin(&mut self, headers: PartHeaders) {
        let is_root = self.selector.is_root(self.n_parts, headers.content_id.as_deref());
        self.n_parts = self.n_parts.saturating_add(1);
        self.current = if is_root {
            let inline = self.limits.inline_bytes.map(|bytes| InlineLimits {
                folder: &self.folder,
                bytes,
                documents: self.limits.parts,
            });
            let envelope = Envelope::new(self.limits.root_bytes, inline, charset(&headers));
            Current::Root(Box::new(envelope))
        } else {
            let writer = SpoolWriter::new(&self.folder);
            Current::Document { ended: Ended { content_id: headers.content_id, writer }, size: 0 }
        };
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), IncomingError> {
        match &mut self.current {
            Current::None => {}
            Current::Root(envelope) => self.ended.extend(envelope.push(bytes)?),
            Current::Document { ended, size } => {
                *size = size.saturating_add(bytes.len().try_into().unwrap_or(u64::MAX));
                if *size > self.limits.part_bytes {
                    return Err(IncomingError::TooLarge);
                }
                ended.writer.gather(bytes);
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), IncomingError> {
        match std::mem::replace(&mut self.current, Current::None) {
            Current::None => {}
            Current::Root(envelope) => {
                let (collected, end) = envelope.finish();
                self.root = Some(collected);
                end?;
            }
            Current::Document { ended, .. } => self.ended.push(ended),
        }
        Ok(())
    }
}

/// A media type that cannot be parsed says nothing; the envelope tells its encoding itself then.
fn charset(headers: &PartHeaders) -> Option<String> {
    let content_type = ContentType::parse(headers.content_type.as_deref()?).ok()?;
    content_type.param("charset").map(str::to_owned)
}

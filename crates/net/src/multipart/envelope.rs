//! The envelope of a message while it arrives: metadata into memory, documents inside it into files.

use std::path::{Path, PathBuf};

use soap::mtom::{ContentExtractor, ExtractionEvent, MtomError};
use uuid::Uuid;

use super::incoming::{Ended, IncomingError};
use super::spool::SpoolWriter;

/// An envelope that is being received.
pub struct Envelope {
    collecting: Collecting,
    extractor: Option<ContentExtractor>,
}

/// Documents that stand in the envelope.
#[derive(Clone, Copy, Debug)]
pub struct InlineLimits<'f> {
    /// Takes them.
    pub folder: &'f Path,
    /// How long they may be together, in bytes.
    pub bytes: u64,
    /// How many there may be: each costs a file.
    pub documents: usize,
}

/// What was received of it.
struct Collecting {
    collected: Collected,
    /// Bytes that may still be held.
    room: usize,
    folder: PathBuf,
    /// Bytes that may still be extracted.
    inline_room: u64,
    /// Documents that may still be extracted.
    n_room: usize,
    /// The content at hand.
    current: Option<Ended>,
    ended: Vec<Ended>,
}

/// An envelope that has been received completely.
#[derive(Debug, Default)]
pub struct Collected {
    /// The bytes of the root part, without what was extracted.
    pub root: Vec<u8>,
    /// The `charset` its media type names.
    pub charset: Option<String>,
}

impl Envelope {
    /// Without `inline`, documents stay where they are.
    pub fn new(
        root_bytes: usize,
        inline: Option<InlineLimits<'_>>,
        charset: Option<String>,
    ) -> Envelope {
        let nothing = InlineLimits { folder: Path::new(""), bytes: 0, documents: 0 };
        let InlineLimits { folder, bytes, documents } = inline.unwrap_or(nothing);
        let collecting = Collecting {
            collected: Collected { root: Vec::new(), charset },
            room: root_bytes,
            folder: folder.to_owned(),
            inline_room: bytes,
            n_room: documents,
            current: None,
            ended: Vec::new(),
        };
        // No sender can know the Content-IDs of what is extracted from its message.
        let extractor =
            inline.map(|_| ContentExtractor::new(format!("inline-{}", Uuid::new_v4().simple())));
        Envelope { collecting, extractor }
    }

    /// Makes room for so many bytes at once.
    pub fn reserve(&mut self, n_bytes: usize) {
        self.collecting.collected.root.reserve(n_bytes);
    }

    /// Takes the next bytes and gives the documents that ended with them; [`Envelope::settle`] must follow.
    ///
    /// # Errors
    /// [`IncomingError`]; the envelope is lost then.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Ended>, IncomingError> {
        let collecting = &mut self.collecting;
        match &mut self.extractor {
            Some(extractor) => extractor.push(bytes, &mut |event| collecting.take(event))?,
            None => collecting.extend(bytes)?,
        }
        Ok(std::mem::take(&mut collecting.ended))
    }

    /// Writes what was gathered of a document once there is enough of it.
    ///
    /// # Errors
    /// Those of the spool folder.
    pub async fn settle(&mut self) -> std::io::Result<()> {
        match &mut self.collecting.current {
            Some(current) => current.writer.settle().await,
            None => Ok(()),
        }
    }

    /// Where no more bytes will be pushed: what there is, and whether it fits. A document without an end is
    /// dropped: its envelope has none either.
    pub fn finish(mut self) -> (Collected, Result<(), IncomingError>) {
        let collecting = &mut self.collecting;
        let end = match self.extractor {
            Some(extractor) => extractor.finish(&mut |event| collecting.take(event)),
            None => Ok(()),
        };
        (self.collecting.collected, end)
    }
}

impl Collecting {
    fn take(&mut self, event: ExtractionEvent<'_>) -> Result<(), IncomingError> {
        match event {
            ExtractionEvent::Envelope(bytes) => self.extend(bytes)?,
            ExtractionEvent::Begin(content_id) => {
                let n_room = self.n_room.checked_sub(1);
                self.n_room = n_room.ok_or(MtomError::TooManyParts)?;
                let writer = SpoolWriter::new(&self.folder);
                self.current = Some(Ended { content_id: Some(content_id), writer });
            }
            ExtractionEvent::Data(bytes) => {
                let n_bytes = bytes.len().try_into().unwrap_or(u64::MAX);
                let room = self.inline_room.checked_sub(n_bytes);
                self.inline_room = room.ok_or(IncomingError::TooLarge)?;
                if let Some(current) = &mut self.current {
                    current.writer.gather(bytes);
                }
            }
            ExtractionEvent::End => self.ended.extend(self.current.take()),
        }
        Ok(())
    }

    /// What fits is kept before the rest is refused, for the sake of the answer.
    fn extend(&mut self, bytes: &[u8]) -> Result<(), IncomingError> {
        self.collected.root.extend_from_slice(bytes.get(..self.room).unwrap_or(bytes));
        let room = self.room.checked_sub(bytes.len());
        self.room = room.unwrap_or_default();
        room.map(drop).ok_or(IncomingError::TooLarge)
    }
}

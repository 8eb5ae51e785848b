//! Outgoing MTOM messages as one stream of known length, for answers and for requests.
//!
//! Documents are read in blocks while the message is sent. A document that is
//! not exactly as long as announced ends the stream with an error: the
//! connection breaks, and nobody takes a damaged document for a whole one.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use soap::mtom::MultipartWriter;
use uuid::Uuid;

/// Bytes read and sent at once; larger ones gain nothing, smaller ones cost copies.
pub(crate) const BLOCK_BYTES: usize = 256 * 1024;

/// A document to send.
pub struct OutPart {
    /// Without angle brackets, as in the `cid:` reference of the envelope.
    pub content_id: String,
    /// Media type of the part; receivers must not rely on it.
    pub content_type: String,
    /// Where the bytes come from.
    pub source: PartSource,
    /// Exact length in bytes.
    pub size: u64,
}

/// Where the bytes of a part come from.
pub enum PartSource {
    /// Small content that is in memory anyway.
    Bytes(Bytes),
    /// A file that is opened when its turn comes. To find out before the message
    /// begins whether it can be opened, use [`PartSource::Reader`].
    Path(PathBuf),
    /// Anything that blocks while reading, an open file for example.
    Reader(Box<dyn Read + Send>),
}

/// The content and its length stay out of logs.
impl std::fmt::Debug for OutPart {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("OutPart")
            .field("content_id", &self.content_id)
            .finish_non_exhaustive()
    }
}

/// A complete message before it is sent.
#[derive(Debug)]
pub struct OutMessage {
    /// Value of the `Content-Type` header.
    pub content_type: String,
    /// Value of the `Content-Length` header.
    pub size: u64,
    segments: VecDeque<Segment>,
}

enum Segment {
    Memory(Bytes),
    Document(Document),
}

struct Document {
    reader: Box<dyn Read + Send>,
    /// Bytes still to come.
    rest: u64,
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Segment::Memory(_) => "Memory",
            Segment::Document(_) => "Document",
        })
    }
}

impl Segment {
    /// What is in memory, and as long as it should be, needs no thread for blocking work.
    fn of(source: PartSource, size: u64) -> Segment {
        match source {
            PartSource::Bytes(bytes) if u64::try_from(bytes.len()) == Ok(size) => {
                Segment::Memory(bytes)
            }
            source @ (PartSource::Bytes(_) | PartSource::Path(_) | PartSource::Reader(_)) => {
                Segment::Document(Document { reader: source.into_reader(), rest: size })
            }
        }
    }
}

impl OutMessage {
    /// Root part with the envelope first, then the documents in order.
    #[must_use]
    pub fn new(action: &str, envelope: String, parts: Vec<OutPart>) -> OutMessage {
        // The boundary cannot occur in a document whose author did not know it.
        let writer = MultipartWriter::new(&Uuid::new_v4().to_string());
        let mut message = OutMessage {
            content_type: writer.content_type(action),
            size: 0,
            segments: VecDeque::new(),
        };
        message.push_text(writer.root_head());
        message.push_text(envelope);
        for part in parts {
            let head = writer.part_head(&part.content_id, &part.content_type);
            message.push_text(format!("{}{head}", MultipartWriter::PART_TAIL));
            message.size = message.size.saturating_add(part.size);
            message.segments.push_back(Segment::of(part.source, part.size));
        }
        message.push_text(format!("{}{}", MultipartWriter::PART_TAIL, writer.final_tail()));
        message
    }

    /// The whole message, if it is one block in memory.
    ///
    /// # Errors
    /// Gives the message back when it has to be streamed.
    pub(crate) fn into_bytes(mut self) -> Result<Bytes, OutMessage> {
        let fits = self.size <= u64::try_from(BLOCK_BYTES).unwrap_or(u64::MAX);
        if !fits || !is_in_memory(&self.segments) {
            return Err(self);
        }
        match fill(&mut self.segments) {
            Ok(block) => Ok(block),
            Err(_unreadable) => Err(self),
        }
    }

    /// The message in blocks.
    ///
    /// Blocking reads run on a thread for blocking work; needs a tokio runtime.
    pub fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        stream::unfold(Some(self.segments), next_block).fuse()
    }

    fn push_text(&mut self, text: String) {
        self.size = self.size.saturating_add(text.len().try_into().unwrap_or(u64::MAX));
        self.segments.push_back(Segment::Memory(text.into()));
    }
}

/// A file that is opened by the first read, so that a message with many
/// documents holds one of them open at a time.
struct LazyFile {
    path: PathBuf,
    file: Option<File>,
}

impl Read for LazyFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(File::open(&self.path)?),
        };
        file.read(buffer)
    }
}

impl PartSource {
    /// The source of a file's content.
    #[must_use]
    pub fn file(path: &Path) -> PartSource {
        PartSource::Path(path.to_owned())
    }

    fn into_reader(self) -> Box<dyn Read + Send> {
        match self {
            PartSource::Bytes(bytes) => Box::new(io::Cursor::new(bytes)),
            PartSource::Path(path) => Box::new(LazyFile { path, file: None }),
            PartSource::Reader(reader) => reader,
        }
    }
}

type Segments = VecDeque<Segment>;

/// After an error the state is `None`, which ends the stream.
async fn next_block(state: Option<Segments>) -> Option<(io::Result<Bytes>, Option<Segments>)> {
    let mut segments = state?;
    let outcome = if is_in_memory(&segments) {
        fill(&mut segments).map(|block| (block, segments))
    } else {
        let filled =
            tokio::task::spawn_blocking(move || fill(&mut segments).map(|block| (block, segments)));
        filled.await.unwrap_or_else(|error| Err(io::Error::other(error)))
    };
    match outcome {
        Ok((block, _)) if block.is_empty() => None,
        Ok((block, segments)) => Some((Ok(block), Some(segments))),
        Err(error) => Some((Err(error), None)),
    }
}

fn is_in_memory(segments: &Segments) -> bool {
    segments.iter().all(|segment| matches!(segment, Segment::Memory(_)))
}

/// The next block, gathered from as many segments as fit; empty at the end.
fn fill(segments: &mut Segments) -> io::Result<Bytes> {
    let mut block = Vec::new();
    while let Some(segment) = segments.front_mut() {
        let room = BLOCK_BYTES.saturating_sub(block.len());
        if room == 0 {
            break;
        }
        let is_read = match segment {
            // A large envelope is cut without being copied.
            Segment::Memory(bytes) if block.is_empty() && bytes.len() >= room => {
                return Ok(bytes.split_to(room));
            }
            Segment::Memory(bytes) => {
                block.extend_from_slice(&bytes.split_to(room.min(bytes.len())));
                bytes.is_empty()
            }
            Segment::Document(document) => {
                document.read(&mut block, room)?;
                document.rest == 0
            }
        };
        if is_read {
            segments.pop_front();
        }
    }
    Ok(block.into())
}

impl Document {
    /// Appends up to `room` bytes; checks at the end that nothing follows.
    fn read(&mut self, block: &mut Vec<u8>, room: usize) -> io::Result<()> {
        let wanted = u64::try_from(room).unwrap_or(u64::MAX).min(self.rest);
        let n_read = self.reader.by_ref().take(wanted).read_to_end(block)?;
        if u64::try_from(n_read) != Ok(wanted) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "document is too short"));
        }
        self.rest = self.rest.saturating_sub(wanted);
        if self.rest == 0 && self.reader.read(&mut [0])? > 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "document is too long"));
        }
        Ok(())
    }
}

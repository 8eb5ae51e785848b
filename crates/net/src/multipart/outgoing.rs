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

/// Bytes read at once; larger blocks gain nothing, smaller ones cost switches of threads.
pub(crate) const BLOCK_BYTES: usize = 256 * 1024;

/// Bytes sent at once. The connection copies each piece into its buffer, which it keeps up to 128 KiB and
/// otherwise makes anew for every piece.
const PIECE_BYTES: usize = 64 * 1024;

/// Up to so many bytes are gathered with their neighbours; longer ones are sent from where they are.
const GATHERED_BYTES: usize = 16 * 1024;

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
        stream::unfold(Some(Outgoing { segments: self.segments, block: Bytes::new() }), next_piece)
            .fuse()
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

/// A message while it is sent.
struct Outgoing {
    /// What was read and is sent next.
    block: Bytes,
    segments: Segments,
}

/// After an error the state is `None`, which ends the stream.
async fn next_piece(state: Option<Outgoing>) -> Option<(io::Result<Bytes>, Option<Outgoing>)> {
    let mut outgoing = state?;
    if outgoing.block.is_empty() {
        match next_block(outgoing.segments).await {
            Ok((block, _)) if block.is_empty() => return None,
            Ok((block, segments)) => outgoing = Outgoing { block, segments },
            Err(error) => return Some((Err(error), None)),
        }
    }
    let piece = outgoing.block.split_to(PIECE_BYTES.min(outgoing.block.len()));
    Some((Ok(piece), Some(outgoing)))
}

async fn next_block(mut segments: Segments) -> io::Result<(Bytes, Segments)> {
    if is_in_memory(&segments) {
        return Ok((next_in_memory(&mut segments), segments));
    }
    let filled =
        tokio::task::spawn_blocking(move || fill(&mut segments).map(|block| (block, segments)));
    filled.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// The next segment, or as many short ones as follow each other; empty at the end.
fn next_in_memory(segments: &mut Segments) -> Bytes {
    let mut block = Vec::new();
    while let Some(Segment::Memory(bytes)) = segments.front_mut() {
        let is_long = bytes.len() > GATHERED_BYTES;
        if block.is_empty() && is_long {
            let bytes = std::mem::take(bytes);
            segments.pop_front();
            return bytes;
        }
        if is_long || block.len() >= BLOCK_BYTES {
            break;
        }
        block.extend_from_slice(bytes);
        segments.pop_front();
    }
    block.into()
}

fn is_in_memory(segments: &Segments) -> bool {
    segments.iter().all(|segment| matches!(segment, Segment::Memory(_)))
}

/// The next block, gathered from as many segments as fit; empty at the end.
fn fill(segments: &mut Segments) -> io::Result<Bytes> {
    let mut block = Vec::with_capacity(bytes_of_block(segments));
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

/// How long the next block will be.
fn bytes_of_block(segments: &Segments) -> usize {
    let sizes = segments.iter().map(|segment| match segment {
        Segment::Memory(bytes) => bytes.len(),
        Segment::Document(document) => usize::try_from(document.rest).unwrap_or(usize::MAX),
    });
    let mut total: usize = 0;
    for size in sizes {
        total = total.saturating_add(size);
        if total >= BLOCK_BYTES {
            return BLOCK_BYTES;
        }
    }
    total
}

impl Document {
    /// Appends up to `room` bytes; checks at the end that nothing follows.
    fn read(&mut self, block: &mut Vec<u8>, room: usize) -> io::Result<()> {
        let wanted = room.min(usize::try_from(self.rest).unwrap_or(usize::MAX));
        let start = block.len();
        block.resize(start.saturating_add(wanted), 0);
        // An end that comes too early is an error of its own kind.
        self.reader.read_exact(block.get_mut(start..).unwrap_or_default())?;
        self.rest = self.rest.saturating_sub(wanted.try_into().unwrap_or(u64::MAX));
        if self.rest == 0 && self.reader.read(&mut [0])? > 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "document is too long"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 7] =
        [0, 1, GATHERED_BYTES, GATHERED_BYTES + 1, 3 * PIECE_BYTES, BLOCK_BYTES, BLOCK_BYTES + 1];

    /// The message of documents of these sizes as it is sent, without its boundary.
    async fn sent(source: impl Fn(Vec<u8>) -> PartSource) -> String {
        let letters = b'a'..;
        let documents = SIZES.iter().zip(letters).map(|(size, letter)| vec![letter; *size]);
        let parts = documents.map(|bytes| OutPart {
            content_id: "document".to_owned(),
            content_type: "text/plain".to_owned(),
            size: u64::try_from(bytes.len()).unwrap(),
            source: source(bytes),
        });
        let message = OutMessage::new("urn:action", "<e/>".to_owned(), parts.collect());
        let (_, boundary) = message.content_type.split_once("boundary=\"").unwrap();
        let boundary = boundary.split('"').next().unwrap().to_owned();
        let size = message.size;
        let pieces: Vec<_> = message.into_stream().map(Result::unwrap).collect().await;
        assert!(pieces.iter().all(|piece| !piece.is_empty() && piece.len() <= PIECE_BYTES));
        let whole = pieces.concat();
        assert_eq!(u64::try_from(whole.len()), Ok(size));
        String::from_utf8(whole).unwrap().replace(&boundary, "")
    }

    #[tokio::test]
    async fn documents_in_memory_are_sent_as_those_that_are_read() {
        let from_memory = sent(|bytes| PartSource::Bytes(bytes.into())).await;
        let read = sent(|bytes| PartSource::Reader(Box::new(io::Cursor::new(bytes)))).await;
        assert!(from_memory == read);
        let documents = from_memory.split("\r\n\r\n").skip(2);
        let lengths = documents.map(|part| part.split("\r\n").next().unwrap_or_default().len());
        assert_eq!(lengths.collect::<Vec<_>>(), SIZES);
    }

    #[tokio::test]
    async fn a_document_of_another_length_breaks_the_message() {
        for bytes in [&b"short"[..], b"a bit longer"] {
            let part = OutPart {
                content_id: "document".to_owned(),
                content_type: "text/plain".to_owned(),
                size: 8,
                source: PartSource::Reader(Box::new(bytes)),
            };
            let message = OutMessage::new("urn:action", "<e/>".to_owned(), vec![part]);
            let last = message.into_stream().collect::<Vec<_>>().await.pop();
            assert!(last.unwrap().is_err());
        }
    }
}

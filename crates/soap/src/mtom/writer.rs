//! The pieces of a package that go around its parts.

use crate::content_type::quoted;

/// Writes the packaging of one message.
///
/// All pieces are strings, so that the caller can stream the parts between them and add up
/// the lengths for `Content-Length` beforehand:
///
/// ```text
/// root_head  envelope  PART_TAIL  ( part_head  document  PART_TAIL )*  final_tail
/// ```
///
/// Root part first, every parameter quoted, CR LF, `binary`: xds.b clients of all stacks read
/// this form.
#[derive(Debug, Clone)]
pub struct MultipartWriter {
    boundary: String,
}

/// Leaves room for the prefix within the 70 characters of RFC 2046 section 5.1.1.
const MAX_SEED_CHARACTERS: usize = 50;

impl MultipartWriter {
    /// What follows the data of every part.
    pub const PART_TAIL: &'static str = "\r\n";

    /// `seed` makes the boundary: it must be unguessable for whoever wrote the documents, such
    /// as a random UUID, or a document could hold the boundary. Letters, digits and `-` of it
    /// are used, 50 at most.
    pub fn new(seed: &str) -> MultipartWriter {
        let is_used = |character: &char| character.is_ascii_alphanumeric() || *character == '-';
        let seed: String = seed.chars().filter(is_used).take(MAX_SEED_CHARACTERS).collect();
        MultipartWriter { boundary: format!("MIMEBoundary_{seed}") }
    }

    /// The `Content-Type` of the message.
    pub fn content_type(&self, action: &str) -> String {
        format!(
            "multipart/related; type=\"application/xop+xml\"; boundary=\"{}\"; \
             start=\"<{}>\"; start-info=\"application/soap+xml\"; action={}",
            self.boundary,
            self.root_content_id(),
            quoted(action)
        )
    }

    /// A `Content-ID` for the document number `index`, without angle brackets. It needs no
    /// percent-encoding; its reference is `cid:` and the identifier.
    pub fn content_id(&self, index: usize) -> String {
        format!("{}.{}@renkei", index.saturating_add(1), self.boundary)
    }

    /// What precedes the envelope.
    pub fn root_head(&self) -> String {
        format!(
            "--{}\r\nContent-Type: application/xop+xml; charset=UTF-8; \
             type=\"application/soap+xml\"\r\nContent-Transfer-Encoding: binary\r\n\
             Content-ID: <{}>\r\n\r\n",
            self.boundary,
            self.root_content_id()
        )
    }

    /// What precedes a document; `content_id` comes from [`MultipartWriter::content_id`].
    ///
    /// The media type of a part means nothing to XDS. One that could break out of its header
    /// is replaced by `application/octet-stream`.
    pub fn part_head(&self, content_id: &str, content_type: &str) -> String {
        let is_safe = !content_type.is_empty()
            && content_type.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let content_type = if is_safe { content_type } else { "application/octet-stream" };
        let is_used = |character: &char| {
            character.is_ascii_graphic() && !matches!(character, '<' | '>' | '%')
        };
        let content_id: String = content_id.chars().filter(is_used).collect();
        format!(
            "--{}\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: binary\r\n\
             Content-ID: <{content_id}>\r\n\r\n",
            self.boundary
        )
    }

    /// What follows the last part.
    pub fn final_tail(&self) -> String {
        format!("--{}--\r\n", self.boundary)
    }

    fn root_content_id(&self) -> String {
        format!("0.{}@renkei", self.boundary)
    }
}

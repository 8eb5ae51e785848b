//! Turns base64 inside an envelope into content beside it while the envelope arrives, without IO.
//!
//! Whether a sender puts a document into a part of its own or into the element is its choice, and means the
//! same (XOP 1.0: 3.1, "Creating XOP packages"). Here the choice is made again in favour of the part: what
//! stands in a `Document` is decoded piece by piece and an `xop:Include` is left in its place, so that
//! an envelope takes memory for its metadata only.
//!
//! This knows just enough of XML to find the text of an element whose local name is `Document`; whether the
//! envelope is well-formed is the reader's question, who sees all of it but the extracted text. What is
//! short, or is not base64 from its first characters on, stays where it is. UTF-16 is left alone.

use memchr::{memchr, memchr2, memchr3};

use crate::mtom::MtomError;
use crate::mtom::base64::Base64Decoder;

/// Shorter content stays in the envelope, in bytes of its text: a file costs more than it saves.
const KEPT_BYTES: usize = 4 * 1024;

/// The longest character reference of a line end or a base64 character, such as `&#x0000D;`.
const REFERENCE_BYTES: usize = 12;

const ELEMENT: &[u8] = b"Document";

/// A piece of the envelope. Each extracted content is `Begin`, any number of `Data`, `End`.
#[derive(Debug, PartialEq, Eq)]
pub enum ExtractionEvent<'c> {
    /// Bytes of the envelope, with references in the place of what was extracted.
    Envelope(&'c [u8]),
    /// Content begins, under the Content-ID that its reference names.
    Begin(String),
    /// Bytes of the content, decoded.
    Data(&'c [u8]),
    /// The content is complete.
    End,
}

/// Reads an envelope that arrives in chunks.
#[derive(Debug)]
pub struct ContentExtractor {
    /// What the Content-IDs begin with.
    prefix: String,
    n_extracted: usize,
    /// Bytes read, up to two.
    n_seen: usize,
    state: State,
    /// The name of the tag at hand, text that may stay, or a character reference.
    held: Vec<u8>,
    decoder: Base64Decoder,
    /// What the decoder writes; kept to reuse its memory.
    buffer: Vec<u8>,
}

/// Where in the envelope the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In an envelope that is not written in a superset of ASCII.
    Foreign,
    Text,
    /// After `<`, while it is not clear what begins there.
    Markup,
    /// In a comment, a CDATA section or a processing instruction, which these bytes and `>` end.
    Until {
        end: [u8; 2],
        last: [u8; 2],
    },
    /// In a tag, behind its name.
    Tag {
        is_document: bool,
        quote: Option<u8>,
        last: u8,
    },
    /// In the text of a `Document`, which may be too short.
    Candidate,
    /// In the text of a `Document`, which is extracted.
    Content,
    /// After `&` in it.
    Reference,
    /// After `<` in it.
    ContentEnd,
}

impl ContentExtractor {
    /// `prefix` is made of characters that need no escape in a URI or in XML, and must be unpredictable:
    /// otherwise a message could name what is extracted from it in another place.
    #[must_use]
    pub fn new(prefix: String) -> ContentExtractor {
        ContentExtractor {
            prefix,
            n_extracted: 0,
            n_seen: 0,
            state: State::Text,
            held: Vec::new(),
            decoder: Base64Decoder::default(),
            buffer: Vec::new(),
        }
    }

    /// Takes the next bytes of the envelope, cut anywhere, and gives their events to `sink`.
    ///
    /// # Errors
    /// [`MtomError::InlineContent`], or whatever the sink returned; the extractor must not be used then.
    pub fn push<E: From<MtomError>>(
        &mut self,
        chunk: &[u8],
        sink: &mut impl FnMut(ExtractionEvent<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.look_for_wide_characters(chunk);
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = match self.state {
                State::Foreign => {
                    self.release(sink)?;
                    sink(ExtractionEvent::Envelope(rest))?;
                    &[]
                }
                State::Text => self.copy_text(rest, sink)?,
                State::Markup => self.read_markup(rest, sink)?,
                State::Until { .. } | State::Tag { .. } => self.copy_markup(rest, sink)?,
                State::Candidate => self.read_candidate(rest, sink)?,
                State::Content => self.read_content(rest, sink)?,
                State::Reference => self.read_reference(rest)?,
                State::ContentEnd => self.end_content(rest, sink)?,
            };
        }
        Ok(())
    }

    /// At the end of the envelope. Content that has not ended by then gets no `End`: the envelope lacks
    /// its end as well, and nobody can read it.
    ///
    /// # Errors
    /// Whatever the sink returned.
    pub fn finish<E>(
        mut self,
        sink: &mut impl FnMut(ExtractionEvent<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.state {
            State::Foreign | State::Markup | State::Candidate => self.release(sink),
            State::Text
            | State::Until { .. }
            | State::Tag { .. }
            | State::Content
            | State::Reference
            | State::ContentEnd => Ok(()),
        }
    }

    /// In UTF-16 the first two bytes are a mark, or one of them is zero.
    fn look_for_wide_characters(&mut self, chunk: &[u8]) {
        let beginning = chunk.iter().take(2_usize.saturating_sub(self.n_seen));
        for byte in beginning {
            self.n_seen = self.n_seen.saturating_add(1);
            if matches!(byte, 0 | 0xFE | 0xFF) {
                self.state = State::Foreign;
            }
        }
    }

    /// Gives out what was held back, as a part of the envelope.
    fn release<E>(
        &mut self,
        sink: &mut impl FnMut(ExtractionEvent<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.held.is_empty() {
            sink(ExtractionEvent::Envelope(&self.held))?;
            self.held.clear();
        }
        Ok(())
    }

    fn copy_text<'c, E>(
        &mut self,
        chunk: &'c [u8],
        sink: &mut impl FnMut(ExtractionEvent<'_>) -> Result<(), E>,
    ) -> Result<&'c [u8], E> {
        let (text, rest) = split(chunk, memchr(b'<', chunk));
        if !text.is_empty() {
            sink(ExtractionEvent::Envelope(text))?;
        }
        if let Some((bracket, rest)) = rest.split_first() {
            self.held.push(*bracket);
            self.state = State::Markup;
            return Ok(rest);
        }
        Ok(rest)
    }

    /// Holds the beginning of what `<` began until its kind is known, and of a start tag the name.
    fn read_markup<'c, E>(
        &mut self,
        chunk: &'c [u8],
        sink: &mut impl FnMut(ExtractionEvent<'_>) -> Result<(), E>,
    ) -> Result<&'c [u8], E> {
        let Some((byte, rest)) = chunk.split_first() else { return Ok(chunk) };
        let until = |end| State::Until { end, last: [0; 2] };
        let tag = |is_document| State::Tag { is_document, quote: None, last: 0 };
        let kind = match (self.held.as_slice(), byte) {
            (b"<", b'/') => Some(tag(false)),
            (b"<", b'?') => Some(until([b'?'; 2])),
            (b"<!-", b'-') => Some(until([b'-'; 2])),
            (b"<![CDATA", b'[') => Some(until([b']'; 2])),
            (b"<", b'!') => None,
            (name, b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>') => {
                let is_document = is_document(name);
                self.state = tag(is_document);
                self.release(sink)?;
                // How the tag ends is decided there.
                return Ok(chunk);
            }
            // Longer than the only names that matter: how it goes on is of no interest.
            (name, _) if name.len() > LONGEST_NAME => Some(tag(false)),
            _ => None,
        };
        self.held.push(*byte);
        if let Some(state) = kind {
            self.state = state;
            self.release(sink)?;
        }
        Ok(rest)
    }

    /// Copies to the end of a tag, comment, CDATA section or processing instruction.
    fn copy_markup<'c, E>(
        &mut self,
        chunk: &'c [u8],
        sink: &mut impl FnMut(ExtractionEvent<'_>) -> Result<(), E>,
    ) -> Result<&'c [u8], E> {
        let mut place: usize = 0;
        while matches!(self.state, State::Until { .. } | State::Tag { .. }) {
            let ahead = chunk.get(place..).unwrap_or_default();
            place = place.saturating_add(self.state.n_without_effect(ahead));
            let Some(byte) = chunk.get(place) else { break };
            self.state = self.state.after(*byte);
            place = place.saturating_add(1);
        }
        let (markup, rest) = split(chunk, Some(place));
        sink(ExtractionEvent::Envelope(markup))?;
        Ok(rest)
    }

    /// Holds text that may be base64 until it is long enough, ends, or is something else.
    fn read_candidate<'c, E: From<MtomError>>(
        &mut self,
        chunk: &'c [u8],
        sink: &mut impl FnMut(ExtractionEvent<'_>) -> Result<(), E>,
    ) -> Result<&'c [u8], E> {
        let room = KEPT_BYTES.saturating_sub(self.held.len());
        // Of one byte more it is known whether the text goes on with it.
        let looked_at = chunk.iter().take(room.saturating_add(1));
        let end = looked_at.copied().position(|byte| !may_be_base64(byte));
        let (text, rest) = split(chunk, end.or_else(|| (chunk.len() > room).then_some(room)));
        self.held.extend_from_slice(text);
        if end.is_some() {
            self.state = State::Text;
            self.release(sink)?;
        } else if !rest.is_empty() {
            self.begin_content(sink)?;
        }
        Ok(rest)
    }

    fn begin_content<E: From<MtomError>>(
        &mut self,
        sink: &mut impl FnMut(ExtractionEvent<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let content_id = format!("{}-{}", self.prefix, self.n_extracted);
        self.n_extracted = self.n_extracted.saturating_add(1);
        let reference = format!(
            r#"<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:{content_id}"/>"#
        );
        sink(ExtractionEvent::Envelope(reference.as_bytes()))?;
        sink(ExtractionEvent::Begin(content_id))?;
        self.decoder = Base64Decoder::default();
        self.state = State::Content;
        let held = std::mem::take(&mut self.held);
        // Without an end in it, it is read in full.
        let mut rest = held.as_slice();
        while !rest.is_empty() {
            rest = if self.state == State::Reference {
                self.read_reference(rest)?
            } else {
                self.read_content(rest, sink)?
            };
        }
        Ok(())
    }

    fn read_content<'c, E: From<MtomError>>(
        &mut self,
        chunk: &'c [u8],
        sink: &mut impl FnMut(ExtractionEvent<'_>) -> Result<(), E>,
    ) -> Result<&'c [u8], E> {
        let (text, rest) = split(chunk, memchr2(b'<', b'&', chunk));
        self.decode(text)?;
        if !self.buffer.is_empty() {
            sink(ExtractionEvent::Data(&self.buffer))?;
        }
        let Some((byte, rest)) = rest.split_first() else { return Ok(rest) };
        self.state = if *byte == b'&' { State::Reference } else { State::ContentEnd };
        Ok(rest)
    }

    /// Some stacks write each line end of base64 as `&#13;` or `&#xD;`.
    fn read_reference<'c>(&mut self, chunk: &'c [u8]) -> Result<&'c [u8], MtomError> {
        let (text, rest) = split(chunk, memchr(b';', chunk));
        self.held.extend_from_slice(text);
        if self.held.len() > REFERENCE_BYTES {
            return Err(MtomError::InlineContent);
        }
        let Some((_, rest)) = rest.split_first() else { return Ok(rest) };
        let is_space = matches!(referred(&self.held), Some(b' ' | b'\t' | b'\r' | b'\n'));
        self.held.clear();
        self.state = State::Content;
        if is_space { Ok(rest) } else { Err(MtomError::InlineContent) }
    }

    /// Nothing but the end of the element ends content; a comment in the midst of it is refused.
    fn end_content<'c, E: From<MtomError>>(
        &mut self,
        chunk: &'c [u8],
        sink: &mut impl FnMut(ExtractionEvent<'_>) -> Result<(), E>,
    ) -> Result<&'c [u8], E> {
        if chunk.first() != Some(&b'/') || self.decoder.finish().is_err() {
            return Err(E::from(MtomError::InlineContent));
        }
        sink(ExtractionEvent::End)?;
        self.held.push(b'<');
        self.state = State::Markup;
        Ok(chunk)
    }

    fn decode(&mut self, text: &[u8]) -> Result<(), MtomError> {
        self.buffer.clear();
        // What is wrong with the text is the same for the sender, wherever it stands.
        self.decoder.decode(text, &mut self.buffer).map_err(|_data| MtomError::InlineContent)
    }
}

impl State {
    /// How many of the next bytes [`State::after`] would pass without consequence: found by their end, because
    /// most of an envelope is attribute values.
    fn n_without_effect(self, ahead: &[u8]) -> usize {
        let end = match self {
            State::Tag { quote: Some(quote), .. } => memchr(quote, ahead),
            State::Tag { is_document: false, quote: None, .. } => memchr3(b'"', b'\'', b'>', ahead),
            State::Tag { is_document: true, quote: None, .. }
            | State::Until { .. }
            | State::Foreign
            | State::Text
            | State::Markup
            | State::Candidate
            | State::Content
            | State::Reference
            | State::ContentEnd => Some(0),
        };
        end.unwrap_or(ahead.len())
    }

    /// Inside markup that has begun: where it goes on, [`State::Text`] or [`State::Candidate`] at its end.
    fn after(self, byte: u8) -> State {
        match self {
            State::Until { end, last } => {
                // A processing instruction ends with two bytes, the others with three.
                let is_end = last == end || end == [b'?'; 2] && last.last() == Some(&b'?');
                if byte == b'>' && is_end {
                    return State::Text;
                }
                let [_, before] = last;
                State::Until { end, last: [before, byte] }
            }
            State::Tag { is_document, quote: None, last } => match byte {
                b'>' if is_document && last != b'/' => State::Candidate,
                b'>' => State::Text,
                b'"' | b'\'' => State::Tag { is_document, quote: Some(byte), last: byte },
                _ => State::Tag { is_document, quote: None, last: byte },
            },
            State::Tag { is_document, quote, last } => {
                let quote = quote.filter(|quote| *quote != byte);
                State::Tag { is_document, quote, last }
            }
            State::Foreign
            | State::Text
            | State::Markup
            | State::Candidate
            | State::Content
            | State::Reference
            | State::ContentEnd => self,
        }
    }
}

/// Longer than `Document` with any prefix that somebody would choose.
const LONGEST_NAME: usize = 256;

/// Whether what follows `<` is the element's name, with or without a prefix.
fn is_document(tag: &[u8]) -> bool {
    let name = tag.get(1..).unwrap_or_default();
    name.rsplit(|byte| *byte == b':').next() == Some(ELEMENT)
}

/// What base64 and its line ends may be written with.
fn may_be_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'+' | b'/' | b'=' | b' ' | b'\t' | b'\r' | b'\n' | b'&' | b'#' | b';')
}

/// The ASCII character of a numeric character reference, whose text is between `&` and `;`.
fn referred(text: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(text).ok()?.strip_prefix('#')?;
    let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |digits| (digits, 16));
    // A sign is no digit.
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    u8::from_str_radix(digits, radix).ok().filter(|_| is_number)
}

/// Before the place and from it on; all before it if there is no place.
fn split(chunk: &[u8], place: Option<usize>) -> (&[u8], &[u8]) {
    let place = place.unwrap_or(chunk.len());
    chunk.split_at_checked(place).unwrap_or((chunk, &[]))
}

//! The incremental reader of a multipart message.

use std::collections::HashSet;

use memchr::memchr;

use crate::mtom::delimiter::DelimiterSearch;
use crate::mtom::transfer_encoding::TransferDecoder;
use crate::mtom::{MtomError, PartHeaders};

/// What one message may cost besides its size, which the endpoint limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MultipartLimits {
    /// Parts, the root included.
    pub parts: usize,
    /// Bytes of all headers of one part, and of what follows a boundary on its line.
    pub header_bytes: usize,
    /// Headers of one part.
    pub headers_per_part: usize,
}

impl Default for MultipartLimits {
    /// - `parts` 256: a submission set of a whole hospital stay stays below it. The number
    ///   bounds the attack of CVE-2019-12406.
    /// - `header_bytes` 8 KiB and `headers_per_part` 32: real parts have three headers with
    ///   some 300 bytes.
    fn default() -> MultipartLimits {
        MultipartLimits { parts: 256, header_bytes: 8 * 1024, headers_per_part: 32 }
    }
}

/// A piece of the message. Each part is `Begin`, any number of `Data`, `End`.
#[derive(Debug, PartialEq, Eq)]
pub enum PartEvent<'c> {
    /// A part begins.
    Begin(PartHeaders),
    /// Bytes of the part without transfer encoding; never empty.
    Data(&'c [u8]),
    /// The part is complete.
    End,
    /// The final boundary was read; what follows is ignored.
    Finished,
}

/// Reads a multipart message that arrives in chunks.
///
/// Content ends only at CR LF `--` boundary, as RFC 2046 section 5.1.1 says. Headers and
/// boundary lines that end in a lone LF are accepted, but LF `--` boundary inside content is
/// content: two readers that disagree about where a document ends would disagree about the
/// document. A message that uses LF throughout is therefore refused as truncated.
#[derive(Debug)]
pub struct MultipartReader {
    limits: MultipartLimits,
    search: DelimiterSearch,
    state: State,
    /// The line at hand, of headers or after a boundary.
    line: Vec<u8>,
    /// Bytes of lines since the last boundary.
    n_header_bytes: usize,
    fields: Vec<Vec<u8>>,
    n_parts: usize,
    content_ids: HashSet<String>,
    /// What a decoder writes; kept to reuse its memory.
    buffer: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Preamble,
    BoundaryLine,
    Headers,
    Content(TransferDecoder),
    Finished,
}

impl MultipartReader {
    /// # Errors
    /// [`MtomError::Boundary`].
    pub fn new(boundary: &str, limits: MultipartLimits) -> Result<MultipartReader, MtomError> {
        Ok(MultipartReader {
            limits,
            search: DelimiterSearch::new(boundary)?,
            state: State::Preamble,
            line: Vec::new(),
            n_header_bytes: 0,
            fields: Vec::new(),
            n_parts: 0,
            content_ids: HashSet::new(),
            buffer: Vec::new(),
        })
    }

    /// Takes the next bytes of the message, cut anywhere, and gives their events to `sink`.
    ///
    /// The error type is the sink's, which usually writes to a file and has failures of its
    /// own. After an error the reader must not be used.
    ///
    /// # Errors
    /// [`MtomError`], or whatever the sink returned.
    pub fn push<E: From<MtomError>>(
        &mut self,
        chunk: &[u8],
        sink: &mut impl FnMut(PartEvent<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = match self.state {
                State::Preamble => self.skip_preamble(rest),
                State::BoundaryLine => self.read_boundary_line(rest, sink)?,
                State::Headers => self.read_headers(rest, sink)?,
                State::Content(_) => self.read_content(rest, sink)?,
                State::Finished => return Ok(()),
            };
        }
        Ok(())
    }

    /// At the end of the message.
    ///
    /// # Errors
    /// [`MtomError::Truncated`] when the final boundary was not read.
    pub fn finish(self) -> Result<(), MtomError> {
        match self.state {
            State::Finished => Ok(()),
            State::Preamble | State::BoundaryLine | State::Headers | State::Content(_) => {
                Err(MtomError::Truncated)
            }
        }
    }

    /// RFC 2046: what stands before the first boundary is ignored; CXF sends an empty line.
    fn skip_preamble<'c>(&mut self, chunk: &'c [u8]) -> &'c [u8] {
        match self.search.search(chunk).after {
            Some(after) => {
                self.begin_boundary_line();
                after
            }
            None => &[],
        }
    }

    fn begin_boundary_line(&mut self) {
        self.line.clear();
        self.n_header_bytes = 0;
        self.state = State::BoundaryLine;
    }

    /// What follows a boundary: `--`, or white space up to the end of the line.
    fn read_boundary_line<'c, E: From<MtomError>>(
        &mut self,
        chunk: &'c [u8],
        sink: &mut impl FnMut(PartEvent<'_>) -> Result<(), E>,
    ) -> Result<&'c [u8], E> {
        let (is_complete, rest) = self.extend_line(chunk)?;
        if self.line.starts_with(b"--") {
            self.state = State::Finished;
            sink(PartEvent::Finished)?;
        } else if is_complete {
            if !self.line.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
                return Err(E::from(MtomError::BoundaryLine));
            }
            self.line.clear();
            self.fields.clear();
            self.state = State::Headers;
        }
        Ok(rest)
    }

    fn read_headers<'c, E: From<MtomError>>(
        &mut self,
        chunk: &'c [u8],
        sink: &mut impl FnMut(PartEvent<'_>) -> Result<(), E>,
    ) -> Result<&'c [u8], E> {
        let (is_complete, rest) = self.extend_line(chunk)?;
        if !is_complete {
            return Ok(rest);
        }
        if self.line.is_empty() {
            let headers = self.begin_part()?;
            self.state = State::Content(TransferDecoder::new(headers.transfer_encoding));
            self.search.restart();
            sink(PartEvent::Begin(headers))?;
        } else {
            self.add_header_line()?;
        }
        Ok(rest)
    }

    /// Adds to the line at hand; true when its end was found, which is removed.
    fn extend_line<'c>(&mut self, chunk: &'c [u8]) -> Result<(bool, &'c [u8]), MtomError> {
        let n_taken = memchr(b'\n', chunk).map_or(chunk.len(), |at| at.saturating_add(1));
        self.n_header_bytes = self.n_header_bytes.saturating_add(n_taken);
        // The closing boundary is recognised before the epilogue after it could be too long.
        let is_closing = matches!(self.state, State::BoundaryLine)
            && self.line.iter().chain(chunk).take(2).eq(b"--");
        if self.n_header_bytes > self.limits.header_bytes && !is_closing {
            return Err(MtomError::HeadersTooLong);
        }
        let (taken, rest) = chunk.split_at_checked(n_taken).unwrap_or_default();
        self.line.extend(taken);
        let is_complete = self.line.pop_if(|byte| *byte == b'\n').is_some();
        if is_complete {
            self.line.pop_if(|byte| *byte == b'\r');
        }
        Ok((is_complete, rest))
    }

    fn add_header_line(&mut self) -> Result<(), MtomError> {
        // A CR that ends no line would let another reader see two headers.
        if self.line.contains(&b'\r') {
            return Err(MtomError::Header);
        }
        let line = std::mem::take(&mut self.line);
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            // A folded field: the line end is removed, the white space stays.
            self.fields.last_mut().ok_or(MtomError::Header)?.extend(line);
            return Ok(());
        }
        if self.fields.len() >= self.limits.headers_per_part {
            return Err(MtomError::TooManyHeaders);
        }
        self.fields.push(line);
        Ok(())
    }

    fn begin_part(&mut self) -> Result<PartHeaders, MtomError> {
        self.n_parts = self.n_parts.saturating_add(1);
        if self.n_parts > self.limits.parts {
            return Err(MtomError::TooManyParts);
        }
        let headers = PartHeaders::parse(&self.fields)?;
        if let Some(content_id) = &headers.content_id {
            let is_new = self.content_ids.insert(content_id.clone());
            if !is_new {
                return Err(MtomError::DuplicateContentId);
            }
        }
        Ok(headers)
    }

    fn read_content<'c, E: From<MtomError>>(
        &mut self,
        chunk: &'c [u8],
        sink: &mut impl FnMut(PartEvent<'_>) -> Result<(), E>,
    ) -> Result<&'c [u8], E> {
        let State::Content(decoder) = &mut self.state else { return Ok(chunk) };
        let step = self.search.search(chunk);
        for bytes in [step.held, step.content] {
            let data = decoder.decode(bytes, &mut self.buffer)?;
            if !data.is_empty() {
                sink(PartEvent::Data(data))?;
            }
        }
        let Some(after) = step.after else { return Ok(&[]) };
        decoder.finish()?;
        self.begin_boundary_line();
        sink(PartEvent::End)?;
        Ok(after)
    }
}

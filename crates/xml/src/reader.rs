//! The pull reader: events of one document, within limits.

use std::borrow::Cow;

use quick_xml::events::Event as Token;

use crate::character::{first_forbidden, is_blank, normalise_line_ends, normalise_text, resolve};
use crate::element::{Element, next_raw};
use crate::error::{XmlError, XmlErrorKind};
use crate::limits::Limits;
use crate::tag::TagReader;

/// What [`Reader::next`] found.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// A start tag, or the first half of an empty element.
    Start(Element<'a>),
    /// The text up to the next tag: CDATA sections and references are merged into it, comments
    /// inside it are dropped.
    Text(Cow<'a, str>),
    /// An end tag, or the second half of an empty element.
    End,
    /// The end of a complete document; every later call says the same.
    Eof,
}

/// Reads one document.
///
/// The tokeniser is quick-xml's plain reader; namespaces, attributes and references are checked
/// here, because an [`Element`] must outlive the next event, and because quick-xml checks neither
/// unbound prefixes nor expanded names nor the characters allowed.
#[derive(Debug)]
pub struct Reader<'a> {
    tokens: quick_xml::Reader<&'a [u8]>,
    text: &'a str,
    /// Bytes of a byte order mark before the first token.
    mark_bytes: usize,
    limits: Limits,
    tags: TagReader<'a>,
    depth: usize,
    n_elements: usize,
    /// The start of an empty element was reported, its end was not.
    inside_empty: bool,
}

/// The only constructor of a tokeniser over foreign bytes in the workspace.
fn tokeniser(text: &str) -> quick_xml::Reader<&[u8]> {
    let mut tokens = quick_xml::Reader::from_str(text);
    let config = tokens.config_mut();
    config.check_end_names = true;
    config.check_comments = true;
    config.allow_dangling_amp = false;
    config.allow_unmatched_ends = false;
    config.expand_empty_elements = false;
    tokens
}

impl<'a> Reader<'a> {
    /// Starts reading `text`, which [`crate::decode`] made.
    ///
    /// # Errors
    /// The text is longer than the limit or holds a character XML does not allow.
    pub fn new(text: &'a str, limits: Limits) -> Result<Reader<'a>, XmlError> {
        if text.len() > limits.bytes {
            return Err(XmlErrorKind::TooLarge.at(limits.bytes));
        }
        if let Some(offset) = first_forbidden(text) {
            return Err(XmlErrorKind::Character.at(offset));
        }
        let body = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        // The tokeniser would drop a second mark silently, and all offsets would be wrong.
        if body.starts_with('\u{FEFF}') {
            return Err(XmlErrorKind::UnexpectedText.at(0));
        }
        Ok(Reader {
            tokens: tokeniser(body),
            text,
            mark_bytes: text.len().saturating_sub(body.len()),
            limits,
            tags: TagReader::new(&limits),
            depth: 0,
            n_elements: 0,
            inside_empty: false,
        })
    }

    /// The next event.
    ///
    /// # Errors
    /// Any [`XmlErrorKind`] but [`XmlErrorKind::Encoding`]; the reader must not be used
    /// after an error.
    #[expect(clippy::should_implement_trait, reason = "an error ends reading, and so does Eof")]
    pub fn next(&mut self) -> Result<Event<'a>, XmlError> {
        if self.inside_empty {
            self.inside_empty = false;
            return Ok(self.close());
        }
        loop {
            let start = self.position();
            match self.token()? {
                Token::Start(_) => return self.open(start, ">"),
                Token::Empty(_) => {
                    self.inside_empty = true;
                    return self.open(start, "/>");
                }
                Token::End(_) => return Ok(self.close()),
                Token::Eof => return self.end_of_document(),
                token @ (Token::Text(_)
                | Token::CData(_)
                | Token::GeneralRef(_)
                | Token::Comment(_)
                | Token::Decl(_)
                | Token::PI(_)
                | Token::DocType(_)) => {
                    if let Some(piece) = self.piece(token, start)? {
                        return self.text_run(piece, start);
                    }
                }
            }
        }
    }

    /// Inside an element whose start was read: its next child, or `None` when its end was read.
    /// Before the root element: the root element.
    ///
    /// # Errors
    /// As [`Reader::next`]; [`XmlErrorKind::UnexpectedText`] for text that is not white space.
    pub fn next_child(&mut self) -> Result<Option<Element<'a>>, XmlError> {
        loop {
            let start = self.position();
            match self.next()? {
                Event::Start(element) => return Ok(Some(element)),
                Event::End => return Ok(None),
                Event::Text(text) if is_blank(&text) => {}
                Event::Text(_) => return Err(XmlErrorKind::UnexpectedText.at(start)),
                Event::Eof => return Err(XmlErrorKind::UnexpectedEnd.at(start)),
            }
        }
    }

    /// After a start: the whole text of the element; its end is read as well.
    ///
    /// # Errors
    /// As [`Reader::next`]; [`XmlErrorKind::UnexpectedElement`] for a child element.
    pub fn text(&mut self) -> Result<Cow<'a, str>, XmlError> {
        let mut text = Cow::Borrowed("");
        loop {
            let start = self.position();
            match self.next()? {
                // An addition to the empty text makes no copy.
                Event::Text(piece) => text += piece,
                Event::End => return Ok(text),
                Event::Start(_) => return Err(XmlErrorKind::UnexpectedElement.at(start)),
                Event::Eof => return Err(XmlErrorKind::UnexpectedEnd.at(start)),
            }
        }
    }

    /// After a start: reads everything up to and including the element's end.
    ///
    /// # Errors
    /// As [`Reader::next`]: what is skipped is checked as well.
    pub fn skip(&mut self) -> Result<(), XmlError> {
        let parent = self.depth.saturating_sub(1);
        while self.depth > parent {
            if let Event::Eof = self.next()? {
                return Err(XmlErrorKind::UnexpectedEnd.at(self.position()));
            }
        }
        Ok(())
    }

    /// After the end of the root element: reads the rest of the document.
    ///
    /// # Errors
    /// As [`Reader::next`]; anything but white space and comments is left.
    pub fn expect_end(&mut self) -> Result<(), XmlError> {
        let start = self.position();
        match self.next()? {
            Event::Eof => Ok(()),
            Event::Start(_) => Err(XmlErrorKind::UnexpectedElement.at(start)),
            Event::Text(_) => Err(XmlErrorKind::UnexpectedText.at(start)),
            Event::End => Err(XmlErrorKind::Malformed.at(start)),
        }
    }

    /// Just after the end of `element` was read: all of it as it was written, fit to stand elsewhere.
    ///
    /// The namespace declarations of the elements around are added to its tag, used or not: a prefix may
    /// be used in a value as well (`xsi:type`).
    pub fn excerpt(&self, element: &Element<'a>) -> String {
        let whole = self.text.get(element.start..self.position()).unwrap_or_default();
        let name_end = whole.find([' ', '\t', '\r', '\n', '/', '>']).unwrap_or_default();
        let (name, rest) = whole.split_at_checked(name_end).unwrap_or_default();
        [name, &self.tags.declarations_around(element), rest].concat()
    }

    /// Offset in bytes just after the last event.
    pub fn position(&self) -> usize {
        self.mark_bytes.saturating_add(to_usize(self.tokens.buffer_position()))
    }

    #[inline]
    fn token(&mut self) -> Result<Token<'a>, XmlError> {
        self.tokens.read_event().map_err(|_error| {
            // The error of the tokeniser holds names of the document: only its place is kept.
            let offset = to_usize(self.tokens.error_position()).saturating_add(self.mark_bytes);
            match self.text.get(offset..) {
                Some(rest) if rest.starts_with("<!DOCTYPE") => XmlErrorKind::DocType.at(offset),
                _ => XmlErrorKind::Malformed.at(offset),
            }
        })
    }

    /// Merges what follows `first` up to the next tag.
    fn text_run(&mut self, first: Cow<'a, str>, start: usize) -> Result<Event<'a>, XmlError> {
        let mut run = first;
        while self.text_goes_on() && run.len() <= self.limits.text_bytes {
            let piece_start = self.position();
            let token = self.token()?;
            if let Some(piece) = self.piece(token, piece_start)? {
                run += piece;
            }
        }
        if run.len() > self.limits.text_bytes {
            return Err(XmlErrorKind::TextTooLong.at(start));
        }
        Ok(Event::Text(run))
    }

    /// Whether something else than a tag follows.
    fn text_goes_on(&self) -> bool {
        let rest = self.text.as_bytes().get(self.position()..).unwrap_or_default();
        match rest {
            [] => false,
            [b'<', next, ..] => *next == b'!',
            _ => true,
        }
    }

    /// The text that a token other than a tag stands for, if it stands for any.
    fn piece(&self, token: Token<'a>, start: usize) -> Result<Option<Cow<'a, str>>, XmlError> {
        match token {
            Token::Text(text) => self.characters(text.into_inner(), start),
            Token::CData(text) => {
                self.inside_root(start)?;
                Ok(map_text(text.into_inner(), |text| Some(normalise_line_ends(text))))
            }
            Token::GeneralRef(name) => {
                self.inside_root(start)?;
                let character = resolve(&name.into_inner()).map_err(|kind| kind.at(start))?;
                Ok(Some(Cow::Owned(String::from(character))))
            }
            Token::Comment(_) => Ok(None),
            Token::Decl(_) => self.declaration(start).map(|()| None),
            Token::PI(_) => Err(XmlErrorKind::ProcessingInstruction.at(start)),
            Token::DocType(_) => Err(XmlErrorKind::DocType.at(start)),
            Token::Start(_) | Token::Empty(_) | Token::End(_) | Token::Eof => {
                Err(XmlErrorKind::Malformed.at(start))
            }
        }
    }

    /// A literal text; `None` for white space outside the root element.
    fn characters(
        &self,
        raw: Cow<'a, str>,
        start: usize,
    ) -> Result<Option<Cow<'a, str>>, XmlError> {
        if self.depth == 0 && is_blank(&raw) {
            return Ok(None);
        }
        self.inside_root(start)?;
        let text = map_text(raw, normalise_text).ok_or(XmlErrorKind::Malformed.at(start))?;
        Ok(Some(text))
    }

    fn inside_root(&self, start: usize) -> Result<(), XmlError> {
        if self.depth == 0 { Err(XmlErrorKind::UnexpectedText.at(start)) } else { Ok(()) }
    }

    /// XML 1.0 section 2.8: only at the very beginning, version first.
    fn declaration(&self, start: usize) -> Result<(), XmlError> {
        let malformed = XmlErrorKind::Malformed.at(start);
        let raw = self.text.get(start..self.position()).unwrap_or_default();
        let attributes = raw
            .strip_prefix("<?xml")
            .and_then(|rest| rest.strip_suffix("?>"))
            .filter(|_| start == self.mark_bytes)
            .ok_or(malformed)?;
        let mut rest = attributes;
        let version = next_raw(&mut rest).filter(|raw| raw.name == "version").ok_or(malformed)?;
        // A later 1.x is read as 1.0; its extra control characters are refused as such.
        if !version.value.starts_with("1.") {
            return Err(malformed);
        }
        while let Some(raw) = next_raw(&mut rest) {
            if !matches!(raw.name, "encoding" | "standalone") {
                return Err(malformed);
            }
        }
        if is_blank(rest) { Ok(()) } else { Err(malformed) }
    }

    fn open(&mut self, start: usize, closing: &str) -> Result<Event<'a>, XmlError> {
        if self.depth == 0 && self.n_elements > 0 {
            return Err(XmlErrorKind::UnexpectedElement.at(start));
        }
        self.depth = self.depth.saturating_add(1);
        self.n_elements = self.n_elements.saturating_add(1);
        if self.depth > self.limits.depth {
            return Err(XmlErrorKind::TooDeep.at(start));
        }
        if self.n_elements > self.limits.elements {
            return Err(XmlErrorKind::TooManyElements.at(start));
        }
        let text: &'a str = self.text;
        let raw = text
            .get(start..self.position())
            .and_then(|tag| tag.strip_prefix('<')?.strip_suffix(closing))
            .ok_or(XmlErrorKind::Malformed.at(start))?;
        let element = self.tags.open(raw, start, self.depth).map_err(|kind| kind.at(start))?;
        Ok(Event::Start(element))
    }

    fn close(&mut self) -> Event<'a> {
        self.depth = self.depth.saturating_sub(1);
        self.tags.close(self.depth);
        Event::End
    }

    fn end_of_document(&self) -> Result<Event<'a>, XmlError> {
        if self.depth > 0 || self.n_elements == 0 {
            return Err(XmlErrorKind::UnexpectedEnd.at(self.position()));
        }
        Ok(Event::Eof)
    }
}

/// Offsets fit, because the text is in memory.
fn to_usize(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Applies `normalise` to what the tokeniser gave, which is borrowed in fact.
fn map_text<'a>(
    raw: Cow<'a, str>,
    normalise: impl for<'t> Fn(&'t str) -> Option<Cow<'t, str>>,
) -> Option<Cow<'a, str>> {
    match raw {
        Cow::Borrowed(text) => normalise(text),
        Cow::Owned(text) => Some(Cow::Owned(normalise(&text)?.into_owned())),
    }
}

//! A message as spans of its text: segments, fields, repetitions, components, subcomponents.
//!
//! Parsing finds the segments and checks the limits in one pass; everything below
//! is split when it is asked for, and unescaped only then. Positions count from
//! one, and what is absent is empty, so that a path can be followed without asking
//! at each step.

mod field;
mod segment;

use crate::delimiters::Delimiters;
use crate::error::Hl7Error;
use crate::location::Location;

pub use field::{Component, Field, Repetition};
pub use segment::Segment;

/// Longest message as text: three times [`crate::MAX_MESSAGE_BYTES`], since a
/// half-width kana of one byte becomes three in UTF-8.
pub const MAX_TEXT_BYTES: usize = 3 * crate::charset::MAX_MESSAGE_BYTES;
/// An ADT message has about ten segments; with insurance and results a few hundred.
pub const MAX_SEGMENTS: usize = 1_000;
/// The longest segments of the standard have fewer than 130 fields.
pub const MAX_FIELDS: usize = 250;
/// Of one field; a patient known in this many domains does not exist.
pub const MAX_REPETITIONS: usize = 200;

/// A message of at least an MSH segment.
///
/// No `Debug`: it would show what the patient's message says.
#[derive(Clone)]
pub struct Message<'a> {
    header: Segment<'a>,
    others: Vec<Segment<'a>>,
}

impl<'a> Message<'a> {
    /// Reads decoded text. Segments end with CR, LF or both; empty lines are passed over.
    ///
    /// # Errors
    /// [`Hl7Error`] if there is no MSH segment at the start, its delimiters are
    /// unusable, a line is no segment, or a limit is exceeded.
    pub fn parse(text: &'a str) -> Result<Message<'a>, Hl7Error> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(Hl7Error::TooLarge { limit: MAX_TEXT_BYTES });
        }
        let mut lines = Lines { rest: text };
        let header = lines.next().filter(|line| line.starts_with("MSH"));
        let header = header.ok_or(Hl7Error::NotAMessage)?;
        let delimiters = Delimiters::read(header).ok_or(Hl7Error::Delimiters)?;
        let header = Segment::read(header, delimiters).ok_or(Hl7Error::Delimiters)?;
        let mut message = Message { header, others: Vec::new() };
        check_size(&message, &header)?;
        for line in lines {
            let number = message.others.len().saturating_add(2);
            if number > MAX_SEGMENTS {
                return Err(Hl7Error::TooManySegments { limit: MAX_SEGMENTS });
            }
            let segment = Segment::read(line, delimiters);
            let segment = segment.ok_or(Hl7Error::SegmentName { number })?;
            if segment.name() == "MSH" {
                return Err(Hl7Error::SecondHeader);
            }
            check_size(&message, &segment)?;
            message.others.push(segment);
        }
        Ok(message)
    }

    #[must_use]
    pub fn delimiters(&self) -> Delimiters {
        self.header.delimiters()
    }

    /// The MSH segment.
    #[must_use]
    pub fn header(&self) -> Segment<'a> {
        self.header
    }

    /// All segments in the order of the message, MSH first.
    pub fn all_segments(&self) -> impl Iterator<Item = Segment<'a>> + '_ {
        std::iter::once(self.header).chain(self.others.iter().copied())
    }

    /// The segments of that name, in order.
    pub fn segments<'s>(&'s self, name: &'s str) -> impl Iterator<Item = Segment<'a>> + 's {
        self.all_segments().filter(move |segment| segment.name() == name)
    }

    /// The first segment of that name.
    #[must_use]
    pub fn segment(&self, name: &str) -> Option<Segment<'a>> {
        self.segments(name).next()
    }
}

/// The lines of a text that are not empty.
struct Lines<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while !self.rest.is_empty() {
            let end = memchr::memchr2(b'\r', b'\n', self.rest.as_bytes());
            let (line, rest) = match end.and_then(|end| self.rest.split_at_checked(end)) {
                Some((line, ended)) => (line, ended.get(1..).unwrap_or_default()),
                None => (self.rest, ""),
            };
            self.rest = rest;
            if !line.is_empty() {
                return Some(line);
            }
        }
        None
    }
}

/// Refuses a segment with too many fields or a field with too many repetitions, in linear time.
fn check_size(message: &Message<'_>, segment: &Segment<'_>) -> Result<(), Hl7Error> {
    let location = || {
        let n_before = message.others.iter().filter(|other| other.name() == segment.name()).count();
        Location::segment(segment.name(), n_before.saturating_add(1))
    };
    if segment.n_fields() > MAX_FIELDS {
        return Err(Hl7Error::TooManyFields { location: location(), limit: MAX_FIELDS });
    }
    let is_too_long = |field: &Field<'_>| field.repetitions().nth(MAX_REPETITIONS).is_some();
    if segment.n_repetition_separators() >= MAX_REPETITIONS
        && let Some(index) = segment.fields().position(|field| is_too_long(&field))
    {
        let location = location().field(index.saturating_add(1));
        return Err(Hl7Error::TooManyRepetitions { location, limit: MAX_REPETITIONS });
    }
    Ok(())
}

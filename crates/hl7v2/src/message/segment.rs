//! One segment: a name and numbered fields.

use super::field::Field;
use crate::delimiters::Delimiters;

/// A line of the message.
///
/// No `Debug`: it would show what the patient's message says.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    name: &'a str,
    /// What follows the name: empty, or begins with the field separator.
    rest: &'a str,
    delimiters: Delimiters,
}

impl<'a> Segment<'a> {
    /// `None` unless the line begins with a name of a capital letter and two
    /// capital letters or digits, followed by a field separator or nothing.
    pub(crate) fn read(line: &'a str, delimiters: Delimiters) -> Option<Segment<'a>> {
        let (name, rest) = line.split_at_checked(3)?;
        let is_name_byte = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let is_name = name.starts_with(|c: char| c.is_ascii_uppercase());
        let is_segment = is_name
            && name.bytes().all(is_name_byte)
            && (rest.is_empty() || rest.starts_with(delimiters.field));
        is_segment.then_some(Segment { name, rest, delimiters })
    }

    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The segment as it stands in the message, without what ends it.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}{}", self.name, self.rest)
    }

    #[must_use]
    pub fn delimiters(&self) -> Delimiters {
        self.delimiters
    }

    /// The field with that number, as the standard counts: MSH-1 is the field separator itself.
    #[must_use]
    pub fn field(&self, number: usize) -> Field<'a> {
        let Some(index) = number.checked_sub(1) else {
            return Field::new("", self.delimiters);
        };
        self.fields().nth(index).unwrap_or(Field::new("", self.delimiters))
    }

    /// All fields in order, beginning with number one.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let delimiters = self.delimiters;
        // What precedes the first separator is the name, already taken off.
        let mut parts = self.rest.split(delimiters.field).skip(1);
        let is_header = self.name == "MSH";
        let separator = self.rest.get(..1).filter(|_| is_header);
        let encoding_characters = if is_header { parts.next() } else { None };
        let declared = separator.into_iter().chain(encoding_characters);
        declared
            .map(|raw| Field::new(raw, Delimiters::NONE))
            .chain(parts.map(move |raw| Field::new(raw, delimiters)))
    }

    pub(super) fn n_fields(&self) -> usize {
        self.count(self.delimiters.field)
    }

    pub(super) fn n_repetition_separators(&self) -> usize {
        self.count(self.delimiters.repetition)
    }

    fn count(&self, delimiter: char) -> usize {
        let byte = u8::try_from(delimiter).unwrap_or_default();
        memchr::memchr_iter(byte, self.rest.as_bytes()).count()
    }
}

//! The conformance runner's own reader of HL7 v2 acknowledgements and answers.
//!
//! It looks at segments, fields, repetitions, components and subcomponents as they were sent, still
//! escaped. An answer is in UTF-8, which includes ASCII, or in ISO-2022-JP if MSH-18 says so: then it is
//! decoded before it is split, because double-byte characters hold the bytes of delimiters.

use encoding_rs::ISO_2022_JP;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A message split into segments; the delimiters are those of its MSH.
#[derive(Debug)]
pub(crate) struct Hl7Message {
    segments: Vec<Vec<String>>,
    component: char,
    subcomponent: char,
    repetition: char,
}

/// Why bytes are not an HL7 v2 message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Hl7Fault {
    #[error("the message is not UTF-8")]
    NotUtf8,
    #[error("the message is not ISO-2022-JP, or is not in ASCII where a segment ends")]
    NotIso2022Jp,
    #[error("the message does not begin with MSH and four delimiters")]
    NoHeader,
    #[error("a segment ends with a line feed; HL7 segments end with a carriage return")]
    LineFeed,
}

impl Hl7Message {
    /// Splits a message.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Hl7Message, Hl7Fault> {
        let text = decoded(bytes)?;
        if text.contains('\n') {
            return Err(Hl7Fault::LineFeed);
        }
        let mut head = text.strip_prefix("MSH").ok_or(Hl7Fault::NoHeader)?.chars();
        let mut delimiter =
            || head.next().filter(|c| !c.is_alphanumeric()).ok_or(Hl7Fault::NoHeader);
        let (field, component, repetition) = (delimiter()?, delimiter()?, delimiter()?);
        let (_escape, subcomponent) = (delimiter()?, delimiter()?);
        let segments = text
            .split('\r')
            .filter(|segment| !segment.is_empty())
            .map(|segment| fields(segment, field))
            .collect();
        Ok(Hl7Message { segments, component, subcomponent, repetition })
    }

    /// A value by its place: `PID` a whole segment, `QPD-3` a whole field, `MSA-1`, `ERR-3.1`, `MSH-3.2.1`;
    /// `PID[2]-3[1].1` is the second PID and its first repetition, which are else the first ones.
    pub(crate) fn value(&self, place: &str) -> Option<String> {
        let place = Place::parse(place)?;
        let fields =
            self.segments(place.segment).nth(place.sequence.unwrap_or(1).checked_sub(1)?)?;
        let Some(field) = place.field else { return Some(fields.join("|")) };
        let value = fields.get(field)?.as_str();
        if place.repetition.is_none() && place.component.is_none() {
            return Some(value.to_owned());
        }
        let number = place.repetition.unwrap_or(1).checked_sub(1)?;
        self.part(value.split(self.repetition).nth(number)?, &place)
    }

    /// The values at a place in all segments of that name and all repetitions, where they are not empty.
    pub(crate) fn values(&self, place: &str) -> Vec<String> {
        let Some(place) = Place::parse(place) else { return Vec::new() };
        let Some(field) = place.field else {
            return self.segments(place.segment).map(|fields| fields.join("|")).collect();
        };
        let sequences = (1_usize..).zip(self.segments(place.segment));
        let chosen = sequences.filter(|(n, _)| place.sequence.is_none_or(|only| only == *n));
        chosen
            .filter_map(|(_, fields)| fields.get(field))
            .flat_map(|value| (1_usize..).zip(value.split(self.repetition)))
            .filter(|(n, _)| place.repetition.is_none_or(|only| only == *n))
            .filter_map(|(_, value)| self.part(value, &place))
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// The names of the segments in their order.
    pub(crate) fn segment_names(&self) -> Vec<&str> {
        self.segments.iter().filter_map(|fields| fields.first()).map(String::as_str).collect()
    }

    /// The numbers of the fields that hold something in a segment of this name, each once.
    pub(crate) fn valued_fields(&self, name: &str) -> BTreeSet<usize> {
        let valued = |fields: &Vec<String>| {
            let numbers = fields.iter().enumerate().skip(1);
            let valued = numbers.filter(|(_, value)| !value.is_empty());
            valued.map(|(number, _)| number).collect::<Vec<usize>>()
        };
        self.segments(name).flat_map(valued).collect()
    }

    /// True when an ERR segment holds this code of table 0357: in ERR-3, as HL7 v2.5 writes it,
    /// or in the fourth component of ERR-1, as HL7 v2.3.1 does.
    pub(crate) fn has_error(&self, code: &str) -> bool {
        self.segments("ERR").any(|fields| {
            let code_at = |field: usize, component: usize, subcomponent: Option<usize>| {
                let component = Some(component);
                let place = Place { component, subcomponent, ..Place::of_segment("ERR") };
                self.part(fields.get(field)?.split(self.repetition).next()?, &place)
            };
            [code_at(3, 1, None), code_at(1, 4, Some(1))].contains(&Some(code.to_owned()))
        })
    }

    /// The error codes, for the text of a finding.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.segments("ERR").map(|fields| fields.join("|")).collect()
    }

    fn segments<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Vec<String>> {
        self.segments.iter().filter(move |fields| fields.first().is_some_and(|first| first == name))
    }

    /// The component or subcomponent of one repetition; the whole of it if the place names none.
    fn part(&self, repetition: &str, place: &Place<'_>) -> Option<String> {
        let mut value = repetition;
        if let Some(number) = place.component {
            value = value.split(self.component).nth(number.checked_sub(1)?)?;
        }
        if let Some(number) = place.subcomponent {
            value = value.split(self.subcomponent).nth(number.checked_sub(1)?)?;
        }
        Some(value.to_owned())
    }
}

/// Where in a message; numbers count from 1.
struct Place<'a> {
    segment: &'a str,
    sequence: Option<usize>,
    field: Option<usize>,
    repetition: Option<usize>,
    component: Option<usize>,
    subcomponent: Option<usize>,
}

impl<'a> Place<'a> {
    fn of_segment(segment: &'a str) -> Place<'a> {
        let (sequence, field, repetition) = (None, None, None);
        Place { segment, sequence, field, repetition, component: None, subcomponent: None }
    }

    fn parse(text: &'a str) -> Option<Place<'a>> {
        let (segment, rest) = match text.split_once('-') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (text, None),
        };
        let (segment, sequence) = numbered(segment)?;
        let place = Place { sequence, ..Place::of_segment(segment) };
        let Some(rest) = rest else { return Some(place) };
        let mut parts = rest.split('.');
        let (field, repetition) = numbered(parts.next()?)?;
        let mut number = || parts.next().map(|part| part.parse().ok());
        let (component, subcomponent) = (number(), number());
        Some(Place {
            field: Some(field.parse().ok()?),
            repetition,
            component: component.map_or(Some(None), |it: Option<usize>| it.map(Some))?,
            subcomponent: subcomponent.map_or(Some(None), |it: Option<usize>| it.map(Some))?,
            ..place
        })
    }
}

/// `PID[2]` is `PID` and 2.
fn numbered(text: &str) -> Option<(&str, Option<usize>)> {
    match text.split_once('[') {
        Some((name, number)) => Some((name, Some(number.strip_suffix(']')?.parse().ok()?))),
        None => Some((text, None)),
    }
}

/// The text of a message, in the character set that its MSH-18 names.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, Hl7Fault> {
    let header = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let delimiter = header.get(3).copied().unwrap_or(b'|');
    let set = header.split(|byte| *byte == delimiter).nth(17).unwrap_or_default();
    if !set.windows(8).any(|name| name == b"ISO IR87") {
        let text = std::str::from_utf8(bytes).map_err(|_not_utf8| Hl7Fault::NotUtf8)?;
        return Ok(Cow::Borrowed(text));
    }
    match ISO_2022_JP.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => Ok(text),
        None => Err(Hl7Fault::NotIso2022Jp),
    }
}

/// Fields so that number n of the standard is index n; MSH-1 is the field delimiter itself.
fn fields(segment: &str, delimiter: char) -> Vec<String> {
    let mut fields: Vec<String> = segment.split(delimiter).map(str::to_owned).collect();
    if fields.first().is_some_and(|name| name == "MSH") {
        fields.insert(1, delimiter.to_string());
    }
    fields
}

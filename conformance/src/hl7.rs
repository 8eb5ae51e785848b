//! The conformance runner's own reader of HL7 v2 acknowledgements.
//!
//! It looks at what an ACK of ITI-8 holds: MSH, MSA, ERR; in UTF-8, which includes ASCII.

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
    #[error("the message does not begin with MSH and four delimiters")]
    NoHeader,
    #[error("a segment ends with a line feed; HL7 segments end with a carriage return")]
    LineFeed,
}

impl Hl7Message {
    /// Splits a message.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Hl7Message, Hl7Fault> {
        let text = std::str::from_utf8(bytes).map_err(|_not_utf8| Hl7Fault::NotUtf8)?;
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

    /// A value by its place, `MSA-1`, `ERR-3.1` or `MSH-3.2.1`: first segment, first repetition.
    pub(crate) fn value(&self, place: &str) -> Option<String> {
        let (segment, place) = place.split_once('-')?;
        self.segments(segment).next().and_then(|fields| self.part(fields, place))
    }

    /// True when an ERR segment holds this code of table 0357: in ERR-3, as HL7 v2.5 writes it,
    /// or in the fourth component of ERR-1, as HL7 v2.3.1 does.
    pub(crate) fn has_error(&self, code: &str) -> bool {
        self.segments("ERR").any(|fields| {
            let places = ["3.1", "1.4.1"];
            places.iter().any(|place| self.part(fields, place).is_some_and(|value| value == code))
        })
    }

    /// The error codes, for the text of a finding.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.segments("ERR").map(|fields| fields.join("|")).collect()
    }

    fn segments<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Vec<String>> {
        self.segments.iter().filter(move |fields| fields.first().is_some_and(|first| first == name))
    }

    /// `field`, `field.component` or `field.component.subcomponent`, counted from 1.
    fn part(&self, fields: &[String], place: &str) -> Option<String> {
        let mut numbers = place.split('.').map(|number| number.parse::<usize>().ok());
        let mut value = fields.get(numbers.next()??)?.as_str();
        if let Some(number) = numbers.next() {
            value = value.split(self.repetition).next()?;
            value = value.split(self.component).nth(number?.checked_sub(1)?)?;
        }
        if let Some(number) = numbers.next() {
            value = value.split(self.subcomponent).nth(number?.checked_sub(1)?)?;
        }
        Some(value.to_owned())
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

//! Where in a message a fault is, the HL7 v2.5 type ERL.

use std::fmt;

use crate::delimiters::Delimiters;

/// `segment^sequence^field^repetition^component^subcomponent`, as deep as needed (ERR-2).
///
/// All positions count from one. Holds names and numbers only, never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    segment: String,
    /// Which of the segments of that name.
    sequence: usize,
    /// Field, repetition, component, subcomponent: each only if the one before is there.
    path: Vec<usize>,
}

impl Location {
    /// The `sequence`-th segment of that name.
    #[must_use]
    pub fn segment(segment: &str, sequence: usize) -> Location {
        Location { segment: segment.to_owned(), sequence, path: Vec::new() }
    }

    /// A field of the segment, all its repetitions.
    #[must_use]
    pub fn field(self, field: usize) -> Location {
        self.with(0, field)
    }

    /// One repetition of the field.
    #[must_use]
    pub fn repetition(self, repetition: usize) -> Location {
        self.with(1, repetition)
    }

    /// A component of the repetition; of the first one if none was named.
    #[must_use]
    pub fn component(self, component: usize) -> Location {
        self.with(2, component)
    }

    /// A subcomponent of the component.
    #[must_use]
    pub fn subcomponent(self, subcomponent: usize) -> Location {
        self.with(3, subcomponent)
    }

    /// The field value on the wire.
    #[must_use]
    pub fn render(&self, delimiters: Delimiters) -> String {
        let numbers = std::iter::once(&self.sequence).chain(&self.path).map(usize::to_string);
        let parts: Vec<String> = std::iter::once(self.segment.clone()).chain(numbers).collect();
        parts.join(delimiters.component.encode_utf8(&mut [0; 4]))
    }

    fn with(mut self, depth: usize, position: usize) -> Location {
        self.path.resize(depth, 1);
        self.path.push(position);
        self
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Delimiters::STANDARD))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_of_the_decision_table() {
        let message_type = Location::segment("MSH", 1).field(9).repetition(1).component(1);
        assert_eq!(message_type.to_string(), "MSH^1^9^1^1");
        assert_eq!(Location::segment("MSH", 1).field(12).to_string(), "MSH^1^12");
        assert_eq!(Location::segment("PID", 2).to_string(), "PID^2");
        let oid = Location::segment("PID", 1).field(3).repetition(2).component(4).subcomponent(2);
        assert_eq!(oid.to_string(), "PID^1^3^2^4^2");
    }

    #[test]
    fn a_component_without_repetition_is_of_the_first() {
        assert_eq!(Location::segment("EVN", 1).field(2).component(3).to_string(), "EVN^1^2^1^3");
    }
}

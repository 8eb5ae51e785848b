//! Builds segments field by field.

use crate::delimiters::Delimiters;

/// One segment in the making; fields are given in ascending order, empty ones may be left out.
///
/// Takes raw text, that is, what was escaped or joined by the functions below.
pub(crate) struct SegmentWriter {
    text: String,
    delimiters: Delimiters,
    n_fields: usize,
}

impl SegmentWriter {
    pub(crate) fn new(name: &str, delimiters: Delimiters) -> SegmentWriter {
        SegmentWriter { text: name.to_owned(), delimiters, n_fields: 0 }
    }

    /// The MSH segment, whose first two fields are the delimiters.
    pub(crate) fn header(delimiters: Delimiters) -> SegmentWriter {
        let text = format!("MSH{}{}", delimiters.field, delimiters.encoding_characters());
        SegmentWriter { text, delimiters, n_fields: 2 }
    }

    pub(crate) fn field(mut self, number: usize, raw: &str) -> SegmentWriter {
        if raw.is_empty() {
            return self;
        }
        let n_separators = number.saturating_sub(self.n_fields);
        self.text.extend(std::iter::repeat_n(self.delimiters.field, n_separators));
        self.text.push_str(raw);
        self.n_fields = number;
        self
    }

    /// The segment with the carriage return that ends it.
    pub(crate) fn end(mut self) -> String {
        self.text.push('\r');
        self.text
    }
}

/// Joins raw parts; empty ones at the end are left out, as the standard wants it.
pub(crate) fn join(parts: &[&str], delimiter: char) -> String {
    let joined = parts.join(delimiter.encode_utf8(&mut [0; 4]));
    joined.trim_end_matches(delimiter).to_owned()
}

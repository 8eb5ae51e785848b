//! What an answer repeats of the question.

use crate::delimiters::Delimiters;
use crate::header::{Header, recover_fields};
use crate::message::{Message, Segment};

/// QPD-8 is the last field of a question.
const MAX_RECOVERED_FIELDS: usize = 9;

/// Query tag, query name and the whole QPD segment of a question, byte for byte.
///
/// Absent parts are empty. No `Debug`: it would show whom was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct QueryEcho {
    delimiters: Delimiters,
    /// QPD-2 as sent.
    pub(crate) tag: String,
    /// QPD-1 as sent.
    pub(crate) name: String,
    /// The segment without what ends it.
    pub(crate) qpd: String,
}

impl QueryEcho {
    /// Reads what is there, also of a question that is refused.
    #[must_use]
    pub fn read(message: &Message<'_>) -> QueryEcho {
        let qpd = message.segment("QPD");
        let raw =
            |number: usize| qpd.map(|qpd| qpd.field(number).raw().to_owned()).unwrap_or_default();
        QueryEcho {
            delimiters: message.delimiters(),
            tag: raw(2),
            name: raw(1),
            qpd: qpd.map(|qpd| qpd.to_text()).unwrap_or_default(),
        }
    }

    /// What can be told of a question that could not be decoded or parsed.
    ///
    /// The segment ends before the first field with anything but printable ASCII, since double-byte
    /// characters may hold the bytes of separators. The refusal has the form of an answer all the same.
    #[must_use]
    pub fn recover(bytes: &[u8]) -> QueryEcho {
        let delimiters = Header::recover(bytes).delimiters;
        let (fields, separator) = recover_fields(bytes, "QPD", MAX_RECOVERED_FIELDS);
        let fields: Vec<String> = fields.into_iter().map_while(|field| field).collect();
        match Segment::read(&fields.join(&separator), delimiters) {
            Some(qpd) => QueryEcho::of(&qpd),
            None => QueryEcho::absent(delimiters),
        }
    }

    fn absent(delimiters: Delimiters) -> QueryEcho {
        QueryEcho { delimiters, tag: String::new(), name: String::new(), qpd: String::new() }
    }

    fn of(qpd: &Segment<'_>) -> QueryEcho {
        QueryEcho {
            delimiters: qpd.delimiters(),
            tag: qpd.field(2).raw().to_owned(),
            name: qpd.field(1).raw().to_owned(),
            qpd: qpd.to_text(),
        }
    }

    /// QPD-2, to which the pages of an answer are bound.
    #[must_use]
    pub fn tag(&self) -> String {
        self.delimiters.unescape(&self.tag).into_owned()
    }

    /// QPD-1.1; consumers write all kinds of names.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.name.split(self.delimiters.component).next().unwrap_or_default();
        self.delimiters.unescape(name).into_owned()
    }
}

//! What an answer repeats of the question.

use crate::delimiters::Delimiters;
use crate::message::Message;

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

//! The cancellation of a continued query: `QCN^J01^QCN_J01` (ITI TF-2: 3.21.4.3).

use super::{FeedError, QueryError};
use crate::delimiters::Delimiters;
use crate::header::MessageType;
use crate::location::Location;
use crate::message::Message;
use crate::outgoing::{Outgoing, OutgoingHeader};
use crate::patient::value;
use crate::structure::only;
use crate::writer::SegmentWriter;

/// Which query is cancelled. Neither part is personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// QID-1, [`crate::QueryEcho::tag`] of the query.
    pub tag: String,
    /// QID-2, [`crate::QueryEcho::name`] of the query; may be empty.
    pub name: String,
}

pub(super) fn read(message: &Message<'_>) -> Result<Cancellation, QueryError> {
    let qid = only(message, "QID")?;
    let tag = message.delimiters().unescape(qid.field(1).raw()).into_owned();
    if value(&tag).is_empty() {
        let location = Location::segment("QID", 1).field(1);
        return Err(FeedError::FieldMissing { location }.into());
    }
    Ok(Cancellation { tag, name: qid.field(2).text().into_owned() })
}

/// The cancellation in v2.5, to be encoded in UTF-8.
#[must_use]
pub fn write_cancel(header: &OutgoingHeader<'_>, cancellation: &Cancellation) -> String {
    let delimiters = Delimiters::STANDARD;
    let qid = SegmentWriter::new("QID", delimiters)
        .field(1, &delimiters.escape(&cancellation.tag))
        .field(2, &delimiters.escape(&cancellation.name));
    let kind = MessageType { code: "QCN", event: "J01", structure: "QCN_J01" };
    header.message(&Outgoing { kind, version: "2.5", profile: "" }, &qid.end())
}

//! What all answers to queries have in common: MSH, MSA, ERR, QAK, QPD (ITI TF-2: 3.9.4.2.2).

use std::fmt;

use super::{FeedError, Reply, ResponseError};
use crate::ack::{Ack, AckCode, answering, read_ack, write_acknowledgement};
use crate::charset::Charset;
use crate::header::{Header, MessageType};
use crate::location::Location;
use crate::message::{Message, Segment};
use crate::patient::value;
use crate::writer::SegmentWriter;

/// QAK-2, HL7 v2.5 table 0208.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryStatus {
    /// `OK`, something was found.
    Found,
    /// `NF`, nothing was.
    NotFound,
    /// `AE`; `AR` and `TM` of others mean the same to a consumer.
    Refused,
}

/// One ERR of an answer. `Debug` hides the text, which may repeat whom was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedError {
    /// ERR-2 as sent; may be empty.
    pub location: String,
    /// ERR-3.1, a code of table 0357 as sent.
    pub code: String,
    /// ERR-8, or ERR-7, or the text of ERR-3; may be empty.
    pub text: String,
}

impl fmt::Debug for ReceivedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedError").field("code", &self.code).finish_non_exhaustive()
    }
}

/// How an answer stands to its question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseFrame {
    pub code: AckCode,
    /// MSA-2, to be compared with MSH-10 of what was sent.
    pub control_id: String,
    /// QAK-1, to be compared with QPD-2; empty in a bare ACK, which some servers send.
    pub tag: String,
    pub status: QueryStatus,
    pub errors: Vec<ReceivedError>,
}

/// How many matches there are, in this answer, and behind it: QAK-4, QAK-5, QAK-6.
pub(super) struct Counts {
    pub(super) n_total: usize,
    pub(super) n_here: usize,
    pub(super) n_remaining: usize,
}

/// How the question was answered.
pub(super) enum Outcome<'a> {
    Found(Option<Counts>),
    NotFound,
    Refused(&'a Ack),
}

/// The answer with these segments behind QPD.
pub(super) fn write(
    reply: &Reply<'_>,
    kind: MessageType<'_>,
    outcome: &Outcome<'_>,
    body: &str,
) -> String {
    let Reply { header, echo, .. } = reply;
    let (accepted, status) = (Ack::accept(), |status: &'static str| status);
    let (ack, status, counts) = match outcome {
        Outcome::Found(counts) => (&accepted, status("OK"), counts.as_ref()),
        Outcome::NotFound => (&accepted, status("NF"), None),
        Outcome::Refused(ack) => (*ack, status("AE"), None),
    };
    let count =
        |of: fn(&Counts) -> usize| counts.map(|counts| of(counts).to_string()).unwrap_or_default();
    let qak = SegmentWriter::new("QAK", header.delimiters)
        .field(1, &echo.tag)
        .field(2, status)
        .field(3, &echo.name)
        .field(4, &count(|counts| counts.n_total))
        .field(5, &count(|counts| counts.n_here))
        .field(6, &count(|counts| counts.n_remaining));
    let mut text = write_acknowledgement(header, ack) + &qak.end();
    if !echo.qpd.is_empty() {
        text.push_str(&echo.qpd);
        text.push('\r');
    }
    text.push_str(body);
    let mut answer = answering(header, kind, reply.time, reply.control_id);
    if header.version.is_empty() {
        answer.version = "2.5".to_owned();
    }
    if !text.is_ascii() || !answer.write().is_ascii() {
        answer.character_set = declared(header, reply.charset);
    }
    answer.write() + &text
}

/// MSH-18: as the asker wrote it, if that is the set; a set without a name is agreed on beforehand.
fn declared(header: &Header, charset: Charset) -> String {
    let is_askers = header.charset(charset) == Ok(charset);
    if charset.names().is_empty() || (is_askers && !header.character_set.is_empty()) {
        header.character_set.clone()
    } else {
        charset.names().to_owned()
    }
}

/// What is common to all, if it is an answer of one of these events, or a bare refusal.
///
/// # Errors
/// [`ResponseError`] if it is no answer to such a query.
pub(super) fn read(message: &Message<'_>, events: &[&str]) -> Result<ResponseFrame, ResponseError> {
    let header = Header::read(message);
    match header.message_type.as_str() {
        "RSP" if events.contains(&header.trigger_event.as_str()) => {}
        "RSP" => return Err(FeedError::UnsupportedTriggerEvent.into()),
        "ACK" => {}
        _ => return Err(FeedError::UnsupportedMessageType.into()),
    }
    let ack = read_ack(message)?;
    let errors: Vec<ReceivedError> = message.segments("ERR").map(|err| read_error(&err)).collect();
    let (tag, status) = match message.segment("QAK") {
        Some(qak) => {
            let tag = message.delimiters().unescape(qak.field(1).raw()).into_owned();
            (tag, read_status(&qak)?)
        }
        // A bare ACK is no answer, but a refusal all the same.
        None if ack.code != AckCode::AA => (String::new(), QueryStatus::Refused),
        None => return Err(FeedError::SegmentMissing { segment: "QAK" }.into()),
    };
    let status = if ack.code == AckCode::AA { status } else { QueryStatus::Refused };
    Ok(ResponseFrame { code: ack.code, control_id: ack.control_id, tag, status, errors })
}

fn read_status(qak: &Segment<'_>) -> Result<QueryStatus, FeedError> {
    match value(&qak.field(2).text()) {
        "OK" => Ok(QueryStatus::Found),
        "NF" => Ok(QueryStatus::NotFound),
        "AE" | "AR" | "TM" => Ok(QueryStatus::Refused),
        _ => Err(FeedError::UnknownTableValue { location: Location::segment("QAK", 1).field(2) }),
    }
}

fn read_error(err: &Segment<'_>) -> ReceivedError {
    let texts = [err.field(8).text(), err.field(7).text(), err.field(3).component(2).text()];
    let text = texts.into_iter().find(|text| !value(text).is_empty());
    ReceivedError {
        location: err.field(2).raw().to_owned(),
        code: err.field(3).text().into_owned(),
        text: text.unwrap_or_default().into_owned(),
    }
}

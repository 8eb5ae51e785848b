//! The acknowledgement in original mode: MSH, MSA and an ERR for each error (HL7 v2.5 chapter 2).

mod detail;

use datatypes::Dtm;

use crate::header::{Header, MessageType};
use crate::location::Location;
use crate::message::Message;
use crate::writer::{SegmentWriter, join};

pub use detail::{ErrDetail, ErrorCode};

/// MSA-1 (HL7 v2.5 table 0008).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckCode {
    /// Accepted.
    AA,
    /// Error: sending the same again will not help.
    AE,
    /// Rejected: unless the header was at fault, sending it again may help.
    AR,
}

/// How a message is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    pub code: AckCode,
    /// None if accepted; otherwise at least one, several for a query that names several unknown domains.
    pub errors: Vec<ErrDetail>,
}

impl Ack {
    /// `AA`, all was done.
    #[must_use]
    pub fn accept() -> Ack {
        Ack { code: AckCode::AA, errors: Vec::new() }
    }

    /// `AE`.
    #[must_use]
    pub fn error(detail: ErrDetail) -> Ack {
        Ack { code: AckCode::AE, errors: vec![detail] }
    }

    /// `AR`.
    #[must_use]
    pub fn reject(detail: ErrDetail) -> Ack {
        Ack { code: AckCode::AR, errors: vec![detail] }
    }
}

/// The acknowledgement of the message that had this header.
///
/// Sender and receiver change places; delimiters, version and processing id are
/// the sender's. `control_id` is ours and new; `time` is UTC. To be encoded in
/// [`Header::charset`]. The ERR segment has the v2.5 form in every version:
/// receivers of v2.3.1 pass over the fields they do not know, and the old form
/// has no place for what went wrong (ITI TF-2: C.2.3).
#[must_use]
pub fn write_ack(header: &Header, ack: &Ack, time: &Dtm, control_id: &str) -> String {
    // The structure component came with v2.3.1 and is required since v2.4 only.
    let is_named = header.version_id() != "2.3.1" && !header.trigger_event.is_empty();
    let structure = if is_named { "ACK" } else { "" };
    let kind = MessageType { code: "ACK", event: &header.trigger_event, structure };
    let mut answer = answering(header, kind, time, control_id);
    // Only an echo can bring other characters than ASCII; the sender's own set has them.
    if !answer.write().is_ascii() || !header.control_id.is_ascii() {
        answer.character_set = header.character_set.clone();
    }
    answer.write() + &write_acknowledgement(header, ack)
}

/// MSA and ERR.
pub(crate) fn write_acknowledgement(header: &Header, ack: &Ack) -> String {
    let mut text = SegmentWriter::new("MSA", header.delimiters)
        .field(1, ack.code.as_str())
        .field(2, &header.control_id)
        .end();
    for error in &ack.errors {
        text.push_str(&error.write(header.delimiters));
    }
    text
}

/// What a sender reads out of the answer to its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedAck {
    /// `CA`, `CE` and `CR` of enhanced mode count as `AA`, `AE` and `AR`.
    pub code: AckCode,
    /// MSA-2, to be compared with what was sent.
    pub control_id: String,
    /// ERR-3.1 of the first ERR, a code of table 0357 as sent.
    pub error_code: Option<String>,
    /// ERR-2 of the first ERR as sent.
    pub location: Option<String>,
}

/// Why a message does not acknowledge anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAck {
    #[error("answer has no MSA segment")]
    NoAcknowledgement,
    #[error("answer has an unknown acknowledgement code at {location}")]
    UnknownCode { location: Location },
}

/// Reads an ACK, or the acknowledgement inside a response.
///
/// # Errors
/// [`NotAnAck`] if there is no MSA segment or MSA-1 is not in table 0008.
pub fn read_ack(message: &Message<'_>) -> Result<ReceivedAck, NotAnAck> {
    let msa = message.segment("MSA").ok_or(NotAnAck::NoAcknowledgement)?;
    let code = AckCode::read(&msa.field(1).text())
        .ok_or_else(|| NotAnAck::UnknownCode { location: Location::segment("MSA", 1).field(1) })?;
    let err = message.segment("ERR");
    let error_code = err.map(|err| err.field(3).text().into_owned());
    let location = err.map(|err| err.field(2).raw().to_owned());
    Ok(ReceivedAck {
        code,
        control_id: msa.field(2).text().into_owned(),
        error_code: error_code.filter(|code| !code.is_empty()),
        location: location.filter(|location| !location.is_empty()),
    })
}

impl AckCode {
    fn as_str(self) -> &'static str {
        match self {
            AckCode::AA => "AA",
            AckCode::AE => "AE",
            AckCode::AR => "AR",
        }
    }

    fn read(code: &str) -> Option<AckCode> {
        match code {
            "AA" | "CA" => Some(AckCode::AA),
            "AE" | "CE" => Some(AckCode::AE),
            "AR" | "CR" => Some(AckCode::AR),
            _ => None,
        }
    }
}

/// The header of an answer to a message with that header; its MSH-18 is still to be set.
pub(crate) fn answering(
    header: &Header,
    kind: MessageType<'_>,
    time: &Dtm,
    control_id: &str,
) -> Header {
    let or = |text: &str, fallback: &str| {
        if text.is_empty() { fallback.to_owned() } else { text.to_owned() }
    };
    Header {
        delimiters: header.delimiters,
        sending_application: header.receiving_application.clone(),
        sending_facility: header.receiving_facility.clone(),
        receiving_application: header.sending_application.clone(),
        receiving_facility: header.sending_facility.clone(),
        time: format!("{time}+0000"),
        message_type: kind.code.to_owned(),
        trigger_event: kind.event.to_owned(),
        message_structure: kind.structure.to_owned(),
        control_id: header.delimiters.escape(control_id).into_owned(),
        processing_id: or(&header.processing_id, "P"),
        version: or(&header.version, "2.3.1"),
        character_set: String::new(),
        message_profile: String::new(),
    }
}

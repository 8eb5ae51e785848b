//! What all messages of HL7 v2 have in common that the command line sends: who it is, and what it is answered.

use client::{MllpClient, MllpTimeouts};
use datatypes::Dtm;
use hl7v2::{OutgoingHeader, QueryStatus, ReceivedError, ResponseFrame};
use uuid::Uuid;

use crate::output::plain;
use crate::wire::{AnswerError, MllpAddress, WireError};

/// MSH-3. MSH-4 is the name of the domain that a feed is of, so that an agreement can have
/// `sources = ["RENKEI-CLI|NAME"]`.
pub(crate) const APPLICATION: &str = "RENKEI-CLI";

/// MSH-4 of what is of no domain in particular.
pub(crate) const FACILITY: &str = "RENKEI";

/// MSH-5 and MSH-6; receivers are addressed by their port, not by these names.
const RECEIVER: (&str, &str) = ("RENKEI", "RENKEI");

/// Longest MSH-10 (HL7 v2.3.1 chapter 2).
const CONTROL_ID_CHARACTERS: usize = 20;

/// `control_id` is new for each message.
pub(crate) fn header<'a>(
    facility: &'a str,
    time: &'a Dtm,
    control_id: &'a str,
) -> OutgoingHeader<'a> {
    OutgoingHeader {
        sending_application: APPLICATION,
        sending_facility: facility,
        receiving_application: RECEIVER.0,
        receiving_facility: RECEIVER.1,
        control_id,
        time,
    }
}

/// MSH-10, and the tag of a question.
pub(crate) fn new_control_id() -> String {
    Uuid::new_v4().simple().to_string().chars().take(CONTROL_ID_CHARACTERS).collect()
}

pub(crate) fn client(address: &MllpAddress) -> Result<MllpClient, WireError> {
    let MllpAddress { host, port, transport } = address;
    Ok(MllpClient::new(host, *port, transport, MllpTimeouts::default())?)
}

/// `204 Unknown key identifier at PID^1^3: text`, from the parts that are there.
pub(crate) fn complaint((code, location, text): (&str, &str, &str)) -> String {
    let mut line = code.trim().to_owned();
    if !location.is_empty() {
        line.push_str(&format!(" at {location}"));
    }
    if !text.is_empty() {
        line.push_str(&format!(": {text}"));
    }
    plain(&line).into_owned()
}

/// What a query is refused with.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", if self.0.is_empty() { "without saying why".to_owned() } else { self.0.join("\n") })]
pub(crate) struct Refusal(pub(crate) Vec<String>);

impl Refusal {
    pub(crate) fn of(errors: &[ReceivedError]) -> Refusal {
        let line = |error: &ReceivedError| complaint((&error.code, &error.location, &error.text));
        Refusal(errors.iter().map(line).collect())
    }
}

/// Whether an answer is that to this question: MSA-2 and, unless it is a bare refusal, QAK-1.
pub(crate) fn check_answers(
    frame: &ResponseFrame,
    (control_id, tag): (&str, &str),
) -> Result<(), AnswerError> {
    let is_bare = frame.tag.is_empty() && frame.status == QueryStatus::Refused;
    if frame.control_id == control_id && (frame.tag == tag || is_bare) {
        Ok(())
    } else {
        Err(AnswerError::OtherRequest)
    }
}

//! The transmission wrapper: what an answer must know of the message (MCCI_MT000100UV01).

use crate::instance_id::InstanceId;
use crate::interaction::Interaction;

/// Everything of a message that is not about a patient. Holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapper {
    /// The message's own id.
    pub id: InstanceId,
    /// By `wsa:Action`.
    pub interaction: Interaction,
    /// The local name of the payload element, where an XPath into the message begins; one of
    /// [`Interaction::elements`].
    pub element: &'static str,
    /// The first id of the device that was meant; absent if it has none that is legal.
    pub receiver: Option<InstanceId>,
    /// The first id of the device that sent the message; absent if it has none that is legal.
    pub sender: Option<InstanceId>,
    /// Absent if it is missing or none of the table; then the content is an error.
    pub processing_code: Option<ProcessingCode>,
    /// When the sender wants an answer. One that comes on the connection of the request does no
    /// harm, therefore nothing depends on it. Absent if it is missing or none of the table.
    pub accept_ack_code: Option<AcceptAckCode>,
}

/// What kind of system a message is meant for (HL7 table ProcessingID).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessingCode {
    Production,
    Training,
    Debugging,
}

/// When an accept acknowledgement is wanted (HL7 table AcknowledgementCondition).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptAckCode {
    Always,
    OnError,
    OnSuccess,
    Never,
}

impl ProcessingCode {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            ProcessingCode::Production => "P",
            ProcessingCode::Training => "T",
            ProcessingCode::Debugging => "D",
        }
    }

    pub(crate) fn parse(code: &str) -> Option<ProcessingCode> {
        match code {
            "P" => Some(ProcessingCode::Production),
            "T" => Some(ProcessingCode::Training),
            "D" => Some(ProcessingCode::Debugging),
            _ => None,
        }
    }
}

impl AcceptAckCode {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            AcceptAckCode::Always => "AL",
            AcceptAckCode::OnError => "ER",
            AcceptAckCode::OnSuccess => "SU",
            AcceptAckCode::Never => "NE",
        }
    }

    pub(crate) fn parse(code: &str) -> Option<AcceptAckCode> {
        match code {
            "AL" => Some(AcceptAckCode::Always),
            "ER" => Some(AcceptAckCode::OnError),
            "SU" => Some(AcceptAckCode::OnSuccess),
            "NE" => Some(AcceptAckCode::Never),
            _ => None,
        }
    }
}

//! Why the other side could not be asked, or gave no answer that can be believed.

use std::path::PathBuf;

use client::{CallError, MllpError, TransportError};
use ebxml::ReadError;
use hl7v2::{Hl7Error, NotAnAck, ResponseError};

/// What the actor is called that is asked over MLLP.
const MANAGER: &str = "Patient Identifier Cross-reference Manager";

/// For the person at the command line; nothing here is written to a log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    #[error(
        "no community runs in {0}: it has no endpoints.json. Start it with: renkei up --data {0}",
        data.display()
    )]
    NotRunning { data: PathBuf },
    #[error("the community in {} has no {what}", data.display())]
    NoEndpoint { data: PathBuf, what: &'static str },
    #[error("endpoints.json in {}: the value of {key} cannot be used", data.display())]
    MalformedEndpoints { data: PathBuf, key: &'static str },
    #[error("no domain is called {name}; known: {known}")]
    UnknownDomain { name: String, known: String },
    #[error("the client certificate cannot be used")]
    Transport(#[from] TransportError),
    #[error("no answer from the {actor}; does the community still run?")]
    Call {
        actor: &'static str,
        #[source]
        source: CallError,
    },
    #[error("the {actor} answered with a fault: {reason}")]
    Fault {
        actor: &'static str,
        /// The sender is to blame: the request was not carried out.
        is_of_sender: bool,
        reason: String,
    },
    #[error("the {actor} refused with status {status}: {reason}")]
    Refused { actor: &'static str, status: u16, reason: String },
    #[error("the answer of the {actor} cannot be believed")]
    Answer {
        actor: &'static str,
        #[source]
        source: AnswerError,
    },
    #[error("no answer from the {MANAGER}; does the community still run?")]
    Question(#[source] MllpError),
    #[error("the feed was not acknowledged; it is safe to send it again")]
    Feed(#[source] MllpError),
    #[error("the acknowledgement cannot be believed; it is safe to send the feed again")]
    Acknowledgement(#[source] AnswerError),
}

/// What is wrong with an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("its envelope cannot be read")]
    Envelope(#[source] soap::Fault),
    #[error("it is the answer to another request")]
    OtherRequest,
    #[error("it is not of the transaction that was asked for")]
    OtherTransaction,
    #[error("its content cannot be read")]
    Payload(#[source] ReadError),
    #[error("it is no JSON of FHIR")]
    Json,
    #[error("its next page is elsewhere")]
    OtherServer,
    #[error("a document that it refers to did not come with it")]
    MissingPart,
    #[error("its documents are not those that were asked for")]
    OtherDocument,
    #[error("it is no HL7 message")]
    Hl7(#[source] Hl7Error),
    #[error("it answers no question")]
    Response(#[source] ResponseError),
    #[error("it acknowledges nothing")]
    NotAnAck(#[source] NotAnAck),
}

impl WireError {
    /// An answer to a question about patients.
    pub(crate) fn of_manager(source: AnswerError) -> WireError {
        WireError::Answer { actor: MANAGER, source }
    }

    /// `false` only if the other side certainly did nothing; otherwise it may have done all.
    pub(crate) fn may_be_carried_out(&self) -> bool {
        match self {
            WireError::NotRunning { .. }
            | WireError::NoEndpoint { .. }
            | WireError::MalformedEndpoints { .. }
            | WireError::UnknownDomain { .. }
            | WireError::Refused { .. }
            | WireError::Transport(_) => false,
            WireError::Call { source, .. } => !source.is_certainly_not_received(),
            WireError::Fault { is_of_sender, .. } => !is_of_sender,
            WireError::Feed(source) | WireError::Question(source) => {
                !source.is_certainly_not_received()
            }
            WireError::Answer { .. } | WireError::Acknowledgement(_) => true,
        }
    }
}

//! Where announcements go, and what an answer means.

use audit::Party;
use client::{CallError, MllpClient, MllpError, SoapAnswer, SoapClient};
use hl7v2::{AckCode, Message, read_ack};
use hl7v3::{ACKNOWLEDGEMENT_ACTION, AckTypeCode, FeedInteraction, ReceivedAcknowledgement};
use uuid::Uuid;

use crate::store::announcement::Announcement;

/// Somebody who is told: the registry, or a consumer.
pub struct Destination {
    pub name: String,
    /// As the audit trail calls it.
    pub party: Party,
    pub way: Way,
}

/// How it is reached.
pub enum Way {
    /// HL7 v2 over MLLP.
    Mllp(Box<MllpClient>),
    /// HL7 v3 over SOAP.
    Soap { client: Box<SoapClient>, url: String },
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Delivery {
    Acknowledged,
    /// It will never be taken as it is; what was said about it.
    Refused(String),
    /// The destination cannot do it now.
    Postponed,
    /// Nobody knows whether it arrived.
    Unreachable,
}

/// ERR-3 of what is refused for the moment: HL7 v2.5 table 0357, record locked and internal error.
const FOR_NOW: [&str; 2] = ["206", "207"];

impl Destination {
    /// Sends one announcement and waits for its answer.
    pub async fn send(&mut self, told: &Announcement) -> Delivery {
        match &mut self.way {
            Way::Mllp(client) => {
                let answer = client.send(told.message.as_bytes()).await;
                understand(&self.name, &told.control_id(), answer)
            }
            Way::Soap { client, url } => {
                let message_id = format!("urn:uuid:{}", Uuid::new_v4());
                let action = FeedInteraction::Revise.action();
                let envelope = soap::write_request(action, &message_id, url, &told.message);
                let answer = client.call(url, action, envelope).await;
                understand_v3(&self.name, &told.message, answer)
            }
        }
    }
}

fn understand(name: &str, control_id: &str, answer: Result<Vec<u8>, MllpError>) -> Delivery {
    let bytes = match answer {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(destination = name, %error, "an announcement is not acknowledged, will try again");
            return Delivery::Unreachable;
        }
    };
    let text = hl7v2::decode(&bytes, hl7v2::Charset::Utf8);
    let ack = text.ok().and_then(|text| {
        let message = Message::parse(&text).ok()?;
        read_ack(&message).ok()
    });
    match ack {
        Some(ack) if ack.control_id != control_id => {
            tracing::warn!(
                destination = name,
                "an answer is that to another message, will try again"
            );
            Delivery::Unreachable
        }
        Some(ack) => match ack.code {
            AckCode::AA => Delivery::Acknowledged,
            AckCode::AR if ack.error_code.as_deref().is_none_or(|code| FOR_NOW.contains(&code)) => {
                Delivery::Postponed
            }
            AckCode::AE | AckCode::AR => {
                let code = ack.error_code.unwrap_or_default();
                let location = ack.location.unwrap_or_default();
                Delivery::Refused(format!("error {code} at {location}"))
            }
        },
        None => {
            tracing::warn!(destination = name, "an answer is no acknowledgement, will try again");
            Delivery::Unreachable
        }
    }
}

/// As [`understand`], for HL7 v3. A fault may be a matter of the moment, so it is none of a refusal.
fn understand_v3(name: &str, message: &str, answer: Result<SoapAnswer, CallError>) -> Delivery {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(destination = name, %error, "an announcement is not acknowledged, will try again");
            return Delivery::Unreachable;
        }
    };
    match read_acknowledgement(&answer.text) {
        // Our message has its own id in it, and no other message of ours has.
        Some(ack) if ack.target.as_ref().is_some_and(|target| !message.contains(target.root())) => {
            tracing::warn!(
                destination = name,
                "an answer is that to another message, will try again"
            );
            Delivery::Unreachable
        }
        Some(ReceivedAcknowledgement { type_code: AckTypeCode::CA, .. }) => Delivery::Acknowledged,
        Some(ack) => match ack.error_code {
            Some(code) if FOR_NOW.contains(&code.as_str()) => Delivery::Postponed,
            code => Delivery::Refused(format!("error {}", code.unwrap_or_default())),
        },
        None => {
            tracing::warn!(
                destination = name,
                status = answer.status,
                "an answer is no acknowledgement, will try again"
            );
            Delivery::Postponed
        }
    }
}

fn read_acknowledgement(text: &str) -> Option<ReceivedAcknowledgement> {
    let mut incoming = soap::Incoming::open(text, xml::Limits::default()).ok()?;
    if incoming.action != ACKNOWLEDGEMENT_ACTION {
        return None;
    }
    hl7v3::read_acknowledgement(&mut incoming.reader).ok()
}

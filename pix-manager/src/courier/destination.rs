//! Where announcements go, and what an answer means.

use audit::Party;
use client::{MllpClient, MllpError};
use hl7v2::{AckCode, Message, read_ack};

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

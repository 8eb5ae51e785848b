//! The MLLP endpoint: HL7 v2 frames to transactions, acknowledgements and answers back.

mod feed;
mod query;

pub(crate) use feed::named;
pub(crate) use query::MAX_KEPT_QUERY;

use std::iter::successors;
use std::sync::Arc;
use std::time::Instant;

use actor::{Origin, printable};
use audit::{AuditRecord, Event, Outcome};
use config::actor::{PartnerCharset, PartnerConfig};
use hl7v2::{Charset, Header, Hl7Error, Message};
use net::mllp::{Answer, Frame};
use net::{Metrics, Peer};
use policy::Transaction;

use crate::Manager;
use crate::error::Refusal;

/// What the handlers of all MLLP connections share.
pub struct MllpEndpoint {
    pub manager: Arc<Manager>,
    /// Of messages with an empty MSH-18. UTF-8 has ASCII, which is what HL7 means by that, and what
    /// senders mean who never heard of it.
    pub default_charset: Charset,
    pub metrics: Metrics,
}

/// One message on its way: what is known of it before it is understood.
struct Arrival<'a> {
    peer: &'a Peer,
    header: Header,
    partner: Option<&'a PartnerConfig>,
    started: Instant,
}

impl MllpEndpoint {
    /// The function that an MLLP listener calls.
    pub fn into_answer(self) -> Answer {
        let endpoint = Arc::new(self);
        Arc::new(move |frame: Frame| {
            let endpoint = Arc::clone(&endpoint);
            Box::pin(async move { endpoint.answer(frame).await })
        })
    }

    async fn answer(&self, frame: Frame) -> Vec<u8> {
        let started = Instant::now();
        let header = Header::recover(&frame.bytes);
        let partner =
            self.manager.config.partner(&header.sending_application, &header.sending_facility);
        let text = match frame.fault {
            Some(fault) => Err(Hl7Error::Frame(fault)),
            None => self.decode(&frame.bytes, partner),
        };
        let message = text.as_deref().map_err(Clone::clone).and_then(Message::parse);
        let header = message.as_ref().map_or(header, Header::read);
        let arrival = Arrival { peer: &frame.peer, header, partner, started };
        match message {
            Ok(message) if is_query(&arrival.header) => self.query(&arrival, &message).await,
            Ok(message) => self.feed(&arrival, Ok(&message)).await,
            Err(error) if is_query(&arrival.header) => {
                self.unreadable_query(&arrival, &frame.bytes, error).await
            }
            Err(error) => self.feed(&arrival, Err(error)).await,
        }
    }

    fn decode(&self, bytes: &[u8], partner: Option<&PartnerConfig>) -> Result<String, Hl7Error> {
        match partner.and_then(|partner| partner.charset) {
            Some(charset) => hl7v2::decode_as(bytes, known_charset(charset)),
            None => hl7v2::decode(bytes, self.default_charset),
        }
    }

    /// The set in which a sender is answered: its own.
    fn charset(&self, arrival: &Arrival<'_>) -> Charset {
        let own = arrival.partner.and_then(|partner| partner.charset).map(known_charset);
        let declared = || arrival.header.charset(self.default_charset).ok();
        own.or_else(declared).unwrap_or(self.default_charset)
    }

    /// Encodes an answer in the asker's set; in UTF-8 if that lacks a character and the partner can read it.
    /// Otherwise what the set lacks is marked.
    fn encode(&self, arrival: &Arrival<'_>, write: impl Fn(Charset) -> String) -> Vec<u8> {
        let charset = self.charset(arrival);
        let encoded = hl7v2::encode(&write(charset), charset);
        if encoded.n_substituted == 0 {
            return encoded.bytes;
        }
        if arrival.partner.is_some_and(|partner| partner.accepts_utf8) {
            return hl7v2::encode(&write(Charset::Utf8), Charset::Utf8).bytes;
        }
        tracing::warn!(
            n_substituted = encoded.n_substituted, message_id = %printable(&arrival.header.control_id),
            "an answer has characters that the asker's set does not have"
        );
        encoded.bytes
    }

    fn origin(&self, arrival: &Arrival<'_>, event: &Event) -> Origin {
        // Whatever comes here is one of these transactions, or refused as one.
        let right = Transaction::parse(event.name()).unwrap_or(Transaction::Iti30);
        let requester = (self.manager.door.node(arrival.peer), right);
        Origin::of_hl7v2(requester, arrival.peer, &self.manager.node, &arrival.header)
    }

    fn count(&self, event: &'static Event, is_accepted: bool, started: Instant) {
        let outcome = if is_accepted { net::Outcome::Success } else { net::Outcome::Refused };
        self.metrics.record("pix-manager", event.name(), outcome, started.elapsed());
    }
}

/// Records what was refused; `fill` adds whom and what it was about.
pub(crate) async fn record_refusal(
    manager: &Manager,
    (event, origin): (&'static Event, &Origin),
    refusal: &impl Refusal,
    fill: impl FnOnce(&mut AuditRecord),
) {
    let (transaction, message_id) = (event.name(), &origin.message_id);
    let causes = successors(std::error::Error::source(refusal), |error| error.source());
    let cause = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    let outcome = refusal.outcome();
    if outcome == Outcome::MinorFailure {
        tracing::info!(transaction, ?message_id, %refusal, cause, "refused a message");
    } else {
        tracing::error!(transaction, ?message_id, %refusal, cause, "could not serve a message");
    }
    let mut record = manager.audit_record(event, outcome, origin);
    record.description = Some(format!("{refusal}: {cause}"));
    fill(&mut record);
    if let Err(error) = manager.journal.append(&record).await {
        tracing::error!(transaction, %error, "a refusal could not be recorded");
    }
}

fn known_charset(charset: PartnerCharset) -> Charset {
    match charset {
        PartnerCharset::ShiftJis => Charset::ShiftJis,
        PartnerCharset::EucJp => Charset::EucJp,
        PartnerCharset::Iso2022Jp => Charset::Iso2022Jp,
        PartnerCharset::Utf8 => Charset::Utf8,
    }
}

fn is_query(header: &Header) -> bool {
    matches!(header.message_type.as_str(), "QBP" | "QCN")
}

/// MSH-10 of an answer: microseconds of the clock have 16 digits, and 20 are allowed.
fn new_control_id() -> String {
    format!("M{}", jiff::Timestamp::now().as_microsecond())
}

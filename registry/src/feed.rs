//! The MLLP endpoint of the Patient Identity Feed ITI-8 and of the manager's link changes ITI-64: frames to
//! a transaction and acknowledgements back.

use std::iter::successors;
use std::sync::Arc;
use std::time::Instant;

use actor::{Origin, as_written, now, printable};
use audit::{Outcome, Patient};
use hl7v2::{Ack, Charset, Header, Hl7Error, Message};
use identity::{LinkChange, PatientIdentityFeed};
use net::Metrics;
use net::mllp::{Answer, Frame};

use crate::Registry;
use crate::error::{FeedRefusal, Refusal};
use crate::transactions::notify_xad_pid_link_change::notify_xad_pid_link_change;
use crate::transactions::patient_identity_feed::{FeedTransaction, patient_identity_feed};

/// Patients of a refused message that the trail keeps; more is no feed but an attack.
const MAX_NAMED: usize = 20;

/// What the connections of the listener share.
pub struct FeedEndpoint {
    pub registry: Arc<Registry>,
    /// For messages without MSH-18, as agreed with the sources.
    pub default_charset: Charset,
    pub metrics: Metrics,
}

impl FeedEndpoint {
    /// The function that the listener calls for each frame.
    pub fn into_answer(self) -> Answer {
        let endpoint = Arc::new(self);
        Arc::new(move |frame: Frame| {
            let endpoint = Arc::clone(&endpoint);
            Box::pin(async move { endpoint.acknowledge(frame).await })
        })
    }

    async fn acknowledge(&self, frame: Frame) -> Vec<u8> {
        let started = Instant::now();
        let read = match frame.fault {
            Some(fault) => Err(Hl7Error::Frame(fault)),
            None => self.read(&frame.bytes),
        };
        let (header, content) = match read {
            Ok((header, content)) => (header, content),
            Err(error) => (Header::recover(&frame.bytes), Err(FeedRefusal::Unreadable(error))),
        };
        let origin = Origin::of_hl7v2(
            (self.registry.door.node(&frame.peer), transaction(&header).right()),
            &frame.peer,
            &self.registry.node,
            &header,
        );
        let server = (self.registry.as_ref(), &self.metrics);
        let patients = content.as_ref().map(Content::patients).unwrap_or_default();
        let work = self.act(&origin, &header, content);
        let taken = take(server, (transaction(&header), &origin, patients), work, started).await;
        let ack = taken.as_ref().err().map_or_else(Ack::accept, Ack::from);
        self.write(&header, &ack)
    }

    /// A message that can be read has a header to answer to, even if it is no feed.
    fn read(&self, bytes: &[u8]) -> Result<(Header, Result<Content, FeedRefusal>), Hl7Error> {
        let text = hl7v2::decode(bytes, self.default_charset)?;
        let message = Message::parse(&text)?;
        let header = Header::read(&message);
        let content = match transaction(&header) {
            FeedTransaction::Iti64 => {
                hl7v2::read_link_change(&message).map(Box::new).map(Content::LinkChange)
            }
            FeedTransaction::Iti8 | FeedTransaction::Iti44 => {
                hl7v2::read_patient_identity_feed(&message).map(Box::new).map(Content::Feed)
            }
        };
        Ok((header, content.map_err(FeedRefusal::Feed)))
    }

    async fn act(
        &self,
        origin: &Origin,
        header: &Header,
        content: Result<Content, FeedRefusal>,
    ) -> Result<(), FeedRefusal> {
        let registry = self.registry.as_ref();
        let done = match content? {
            Content::Feed(feed) => {
                patient_identity_feed(registry, transaction(header), origin, &feed).await
            }
            Content::LinkChange(change) => {
                let message = [&header.sending_application, &header.time, &header.control_id];
                let message = message.map(|field| printable(field)).join("|");
                notify_xad_pid_link_change(registry, origin, &change, message).await
            }
        };
        done.map_err(FeedRefusal::from)
    }

    fn write(&self, header: &Header, ack: &Ack) -> Vec<u8> {
        // MSH-10 has at most 20 characters: microseconds of the clock have 16 digits.
        let control_id = format!("R{}", jiff::Timestamp::now().as_microsecond());
        let text = hl7v2::write_ack(header, ack, &now(), &control_id);
        let charset = header.charset(self.default_charset).unwrap_or(self.default_charset);
        hl7v2::encode(&text, charset).bytes
    }
}

/// What a message says.
enum Content {
    Feed(Box<PatientIdentityFeed>),
    LinkChange(Box<LinkChange>),
}

impl Content {
    /// Whom the message names, for the record of its refusal.
    fn patients(&self) -> Vec<Patient> {
        match self {
            Content::Feed(feed) => named(feed),
            Content::LinkChange(change) => {
                let ids = [Some(&change.local), Some(&change.new), Some(&change.previous)];
                let ids = ids.into_iter().flatten().chain(&change.subsumed);
                ids.map(|id| Patient::concerned(as_written(id))).collect()
            }
        }
    }
}

/// The patients of a feed as the sender named them, known or not.
pub(crate) fn named(feed: &PatientIdentityFeed) -> Vec<Patient> {
    let ids = feed.identifiers.iter().chain(&feed.prior_identifiers);
    ids.take(MAX_NAMED).map(|id| Patient::concerned(as_written(id))).collect()
}

/// By MSH-9.2; whatever is not ITI-64 is refused as a feed if it is none.
fn transaction(header: &Header) -> FeedTransaction {
    if header.trigger_event == hl7v2::LINK_CHANGE_EVENT {
        FeedTransaction::Iti64
    } else {
        FeedTransaction::Iti8
    }
}

/// Does the transaction and what goes with it in every wire format: a refusal is logged and recorded
/// before it is answered, and every message is counted.
///
/// # Errors
/// The refusal, if it is not one already; then nothing has changed.
pub(crate) async fn take<R: Refusal>(
    (registry, metrics): (&Registry, &Metrics),
    (transaction, origin, patients): (FeedTransaction, &Origin, Vec<Patient>),
    work: impl Future<Output = Result<(), R>>,
    started: Instant,
) -> Result<(), R> {
    let taken = work.await;
    if let Err(refusal) = &taken {
        record(registry, (transaction, origin, patients), refusal).await;
    }
    let counted = if taken.is_ok() { net::Outcome::Success } else { net::Outcome::Refused };
    metrics.record("registry", transaction.name(), counted, started.elapsed());
    tracing::info!(
        iti = transaction.number(), actor = "registry", message_id = ?origin.message_id,
        accepted = taken.is_ok(), "acknowledged a feed message"
    );
    taken
}

/// That nothing has changed stays true even if the record cannot be written, which is then an
/// operator's concern.
async fn record(
    registry: &Registry,
    (transaction, origin, patients): (FeedTransaction, &Origin, Vec<Patient>),
    refusal: &impl Refusal,
) {
    let (iti, message_id) = (transaction.number(), &origin.message_id);
    let causes = successors(refusal.source(), |error| error.source());
    let cause = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    let outcome = refusal.outcome();
    if outcome == Outcome::MinorFailure {
        tracing::info!(iti, ?message_id, %refusal, cause, "refused a feed message");
    } else {
        tracing::error!(iti, ?message_id, %refusal, cause, "could not store a feed message");
    }
    let mut record = registry.audit_record(transaction.event(), outcome, origin);
    record.description = Some(format!("{refusal}: {cause}"));
    record.patients = patients;
    if let Err(error) = registry.journal.append(&record).await {
        tracing::error!(iti, %error, "a refusal could not be recorded");
    }
}

//! The MLLP endpoint of the Patient Identity Feed: frames to a transaction and acknowledgements back.

use std::sync::Arc;
use std::time::Instant;

use audit::{EventAction, Outcome};
use datatypes::Dtm;
use hl7v2::{Ack, Charset, Header, Hl7Error, Message};
use identity::PatientIdentityFeed;
use net::Metrics;
use net::mllp::{Answer, Frame};

use crate::Registry;
use crate::endpoint::origin;
use crate::error::FeedFault;
use crate::transactions::Origin;
use crate::transactions::patient_identity_feed::patient_identity_feed;

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
        let (header, feed) = match self.read(&frame.bytes) {
            Ok((header, feed)) => (header, feed),
            Err(error) => (Header::recover(&frame.bytes), Err(FeedFault::Unreadable(error))),
        };
        let origin = origin(&frame.peer, Some(header.control_id.clone()));
        let outcome = match feed {
            Ok(feed) => patient_identity_feed(&self.registry, &origin, &feed).await,
            Err(fault) => Err(fault),
        };
        let ack = match &outcome {
            Ok(()) => Ack::accept(),
            Err(fault) => self.refuse(&origin, fault).await,
        };
        let counted = if outcome.is_ok() { net::Outcome::Success } else { net::Outcome::Refused };
        self.metrics.record("registry", "ITI-8", counted, started.elapsed());
        tracing::info!(
            iti = 8, actor = "registry", message_id = ?origin.message_id, accepted = outcome.is_ok(),
            "acknowledged a feed message"
        );
        self.write(&header, &ack)
    }

    /// A message that can be read has a header to answer to, even if it is no feed.
    fn read(
        &self,
        bytes: &[u8],
    ) -> Result<(Header, Result<PatientIdentityFeed, FeedFault>), Hl7Error> {
        let text = hl7v2::decode(bytes, self.default_charset)?;
        let message = Message::parse(&text)?;
        let feed = hl7v2::read_patient_identity_feed(&message).map_err(FeedFault::Feed);
        Ok((Header::read(&message), feed))
    }

    async fn refuse(&self, origin: &Origin, fault: &FeedFault) -> Ack {
        tracing::info!(iti = 8, message_id = ?origin.message_id, %fault, "refused a feed message");
        let record =
            self.registry.audit_record("ITI-8", EventAction::Create, Outcome::MinorFailure, origin);
        if let Err(error) = self.registry.journal.append(&record).await {
            tracing::error!(iti = 8, %error, "a refusal could not be recorded");
        }
        Ack::from(fault)
    }

    fn write(&self, header: &Header, ack: &Ack) -> Vec<u8> {
        let now = jiff::Timestamp::now();
        let time = Dtm::from_unix_seconds(now.as_second());
        let time =
            time.unwrap_or_else(|_| crate::transactions::register_document_set::EPOCH.clone());
        // MSH-10 has at most 20 characters: microseconds of the clock have 16 digits.
        let control_id = format!("R{}", now.as_microsecond());
        let text = hl7v2::write_ack(header, ack, &time, &control_id);
        let charset = header.charset(self.default_charset).unwrap_or(self.default_charset);
        hl7v2::encode(&text, charset).bytes
    }
}

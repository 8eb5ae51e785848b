//! ITI-8 and ITI-30.

use actor::{Origin, as_written, now};
use audit::{Event, Patient};
use config::agreement::{Feeder, FeederName};
use hl7v2::{Ack, FeedError, Header, Hl7Error, Location, Message};
use identity::{FeedEvent, IdentityManagement};

use super::{Arrival, MllpEndpoint, new_control_id, record_refusal};
use crate::error::FeedRefusal;
use crate::source::Source;
use crate::transactions::identity_management::identity_management;

/// Patients of a refused message that are kept in its audit record; a real message names a few.
const MAX_NAMED: usize = 20;

impl MllpEndpoint {
    pub(super) async fn feed(
        &self,
        arrival: &Arrival<'_>,
        message: Result<&Message<'_>, Hl7Error>,
    ) -> Vec<u8> {
        let event = event(&arrival.header);
        let origin = self.origin(arrival, event);
        let said = message.map_err(FeedRefusal::Unreadable).and_then(|message| {
            let said = hl7v2::read_identity_management(message);
            let said = said.and_then(|said| check_required(message, &said).map(|()| said));
            said.map_err(FeedRefusal::Feed)
        });
        let named = said.as_ref().map(named).unwrap_or_default();
        let done = self.take(arrival, (event, &origin), said).await;
        if let Err(refusal) = &done {
            let fill = |record: &mut audit::AuditRecord| record.patients = named;
            record_refusal(&self.manager, (event, &origin), refusal, fill).await;
        }
        self.count(event, done.is_ok(), arrival.started);
        tracing::info!(
            transaction = event.name(), message_id = ?origin.message_id, accepted = done.is_ok(),
            "acknowledged a message about a patient"
        );
        let ack = done.as_ref().err().map_or_else(Ack::accept, Ack::from);
        let (time, control_id) = (now(), new_control_id());
        self.encode(arrival, |_charset| hl7v2::write_ack(&arrival.header, &ack, &time, &control_id))
    }

    async fn take(
        &self,
        arrival: &Arrival<'_>,
        (event, origin): (&'static Event, &Origin),
        said: Result<IdentityManagement, FeedRefusal>,
    ) -> Result<(), FeedRefusal> {
        let in_force = self.manager.in_force.load_full();
        let header = &arrival.header;
        let certificate = arrival.peer.certificate.as_deref();
        let source = Source {
            in_force: &in_force,
            feeder: Feeder {
                name: FeederName::Sender {
                    application: &header.sending_application,
                    facility: &header.sending_facility,
                },
                certificate: certificate.and_then(|it| it.common_name.as_deref()),
            },
            access: self.manager.access,
        };
        let done = identity_management(&self.manager, (event, origin), &source, said?).await;
        done.map_err(FeedRefusal::from)
    }
}

/// What a manager needs that a registry can do without: the time of the event (EVN-2), and the name of a patient
/// whose demographics are told (PID-5; ITI TF-2: 3.8.4.1.2).
fn check_required(message: &Message<'_>, said: &IdentityManagement) -> Result<(), FeedError> {
    let missing = |segment, field| FeedError::FieldMissing {
        location: Location::segment(segment, 1).field(field),
    };
    if message.segment("EVN").is_none_or(|evn| evn.field(2).is_empty()) {
        return Err(missing("EVN", 2));
    }
    match said {
        IdentityManagement::Feed(feed)
            if feed.event != FeedEvent::Merge && feed.demographics.names.is_empty() =>
        {
            Err(missing("PID", 5))
        }
        IdentityManagement::Feed(_)
        | IdentityManagement::ChangeId { .. }
        | IdentityManagement::Link { .. }
        | IdentityManagement::Unlink { .. } => Ok(()),
    }
}

/// As which transaction a message counts; what is no feed is counted with the oldest one.
fn event(header: &Header) -> &'static Event {
    match header.trigger_event.as_str() {
        "A24" | "A28" | "A31" | "A37" | "A47" => Event::IDENTITY_MANAGEMENT_AT_MANAGER,
        _ => Event::FEED_V2_AT_MANAGER,
    }
}

/// Whom a message names, for the record of a refusal.
pub(crate) fn named(said: &IdentityManagement) -> Vec<Patient> {
    let (one, other) = match said {
        IdentityManagement::Feed(feed) => (&feed.identifiers, &feed.prior_identifiers),
        IdentityManagement::ChangeId { new, old } => (new, old),
        IdentityManagement::Link { first, second }
        | IdentityManagement::Unlink { first, second } => (first, second),
    };
    let ids = one.iter().chain(other).take(MAX_NAMED);
    ids.map(|id| Patient::concerned(as_written(id))).collect()
}

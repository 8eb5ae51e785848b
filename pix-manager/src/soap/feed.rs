//! ITI-44.

use actor::{Origin, now};
use audit::AuditRecord;
use config::agreement::{Feeder, FeederName};
use datatypes::Oid;
use hl7v3::{Acknowledgement, FeedInteraction, FeedMessage, Wrapper, write_acknowledgement};
use identity::IdentityManagement;
use net::soap_endpoint::Unreadable;
use soap::{Fault, Incoming};

use super::{Call, unreadable};
use crate::error::FeedV3Refusal;
use crate::mllp::{named, record_refusal};
use crate::source::Source;
use crate::transactions::identity_management::identity_management;

impl Call<'_> {
    /// The body of the answer.
    pub(super) async fn feed(
        &self,
        incoming: &mut Incoming<'_>,
        interaction: FeedInteraction,
    ) -> Result<String, Unreadable> {
        let message = read(incoming, interaction).map_err(Unreadable::of(self.event))?;
        let FeedMessage { wrapper, feed } = message;
        let origin = self.origin(wrapper.id.to_string());
        let said = feed.map(IdentityManagement::Feed).map_err(FeedV3Refusal::Feed);
        let patients = said.as_ref().map(named).unwrap_or_default();
        let done = self.take(&wrapper, &origin, said).await;
        let manager = &self.endpoint.manager;
        if let Err(refusal) = &done {
            let fill = |record: &mut AuditRecord| record.patients = patients;
            record_refusal(manager, (self.event, &origin), refusal, fill).await;
        }
        let outcome = if done.is_ok() { net::Outcome::Success } else { net::Outcome::Refused };
        self.endpoint.count(self.event.name(), outcome, self.started);
        let acknowledgement =
            done.as_ref().err().map_or_else(Acknowledgement::accept, Acknowledgement::from);
        Ok(write_acknowledgement(&wrapper, &acknowledgement, &Oid::generate(), &now()))
    }

    async fn take(
        &self,
        wrapper: &Wrapper,
        origin: &Origin,
        said: Result<IdentityManagement, FeedV3Refusal>,
    ) -> Result<(), FeedV3Refusal> {
        let manager = &self.endpoint.manager;
        let in_force = manager.in_force.load_full();
        let certificate = self.peer.certificate.as_deref();
        let device = wrapper.sender.as_ref().and_then(|sender| Oid::parse(sender.root()).ok());
        let nameless = FeederName::Sender { application: "", facility: "" };
        let source = Source {
            in_force: &in_force,
            feeder: Feeder {
                name: device.as_ref().map_or(nameless, FeederName::Device),
                certificate: certificate.and_then(|it| it.common_name.as_deref()),
            },
            access: manager.access,
        };
        let done = identity_management(manager, (self.event, origin), &source, said?).await;
        done.map_err(FeedV3Refusal::from)
    }
}

fn read(incoming: &mut Incoming<'_>, interaction: FeedInteraction) -> Result<FeedMessage, Fault> {
    let message = hl7v3::read_patient_identity_feed(&mut incoming.reader, interaction);
    let message = message.map_err(unreadable)?;
    incoming.close()?;
    Ok(message)
}

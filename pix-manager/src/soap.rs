//! The SOAP endpoints `/pix/v3` (ITI-44, ITI-45) and `/pdq/v3` (ITI-47): HL7 v3 to transactions and back.
//!
//! Dispatches on `wsa:Action`, as each port type allows it; the payload must be the one that is announced.
//! Errors of a transaction travel in its own answer with HTTP 200, SOAP faults are for what never reached one.

mod feed;
mod query;

use std::sync::Arc;
use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, web};
use audit::Event;
use hl7v3::{FeedInteraction, HL7_V3, Interaction, ReadError};
use net::soap_endpoint::{
    BodyLimits, Packaging, Received, Unreadable, receive, respond, respond_fault,
};
use net::{Metrics, Peer};
use policy::Transaction;
use soap::{Fault, Incoming};

use crate::Manager;
use crate::transactions::Origin;

/// ITI-44 and ITI-45.
pub const PIX_PATH: &str = "/pix/v3";

/// ITI-47.
pub const PDQ_PATH: &str = "/pdq/v3";

/// What the handlers of both endpoints share.
#[derive(Clone)]
pub struct SoapEndpoint {
    pub manager: Arc<Manager>,
    pub metrics: Metrics,
    pub body: BodyLimits,
    pub xml: xml::Limits,
}

/// A message on its way through a transaction.
struct Call<'a> {
    endpoint: &'a SoapEndpoint,
    event: &'static Event,
    peer: &'a Peer,
    /// Who was let in, with the `wsa:MessageID`.
    origin: Origin,
    started: Instant,
}

impl SoapEndpoint {
    /// Adds both endpoints to a server.
    pub fn configure(self, service: &mut web::ServiceConfig) {
        service
            .app_data(web::Data::new(self))
            .route(PIX_PATH, web::to(pix_request))
            .route(PDQ_PATH, web::to(pdq_request));
    }

    /// Lets the sender of a request in, or not.
    fn admit(
        &self,
        incoming: &Incoming<'_>,
        received: &Received,
        right: Transaction,
    ) -> Result<Origin, Unreadable> {
        let own = (&self.manager.door, &self.manager.node);
        Origin::admitted(own, incoming, (received, self.xml), right)
    }

    async fn record_unreadable(&self, unreadable: &Unreadable, origin: &Origin) {
        let Some(event) = unreadable.event else { return };
        let mut record = self.manager.audit_record(event, unreadable.outcome(), origin);
        record.description = Some(unreadable.description());
        if let Err(error) = self.manager.journal.append(&record).await {
            tracing::error!(transaction = event.name(), %error, "a fault could not be recorded");
        }
    }

    fn count(&self, transaction: &'static str, outcome: net::Outcome, started: Instant) {
        self.metrics.record("pix-manager", transaction, outcome, started.elapsed());
    }
}

async fn pix_request(
    endpoint: web::Data<SoapEndpoint>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    answer(&endpoint, &request, payload, is_pix).await
}

async fn pdq_request(
    endpoint: web::Data<SoapEndpoint>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    answer(&endpoint, &request, payload, |interaction| !is_pix(interaction)).await
}

/// The port type that an interaction belongs to.
fn is_pix(interaction: Interaction) -> bool {
    match interaction {
        Interaction::Feed(_) | Interaction::CrossReferenceQuery => true,
        Interaction::DemographicsQuery | Interaction::ContinueQuery | Interaction::CancelQuery => {
            false
        }
    }
}

/// Receives a request and has it dispatched; what reaches no transaction is answered with a fault.
async fn answer(
    endpoint: &SoapEndpoint,
    request: &HttpRequest,
    payload: web::Payload,
    is_served: fn(Interaction) -> bool,
) -> HttpResponse {
    let started = Instant::now();
    let received = match receive(request, payload, &endpoint.body, None).await {
        Ok(received) => received,
        Err(rejection) => {
            endpoint.count("none", net::Outcome::Rejected, started);
            tracing::info!(actor = "pix-manager", cause = %rejection.cause, "refused a request");
            return rejection.respond();
        }
    };
    let packaging = received.packaging;
    match dispatch(endpoint, &received, is_served, started).await {
        Ok((action, envelope)) => respond(Packaging::Simple, 200, action, envelope),
        Err(unreadable) => {
            endpoint.count("none", net::Outcome::Rejected, started);
            let why = unreadable.description();
            tracing::info!(actor = "pix-manager", reason = why, "answered with a fault");
            let relates_to = soap::message_id(&received.text, endpoint.xml);
            let own = (&endpoint.manager.door, &endpoint.manager.node);
            let right = Transaction::Iti47;
            let origin = Origin::stranger(own, &received.peer, right, relates_to.clone());
            endpoint.record_unreadable(&unreadable, &origin).await;
            respond_fault(packaging, &unreadable.fault, relates_to.as_deref())
        }
    }
}

impl Call<'_> {
    /// Where it comes from; the trail knows a message of HL7 v3 by its own id, the connection knows it by that
    /// of the envelope.
    fn origin(&self, message_id: String) -> Origin {
        Origin { message_id: Some(message_id), ..self.origin.clone() }
    }
}

/// The action of the answer, and its envelope.
async fn dispatch(
    endpoint: &SoapEndpoint,
    received: &Received,
    is_served: fn(Interaction) -> bool,
    started: Instant,
) -> Result<(&'static str, String), Unreadable> {
    let mut incoming = Incoming::open(&received.text, endpoint.xml)?;
    let interaction = Interaction::of_action(&incoming.action).filter(|it| is_served(*it));
    let interaction = interaction.ok_or_else(soap::action_not_supported)?;
    let event = event(interaction);
    let origin = endpoint.admit(&incoming, received, right(interaction))?;
    let relates_to = incoming.message_id.clone();
    let call = Call { endpoint, event, peer: &received.peer, origin, started };
    let element = element(&incoming, interaction).map_err(Unreadable::of(event))?;
    let body = match interaction {
        Interaction::Feed(feed) => call.feed(&mut incoming, feed).await?,
        Interaction::CrossReferenceQuery => call.cross_reference(&mut incoming).await?,
        Interaction::DemographicsQuery => call.demographics(&mut incoming).await?,
        Interaction::ContinueQuery => call.go_on(&mut incoming, element).await?,
        Interaction::CancelQuery => call.cancel(&mut incoming, element).await?,
    };
    let action = interaction.answer_action();
    Ok((action, soap::write_envelope(action, relates_to.as_deref(), &body)))
}

/// The name of the payload, if it is one that the interaction has.
fn element(incoming: &Incoming<'_>, interaction: Interaction) -> Result<&'static str, Fault> {
    let payload = &incoming.payload;
    if payload.namespace() == HL7_V3
        && let Some(element) = interaction.element(payload.local())
    {
        return Ok(element);
    }
    incoming.expect(HL7_V3, interaction.name())?;
    Ok(interaction.name())
}

fn right(interaction: Interaction) -> Transaction {
    match interaction {
        Interaction::Feed(_) => Transaction::Iti44,
        Interaction::CrossReferenceQuery => Transaction::Iti45,
        Interaction::DemographicsQuery | Interaction::ContinueQuery | Interaction::CancelQuery => {
            Transaction::Iti47
        }
    }
}

fn event(interaction: Interaction) -> &'static Event {
    match interaction {
        Interaction::Feed(
            FeedInteraction::Add | FeedInteraction::Revise | FeedInteraction::ResolveDuplicates,
        ) => Event::FEED_V3_AT_MANAGER,
        Interaction::CrossReferenceQuery => Event::PIX_V3_QUERY_AT_MANAGER,
        Interaction::DemographicsQuery | Interaction::ContinueQuery | Interaction::CancelQuery => {
            Event::PDQ_V3_AT_MANAGER
        }
    }
}

/// There is nothing to answer in HL7 v3.
fn unreadable(error: ReadError) -> Fault {
    match error {
        ReadError::Xml(error) => Fault::from(error),
        ReadError::MessageId => Fault::sender("The message has no id that could be acknowledged."),
    }
}

//! The SOAP endpoints `/pix/v3` (ITI-44, ITI-45) and `/pdq/v3` (ITI-47): HL7 v3 to transactions and back.
//!
//! Dispatches on `wsa:Action`, as each port type allows it; the payload must be the one that is announced.
//! Errors of a transaction travel in its own answer with HTTP 200, SOAP faults are for what never reached one.

mod feed;
mod query;

use std::sync::Arc;
use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, web};
use audit::{Event, Outcome};
use hl7v3::{FeedInteraction, HL7_V3, Interaction, ReadError};
use net::soap_endpoint::{
    BodyLimits, Packaging, Received, Unreadable, receive, respond, respond_fault,
};
use net::{Metrics, Peer};
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
    /// `wsa:MessageID`.
    relates_to: Option<String>,
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

    fn origin(&self, peer: &Peer, message_id: Option<String>) -> Origin {
        Origin::of_soap(peer, &self.manager.node, message_id)
    }

    async fn record_unreadable(&self, event: &'static Event, origin: &Origin, fault: &Fault) {
        let mut record = self.manager.audit_record(event, Outcome::MinorFailure, origin);
        record.description = Some(fault.reason.clone());
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
        Err(Unreadable { fault, event }) => {
            endpoint.count("none", net::Outcome::Rejected, started);
            tracing::info!(actor = "pix-manager", reason = %fault, "answered with a fault");
            let relates_to = soap::message_id(&received.text, endpoint.xml);
            if let Some(event) = event {
                let origin = endpoint.origin(&received.peer, relates_to.clone());
                endpoint.record_unreadable(event, &origin, &fault).await;
            }
            respond_fault(packaging, &fault, relates_to.as_deref())
        }
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
    let relates_to = incoming.message_id.clone();
    let call = Call { endpoint, event, peer: &received.peer, relates_to, started };
    let element = element(&incoming, interaction).map_err(Unreadable::of(event))?;
    let body = match interaction {
        Interaction::Feed(feed) => call.feed(&mut incoming, feed).await?,
        Interaction::CrossReferenceQuery => call.cross_reference(&mut incoming).await?,
        Interaction::DemographicsQuery => call.demographics(&mut incoming).await?,
        Interaction::ContinueQuery => call.go_on(&mut incoming, element).await?,
        Interaction::CancelQuery => call.cancel(&mut incoming, element).await?,
    };
    let action = interaction.answer_action();
    Ok((action, soap::write_envelope(action, call.relates_to.as_deref(), &body)))
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

//! The SOAP endpoint `/pix/v3` of the registry: the Patient Identity Feed ITI-44.
//!
//! Three interactions come in, one acknowledgement goes out. Queries of the same family are the PIX
//! manager's and not offered here.

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, web};
use actor::{Origin, now};
use audit::Event;
use datatypes::Oid;
use hl7v3::{
    ACKNOWLEDGEMENT_ACTION, Acknowledgement, FeedInteraction, FeedMessage, HL7_V3, ReadError,
};
use net::soap_endpoint::{Packaging, Received, Unreadable, respond};
use soap::{Fault, Incoming};

use crate::endpoint::{self, Endpoint};
use crate::error::FeedV3Refusal;
use crate::feed;
use crate::transactions::patient_identity_feed::{FeedTransaction, patient_identity_feed};

/// The path of the endpoint.
pub const PATH: &str = "/pix/v3";

pub(crate) async fn soap_request(
    endpoint: web::Data<Endpoint>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    endpoint::answer(&endpoint, &request, payload, acknowledge).await
}

async fn acknowledge(
    endpoint: &Endpoint,
    received: &Received,
    started: Instant,
) -> Result<HttpResponse, Unreadable> {
    let (message, origin) = read(endpoint, received)?;
    // The trail knows a feed by its own id, the connection knows it by that of the envelope.
    let message_id = origin.message_id.clone();
    let origin = Origin { message_id: Some(message.wrapper.id.to_string()), ..origin };
    let patients = message.feed.as_ref().map(feed::named).unwrap_or_default();
    let server = (endpoint.registry.as_ref(), &endpoint.metrics);
    let transaction = FeedTransaction::Iti44;
    let work = async {
        let feed = message.feed.map_err(FeedV3Refusal::Feed)?;
        let done = patient_identity_feed(&endpoint.registry, transaction, &origin, &feed).await;
        done.map_err(FeedV3Refusal::from)
    };
    let taken = feed::take(server, (transaction, &origin, patients), work, started).await;
    let acknowledgement =
        taken.as_ref().err().map_or_else(Acknowledgement::accept, Acknowledgement::from);
    let id = Oid::generate();
    let body = hl7v3::write_acknowledgement(&message.wrapper, &acknowledgement, &id, &now());
    let envelope = soap::write_envelope(ACKNOWLEDGEMENT_ACTION, message_id.as_deref(), &body);
    Ok(respond(Packaging::Simple, 200, ACKNOWLEDGEMENT_ACTION, envelope))
}

fn read(endpoint: &Endpoint, received: &Received) -> Result<(FeedMessage, Origin), Unreadable> {
    let mut incoming = Incoming::open(&received.text, endpoint.xml)?;
    let interaction = FeedInteraction::of_action(&incoming.action);
    let interaction = interaction.ok_or_else(soap::action_not_supported)?;
    let origin = endpoint.admit(&incoming, received, FeedTransaction::Iti44.right())?;
    let message = read_message(&mut incoming, interaction);
    let message = message.map_err(Unreadable::of(Event::FEED_V3_AT_REGISTRY))?;
    Ok((message, origin))
}

fn read_message(
    incoming: &mut Incoming<'_>,
    interaction: FeedInteraction,
) -> Result<FeedMessage, Fault> {
    incoming.expect(HL7_V3, interaction.name())?;
    let message = hl7v3::read_patient_identity_feed(&mut incoming.reader, interaction);
    let message = message.map_err(unreadable)?;
    incoming.close()?;
    Ok(message)
}

/// Nothing that could be acknowledged.
fn unreadable(error: ReadError) -> Fault {
    match error {
        ReadError::Xml(error) => Fault::from(error),
        ReadError::MessageId => Fault::sender("The message has no id that could be acknowledged."),
    }
}

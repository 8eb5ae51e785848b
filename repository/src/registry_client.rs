//! ITI-42 as the repository sends it, and what the registry's answer means for the documents.

use client::{CallError, SoapAnswer, SoapClient};
use xds::{RegistryError, RegistryResponse, ResponseStatus};

const ACTION: &str = "urn:ihe:iti:2007:RegisterDocumentSet-b";
const RESPONSE_ACTION: &str = "urn:ihe:iti:2007:RegisterDocumentSet-bResponse";

/// The registry of the community.
pub struct RegistryClient {
    pub client: SoapClient,
    pub url: String,
}

/// How a registration ended, as far as the repository can know.
#[derive(Debug)]
pub enum Registration {
    /// With what the registry has to say beside Success.
    Registered(Vec<RegistryError>),
    /// The registry answered that nothing is registered.
    Refused(Vec<RegistryError>),
    /// The request surely did not reach the registry.
    NotReached(CallError),
    /// Anything else: the registry may have registered it.
    InDoubt,
}

impl RegistryClient {
    /// Sends a `lcm:SubmitObjectsRequest`.
    pub async fn register(&self, submit_objects_request: &str) -> Registration {
        let message_id = format!("urn:uuid:{}", uuid::Uuid::new_v4());
        let envelope = soap::write_request(ACTION, &message_id, &self.url, submit_objects_request);
        match self.client.call(&self.url, ACTION, envelope).await {
            Ok(answer) => understand(&answer, &message_id),
            Err(error) if error.is_certainly_not_received() => Registration::NotReached(error),
            Err(error) => {
                tracing::warn!(iti = 42, %error, "the registry's answer was lost");
                Registration::InDoubt
            }
        }
    }
}

/// Only an answer that can be read, belongs to this request and does not contradict itself settles
/// anything. A SOAP fault of the sender kind says that the request was not even looked at.
fn understand(answer: &SoapAnswer, message_id: &str) -> Registration {
    match read(&answer.text, message_id) {
        Some(response) if response.is_success() => Registration::Registered(response.errors),
        Some(response) if response.status == ResponseStatus::Failure => {
            Registration::Refused(response.errors)
        }
        Some(_) | None => {
            tracing::warn!(iti = 42, status = answer.status, "the registry's answer does not tell");
            Registration::InDoubt
        }
    }
}

fn read(text: &str, message_id: &str) -> Option<RegistryResponse> {
    let mut reader = xml::Reader::new(text, xml::Limits::default()).ok()?;
    let header = soap::read_header(&mut reader).ok()?;
    if header.addressing.action.as_deref() != Some(RESPONSE_ACTION) {
        return None;
    }
    if header.addressing.relates_to.as_deref().is_some_and(|related| related != message_id) {
        return None;
    }
    let payload = reader.next_child().ok()??;
    if !payload.is(ebxml::namespace::RS, "RegistryResponse") {
        return None;
    }
    let response = ebxml::read_registry_response(&mut reader, &payload).ok()?;
    soap::read_end(&mut reader).ok()?;
    Some(response)
}

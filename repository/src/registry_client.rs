//! ITI-42 as the repository sends it, what the registry's answer means for the documents, and the question
//! (ITI-18) that settles what an answer left open.

use audit::Party;
use client::{CallError, SoapAnswer, SoapClient};
use datatypes::{RepositoryUniqueId, Sha1Hash};
use ebxml::adhoc_query_response::AdhocQueryResponse;
use xds::query::{AdhocQueryRequest, QueryId, RawParameter};
use xds::{RegistryError, RegistryResponse, ResponseStatus};

const ACTION: &str = "urn:ihe:iti:2007:RegisterDocumentSet-b";
const RESPONSE_ACTION: &str = "urn:ihe:iti:2007:RegisterDocumentSet-bResponse";

const QUERY_ACTION: &str = "urn:ihe:iti:2007:RegistryStoredQuery";
const QUERY_RESPONSE_ACTION: &str = "urn:ihe:iti:2007:RegistryStoredQueryResponse";

/// The HTTP status of every answer but a fault; with another one, Success contradicts itself.
const OK: u16 = 200;

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

/// A `wsa:MessageID` for a request of ours.
#[must_use]
pub fn new_message_id() -> String {
    format!("urn:uuid:{}", uuid::Uuid::new_v4())
}

impl RegistryClient {
    /// Sends a `lcm:SubmitObjectsRequest`, on behalf of the person whose assertion this is.
    pub async fn register(
        &self,
        submit_objects_request: &str,
        message_id: &str,
        assertion: Option<&str>,
    ) -> Registration {
        let security = assertion.map(saml::security_header).unwrap_or_default();
        let (to, body) = (&self.url, submit_objects_request);
        let envelope = soap::write_request_with(ACTION, message_id, to, &security, body);
        match self.client.call(&self.url, ACTION, envelope).await {
            Ok(answer) => understand(&answer, message_id),
            Err(error) if error.is_certainly_not_received() => Registration::NotReached(error),
            Err(error) => {
                tracing::warn!(iti = 42, %error, "the registry's answer was lost");
                Registration::InDoubt
            }
        }
    }
}

/// A document of the registry's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredDocument {
    pub unique_id: String,
    pub hash: Option<Sha1Hash>,
    pub repository: Option<RepositoryUniqueId>,
}

/// What the registry says of documents that it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredDocuments {
    pub documents: Vec<RegisteredDocument>,
    /// Nothing else was in the answer: no warning, and no object that could not be read. Only then does it
    /// mean anything that a document is not in it.
    pub is_all: bool,
}

impl RegistryClient {
    /// The registry as a side of a transaction.
    #[must_use]
    pub fn party(&self) -> Party {
        let after_scheme = self.url.split("//").nth(1).unwrap_or_default();
        let authority = after_scheme.split('/').next().unwrap_or_default();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _port)| host);
        let address = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Party { user_id: self.url.clone(), user_name: None, address }
    }

    /// What the registry answers to a query ([`get_documents`]): `None` if it does not answer, or nothing
    /// that can be read.
    pub async fn registered(&self, query: &str, message_id: &str) -> Option<RegisteredDocuments> {
        let envelope = soap::write_request(QUERY_ACTION, message_id, &self.url, query);
        let answer = self.client.call(&self.url, QUERY_ACTION, envelope).await.ok()?;
        if answer.status != OK {
            return None;
        }
        let found =
            read_answer(&answer.text, (QUERY_RESPONSE_ACTION, message_id), |reader, payload| {
                let is_response = payload.is(ebxml::namespace::QUERY, "AdhocQueryResponse");
                let read =
                    || ebxml::adhoc_query_response::read_adhoc_query_response(reader, payload).ok();
                is_response.then(read).flatten()
            })?;
        // It heard the question and cannot answer it: for a document of two patients, for instance.
        let is_success = found.response.is_success();
        let documents = documents_of(found);
        Some(RegisteredDocuments { is_all: is_success && documents.is_all, ..documents })
    }
}

fn documents_of(found: AdhocQueryResponse) -> RegisteredDocuments {
    let is_all = found.response.errors.is_empty()
        && found.faults.is_empty()
        && found.object_refs.is_empty()
        && found.submission_sets.is_empty()
        && found.folders.is_empty()
        && found.associations.is_empty();
    let entries = found.entries.into_iter().map(|stored| stored.object);
    let documents = entries.map(|entry| RegisteredDocument {
        unique_id: entry.unique_id.value.as_str().to_owned(),
        hash: entry.hash,
        repository: entry.repository_unique_id,
    });
    RegisteredDocuments { documents: documents.collect(), is_all }
}

/// GetDocuments by uniqueId, ITI TF-2: 3.18.4.1.2.3.7.5.
#[must_use]
pub fn get_documents(unique_ids: &[String]) -> AdhocQueryRequest {
    let quoted: Vec<String> =
        unique_ids.iter().map(|id| format!("'{}'", id.replace('\'', "''"))).collect();
    AdhocQueryRequest {
        query_id: QueryId::GetDocuments.urn().to_owned(),
        home: None,
        return_type: "LeafClass".to_owned(),
        parameters: vec![RawParameter {
            name: "$XDSDocumentEntryUniqueId".to_owned(),
            values: vec![format!("({})", quoted.join(","))],
        }],
    }
}

/// Only an answer that can be read, belongs to this request and does not contradict itself settles
/// anything; a SOAP fault does not.
fn understand(answer: &SoapAnswer, message_id: &str) -> Registration {
    match read(&answer.text, message_id) {
        Some(response) if response.is_success() && answer.status == OK => {
            Registration::Registered(response.errors)
        }
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
    read_answer(text, (RESPONSE_ACTION, message_id), |reader, payload| {
        let is_response = payload.is(ebxml::namespace::RS, "RegistryResponse");
        is_response.then(|| ebxml::read_registry_response(reader, payload).ok()).flatten()
    })
}

/// The payload of an answer to this very request; `None` for anything else, a fault included.
fn read_answer<T>(
    text: &str,
    (action, message_id): (&str, &str),
    read_payload: impl FnOnce(&mut xml::Reader<'_>, &xml::Element<'_>) -> Option<T>,
) -> Option<T> {
    let mut reader = xml::Reader::new(text, xml::Limits::default()).ok()?;
    let header = soap::read_header(&mut reader).ok()?;
    if header.addressing.action.as_deref() != Some(action) {
        return None;
    }
    if header.addressing.relates_to.as_deref().is_some_and(|related| related != message_id) {
        return None;
    }
    let payload = reader.next_child().ok()??;
    let value = read_payload(&mut reader, &payload)?;
    soap::read_end(&mut reader).ok()?;
    Some(value)
}

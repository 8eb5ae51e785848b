//! The SOAP endpoint `/xds/repository`: bytes to transactions and back.
//!
//! Documents stream into the spool while they arrive and out of the store while they leave; only the
//! envelope is held in memory. Errors of a transaction travel in its own answer with HTTP 200, SOAP faults
//! are for what never reached one (ITI TF-2: Appendix V).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{HttpRequest, HttpResponse, web};
use audit::{AuditRecord, Event, Object, Outcome, Patient};
use ebxml::ContentToSend;
use ebxml::namespace::XDS;
use ebxml::provide_and_register::{ProvideAndRegister, read_provide_and_register};
use ebxml::retrieve_document_set::{self, DocumentRequest, DocumentResponse};
use net::soap_endpoint::{
    BodyLimits, OutPart, Packaging, PartSource, Received, Rejection, RejectionCause, Unreadable,
    receive, respond, respond_fault, respond_mtom_stream,
};
use net::{Metrics, Peer};
use policy::Transaction;
use soap::{Fault, Incoming};
use xds::{ObjectKind, RegistryError, RegistryResponse, ResponseStatus};

use crate::Repository;
use crate::error::{self, RetrieveError, SubmissionError};
use crate::trail;
use crate::transactions::Origin;
use crate::transactions::provide_and_register_document_set::provide_and_register_document_set;
use crate::transactions::retrieve_document_set::{
    Delivery, FoundContent, FoundDocument, Retrieved, retrieve_document_set,
};

const PROVIDE: &str = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";
const PROVIDE_RESPONSE: &str = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse";
const RETRIEVE: &str = "urn:ihe:iti:2007:RetrieveDocumentSet";
const RETRIEVE_RESPONSE: &str = "urn:ihe:iti:2007:RetrieveDocumentSetResponse";

/// The path of the endpoint.
pub const PATH: &str = "/xds/repository";

/// What the handlers of the endpoint share.
#[derive(Clone)]
pub struct Endpoint {
    pub repository: Arc<Repository>,
    pub metrics: Metrics,
    pub body: BodyLimits,
    pub xml: xml::Limits,
    /// Folder of bytes that are still arriving.
    pub spool: PathBuf,
}

impl Endpoint {
    /// Adds the endpoint to a server.
    pub fn configure(self, service: &mut web::ServiceConfig) {
        service.app_data(web::Data::new(self)).route(PATH, web::to(soap_request));
    }

    /// Lets the sender of a request in, or not.
    fn admit(
        &self,
        incoming: &Incoming<'_>,
        received: &Received,
        right: Transaction,
    ) -> Result<Origin, Unreadable> {
        let own = (&self.repository.door, &self.repository.node);
        Origin::admitted(own, incoming, (received, self.xml), right)
    }

    /// Of a request that was not let in, or not looked at.
    fn stranger(&self, peer: &Peer, message_id: Option<String>) -> Origin {
        let own = (&self.repository.door, &self.repository.node);
        Origin::stranger(own, peer, Transaction::Iti41, message_id)
    }

    fn count(&self, transaction: &'static str, outcome: net::Outcome, started: Instant) {
        self.metrics.record("repository", transaction, outcome, started.elapsed());
    }
}

async fn soap_request(
    endpoint: web::Data<Endpoint>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let started = Instant::now();
    let received = match receive(&request, payload, &endpoint.body, Some(&endpoint.spool)).await {
        Ok(received) => received,
        Err(rejection) => {
            return reject(&endpoint, &net::peer(&request), &rejection, started).await;
        }
    };
    let packaging = received.packaging;
    match read(&endpoint, &received) {
        Ok((request, origin)) => dispatch(&endpoint, received, (request, origin), started).await,
        Err(unreadable) => {
            endpoint.count("none", net::Outcome::Rejected, started);
            let why = unreadable.description();
            tracing::info!(actor = "repository", reason = why, "answered with a fault");
            let relates_to = soap::message_id(&received.text, endpoint.xml);
            if let Some(event) = unreadable.event {
                let origin = endpoint.stranger(&received.peer, relates_to.clone());
                let outcome = unreadable.outcome();
                let mut record = endpoint.repository.audit_record(event, outcome, &origin);
                record.description = Some(why);
                append(&endpoint.repository, record).await;
            }
            respond_fault(packaging, &unreadable.fault, relates_to.as_deref())
        }
    }
}

/// What is refused stays refused even if it cannot be recorded, which is then an operator's concern.
async fn append(repository: &Repository, record: AuditRecord) {
    if let Err(error) = repository.journal.append(&record).await {
        tracing::error!(transaction = record.event.name(), %error, "a refusal could not be recorded");
    }
}

/// Messages with documents are submissions, and what keeps their documents from being taken in has an answer
/// of its own in the profile. Anything else is refused as HTTP and SOAP do it.
async fn reject(
    endpoint: &Endpoint,
    peer: &Peer,
    rejection: &Rejection,
    started: Instant,
) -> HttpResponse {
    let cause = &rejection.cause;
    let (error, outcome) = match cause {
        RejectionCause::Spool(error) => {
            endpoint.count("none", net::Outcome::Failed, started);
            tracing::error!(actor = "repository", %cause, %error, "could not take a submission in");
            (error::no_room(), Outcome::SeriousFailure)
        }
        RejectionCause::Method
        | RejectionCause::ContentType
        | RejectionCause::Soap11
        | RejectionCause::MtomNotExpected
        | RejectionCause::TooLarge
        | RejectionCause::Timeout
        | RejectionCause::Interrupted
        | RejectionCause::Mtom(_)
        | RejectionCause::NoRoot
        | RejectionCause::Encoding(_) => {
            endpoint.count("none", net::Outcome::Rejected, started);
            tracing::info!(actor = "repository", %cause, "refused a request");
            let is_package = rejection.packaging == Packaging::Mtom;
            if !is_package || !matches!(cause, RejectionCause::TooLarge) {
                return rejection.respond();
            }
            (error::too_large(), Outcome::MinorFailure)
        }
    };
    let origin = endpoint.stranger(peer, rejection.relates_to.clone());
    let mut record =
        endpoint.repository.audit_record(Event::PROVIDE_AT_REPOSITORY, outcome, &origin);
    record.description = Some(RegistryError::summary(std::slice::from_ref(&error)));
    append(&endpoint.repository, record).await;
    let body = ebxml::write_registry_response(&RegistryResponse::of(vec![error]));
    let relates_to = rejection.relates_to.as_deref();
    let envelope = soap::write_envelope(PROVIDE_RESPONSE, relates_to, &body);
    let mut response = respond(rejection.packaging, 200, PROVIDE_RESPONSE, envelope);
    // The rest of the body was not read: the connection cannot carry another request.
    response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    response
}

/// A request whose payload was read completely.
enum Request {
    Provide(Box<ProvideAndRegister>),
    Retrieve(Vec<DocumentRequest>),
}

/// Nothing of a payload is read before its sender is let in.
fn read(endpoint: &Endpoint, received: &Received) -> Result<(Request, Origin), Unreadable> {
    let mut incoming = Incoming::open(&received.text, endpoint.xml)?;
    match incoming.action.as_str() {
        PROVIDE => {
            let origin = endpoint.admit(&incoming, received, Transaction::Iti41)?;
            let request = read_submission(&mut incoming);
            Ok((request.map_err(Unreadable::of(Event::PROVIDE_AT_REPOSITORY))?, origin))
        }
        RETRIEVE => {
            let origin = endpoint.admit(&incoming, received, Transaction::Iti43)?;
            let request = read_retrieval(&mut incoming);
            Ok((request.map_err(Unreadable::of(Event::RETRIEVE_AT_REPOSITORY))?, origin))
        }
        _ => Err(soap::action_not_supported().into()),
    }
}

fn read_submission(incoming: &mut Incoming<'_>) -> Result<Request, Fault> {
    incoming.expect(XDS, "ProvideAndRegisterDocumentSetRequest")?;
    let request = read_provide_and_register(&mut incoming.reader).map_err(unreadable)?;
    incoming.close()?;
    Ok(Request::Provide(Box::new(request)))
}

fn read_retrieval(incoming: &mut Incoming<'_>) -> Result<Request, Fault> {
    incoming.expect(XDS, "RetrieveDocumentSetRequest")?;
    let requests = retrieve_document_set::read_request(&mut incoming.reader);
    let requests = requests.map_err(unreadable)?;
    incoming.close()?;
    Ok(Request::Retrieve(requests))
}

/// The payload has not the shape of its message; the text names standards only.
fn unreadable(error: ebxml::ReadError) -> Fault {
    if let ebxml::ReadError::Xml(error) = error {
        return Fault::from(error);
    }
    Fault::sender(&format!("The payload cannot be read: {error}."))
}

async fn dispatch(
    endpoint: &Endpoint,
    received: Received,
    (request, origin): (Request, Origin),
    started: Instant,
) -> HttpResponse {
    match request {
        Request::Provide(request) => {
            provide(endpoint, &origin, received, (*request, started)).await
        }
        Request::Retrieve(requests) => {
            retrieve(endpoint, &origin, received.packaging, (requests, started)).await
        }
    }
}

/// The work goes on when the sender hangs up: half a submission is worse than an unheard answer.
async fn provide(
    endpoint: &Endpoint,
    origin: &Origin,
    received: Received,
    (request, started): (ProvideAndRegister, Instant),
) -> HttpResponse {
    let packaging = received.packaging;
    let about = About::of(&request);
    let work = {
        let (repository, origin) = (Arc::clone(&endpoint.repository), origin.clone());
        async move {
            let Received { text, attachments, .. } = received;
            provide_and_register_document_set(&repository, &origin, &text, request, attachments)
                .await
        }
    };
    let outcome = tokio::spawn(work).await.unwrap_or(Err(SubmissionError::Interrupted));
    let duration_ms = millis(started.elapsed());
    let (response, counted) = match outcome {
        Ok(warnings) => {
            tracing::info!(
                iti = 41, actor = "repository", message_id = ?origin.message_id, n_warnings = warnings.len(),
                duration_ms, "stored and registered a submission"
            );
            (RegistryResponse::of(warnings), net::Outcome::Success)
        }
        // A reference that leads nowhere is a broken package, not a wrong submission (XOP 1.0: 3.2).
        Err(SubmissionError::ContentNotInMessage) => {
            record_refusal(endpoint, origin, about, &SubmissionError::ContentNotInMessage).await;
            endpoint.count("ITI-41", net::Outcome::Rejected, started);
            let fault = Fault::sender(
                "A xop:Include leads to no part of the message, or to one used twice.",
            );
            return respond_fault(packaging, &fault, origin.message_id.as_deref());
        }
        Err(error) => {
            log_refusal(origin, &error);
            if !error.is_recorded() {
                record_refusal(endpoint, origin, about, &error).await;
            }
            let counted =
                if error.is_ours() { net::Outcome::Failed } else { net::Outcome::Refused };
            (RegistryResponse::of(error.to_registry_errors()), counted)
        }
    };
    endpoint.count("ITI-41", counted, started);
    let body = ebxml::write_registry_response(&response);
    let envelope = soap::write_envelope(PROVIDE_RESPONSE, origin.message_id.as_deref(), &body);
    respond(packaging, 200, PROVIDE_RESPONSE, envelope)
}

fn log_refusal(origin: &Origin, error: &SubmissionError) {
    let message_id = &origin.message_id;
    if let SubmissionError::Refused(faults) = error {
        let first = faults.first().map(ToString::to_string).unwrap_or_default();
        tracing::info!(
            iti = 41,
            ?message_id,
            n_faults = faults.len(),
            first,
            "refused a submission"
        );
    } else if error.is_ours() {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::error!(iti = 41, ?message_id, %error, cause, "could not store a submission");
    } else {
        tracing::info!(iti = 41, ?message_id, %error, "refused a submission");
    }
}

/// What a submission is about, as far as it can be read: for the record of its refusal.
struct About {
    patients: Vec<Patient>,
    objects: Vec<Object>,
}

impl About {
    fn of(request: &ProvideAndRegister) -> About {
        let set =
            request.draft.outline.iter().find(|object| object.kind == ObjectKind::SubmissionSet);
        let patient = set.and_then(|set| set.patient_id.as_ref());
        let unique_id = set.and_then(|set| set.unique_id.as_deref());
        About {
            patients: patient.iter().map(|id| Patient::concerned(id.to_cx())).collect(),
            objects: unique_id.map(Object::submission_set).into_iter().collect(),
        }
    }
}

async fn record_refusal(
    endpoint: &Endpoint,
    origin: &Origin,
    about: About,
    error: &SubmissionError,
) {
    let repository = &endpoint.repository;
    let mut record = repository.audit_record(Event::PROVIDE_AT_REPOSITORY, error.outcome(), origin);
    record.description = Some(error.summary());
    (record.patients, record.objects) = (about.patients, about.objects);
    append(repository, record).await;
}

async fn retrieve(
    endpoint: &Endpoint,
    origin: &Origin,
    packaging: Packaging,
    (requests, started): (Vec<DocumentRequest>, Instant),
) -> HttpResponse {
    let (asked, requests) = (origin.clone(), Arc::new(requests));
    let wanted = Arc::clone(&requests);
    let delivery = match packaging {
        Packaging::Mtom => Delivery::Streamed,
        Packaging::Simple => Delivery::Inline,
    };
    let found = endpoint
        .repository
        .blocking(move |repository| retrieve_document_set(repository, &asked, &wanted, delivery))
        .await
        .unwrap_or(Err(RetrieveError::Interrupted));
    let recorded = trail::record_retrieval(&endpoint.repository, origin, &requests, &found).await;
    let duration_ms = millis(started.elapsed());
    match recorded.and(found) {
        Ok(retrieved) => {
            endpoint.count("ITI-43", counted(&retrieved), started);
            tracing::info!(
                iti = 43, actor = "repository", message_id = ?origin.message_id,
                n_found = retrieved.documents.len(), n_missing = retrieved.faults.len(), duration_ms,
                "answered a retrieval"
            );
            send(endpoint, origin, packaging, retrieved).await
        }
        Err(error) => {
            let message_id = &origin.message_id;
            if error.is_ours() {
                endpoint.count("ITI-43", net::Outcome::Failed, started);
                tracing::error!(iti = 43, ?message_id, %error, "could not answer a retrieval");
            } else {
                endpoint.count("ITI-43", net::Outcome::Refused, started);
                tracing::info!(iti = 43, ?message_id, %error, "refused a retrieval");
            }
            let response = RegistryResponse::of(vec![RegistryError::from(&error)]);
            let body = retrieve_document_set::write_response(&response, &[]);
            let envelope =
                soap::write_envelope(RETRIEVE_RESPONSE, origin.message_id.as_deref(), &body);
            respond(packaging, 200, RETRIEVE_RESPONSE, envelope)
        }
    }
}

fn counted(retrieved: &Retrieved) -> net::Outcome {
    match (retrieved.documents.is_empty(), retrieved.faults.is_empty()) {
        (_, true) => net::Outcome::Success,
        (false, false) => net::Outcome::Partial,
        (true, false) => net::Outcome::Refused,
    }
}

/// All found is Success, some PartialSuccess, none Failure (ITI TF-2: 3.43.4.2.3).
async fn send(
    endpoint: &Endpoint,
    origin: &Origin,
    packaging: Packaging,
    retrieved: Retrieved,
) -> HttpResponse {
    let mut response =
        RegistryResponse::of(retrieved.faults.iter().map(RegistryError::from).collect());
    if !retrieved.documents.is_empty() && !retrieved.faults.is_empty() {
        response.status = ResponseStatus::PartialSuccess;
    }
    if packaging == Packaging::Simple {
        return send_inline(endpoint, origin, response, retrieved.documents).await;
    }
    let content_id = |place: usize| format!("document-{place}@renkei");
    let ids: Vec<String> = (0..retrieved.documents.len()).map(content_id).collect();
    let described: Vec<_> = retrieved
        .documents
        .iter()
        .zip(&ids)
        .map(|(document, id)| describe(document, ContentToSend::Xop(id)))
        .collect();
    let body = retrieve_document_set::write_response(&response, &described);
    let envelope = soap::write_envelope(RETRIEVE_RESPONSE, origin.message_id.as_deref(), &body);
    let on_end = trail::on_end(&endpoint.repository, origin, &retrieved.documents);
    let parts = retrieved.documents.into_iter().zip(ids).map(|(document, content_id)| OutPart {
        content_id,
        content_type: document.mime_type,
        source: match document.content {
            FoundContent::Memory(bytes) => PartSource::Bytes(bytes.into()),
            FoundContent::File(file) => PartSource::Reader(Box::new(file)),
        },
        size: document.size,
    });
    respond_mtom_stream(RETRIEVE_RESPONSE, envelope, parts.collect(), on_end)
}

/// A client that asked in simple SOAP has no parts to read from.
async fn send_inline(
    endpoint: &Endpoint,
    origin: &Origin,
    response: RegistryResponse,
    documents: Vec<FoundDocument>,
) -> HttpResponse {
    let body = endpoint.repository.blocking(move |_| inline_body(&response, documents)).await;
    // Everything was read before the answer began: what is left to fail is this process.
    let body = body.ok().flatten().unwrap_or_else(|| {
        let error = RegistryError::from(&RetrieveError::Interrupted);
        retrieve_document_set::write_response(&RegistryResponse::of(vec![error]), &[])
    });
    let envelope = soap::write_envelope(RETRIEVE_RESPONSE, origin.message_id.as_deref(), &body);
    respond(Packaging::Simple, 200, RETRIEVE_RESPONSE, envelope)
}

fn inline_body(response: &RegistryResponse, mut documents: Vec<FoundDocument>) -> Option<String> {
    let mut contents = Vec::with_capacity(documents.len());
    for document in &mut documents {
        let content = std::mem::replace(&mut document.content, FoundContent::Memory(Vec::new()));
        contents.push(content.into_bytes().ok()?);
    }
    let described: Vec<_> = documents
        .iter()
        .zip(&contents)
        .map(|(document, bytes)| describe(document, ContentToSend::Base64(bytes)))
        .collect();
    Some(retrieve_document_set::write_response(response, &described))
}

fn describe<C>(document: &FoundDocument, content: C) -> DocumentResponse<C> {
    DocumentResponse {
        request: document.request.clone(),
        new_repository_unique_id: None,
        new_document_unique_id: None,
        mime_type: document.mime_type.clone(),
        content,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

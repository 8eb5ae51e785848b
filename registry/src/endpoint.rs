//! The SOAP endpoint `/xds/registry`: bytes to transactions and back; and what it shares with `/pix/v3`.
//!
//! Dispatches on `wsa:Action`; body, action and packaging must agree. Errors of a transaction travel in its
//! own answer with HTTP 200, SOAP faults are for what never reached one (ITI TF-2: Appendix V).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use audit::{Event, Object, Outcome, Patient};
use bytes::Bytes;
use datatypes::PatientId;
use ebxml::namespace::{LCM, QUERY};
use futures_util::{StreamExt as _, stream};
use net::Metrics;
use net::soap_endpoint::{
    BodyLimits, Packaging, Received, Unreadable, receive, respond, respond_fault,
};
use policy::Transaction;
use soap::{Fault, Incoming};
use xds::query::AdhocQueryRequest;
use xds::{RegistryError, RegistryResponse, SubmissionDraft};

use crate::Registry;
use crate::answer::{self, Answer};
use crate::error::{QueryError, RegistrationError};
use crate::feed_v3;
use crate::transactions::register_document_set::{About, register_document_set};
use crate::transactions::{Asked, Found, Origin, QueryTransaction};

const REGISTER: &str = "urn:ihe:iti:2007:RegisterDocumentSet-b";
const REGISTER_RESPONSE: &str = "urn:ihe:iti:2007:RegisterDocumentSet-bResponse";

/// The path of the endpoint.
pub const PATH: &str = "/xds/registry";

/// What the handlers of the registry's endpoints share.
#[derive(Clone)]
pub struct Endpoint {
    pub registry: Arc<Registry>,
    pub metrics: Metrics,
    pub body: BodyLimits,
    pub xml: xml::Limits,
}

impl Endpoint {
    /// Adds both endpoints to a server.
    pub fn configure(self, service: &mut web::ServiceConfig) {
        service
            .app_data(web::Data::new(self))
            .route(PATH, web::to(soap_request))
            .route(feed_v3::PATH, web::to(feed_v3::soap_request));
    }

    /// Lets the sender of a request in, or not.
    pub(crate) fn admit(
        &self,
        incoming: &Incoming<'_>,
        received: &Received,
        right: Transaction,
    ) -> Result<Origin, Unreadable> {
        let own = (&self.registry.door, &self.registry.node);
        Origin::admitted(own, incoming, (received, self.xml), right)
    }

    async fn record_unreadable(&self, unreadable: &Unreadable, origin: &Origin) {
        let Some(event) = unreadable.event else { return };
        let mut record = self.registry.audit_record(event, unreadable.outcome(), origin);
        record.description = Some(unreadable.description());
        if let Err(error) = self.registry.journal.append(&record).await {
            tracing::error!(transaction = event.name(), %error, "a fault could not be recorded");
        }
    }

    fn count(&self, transaction: &'static str, outcome: net::Outcome, started: Instant) {
        self.metrics.record("registry", transaction, outcome, started.elapsed());
    }
}

async fn soap_request(
    endpoint: web::Data<Endpoint>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    answer(&endpoint, &request, payload, dispatch).await
}

/// Receives a request and has it dispatched; what reaches no transaction is answered with a fault.
pub(crate) async fn answer(
    endpoint: &Endpoint,
    request: &HttpRequest,
    payload: web::Payload,
    dispatch: impl AsyncFnOnce(&Endpoint, &Received, Instant) -> Result<HttpResponse, Unreadable>,
) -> HttpResponse {
    let started = Instant::now();
    let received = match receive(request, payload, &endpoint.body, None).await {
        Ok(received) => received,
        Err(rejection) => {
            endpoint.count("none", net::Outcome::Rejected, started);
            tracing::info!(actor = "registry", cause = %rejection.cause, "refused a request");
            return rejection.respond();
        }
    };
    let packaging = received.packaging;
    match dispatch(endpoint, &received, started).await {
        Ok(response) => response,
        Err(unreadable) => {
            endpoint.count("none", net::Outcome::Rejected, started);
            let why = unreadable.description();
            tracing::info!(actor = "registry", reason = why, "answered with a fault");
            let relates_to = soap::message_id(&received.text, endpoint.xml);
            let own = (&endpoint.registry.door, &endpoint.registry.node);
            let right = Transaction::Iti18;
            let origin = Origin::stranger(own, &received.peer, right, relates_to.clone());
            endpoint.record_unreadable(&unreadable, &origin).await;
            respond_fault(packaging, &unreadable.fault, relates_to.as_deref())
        }
    }
}

/// A request whose payload was read completely.
enum Request {
    Register(Box<SubmissionDraft>),
    Query(QueryTransaction, AdhocQueryRequest),
}

async fn dispatch(
    endpoint: &Endpoint,
    received: &Received,
    started: Instant,
) -> Result<HttpResponse, Unreadable> {
    let (request, origin) = read(endpoint, received)?;
    Ok(match request {
        Request::Register(draft) => register(endpoint, &origin, *draft, started).await,
        Request::Query(transaction, query) => {
            stored_query(endpoint, &origin, (transaction, query), started).await
        }
    })
}

/// Nothing of a payload is read before its sender is let in.
fn read(endpoint: &Endpoint, received: &Received) -> Result<(Request, Origin), Unreadable> {
    let mut incoming = Incoming::open(&received.text, endpoint.xml)?;
    if incoming.action == REGISTER {
        let origin = endpoint.admit(&incoming, received, Transaction::Iti42)?;
        let request = read_registration(&mut incoming);
        return Ok((request.map_err(Unreadable::of(Event::REGISTER_AT_REGISTRY))?, origin));
    }
    let transaction = QueryTransaction::of_action(&incoming.action);
    let transaction = transaction.ok_or_else(soap::action_not_supported)?;
    let origin = endpoint.admit(&incoming, received, transaction.right())?;
    let request = read_query(&mut incoming, transaction);
    Ok((request.map_err(Unreadable::of(transaction.event()))?, origin))
}

fn read_registration(incoming: &mut Incoming<'_>) -> Result<Request, Fault> {
    incoming.expect(LCM, "SubmitObjectsRequest")?;
    let draft = ebxml::submit_objects::read_submit_objects_request(&mut incoming.reader);
    let request = Request::Register(Box::new(draft.map_err(unreadable)?));
    incoming.close()?;
    Ok(request)
}

fn read_query(
    incoming: &mut Incoming<'_>,
    transaction: QueryTransaction,
) -> Result<Request, Fault> {
    incoming.expect(QUERY, "AdhocQueryRequest")?;
    let query = ebxml::adhoc_query_request::read_adhoc_query_request(&mut incoming.reader);
    let request = Request::Query(transaction, query.map_err(unreadable)?);
    incoming.close()?;
    Ok(request)
}

/// The payload has not the shape of its message; the text names standards only.
fn unreadable(error: ebxml::ReadError) -> Fault {
    if let ebxml::ReadError::Xml(error) = error {
        return Fault::from(error);
    }
    Fault::sender(&format!("The payload cannot be read: {error}."))
}

async fn register(
    endpoint: &Endpoint,
    origin: &Origin,
    draft: SubmissionDraft,
    started: Instant,
) -> HttpResponse {
    let about = About::of(&draft);
    let (response, outcome) = match register_document_set(&endpoint.registry, origin, draft).await {
        Ok(registered) => {
            tracing::info!(
                iti = 42, actor = "registry", message_id = ?origin.message_id,
                n_objects = registered.n_objects, n_warnings = registered.warnings.len(),
                duration_ms = millis(started.elapsed()), "registered a submission"
            );
            let is_clean = registered.warnings.is_empty();
            let outcome = if is_clean { net::Outcome::Success } else { net::Outcome::Partial };
            (RegistryResponse::of(registered.warnings), outcome)
        }
        Err(error) => {
            let response = refusal(endpoint, origin, about, &error).await;
            let outcome = outcome_of_refusal(&error);
            if let Some(fault) = error.undecided() {
                endpoint.count("ITI-42", outcome, started);
                return respond_fault(Packaging::Simple, &fault, origin.message_id.as_deref());
            }
            (response, outcome)
        }
    };
    endpoint.count("ITI-42", outcome, started);
    let body = ebxml::registry_response::write_registry_response(&response);
    let envelope = soap::write_envelope(REGISTER_RESPONSE, origin.message_id.as_deref(), &body);
    respond(Packaging::Simple, 200, REGISTER_RESPONSE, envelope)
}

/// A refused submission is recorded before it is answered; that nothing was registered stays true even
/// if the record cannot be written, which is then an operator's concern.
async fn refusal(
    endpoint: &Endpoint,
    origin: &Origin,
    about: About,
    error: &RegistrationError,
) -> RegistryResponse {
    log_refusal(origin, error);
    let outcome = match error.undecided() {
        Some(_) => Outcome::SeriousFailure,
        None => Outcome::MinorFailure,
    };
    let mut record = endpoint.registry.audit_record(Event::REGISTER_AT_REGISTRY, outcome, origin);
    let errors = error.to_registry_errors();
    record.description = Some(RegistryError::summary(&errors));
    (record.patients, record.objects) = (about.patients, about.objects);
    if let Err(error) = endpoint.registry.journal.append(&record).await {
        tracing::error!(iti = 42, %error, "a refusal could not be recorded");
    }
    RegistryResponse::of(errors)
}

fn log_refusal(origin: &Origin, error: &RegistrationError) {
    let message_id = &origin.message_id;
    match error {
        RegistrationError::Refused(faults) => {
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            tracing::info!(
                iti = 42,
                ?message_id,
                n_faults = faults.len(),
                first,
                "refused a submission"
            );
        }
        RegistrationError::Denied(_) => {
            tracing::info!(iti = 42, ?message_id, "denied a submission")
        }
        RegistrationError::Store(source) => {
            tracing::error!(iti = 42, ?message_id, %error, %source, "could not store a submission");
        }
        RegistrationError::Damaged(_) | RegistrationError::Interrupted => {
            tracing::error!(iti = 42, ?message_id, %error, "could not store a submission");
        }
    }
}

fn outcome_of_refusal(error: &RegistrationError) -> net::Outcome {
    match error {
        RegistrationError::Refused(_) | RegistrationError::Denied(_) => net::Outcome::Refused,
        RegistrationError::Store(_)
        | RegistrationError::Damaged(_)
        | RegistrationError::Interrupted => net::Outcome::Failed,
    }
}

async fn stored_query(
    endpoint: &Endpoint,
    origin: &Origin,
    (transaction, query): (QueryTransaction, AdhocQueryRequest),
    started: Instant,
) -> HttpResponse {
    match answer_query(endpoint, origin, transaction, query).await {
        Ok(answer) => {
            endpoint.count(transaction.name(), net::Outcome::Success, started);
            tracing::info!(
                iti = transaction.number(), actor = "registry", message_id = ?origin.message_id,
                n_found = answer.n_objects(), duration_ms = millis(started.elapsed()),
                "answered stored query"
            );
            send(answer, origin)
        }
        Err(error) => {
            endpoint.count(transaction.name(), net::Outcome::Refused, started);
            query_failure(transaction, &error, origin)
        }
    }
}

/// Selects, and records the query durably before the first byte of the answer exists.
async fn answer_query(
    endpoint: &Endpoint,
    origin: &Origin,
    transaction: QueryTransaction,
    query: AdhocQueryRequest,
) -> Result<Answer, QueryError> {
    let registry = &endpoint.registry;
    let asked = transaction.ask(registry, origin, &query);
    let named = asked.iter().flat_map(Asked::patients).map(PatientId::to_cx);
    // Whose data was asked for, and whose was shown.
    let mut patient_ids: BTreeSet<String> = named.collect();
    let found = match asked {
        Ok(asked) => select(registry, asked).await,
        Err(error) => Err(error),
    };
    patient_ids.extend(found.iter().flat_map(|found| found.patients.values().cloned()));
    let outcome = match &found {
        Ok(_) => Outcome::Success,
        Err(error) if error.is_ours() => Outcome::SeriousFailure,
        Err(_) => Outcome::MinorFailure,
    };
    let mut record = registry.audit_record(transaction.event(), outcome, origin);
    let errors = found.as_ref().err().map(RegistryError::from);
    record.description = errors.map(|error| RegistryError::summary(&[error]));
    record.patients = patient_ids.into_iter().map(Patient::concerned).collect();
    record.objects = vec![as_asked(query)];
    registry.journal.append(&record).await?;
    let dictionary = registry.dictionary.load_full();
    Ok(Answer::new(found?, dictionary, origin.message_id.as_deref()))
}

/// The query for the trail. No client asks with a megabyte; of one that does the beginning is kept, so that
/// its record fits a line of the journal.
fn as_asked(query: AdhocQueryRequest) -> Object {
    const MAX_KEPT: usize = 1 << 20;
    const MAX_ID: usize = 256;
    let mut content = ebxml::write_adhoc_query_request(&query);
    let AdhocQueryRequest { query_id: mut id, mut home, .. } = query;
    content.truncate(content.floor_char_boundary(MAX_KEPT));
    id.truncate(id.floor_char_boundary(MAX_ID));
    if let Some(home) = &mut home {
        home.truncate(home.floor_char_boundary(MAX_ID));
    }
    Object::Query { id, content, home }
}

/// What is in memory is answered by this thread; only the database is worth the way to another one.
async fn select(registry: &Arc<Registry>, asked: Asked) -> Result<Found, QueryError> {
    if let Some(found) = asked.answer_at_once(registry)? {
        return Ok(found);
    }
    let registry = Arc::clone(registry);
    let selected = web::block(move || asked.answer(&registry)).await;
    selected.unwrap_or(Err(QueryError::Interrupted))
}

fn query_failure(
    transaction: QueryTransaction,
    error: &QueryError,
    origin: &Origin,
) -> HttpResponse {
    let iti = transaction.number();
    if error.is_ours() {
        tracing::error!(iti, message_id = ?origin.message_id, %error, "could not answer stored query");
    } else {
        tracing::info!(iti, message_id = ?origin.message_id, %error, "refused stored query");
    }
    let envelope =
        answer::failure(transaction, &[RegistryError::from(error)], origin.message_id.as_deref());
    respond(Packaging::Simple, 200, transaction.response_action(), envelope)
}

/// Short answers are one contiguous body, which costs the least; long ones are rendered while they are
/// sent, which bounds the memory.
fn send(answer: Answer, origin: &Origin) -> HttpResponse {
    let transaction = answer.transaction();
    if answer.is_short() {
        return match answer.whole() {
            Ok(envelope) => {
                respond(Packaging::Simple, 200, transaction.response_action(), envelope)
            }
            Err(damaged) => query_failure(transaction, &QueryError::from(damaged), origin),
        };
    }
    let pieces = stream::iter(answer).map(move |piece| match piece {
        Ok(piece) => Ok(Bytes::from(piece)),
        Err(damaged) => {
            tracing::error!(iti = transaction.number(), %damaged, "broke off an answer");
            Err(std::io::Error::other(damaged))
        }
    });
    HttpResponse::Ok()
        .insert_header((
            CONTENT_TYPE,
            soap::content_type::simple_soap(transaction.response_action()),
        ))
        .streaming(pieces)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

//! ITI-81 over HTTP: `/fhir/AuditEvent`, `/fhir/AuditEvent/_search`, `/fhir/AuditEvent/{id}`, `/fhir/metadata`.
//!
//! Every question is recorded, and the record committed, before the first byte of its answer; a question that
//! cannot be recorded is not answered.

mod capability;
mod request;

use std::sync::Arc;
use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use atna::Outcome;
use config::pki::{self, Kind};
use fhir::bundle::SearchSet;
use fhir::outcome::{self, Issue, IssueType};
use net::{Metrics, Peer, PeerCertificate, peer};
use policy::{Identification, Permit, Policy, Requester};
use serde_json::Value;

use crate::AuditRepository;
use crate::audit_log_used::Use;
use crate::error::RetrieveError;
use crate::own_record::ACTOR;
use crate::retrieval::link::LinkSeal;
use crate::transactions::record_audit_event::record_audit_event;
use crate::transactions::retrieve_atna_audit_event::{
    Answer, PAGE, Question, audit_event_by_id, retrieve_atna_audit_event,
};

/// The base of FHIR, as `endpoints.json` has it.
pub const BASE: &str = "/fhir";

/// Where AuditEvents are.
pub const PATH: &str = "/fhir/AuditEvent";

/// The endpoint's state; clones share it.
#[derive(Clone)]
pub struct Endpoint {
    pub repository: Arc<AuditRepository>,
    pub policy: Policy,
    pub seal: Arc<LinkSeal>,
    pub metrics: Metrics,
}

/// What an answer is made of.
enum Said {
    Page { answer: Box<Answer>, ignored: Vec<String>, echo: Option<String> },
    Event(Value),
}

/// A question with what its record says of it.
struct Asked {
    started: Instant,
    peer: Peer,
    base: String,
    /// As it was sent.
    query: Vec<u8>,
    patients: Vec<String>,
}

impl Endpoint {
    /// Adds the routes.
    pub fn configure(self, service: &mut web::ServiceConfig) {
        let others = || web::to(method_not_allowed);
        service
            .app_data(web::Data::new(self))
            .service(web::resource(PATH).get(search_by_url).default_service(others()))
            .service(
                web::resource(format!("{PATH}/_search"))
                    .post(search_by_form)
                    .default_service(others()),
            )
            .service(
                web::resource(format!("{PATH}/{{id}}")).get(read_by_id).default_service(others()),
            )
            .service(web::resource("/fhir/metadata").get(metadata).default_service(others()))
            .default_service(web::to(not_found));
    }

    fn is_client(&self, certificate: &PeerCertificate) -> bool {
        let agreement = self.repository.agreement.load();
        let named = certificate.uris.iter().filter_map(|uri| pki::named_by(uri));
        named.into_iter().all(|named| {
            named.community == agreement.home_community_id && matches!(named.kind, Kind::Client(_))
        })
    }

    fn permit(&self, peer: &Peer) -> Result<Permit, RetrieveError> {
        let identification = match peer.certificate.as_deref() {
            // A name of another community, or of an actor, is no reader's, whatever the list says.
            Some(certificate) if !self.is_client(certificate) => Identification::None,
            Some(certificate) => Identification::Certificate(certificate.common_name.as_deref()),
            None if peer.address.ip().is_loopback() => Identification::Loopback,
            None => Identification::None,
        };
        let requester = Requester::unknown_node(peer.name());
        let agreement = self.repository.agreement.load();
        let readers = &agreement.audit.readers;
        Ok(self.policy.permit_audit_read(&requester, identification, readers)?)
    }

    /// Records the question with its outcome; nothing of the answer has left.
    async fn conclude(&self, asked: Asked, said: Result<Said, RetrieveError>) -> HttpResponse {
        let (outcome, reason) = match &said {
            Ok(_) => (Outcome::Success, None),
            Err(error) => (error.outcome(), Some(error.to_string())),
        };
        let used = Use {
            requester: asked.peer.name(),
            address: asked.peer.address.ip().to_string(),
            log_url: format!("{}{PATH}", asked.base),
            query: asked.query,
            patients: asked.patients,
            outcome,
            reason,
        };
        let record = self.repository.author.audit_log_used(used);
        if let Err(error) = record_audit_event(&self.repository, vec![record]).await {
            tracing::error!(actor = ACTOR, iti = 81, %error, "a use of the trail is not recorded");
            self.count(net::Outcome::Failed, asked.started);
            return unavailable();
        }
        self.log(&said, asked.started);
        match said {
            Ok(Said::Event(event)) => respond(200, &event),
            Ok(Said::Page { answer, ignored, echo }) => {
                match self.bundle(&asked.base, *answer, &ignored, echo) {
                    Some(bundle) => respond(200, &bundle),
                    None => refuse(&RetrieveError::Random),
                }
            }
            Err(error) => refuse(&error),
        }
    }

    fn log(&self, said: &Result<Said, RetrieveError>, started: Instant) {
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let error = match said {
            Ok(said) => {
                let n_found = match said {
                    Said::Page { answer, .. } => answer.events.len(),
                    Said::Event(_) => 1,
                };
                self.count(net::Outcome::Success, started);
                tracing::info!(actor = ACTOR, iti = 81, n_found, duration_ms, "the trail was read");
                return;
            }
            Err(error) => error,
        };
        let status = error.status();
        if status >= 500 {
            self.count(net::Outcome::Failed, started);
            tracing::error!(actor = ACTOR, iti = 81, %error, "the trail could not be read");
        } else {
            self.count(net::Outcome::Refused, started);
            // Not the error itself: it may name a parameter, which is the client's text.
            tracing::info!(actor = ACTOR, iti = 81, status, duration_ms, "refused a question");
        }
    }

    fn count(&self, outcome: net::Outcome, started: Instant) {
        self.metrics.record(ACTOR, "ITI-81", outcome, started.elapsed());
    }

    /// `None` if no link can be made.
    fn bundle(
        &self,
        base: &str,
        answer: Answer,
        ignored: &[String],
        echo: Option<String>,
    ) -> Option<Value> {
        let page_link =
            |place| self.seal.seal(place).map(|sealed| format!("{base}{PATH}?{PAGE}={sealed}"));
        let self_link = match echo {
            Some(search) => format!("{base}{PATH}?{search}"),
            None => page_link(&answer.place)?,
        };
        let next_link = match &answer.next {
            Some(next) => Some(page_link(next)?),
            None => None,
        };
        let issue = |name: &String| Issue {
            kind: IssueType::NotSupported,
            text: format!("{name}: this parameter is not offered and was not regarded."),
            parameter: Some(name.clone()),
        };
        let issues: Vec<Issue> = ignored.iter().map(issue).collect();
        let matches = answer.events.into_iter();
        let matches =
            matches.map(|(sequence, event)| (format!("{base}{PATH}/{sequence}"), event)).collect();
        let set = SearchSet {
            total: answer.total,
            self_link,
            next_link,
            matches,
            outcome: (!issues.is_empty()).then(|| outcome::warning(&issues)),
        };
        Some(set.into_json())
    }
}

impl Asked {
    fn new(request: &HttpRequest, query: Vec<u8>) -> Asked {
        let peer = peer(request);
        let base = request::base_url(request, peer.certificate.is_some());
        Asked { started: Instant::now(), peer, base, query, patients: Vec::new() }
    }
}

async fn search_by_url(endpoint: web::Data<Endpoint>, request: HttpRequest) -> HttpResponse {
    let query = request.query_string().as_bytes().to_vec();
    let mut asked = Asked::new(&request, query);
    // A link has no parameters to be repeated, and neither has the answer to it.
    let said = search(&endpoint, &request, &mut asked, Source::Url).await;
    endpoint.conclude(asked, said).await
}

async fn search_by_form(
    endpoint: web::Data<Endpoint>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let mut asked = Asked::new(&request, request.query_string().as_bytes().to_vec());
    let said = match request::read_form(&request, payload).await {
        Ok(form) => {
            // FHIR R4, search: parameters of the URL count as well.
            if !asked.query.is_empty() && !form.is_empty() {
                asked.query.push(b'&');
            }
            asked.query.extend(form);
            search(&endpoint, &request, &mut asked, Source::Form).await
        }
        Err(error) => endpoint.permit(&asked.peer).and(Err(error)),
    };
    endpoint.conclude(asked, said).await
}

/// Where the parameters stood: what stood in a form is not to stand in a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Url,
    Form,
}

async fn search(
    endpoint: &Endpoint,
    request: &HttpRequest,
    asked: &mut Asked,
    source: Source,
) -> Result<Said, RetrieveError> {
    let permit = endpoint.permit(&asked.peer)?;
    request::demand_json(request, &asked.query)?;
    let handling = request::handling(request);
    let question = Question::read(&asked.query, handling, (&endpoint.seal, &permit))?;
    let is_link = question.is_link();
    if is_link {
        // Nobody could read in the trail what a sealed link asked for.
        asked.query = question.search.clone().into_bytes();
    }
    let ignored = question.query.ignored.clone();
    let echo = (source == Source::Url && !is_link).then(|| question.search.clone());
    let repository = Arc::clone(&endpoint.repository);
    let answer = web::block(move || retrieve_atna_audit_event(&repository, &permit, question));
    let mut answer = answer.await.unwrap_or(Err(RetrieveError::Interrupted))?;
    asked.patients = std::mem::take(&mut answer.patients);
    Ok(Said::Page { answer: Box::new(answer), ignored, echo })
}

async fn read_by_id(
    endpoint: web::Data<Endpoint>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    let id = id.into_inner();
    let mut asked = Asked::new(&request, format!("AuditEvent/{id}").into_bytes());
    let said = read(&endpoint, &request, &mut asked, id).await;
    endpoint.conclude(asked, said).await
}

async fn read(
    endpoint: &Endpoint,
    request: &HttpRequest,
    asked: &mut Asked,
    id: String,
) -> Result<Said, RetrieveError> {
    let permit = endpoint.permit(&asked.peer)?;
    request::demand_json(request, request.query_string().as_bytes())?;
    let repository = Arc::clone(&endpoint.repository);
    let event = web::block(move || audit_event_by_id(&repository, &permit, &id)).await;
    let (event, patients) = event.unwrap_or(Err(RetrieveError::Interrupted))?;
    asked.patients = patients;
    Ok(Said::Event(event))
}

/// What this server can do is no secret and no use of the trail.
async fn metadata(request: HttpRequest) -> HttpResponse {
    let is_tls = peer(&request).certificate.is_some();
    let base = request::base_url(&request, is_tls);
    match request::demand_json(&request, request.query_string().as_bytes()) {
        Ok(()) => respond(200, &capability::statement(&base)),
        Err(error) => refuse(&error),
    }
}

async fn not_found() -> HttpResponse {
    refusal(404, IssueType::NotFound, "There is nothing under this path.")
}

async fn method_not_allowed() -> HttpResponse {
    refusal(405, IssueType::NotSupported, "This method is not offered here.")
}

fn unavailable() -> HttpResponse {
    let text = "Uses of the audit trail cannot be recorded, so it cannot be read.";
    refusal(503, IssueType::Exception, text)
}

fn refusal(status: u16, kind: IssueType, text: &str) -> HttpResponse {
    respond(status, &outcome::error(&[Issue { kind, text: text.to_owned(), parameter: None }]))
}

fn refuse(error: &RetrieveError) -> HttpResponse {
    respond(error.status(), &outcome::error(&error.issues()))
}

fn respond(status: u16, resource: &Value) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, fhir::MEDIA_TYPE))
        // Who saw whom is for the one who asked.
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(resource.to_string())
}

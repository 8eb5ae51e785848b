//! The manager's pages on the admin listener: what an operator decides about patients, looks up, and does about
//! announcements that are refused.
//!
//! Every page takes `POST` with JSON, so that no identifier stands in an address that is logged somewhere. On
//! loopback; operator certificates and roles come with node authentication.

/// `Debug` without identifiers.
macro_rules! hidden_debug {
    ($($name:ident),*) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        })*
    };
}

mod announcements;
mod person;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use audit::{AuditRecord, Event, EventAction, Outcome, Party};
use datatypes::PatientId;
use policy::{Permit, Requester, Transaction};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Manager;
use crate::change::Instruction;
use crate::error::{AdminFault, Refusal as _};
use crate::mllp::record_refusal;
use crate::transactions::Origin;
use crate::transactions::identity_management::{change, concerned};

pub use announcements::{AnnouncementNumber, AnnouncementShown, DestinationShown, Overview};
pub use person::{DecisionShown, IdentifierShown, NetworkIdState, PersonShown, SubsumedShown};

/// Two patients are one person.
pub const LINK_PATH: &str = "/pix-manager/link";
/// Two patients are not one person, or one is nobody else.
pub const UNLINK_PATH: &str = "/pix-manager/unlink";
/// One patient of a domain is another one of it.
pub const MERGE_PATH: &str = "/pix-manager/merge";
/// Who is one person, and why.
pub const PERSON_PATH: &str = "/pix-manager/person";
/// What registry and consumers are still to be told.
pub const ANNOUNCEMENTS_PATH: &str = "/pix-manager/announcements";
pub const RETRY_PATH: &str = "/pix-manager/announcements/retry";
pub const DROP_PATH: &str = "/pix-manager/announcements/drop";

/// Tells the command line from a page in a browser; its value does not matter.
const OPERATOR_HEADER: &str = "renkei-operator";

/// Longest name of an operator, and longest reason, in characters: they stand in the audit trail.
const MAX_SAID: usize = 500;

/// What every page is told: who wants it, why, and about whom or what.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order<T> {
    /// homeCommunityId of the community that is meant, `urn:oid:…`: a manager of another one refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub community: Option<String>,
    pub operator: String,
    pub reason: String,
    pub about: T,
}

/// Identifiers are written `id^^^&oid&ISO`. `Debug` hides them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    pub one: String,
    /// Of an unlink that names nobody: all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
}

/// A merge. `Debug` hides the identifiers.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    pub subsumed: String,
    pub surviving: String,
}

/// One patient. `Debug` hides the identifier.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patient {
    pub id: String,
}

/// Nothing in particular.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Everything {}

/// What a page answers that has nothing to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub done: String,
}

/// [`Refused::error`] of an order that is for another community.
pub const OTHER_COMMUNITY: &str = "other-community";

/// What every page answers instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// For programs.
    pub error: String,
    /// For people.
    pub text: String,
}

hidden_debug!(Pair, Merge, Patient);

/// Adds the pages.
pub fn configure(service: &mut web::ServiceConfig, manager: Arc<Manager>) {
    service
        .app_data(web::Data::from(manager))
        .route(LINK_PATH, web::post().to(link))
        .route(UNLINK_PATH, web::post().to(unlink))
        .route(MERGE_PATH, web::post().to(merge))
        .route(PERSON_PATH, web::post().to(person))
        .route(ANNOUNCEMENTS_PATH, web::post().to(announcements))
        .route(RETRY_PATH, web::post().to(retry))
        .route(DROP_PATH, web::post().to(drop_announcement));
}

type State = web::Data<Manager>;

async fn link(request: HttpRequest, manager: State, body: web::Bytes) -> HttpResponse {
    let done = async {
        let (operator, pair) = Operator::admit::<Pair>(&manager, &request, &body)?;
        let other = pair.other.as_deref().ok_or(AdminFault::Order)?;
        let (one, other) = (own_id(&manager, &pair.one)?, own_id(&manager, other)?);
        operator.change(&manager, "link", Instruction::Link { one, other }).await
    };
    answer(done.await)
}

async fn unlink(request: HttpRequest, manager: State, body: web::Bytes) -> HttpResponse {
    let done = async {
        let (operator, pair) = Operator::admit::<Pair>(&manager, &request, &body)?;
        let one = own_id(&manager, &pair.one)?;
        let other = pair.other.as_deref().map(|other| own_id(&manager, other)).transpose()?;
        let (action, instruction) = match other {
            Some(other) => ("unlink", Instruction::Unlink { one, other }),
            None => ("unlink from everybody", Instruction::Isolate { id: one }),
        };
        operator.change(&manager, action, instruction).await
    };
    answer(done.await)
}

async fn merge(request: HttpRequest, manager: State, body: web::Bytes) -> HttpResponse {
    let done = async {
        let (operator, pair) = Operator::admit::<Merge>(&manager, &request, &body)?;
        let subsumed = own_id(&manager, &pair.subsumed)?;
        let surviving = own_id(&manager, &pair.surviving)?;
        operator.change(&manager, "merge", Instruction::Merge { subsumed, surviving }).await
    };
    answer(done.await)
}

async fn person(request: HttpRequest, manager: State, body: web::Bytes) -> HttpResponse {
    let shown = async {
        let (operator, patient) = Operator::admit::<Patient>(&manager, &request, &body)?;
        let id = PatientId::parse(&patient.id).map_err(AdminFault::Id)?;
        let mut record = operator.record(&manager, "show", Outcome::Success);
        record.action = EventAction::Read;
        record.patients = vec![audit::Patient::concerned(id.to_cx())];
        let manager = manager.into_inner();
        let permit = operator.permit();
        let shown = person::show(&manager, permit, id).await;
        // Nothing is told before it is recorded.
        if shown.is_err() {
            record.outcome = Outcome::MinorFailure;
        }
        manager.journal.append(&record).await.map_err(AdminFault::Journal)?;
        shown
    };
    answer(shown.await)
}

async fn announcements(request: HttpRequest, manager: State, body: web::Bytes) -> HttpResponse {
    let shown = async {
        let (operator, Everything {}) = Operator::admit::<Everything>(&manager, &request, &body)?;
        let manager = manager.into_inner();
        let overview = announcements::overview(&manager).await?;
        let mut record = operator.record(&manager, "list announcements", Outcome::Success);
        record.action = EventAction::Read;
        record.patients = overview.patients().map(audit::Patient::concerned).collect();
        manager.journal.append(&record).await.map_err(AdminFault::Journal)?;
        Ok(overview)
    };
    answer(shown.await)
}

async fn retry(request: HttpRequest, manager: State, body: web::Bytes) -> HttpResponse {
    let done = async {
        let (operator, about) = Operator::admit::<AnnouncementNumber>(&manager, &request, &body)?;
        let manager = manager.into_inner();
        let done = announcements::retry(&manager, &operator, about.number).await;
        let action = format!("retry announcement {}", about.number);
        operator.settle(&manager, &action, done).await
    };
    answer(done.await)
}

async fn drop_announcement(request: HttpRequest, manager: State, body: web::Bytes) -> HttpResponse {
    let done = async {
        let (operator, about) = Operator::admit::<AnnouncementNumber>(&manager, &request, &body)?;
        let manager = manager.into_inner();
        let done = announcements::drop(&manager, &operator, about.number).await;
        let action = format!("drop announcement {}", about.number);
        operator.settle(&manager, &action, done).await
    };
    answer(done.await)
}

/// Who gives an order, and why.
struct Operator {
    name: String,
    reason: String,
}

impl Operator {
    /// Reads an order of the command line; a page in somebody's browser can post to loopback, but not with a
    /// header of its own choosing.
    fn admit<T: DeserializeOwned>(
        manager: &Manager,
        request: &HttpRequest,
        body: &[u8],
    ) -> Result<(Operator, T), AdminFault> {
        if !request.headers().contains_key(OPERATOR_HEADER) {
            return Err(AdminFault::NoOperator { header: OPERATOR_HEADER });
        }
        // The cause would repeat what stands in the order.
        let order: Order<T> = serde_json::from_slice(body).map_err(|_invalid| AdminFault::Order)?;
        let own = manager.in_force.load().agreement.home_community_id.as_urn();
        if order.community.is_some_and(|community| community != own) {
            return Err(AdminFault::OtherCommunity);
        }
        let (name, reason) = (order.operator.trim(), order.reason.trim());
        if ![name, reason].into_iter().all(is_said) {
            return Err(AdminFault::Unexplained { limit: MAX_SAID });
        }
        Ok((Operator { name: name.to_owned(), reason: reason.to_owned() }, order.about))
    }

    fn permit(&self) -> Permit {
        Permit::maintenance(&self.name, &self.reason)
    }

    fn origin(&self, manager: &Manager) -> Origin {
        Origin {
            requester: Requester::unknown_node(self.name.clone()),
            right: Transaction::Iti30,
            peer: Party::named(self.name.clone()),
            own: manager.node.called("pix-manager".to_owned()),
            message_id: None,
        }
    }

    fn record(&self, manager: &Manager, action: &str, outcome: Outcome) -> AuditRecord {
        let record = manager.audit_record(Event::IDENTITY_LINK, outcome, &self.origin(manager));
        AuditRecord { description: Some(format!("{action}: {}", self.reason)), ..record }
    }

    /// What is refused stands in the trail, too.
    async fn settle(
        &self,
        manager: &Manager,
        action: &str,
        done: Result<Done, AdminFault>,
    ) -> Result<Done, AdminFault> {
        if let Err(fault) = &done {
            let mut record = self.record(manager, action, Outcome::MinorFailure);
            record.description = Some(format!("{action}: {}: {fault}", self.reason));
            manager.journal.append(&record).await.map_err(AdminFault::Journal)?;
        }
        done
    }

    /// Changes who is one person.
    async fn change(
        &self,
        manager: &State,
        action: &'static str,
        instruction: Instruction,
    ) -> Result<Done, AdminFault> {
        let manager = Arc::clone(manager);
        let patients = concerned(&instruction);
        let mut record = self.record(&manager, action, Outcome::Success);
        record.patients.clone_from(&patients);
        let cause = format!("{action} by {}: {}", self.name, self.reason);
        let changed = change(&manager, (self.permit(), record), (instruction, cause)).await;
        let changed = changed.map_err(AdminFault::Change);
        if let Err(refusal) = &changed {
            let origin = self.origin(&manager);
            let fill = |record: &mut AuditRecord| {
                record.patients = patients;
                record.description = Some(format!("{action}: {}: {refusal}", self.reason));
            };
            record_refusal(&manager, (Event::IDENTITY_LINK, &origin), refusal, fill).await;
        }
        changed.map(|()| Done { done: action.to_owned() })
    }
}

/// A text for a trail that people read, on one line.
fn is_said(text: &str) -> bool {
    let n_characters = text.chars().count();
    (1..=MAX_SAID).contains(&n_characters) && !text.contains(char::is_control)
}

/// An identifier that a hospital gave. Those of the affinity domain follow from what is decided about these, where
/// the manager gives them.
fn own_id(manager: &Manager, cx: &str) -> Result<PatientId, AdminFault> {
    let id = PatientId::parse(cx).map_err(AdminFault::Id)?;
    let in_force = manager.in_force.load();
    let is_network = *id.authority() == in_force.agreement.affinity_domain.authority.oid;
    if is_network && in_force.gives_ids() { Err(AdminFault::NetworkId) } else { Ok(id) }
}

fn answer<T: Serialize>(done: Result<T, AdminFault>) -> HttpResponse {
    let fault = match done {
        Ok(said) => return HttpResponse::Ok().json(said),
        Err(fault) => fault,
    };
    let (status, error) = fault.code();
    if fault.outcome() == Outcome::SeriousFailure {
        tracing::error!(%fault, "could not do what an operator asked for");
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let refused = Refused { error: error.to_owned(), text: fault.to_string() };
    HttpResponse::build(status).json(refused)
}

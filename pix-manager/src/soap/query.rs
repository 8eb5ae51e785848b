//! ITI-45 and ITI-47.

use std::sync::Arc;

use actor::{Origin, as_written, now};
use audit::{AuditRecord, Object, Outcome, Patient};
use datatypes::Oid;
use hl7v3::{
    Acknowledgement, Answering, ContentError, InstanceId, Location, QueryContinuation,
    QueryMessage, ReadError, write_acknowledgement, write_cross_reference_response,
    write_demographics_response,
};
use identity::{AuthorityName, LocalId, MatchPage};
use net::soap_endpoint::Unreadable;
use soap::Incoming;
use xml::Reader;

use super::{Call, unreadable};
use crate::continuation::Asked;
use crate::error::{QueryFault, QueryV3Refusal};
use crate::mllp::{MAX_KEPT_QUERY, record_refusal};
use crate::questions;

/// What a message is for the trail and for its answer.
struct Question {
    origin: Origin,
    about: Vec<Patient>,
    object: Object,
    owner: String,
}

impl Call<'_> {
    pub(super) async fn cross_reference(
        &self,
        incoming: &mut Incoming<'_>,
    ) -> Result<String, Unreadable> {
        let message = self.read(incoming, hl7v3::read_cross_reference_query)?;
        let mut question = self.question(&message);
        let manager = &self.endpoint.manager;
        let answered = match message.query.clone() {
            Ok(query) => {
                question.about = vec![Patient::concerned(as_written(&query.id))];
                let ids = questions::cross_reference(manager, &question.origin, query).await;
                ids.map_err(QueryV3Refusal::from)
            }
            Err(error) => Err(QueryV3Refusal::Query(error)),
        };
        let answered = self.recorded(&question, answered, |ids| patients(ids)).await;
        let (id, time) = (Oid::generate(), now());
        let fault = answered.as_ref().map_err(|refusal| refusal.fault(Location::data_source));
        let fault = fault.as_ref().map(|ids| ids.as_slice());
        Ok(write_cross_reference_response(&message.answering(&id, &time), fault))
    }

    pub(super) async fn demographics(
        &self,
        incoming: &mut Incoming<'_>,
    ) -> Result<String, Unreadable> {
        let message = self.read(incoming, hl7v3::read_demographics_query)?;
        let question = self.question(&message);
        let manager = &self.endpoint.manager;
        let mut domains = Vec::new();
        let answered = match message.query.clone() {
            Ok(request) => {
                domains.clone_from(&request.query.domains);
                let limit = request.initial_quantity.and_then(|n| usize::try_from(n).ok());
                let asked = Asked {
                    owner: question.owner.clone(),
                    copy: message.copy.clone().map(Arc::new),
                };
                let origin = &question.origin;
                let page =
                    questions::demographics(manager, origin, (asked, request.query), limit).await;
                page.map_err(QueryV3Refusal::from)
            }
            Err(error) => Err(QueryV3Refusal::Query(error)),
        };
        let answered = self.recorded(&question, answered, shown).await;
        let (id, time) = (Oid::generate(), now());
        Ok(self.page(&message.answering(&id, &time), &domains, &answered))
    }

    pub(super) async fn go_on(
        &self,
        incoming: &mut Incoming<'_>,
        element: &'static str,
    ) -> Result<String, Unreadable> {
        let message =
            self.read(incoming, |reader| hl7v3::read_query_continuation(reader, element))?;
        let question = self.question(&message);
        let manager = &self.endpoint.manager;
        let mut first = None;
        let answered = match message.query.clone() {
            Ok(QueryContinuation { start_result_number, quantity, .. }) => {
                let place =
                    |number: u32| usize::try_from(number).ok().map(|it| it.saturating_sub(1));
                let start = start_result_number.and_then(place);
                let limit = quantity.and_then(|n| usize::try_from(n).ok());
                let whose = (question.owner.clone(), start);
                let page = questions::page_of(manager, &question.origin, whose, limit).await;
                page.map(|(page, found)| {
                    first = Some(found);
                    page
                })
                .map_err(QueryV3Refusal::from)
            }
            Err(error) => Err(QueryV3Refusal::Query(error)),
        };
        let answered = self.recorded(&question, answered, shown).await;
        let (id, time) = (Oid::generate(), now());
        let copy = first.as_ref().and_then(|found| found.copy.as_deref());
        let answering = Answering { copy, ..message.answering(&id, &time) };
        let domains = first.as_ref().map(|found| found.domains.as_slice());
        Ok(self.page(&answering, domains.unwrap_or_default(), &answered))
    }

    pub(super) async fn cancel(
        &self,
        incoming: &mut Incoming<'_>,
        element: &'static str,
    ) -> Result<String, Unreadable> {
        let message =
            self.read(incoming, |reader| hl7v3::read_query_cancellation(reader, element))?;
        let question = self.question(&message);
        let answered = match &message.query {
            // Whether something was still kept or had ended by itself makes no difference to the asker.
            Ok(_) => {
                let (manager, origin) = (&self.endpoint.manager, &question.origin);
                let permit = manager.policy.permit_demographics(&origin.requester, origin.right);
                permit.map_err(QueryFault::Denied).map_err(QueryV3Refusal::from).map(|_permit| {
                    manager.continuations.cancel(&question.owner);
                })
            }
            Err(error) => Err(QueryV3Refusal::Query(error.clone())),
        };
        let answered = self.recorded(&question, answered, |()| Vec::new()).await;
        let acknowledgement = match &answered {
            Ok(()) => Acknowledgement::accept(),
            Err(refusal) => refusal.acknowledgement(),
        };
        Ok(write_acknowledgement(&message.wrapper, &acknowledgement, &Oid::generate(), &now()))
    }

    fn read<'i, Q>(
        &self,
        incoming: &mut Incoming<'i>,
        read: impl FnOnce(&mut Reader<'i>) -> Result<QueryMessage<Q>, ReadError>,
    ) -> Result<QueryMessage<Q>, Unreadable> {
        let message = read(&mut incoming.reader).map_err(unreadable);
        let message = message.and_then(|message| incoming.close().map(|()| message));
        message.map_err(Unreadable::of(self.event))
    }

    fn question<Q>(&self, message: &QueryMessage<Q>) -> Question {
        let origin = self.origin(message.wrapper.id.to_string());
        let mut content =
            message.copy.as_ref().map(|copy| copy.text().to_owned()).unwrap_or_default();
        content.truncate(content.floor_char_boundary(MAX_KEPT_QUERY));
        let id = message.query_id.as_ref().map(InstanceId::to_string).unwrap_or_default();
        let sender = message.wrapper.sender.as_ref().map(InstanceId::to_string);
        let sender = sender.unwrap_or_default();
        // Pages of an answer belong to who asked, and to one of their questions.
        let owner = format!("{}\n{sender}\n{id}", origin.requester.name());
        let object = Object::Query { id, content, home: None };
        Question { origin, about: Vec::new(), object, owner }
    }

    /// Records what is answered or refused; nothing is told before it is recorded.
    async fn recorded<T>(
        &self,
        question: &Question,
        answered: Result<T, QueryV3Refusal>,
        shown: impl FnOnce(&T) -> Vec<Patient>,
    ) -> Result<T, QueryV3Refusal> {
        let manager = &self.endpoint.manager;
        let answered = match answered {
            Ok(answered) => {
                let mut record =
                    manager.audit_record(self.event, Outcome::Success, &question.origin);
                record.patients.clone_from(&question.about);
                record.patients.extend(shown(&answered));
                record.objects = vec![question.object.clone()];
                let recorded = manager.journal.append(&record).await;
                recorded.map(|()| answered).map_err(|error| QueryFault::from(error).into())
            }
            Err(refusal) => Err(refusal),
        };
        if let Err(refusal) = &answered {
            let fill = |record: &mut AuditRecord| {
                record.patients.clone_from(&question.about);
                record.objects = vec![question.object.clone()];
            };
            record_refusal(manager, (self.event, &question.origin), refusal, fill).await;
        }
        let outcome = if answered.is_ok() { net::Outcome::Success } else { net::Outcome::Refused };
        self.endpoint.count(self.event.name(), outcome, self.started);
        answered
    }

    fn page(
        &self,
        answering: &Answering<'_>,
        domains: &[AuthorityName],
        answered: &Result<MatchPage, QueryV3Refusal>,
    ) -> String {
        let in_force = self.endpoint.manager.in_force.load();
        let known = |name: &AuthorityName| {
            let domain = in_force.askable(name.namespace.as_deref(), name.universal_id.as_ref());
            domain.map(|domain| domain.authority.oid.clone())
        };
        let domains: Vec<Oid> = domains.iter().filter_map(known).collect();
        let fault =
            answered.as_ref().map_err(|refusal| refusal.fault(Location::scoping_organization));
        write_demographics_response(answering, &domains, fault.as_ref().copied())
    }
}

fn patients(ids: &[LocalId]) -> Vec<Patient> {
    ids.iter().map(|id| Patient::concerned(as_written(id))).collect()
}

fn shown(page: &MatchPage) -> Vec<Patient> {
    page.matches.iter().flat_map(|found| patients(&found.identifiers)).collect()
}

impl From<ContentError> for QueryV3Refusal {
    fn from(error: ContentError) -> QueryV3Refusal {
        QueryV3Refusal::Query(error)
    }
}

//! ITI-9, ITI-21 and ITI-22.

use actor::{Origin, as_written, now, printable};
use audit::{AuditRecord, Event, Object, Outcome, Patient};
use hl7v2::{
    Ack, Cancellation, DomainsField, Header, Hl7Error, Message, PageRequest, Query, QueryEcho,
    Reply, read_query, write_demographics_response, write_pix_response,
};
use identity::{CrossReferenceQuery, DemographicsQuery, LocalId, MatchPage};

use super::{Arrival, MllpEndpoint, new_control_id, record_refusal};
use crate::continuation::Asked;
use crate::error::{QueryFault, QueryRefusal};
use crate::questions;

/// The question as the trail keeps it, in bytes; no consumer asks with more.
pub(crate) const MAX_KEPT_QUERY: usize = 256 * 1024;

/// What was answered, and whom the trail names.
enum Answered {
    Ids(Vec<LocalId>),
    Page(MatchPage),
    Cancelled,
}

impl MllpEndpoint {
    pub(super) async fn query(&self, arrival: &Arrival<'_>, message: &Message<'_>) -> Vec<u8> {
        let event = event(&arrival.header);
        let origin = self.origin(arrival, event);
        let echo = QueryEcho::read(message);
        let asked = read_query(message);
        let about = asked.as_ref().map(about).unwrap_or_default();
        let question = question(&arrival.header, message);
        let answered = match asked {
            Ok(query) => self.ask(&origin, &echo, query).await,
            Err(error) => Err(QueryRefusal::from(error)),
        };
        // Nothing is told before it is recorded.
        let answered = match answered {
            Ok(answered) => {
                let mut record = self.manager.audit_record(event, Outcome::Success, &origin);
                record.patients = about.clone();
                record.patients.extend(shown(&answered));
                record.objects = vec![question.clone()];
                let recorded = self.manager.journal.append(&record).await;
                recorded.map(|()| answered).map_err(|error| QueryFault::from(error).into())
            }
            Err(refusal) => Err(refusal),
        };
        if let Err(refusal) = &answered {
            let fill = |record: &mut AuditRecord| {
                record.patients = about;
                record.objects = vec![question];
            };
            record_refusal(&self.manager, (event, &origin), refusal, fill).await;
        }
        self.count(event, answered.is_ok(), arrival.started);
        self.write(arrival, &echo, &answered)
    }

    /// A question that cannot be read is refused by an answer, as far as it can be told what it was.
    pub(super) async fn unreadable_query(
        &self,
        arrival: &Arrival<'_>,
        bytes: &[u8],
        error: Hl7Error,
    ) -> Vec<u8> {
        let event = event(&arrival.header);
        let origin = self.origin(arrival, event);
        let refusal = QueryRefusal::Unreadable(error);
        record_refusal(&self.manager, (event, &origin), &refusal, |_record| {}).await;
        self.count(event, false, arrival.started);
        self.write(arrival, &QueryEcho::recover(bytes), &Err(refusal))
    }

    async fn ask(
        &self,
        origin: &Origin,
        echo: &QueryEcho,
        query: Query,
    ) -> Result<Answered, QueryRefusal> {
        let manager = &self.manager;
        match query {
            Query::CrossReference(query) => self.cross_reference(origin, query).await,
            Query::Demographics { query, page } => {
                self.demographics(origin, echo, (query, page)).await
            }
            Query::Cancel(Cancellation { tag, .. }) => {
                let permit = manager.policy.permit_demographics(&origin.requester, origin.right);
                let _the_right_to_ask = permit.map_err(QueryFault::Denied)?;
                // Whether something was still kept or had ended by itself makes no difference to the asker.
                manager.continuations.cancel(&owner(origin, &tag));
                Ok(Answered::Cancelled)
            }
        }
    }

    async fn cross_reference(
        &self,
        origin: &Origin,
        query: CrossReferenceQuery,
    ) -> Result<Answered, QueryRefusal> {
        let ids = questions::cross_reference(&self.manager, origin, query).await?;
        Ok(Answered::Ids(ids))
    }

    async fn demographics(
        &self,
        origin: &Origin,
        echo: &QueryEcho,
        (query, page): (DemographicsQuery, PageRequest),
    ) -> Result<Answered, QueryRefusal> {
        let owner = owner(origin, &echo.tag());
        let (manager, limit) = (&self.manager, page.limit);
        let page = match page.pointer {
            Some(pointer) => questions::next_page(manager, origin, (owner, pointer), limit).await?,
            None => {
                let asked = Asked { owner, copy: None };
                questions::demographics(manager, origin, (asked, query), limit).await?
            }
        };
        Ok(Answered::Page(page))
    }

    fn write(
        &self,
        arrival: &Arrival<'_>,
        echo: &QueryEcho,
        answered: &Result<Answered, QueryRefusal>,
    ) -> Vec<u8> {
        let header = &arrival.header;
        let (time, control_id) = (now(), new_control_id());
        let (domains, is_pix) = match header.trigger_event.as_str() {
            "Q23" => (DomainsField::CrossReference, true),
            _ => (DomainsField::Demographics, false),
        };
        let answered = answered.as_ref().map_err(|refusal| refusal.ack(domains));
        self.encode(arrival, |charset| {
            let reply = Reply { header, echo, charset, time: &time, control_id: &control_id };
            match &answered {
                Ok(Answered::Ids(ids)) => write_pix_response(&reply, Ok(ids)),
                Ok(Answered::Page(page)) => write_demographics_response(&reply, Ok(page)),
                Ok(Answered::Cancelled) => {
                    hl7v2::write_ack(header, &Ack::accept(), &time, &control_id)
                }
                Err(ack) if !is_answerable(header) => {
                    hl7v2::write_ack(header, ack, &time, &control_id)
                }
                Err(ack) if is_pix => write_pix_response(&reply, Err(ack)),
                Err(ack) => write_demographics_response(&reply, Err(ack)),
            }
        })
    }
}

/// Whether a refusal has the form of an answer; a message that is no question has not.
fn is_answerable(header: &Header) -> bool {
    header.message_type == "QBP" && matches!(header.trigger_event.as_str(), "Q22" | "Q23" | "ZV1")
}

/// Pages of an answer belong to who asked, and to one of their questions.
fn owner(origin: &Origin, tag: &str) -> String {
    format!("{}\n{}\n{tag}", origin.requester.name(), origin.peer.user_id)
}

fn event(header: &Header) -> &'static Event {
    match header.trigger_event.as_str() {
        "Q23" => Event::PIX_QUERY_AT_MANAGER,
        "ZV1" => Event::VISIT_QUERY_AT_MANAGER,
        _ => Event::PDQ_AT_MANAGER,
    }
}

/// Whom a question names.
fn about(query: &Query) -> Vec<Patient> {
    match query {
        Query::CrossReference(query) => vec![Patient::concerned(as_written(&query.id))],
        Query::Demographics { .. } | Query::Cancel(_) => Vec::new(),
    }
}

/// Who is shown.
fn shown(answered: &Answered) -> Vec<Patient> {
    let patients = |ids: &[LocalId]| -> Vec<Patient> {
        ids.iter().map(|id| Patient::concerned(as_written(id))).collect()
    };
    match answered {
        Answered::Ids(ids) => patients(ids),
        Answered::Page(page) => {
            page.matches.iter().flat_map(|found| patients(&found.identifiers)).collect()
        }
        Answered::Cancelled => Vec::new(),
    }
}

/// The whole message, as the trail keeps it.
fn question(header: &Header, message: &Message<'_>) -> Object {
    let mut content = String::new();
    for segment in message.all_segments() {
        content.push_str(&segment.to_text());
        content.push('\r');
        if content.len() > MAX_KEPT_QUERY {
            break;
        }
    }
    content.truncate(content.floor_char_boundary(MAX_KEPT_QUERY));
    Object::Query { id: printable(&header.control_id), content, home: None }
}

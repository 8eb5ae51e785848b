//! ITI-81 Retrieve ATNA Audit Event (RESTful ATNA): the trail as AuditEvents, by parameters or by id.
//!
//! Knows neither HTTP nor who records the use: `endpoint` records every question before it answers.

use fhir::audit_event::{Detail, Record, audit_event};
use fhir::parameters::{self, Parameter};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use policy::Permit;
use serde_json::Value;
use store::AnyConnection;

use crate::AuditRepository;
use crate::error::RetrieveError;
use crate::extract::NOT_SYSLOG;
use crate::retrieval::find::{Resolved, last_sequence};
use crate::retrieval::link::{LinkSeal, Place};
use crate::retrieval::query::Query;
use crate::store::search::{StoredEvent, stored_event};

/// The parameter of a link to a page.
pub const PAGE: &str = "_page";

/// A search that was understood, at its beginning or at a later page.
pub struct Question {
    pub query: Query,
    /// The parameters that count, encoded.
    pub search: String,
    place: Option<Place>,
}

/// Whether parameters that say nothing here are refused (`Prefer: handling=strict`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    Strict,
    Lenient,
}

/// One page.
pub struct Answer {
    /// Sequence and resource.
    pub events: Vec<(i64, Value)>,
    pub total: Option<u64>,
    /// This page, and the one behind it.
    pub place: Place,
    pub next: Option<Place>,
    /// Whose trail was asked for, as identifiers.
    pub patients: Vec<String>,
}

impl Question {
    /// Understands parameters, or the link to a page that was given to this requester.
    ///
    /// # Errors
    /// [`RetrieveError`] says which parameter is at fault.
    pub fn read(
        encoded: &[u8],
        handling: Handling,
        (seal, permit): (&LinkSeal, &Permit),
    ) -> Result<Question, RetrieveError> {
        let mut sent = parameters::parse(encoded)?;
        let page = sent.iter().find(|parameter| parameter.name == PAGE);
        let place = match page {
            None => None,
            Some(page) => {
                let place = seal.open(&page.value);
                let place = place.filter(|place| place.requester == permit.requester());
                Some(place.ok_or(RetrieveError::Link)?)
            }
        };
        if let Some(place) = &place {
            sent = parameters::parse(place.search.as_bytes())?;
        }
        let query = Query::read(&sent, &TimeZone::system())?;
        if handling == Handling::Strict && !query.ignored.is_empty() {
            return Err(RetrieveError::Unknown(query.ignored));
        }
        let counts = |parameter: &&Parameter| !query.ignored.contains(&parameter.name);
        let named = |parameter: &Parameter| {
            let modifier = parameter.modifier.iter().map(|modifier| format!(":{modifier}"));
            let name = std::iter::once(parameter.name.clone()).chain(modifier).collect::<String>();
            (name, parameter.value.clone())
        };
        let counting: Vec<(String, String)> = sent.iter().filter(counts).map(named).collect();
        let pairs = counting.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let search = parameters::encode(pairs);
        Ok(Question { query, search, place })
    }

    /// Whether it is the link to a page.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.place.is_some()
    }
}

/// Answers a search. Blocking.
///
/// # Errors
/// [`RetrieveError::Store`].
pub fn retrieve_atna_audit_event(
    repository: &AuditRepository,
    permit: &Permit,
    question: Question,
) -> Result<Answer, RetrieveError> {
    let Question { query, search, place } = question;
    repository.database.read(|connection| -> Result<Answer, RetrieveError> {
        let mut place = match place {
            Some(place) => place,
            None => {
                let last = last_sequence(connection)?;
                Place::first(search, permit.requester().to_owned(), last)
            }
        };
        let resolved = Resolved::new(connection, &repository.recent, &query, place.last_sequence)?;
        let patients = resolved.patients().map(str::to_owned).collect();
        if query.count == 0 {
            let total = resolved.total(connection, &query)?.and_then(|total| total.try_into().ok());
            return Ok(Answer { events: Vec::new(), total, place, next: None, patients });
        }
        let found = resolved.page(connection, &query, place.after())?;
        let is_first = place.after().is_none();
        if is_first {
            let total = match found.next {
                None => Some(found.records.len()),
                Some(_) if query.is_uncounted => None,
                Some(_) => resolved.total(connection, &query)?,
            };
            place.total = total.and_then(|total| total.try_into().ok());
        }
        let next = found.next.map(|position| place.clone().behind(position));
        let event = |stored: &StoredEvent| (stored.row.sequence, resource(stored, Detail::Summary));
        let events = found.records.iter().map(event).collect();
        Ok(Answer { events, total: place.total, place, next, patients })
    })
}

/// One record by its sequence number, with its bytes, and the patients that it names. Blocking.
///
/// # Errors
/// [`RetrieveError::NotFound`], [`RetrieveError::Dropped`], [`RetrieveError::Store`].
pub fn audit_event_by_id(
    repository: &AuditRepository,
    _permit: &Permit,
    id: &str,
) -> Result<(Value, Vec<String>), RetrieveError> {
    let sequence = id.parse::<i64>().ok().filter(|sequence| sequence.to_string() == id);
    let sequence = sequence.ok_or(RetrieveError::NotFound)?;
    let read = |connection: &mut AnyConnection| -> Result<_, RetrieveError> {
        Ok(stored_event(connection, sequence)?)
    };
    let stored = repository.database.read(read)?.ok_or(RetrieveError::NotFound)?;
    if stored.raw.is_none() {
        return Err(RetrieveError::Dropped);
    }
    let objects = stored.message().map(|message| message.objects).unwrap_or_default();
    let is_patient = |object: &atna::ParticipantObject| {
        object.type_code == Some(1) && object.role == Some(1) && !object.id.is_empty()
    };
    let patients = objects.into_iter().filter(is_patient).map(|object| object.id).collect();
    Ok((resource(&stored, Detail::WithBytes), patients))
}

fn resource(stored: &StoredEvent, detail: Detail) -> Value {
    let row = &stored.row;
    let message = stored.message();
    let time = |micros: i64| Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
    let record = Record {
        sequence: row.sequence,
        time: time(row.event_time.unwrap_or(row.received_at)),
        received_at: time(row.received_at),
        sender: &row.sender,
        peer: &row.peer,
        message: message.as_ref(),
        is_syslog: row.flags & NOT_SYSLOG == 0,
        raw: stored.raw.as_deref().unwrap_or_default(),
    };
    audit_event(&record, detail)
}

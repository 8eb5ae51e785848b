//! ITI-81 Retrieve ATNA Audit Event, as an Audit Consumer.

use fhir::parameters;

use crate::audit_trail::Event;
use crate::error::CommandError;
use crate::wire::{AnswerError, FhirEndpoint, WireError};

/// Records of one page: each page is recorded by the other side.
const PAGE_RECORDS: &str = "500";

/// Events, newest first, and whether they are all.
#[derive(Debug)]
pub(crate) struct Retrieved {
    pub(crate) events: Vec<Event>,
    pub(crate) is_complete: bool,
}

/// Events that the parameters find, at most `limit`.
///
/// # Errors
/// [`WireError`].
pub(crate) async fn retrieve_atna_audit_event(
    repository: &FhirEndpoint,
    conditions: &[(String, String)],
    limit: usize,
) -> Result<Retrieved, CommandError> {
    let pairs = conditions.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let count = limit.to_string();
    let count = if limit < 500 { count.as_str() } else { PAGE_RECORDS };
    let form = parameters::encode(pairs.chain([("_count", count), ("_total", "none")]));
    let searched = repository.search("AuditEvent", form, limit).await?;
    let events: Option<Vec<Event>> = searched.resources.into_iter().map(Event::read).collect();
    Ok(Retrieved { events: events.ok_or_else(unreadable)?, is_complete: searched.is_complete })
}

/// One event with its message.
///
/// # Errors
/// [`WireError`].
pub(crate) async fn audit_event(
    repository: &FhirEndpoint,
    sequence: u64,
) -> Result<Event, CommandError> {
    let resource = repository.read("AuditEvent", &sequence.to_string()).await?;
    Event::read(resource).ok_or_else(unreadable)
}

fn unreadable() -> CommandError {
    WireError::Answer { actor: "audit repository", source: AnswerError::Json }.into()
}

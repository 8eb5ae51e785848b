//! AuditEvent (FHIR R4) of an audit message of DICOM.
//!
//! What the message says is all in the resource, except MediaIdentifier and ParticipantObjectDescription, which
//! the reader passes over; the bytes themselves come with a resource that is read by its id. A message that
//! cannot be read is a resource all the same: flagged, with its text as detail of the only entity.

mod agent;
mod coding;
mod entity;

use atna::AuditMessage;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub use coding::{DICOM, ENTITY_ROLE, ENTITY_TYPE, TRANSACTIONS, system_of};
pub use entity::identifier_of;

/// Tags of [`Record::is_readable`] and [`Record::is_syslog`], and the type of what cannot be read.
pub const OWN_SYSTEM: &str = "urn:renkei:audit";

/// Extensions: when and from whom the message came, and its bytes.
pub const RECEIVED_AT: &str = "urn:renkei:audit:received-at";
pub const SENDER: &str = "urn:renkei:audit:sender";
pub const PEER: &str = "urn:renkei:audit:peer";
pub const MESSAGE_BYTES: &str = "urn:renkei:audit:message";

/// A stored record with what is known about its reception.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    /// The logical id.
    pub sequence: i64,
    /// By which it is found.
    pub time: Timestamp,
    pub received_at: Timestamp,
    /// Who sent it: common name of the certificate, or address.
    pub sender: &'r str,
    pub peer: &'r str,
    /// `None` if the bytes are no audit message that can be read.
    pub message: Option<&'r AuditMessage>,
    /// Whether it came with a header of RFC 5424.
    pub is_syslog: bool,
    pub raw: &'r [u8],
}

/// Whether the bytes come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// As in a search.
    Summary,
    /// As in a read.
    WithBytes,
}

/// The resource.
#[must_use]
pub fn audit_event(record: &Record<'_>, detail: Detail) -> Value {
    let mut event = Map::new();
    event.insert("resourceType".to_owned(), json!("AuditEvent"));
    event.insert("id".to_owned(), json!(record.sequence.to_string()));
    event.insert("meta".to_owned(), meta(record));
    event.insert("extension".to_owned(), extensions(record, detail));
    let content = match record.message {
        Some(message) => of_message(message),
        None => of_bytes(record),
    };
    event.extend(content);
    Value::Object(event)
}

fn meta(record: &Record<'_>) -> Value {
    let mut tags = Vec::new();
    if record.message.is_none() {
        tags.push(json!({ "system": OWN_SYSTEM, "code": "unreadable" }));
    }
    if !record.is_syslog {
        tags.push(json!({ "system": OWN_SYSTEM, "code": "not-syslog" }));
    }
    let mut meta = json!({ "lastUpdated": record.received_at.to_string() });
    if let (false, Some(object)) = (tags.is_empty(), meta.as_object_mut()) {
        object.insert("tag".to_owned(), Value::Array(tags));
    }
    meta
}

fn extensions(record: &Record<'_>, detail: Detail) -> Value {
    let mut extensions = vec![
        json!({ "url": RECEIVED_AT, "valueInstant": record.received_at.to_string() }),
        json!({ "url": SENDER, "valueString": text(record.sender) }),
        json!({ "url": PEER, "valueString": text(record.peer) }),
    ];
    if detail == Detail::WithBytes {
        let bytes = STANDARD.encode(record.raw);
        extensions.push(json!({ "url": MESSAGE_BYTES, "valueBase64Binary": bytes }));
    }
    Value::Array(extensions)
}

fn of_message(message: &AuditMessage) -> Map<String, Value> {
    let event = &message.event;
    let mut content = Map::new();
    content.insert("type".to_owned(), coding::coding(&event.id));
    insert_list(&mut content, "subtype", event.types.iter().map(coding::coding).collect());
    if let Some(action) = event.action {
        content.insert("action".to_owned(), json!(action.code()));
    }
    content.insert("recorded".to_owned(), json!(event.time.to_string()));
    content.insert("outcome".to_owned(), json!(event.outcome.indicator().to_string()));
    if let Some(description) = event.outcome_description.as_deref().filter(|it| !it.is_empty()) {
        content.insert("outcomeDesc".to_owned(), json!(description));
    }
    let purposes = event.purposes_of_use.iter().map(coding::concept).collect();
    insert_list(&mut content, "purposeOfEvent", purposes);
    let mut agents: Vec<Value> = message.participants.iter().map(agent::agent).collect();
    if agents.is_empty() {
        // FHIR demands one; DICOM too, but not every sender.
        agents.push(json!({ "who": { "display": "unknown" }, "requestor": false }));
    }
    content.insert("agent".to_owned(), Value::Array(agents));
    content.insert("source".to_owned(), agent::source(&message.source));
    insert_list(&mut content, "entity", message.objects.iter().map(entity::entity).collect());
    content
}

/// What can be said of bytes that are no audit message.
fn of_bytes(record: &Record<'_>) -> Map<String, Value> {
    let sender = json!({ "identifier": { "value": text(record.sender) } });
    let content = json!({
        "type": {
            "system": OWN_SYSTEM,
            "code": "unreadable",
            "display": "Message that cannot be read",
        },
        "recorded": record.time.to_string(),
        "agent": [{
            "who": sender,
            "requestor": false,
            "network": { "address": text(record.peer), "type": "2" },
        }],
        "source": { "observer": sender },
        "entity": [{
            "type": coding::numbered(ENTITY_TYPE, 4),
            "description": "The message as it came; it is no audit message that can be read.",
            "detail": [entity::detail("message", record.raw)],
        }],
    });
    content.as_object().cloned().unwrap_or_default()
}

/// FHIR has no empty arrays.
fn insert_list(content: &mut Map<String, Value>, key: &str, list: Vec<Value>) {
    if !list.is_empty() {
        content.insert(key.to_owned(), Value::Array(list));
    }
}

/// FHIR has no empty strings.
fn text(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

#[cfg(test)]
mod tests;

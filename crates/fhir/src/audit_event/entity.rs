//! AuditEvent.entity of a ParticipantObjectIdentification.

use atna::ParticipantObject;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::coding::{ENTITY_ROLE, ENTITY_TYPE, LIFE_CYCLE, concept, numbered};
use super::insert_list;

pub(super) fn entity(object: &ParticipantObject) -> Value {
    let mut entity = Map::new();
    if let Some(what) = what(object) {
        entity.insert("what".to_owned(), what);
    }
    let numbers = [
        ("type", ENTITY_TYPE, object.type_code),
        ("role", ENTITY_ROLE, object.role),
        ("lifecycle", LIFE_CYCLE, object.life_cycle),
    ];
    for (key, system, number) in numbers {
        if let Some(number) = number {
            entity.insert(key.to_owned(), numbered(system, number));
        }
    }
    if let Some(sensitivity) = object.sensitivity.as_deref().filter(|it| !it.is_empty()) {
        entity.insert("securityLabel".to_owned(), json!([{ "display": sensitivity }]));
    }
    let query = object.query.as_ref().filter(|query| !query.is_empty());
    if let Some(query) = query {
        entity.insert("query".to_owned(), json!(STANDARD.encode(query)));
    }
    if let Some(name) = object.name.as_deref().filter(|name| !name.is_empty()) {
        // FHIR R4, invariant sev-1: a name or a query, not both.
        let key = if query.is_some() { "description" } else { "name" };
        entity.insert(key.to_owned(), json!(name));
    }
    let details = object.details.iter().map(|(kind, value)| detail(kind, value)).collect();
    insert_list(&mut entity, "detail", details);
    if entity.is_empty() {
        entity.insert("description".to_owned(), json!("unknown"));
    }
    Value::Object(entity)
}

fn what(object: &ParticipantObject) -> Option<Value> {
    if object.id.is_empty() {
        return None;
    }
    let mut identifier = Map::new();
    if !object.id_type.code.is_empty() {
        identifier.insert("type".to_owned(), concept(&object.id_type));
    }
    let (system, value) = identifier_of(&object.id);
    if let Some(system) = system {
        identifier.insert("system".to_owned(), json!(system));
    }
    identifier.insert("value".to_owned(), json!(value));
    Some(json!({ "identifier": identifier }))
}

/// `id^^^namespace&OID&ISO` as system and value; any other text is a value without system.
#[must_use]
pub fn identifier_of(id: &str) -> (Option<String>, &str) {
    let whole = (None, id);
    let Some((value, rest)) = id.split_once("^^^") else { return whole };
    let authority = rest.split('^').next().unwrap_or_default();
    let mut parts = authority.split('&');
    let oid = parts.nth(1).unwrap_or_default();
    let is_iso = parts.next().is_none_or(|kind| kind == "ISO");
    let is_oid = oid.contains('.') && oid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if value.is_empty() || value.contains('^') || !is_oid || !is_iso {
        return whole;
    }
    (Some(format!("urn:oid:{oid}")), value)
}

/// A text, or else bytes.
pub(super) fn detail(kind: &str, value: &[u8]) -> Value {
    let kind = super::text(kind);
    match std::str::from_utf8(value) {
        Ok("") => json!({
            "type": kind,
            // FHIR demands a value and has no empty ones.
            "_valueString": { "extension": [{
                "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                "valueCode": "unknown",
            }] },
        }),
        Ok(text) if is_text(text) => json!({ "type": kind, "valueString": text }),
        Ok(_) | Err(_) => json!({ "type": kind, "valueBase64Binary": STANDARD.encode(value) }),
    }
}

/// FHIR R4, string: no control characters but tab and line ends, and not blank.
fn is_text(text: &str) -> bool {
    let is_allowed = |it: char| !it.is_control() || matches!(it, '\t' | '\r' | '\n');
    text.chars().all(is_allowed) && !text.trim().is_empty()
}

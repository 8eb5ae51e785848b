//! The CapabilityStatement of `/fhir/metadata`.

use serde_json::{Value, json};

/// Name and type of each search parameter.
const PARAMETERS: [(&str, &str); 15] = [
    ("date", "date"),
    ("address", "string"),
    ("agent", "reference"),
    ("agent.identifier", "token"),
    ("patient.identifier", "token"),
    ("entity", "reference"),
    ("entity.identifier", "token"),
    ("entity-type", "token"),
    ("entity-role", "token"),
    ("source", "reference"),
    ("type", "token"),
    ("subtype", "token"),
    ("action", "token"),
    ("outcome", "token"),
    ("altid", "token"),
];

pub(super) fn statement(base: &str) -> Value {
    let parameter = |(name, kind): &(&str, &str)| json!({ "name": name, "type": kind });
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-29",
        "kind": "instance",
        "software": { "name": "Renkei", "version": env!("CARGO_PKG_VERSION") },
        "implementation": {
            "description": "Audit Record Repository (RESTful ATNA, ITI-81)",
            "url": format!("{base}/fhir"),
        },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [{
            "mode": "server",
            "security": {
                "description": "Mutual TLS; the agreement names who may read. Every use is recorded.",
            },
            "resource": [{
                "type": "AuditEvent",
                "documentation":
                    "date is required. Newest first; pages by the next link. POST _search is offered.",
                "interaction": [{ "code": "read" }, { "code": "search-type" }],
                "searchParam": PARAMETERS.iter().map(parameter).collect::<Vec<Value>>(),
            }],
        }],
    })
}

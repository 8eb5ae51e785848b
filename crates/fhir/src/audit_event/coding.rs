//! Coded values: the names of code systems in DICOM, and the URIs that FHIR has for them.

use std::borrow::Cow;

use atna::Code;
use serde_json::{Map, Value, json};

/// `DCM`.
pub const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
/// `IHE Transactions`.
pub const TRANSACTIONS: &str = "urn:ihe:event-type-code";
/// ParticipantObjectTypeCode.
pub const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
/// ParticipantObjectTypeCodeRole.
pub const ENTITY_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
/// ParticipantObjectDataLifeCycle.
pub(super) const LIFE_CYCLE: &str = "http://terminology.hl7.org/CodeSystem/dicom-audit-lifecycle";
/// AuditSourceTypeCode.
pub(super) const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";

const ENTITY_TYPES: [&str; 4] = ["Person", "System Object", "Organization", "Other"];

const ENTITY_ROLES: [&str; 26] = [
    "Patient",
    "Location",
    "Report",
    "Domain Resource",
    "Master file",
    "User",
    "List",
    "Doctor",
    "Subscriber",
    "Guarantor",
    "Security User Entity",
    "Security User Group",
    "Security Resource",
    "Security Granularity Definition",
    "Practitioner",
    "Data Destination",
    "Data Repository",
    "Schedule",
    "Customer",
    "Job",
    "Job Stream",
    "Table",
    "Routing Criteria",
    "Query",
    "Data Source",
    "Processing Element",
];

const LIFE_CYCLES: [&str; 15] = [
    "Origination / Creation",
    "Import / Copy",
    "Amendment",
    "Verification",
    "Translation",
    "Access / Use",
    "De-identification",
    "Aggregation / summarization / derivation",
    "Report",
    "Export",
    "Disclosure",
    "Receipt of Disclosure",
    "Archiving",
    "Logical deletion",
    "Permanent erasure / physical destruction",
];

/// The URI of a codeSystemName; `None` if FHIR has none and it is no URI itself.
#[must_use]
pub fn system_of(name: &str) -> Option<Cow<'_, str>> {
    match name {
        "DCM" => Some(Cow::Borrowed(DICOM)),
        "IHE Transactions" => Some(Cow::Borrowed(TRANSACTIONS)),
        name if is_uri(name) => Some(Cow::Borrowed(name)),
        name if is_oid(name) => Some(Cow::Owned(format!("urn:oid:{name}"))),
        _ => None,
    }
}

fn is_uri(name: &str) -> bool {
    let begins = ["urn:", "http://", "https://"].iter().any(|scheme| name.starts_with(scheme));
    begins && !name.contains(char::is_whitespace)
}

fn is_oid(name: &str) -> bool {
    let is_arc = |arc: &str| !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit());
    name.contains('.') && name.split('.').all(is_arc)
}

/// Coding. A system that has no URI stands behind the text, so that it is not lost.
pub(super) fn coding(code: &Code) -> Value {
    let mut coding = Map::new();
    let system = system_of(&code.system);
    let mut display = code.text.to_string();
    if system.is_none() && !code.system.is_empty() {
        display = format!("{display} [{}]", code.system).trim_start().to_owned();
    }
    let fields = [
        ("system", system.as_deref().unwrap_or_default()),
        ("code", &code.code),
        ("display", &display),
    ];
    for (key, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        coding.insert(key.to_owned(), json!(value));
    }
    if coding.is_empty() {
        coding.insert("display".to_owned(), json!("unknown"));
    }
    Value::Object(coding)
}

/// CodeableConcept.
pub(super) fn concept(code: &Code) -> Value {
    json!({ "coding": [coding(code)] })
}

/// Coding of a number of DICOM's tables.
pub(super) fn numbered(system: &'static str, number: u8) -> Value {
    let displays: &[&str] = match system {
        ENTITY_TYPE => &ENTITY_TYPES,
        ENTITY_ROLE => &ENTITY_ROLES,
        LIFE_CYCLE => &LIFE_CYCLES,
        _ => &[],
    };
    let mut coding = json!({ "system": system, "code": number.to_string() });
    let display = usize::from(number).checked_sub(1).and_then(|place| displays.get(place));
    if let (Some(display), Some(object)) = (display, coding.as_object_mut()) {
        object.insert("display".to_owned(), json!(display));
    }
    coding
}

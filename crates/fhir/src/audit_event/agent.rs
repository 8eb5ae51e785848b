//! AuditEvent.agent of an ActiveParticipant, AuditEvent.source of AuditSourceIdentification.

use atna::{ActiveParticipant, AuditSource, Code, NetworkAccessPoint};
use serde_json::{Map, Value, json};

use super::coding::{SOURCE_TYPE, coding, concept};
use super::insert_list;

/// RoleIDCodes of DICOM that say how somebody took part; all others are roles of a person.
const PARTICIPATION: std::ops::RangeInclusive<u32> = 110_150..=110_155;

pub(super) fn agent(participant: &ActiveParticipant) -> Value {
    let mut agent = Map::new();
    let (mut types, mut roles): (Vec<&Code>, Vec<&Code>) =
        participant.roles.iter().partition(|role| is_participation(role));
    if !types.is_empty() {
        // FHIR has one.
        agent.insert("type".to_owned(), concept(types.remove(0)));
    }
    roles.splice(0..0, types);
    insert_list(&mut agent, "role", roles.into_iter().map(concept).collect());
    let texts = [("altId", &participant.alternative_user_id), ("name", &participant.user_name)];
    if !participant.user_id.is_empty() {
        let identifier = json!({ "identifier": { "value": participant.user_id } });
        agent.insert("who".to_owned(), identifier);
    }
    for (key, text) in texts {
        if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
            agent.insert(key.to_owned(), json!(text));
        }
    }
    agent.insert("requestor".to_owned(), json!(participant.is_requestor));
    if let Some(point) = &participant.network_access_point {
        agent.extend(network(point));
    }
    Value::Object(agent)
}

fn is_participation(role: &Code) -> bool {
    role.system == "DCM" && role.code.parse().is_ok_and(|code| PARTICIPATION.contains(&code))
}

fn network(point: &NetworkAccessPoint) -> Option<(String, Value)> {
    if point.id.is_empty() {
        return None;
    }
    let mut network = Map::new();
    network.insert("address".to_owned(), json!(point.id));
    if point.type_code != NetworkAccessPoint::UNKNOWN {
        network.insert("type".to_owned(), json!(point.type_code.to_string()));
    }
    Some(("network".to_owned(), Value::Object(network)))
}

pub(super) fn source(source: &AuditSource) -> Value {
    let mut content = Map::new();
    if let Some(site) = source.enterprise_site_id.as_deref().filter(|site| !site.is_empty()) {
        content.insert("site".to_owned(), json!(site));
    }
    let observer = match source.id.as_str() {
        "" => json!({ "display": "unknown" }),
        id => json!({ "identifier": { "value": id } }),
    };
    content.insert("observer".to_owned(), observer);
    insert_list(&mut content, "type", source.types.iter().map(source_type).collect());
    Value::Object(content)
}

/// The numbers 1 to 9 are those of FHIR's system, whatever the sender calls it.
fn source_type(code: &Code) -> Value {
    let mut value = coding(code);
    let is_number = matches!(code.code.as_bytes(), [b'1'..=b'9']);
    if let (true, Some(object)) = (is_number, value.as_object_mut()) {
        object.insert("system".to_owned(), json!(SOURCE_TYPE));
        if code.text.is_empty() {
            object.remove("display");
        } else {
            object.insert("display".to_owned(), json!(code.text));
        }
    }
    value
}

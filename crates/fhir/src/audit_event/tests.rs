//! The mapping, attribute by attribute, and over the messages of other people.

use atna::AuditMessage;
use xml::Limits;

use super::*;

const MESSAGE: &str = r#"<AuditMessage>
<EventIdentification EventActionCode="E" EventDateTime="2026-04-01T09:30:00.123+09:00" EventOutcomeIndicator="4">
<EventID csd-code="110112" codeSystemName="DCM" originalText="Query"/>
<EventTypeCode csd-code="ITI-18" codeSystemName="IHE Transactions" originalText="Registry Stored Query"/>
<EventOutcomeDescription>no</EventOutcomeDescription>
<PurposeOfUse csd-code="ETREAT" codeSystemName="2.16.840.1.113883.5.8" originalText="emergency treatment"/>
</EventIdentification>
<ActiveParticipant UserID="drsato" UserName="a&lt;drsato@https://idp.example&gt;" AlternativeUserID="4711" UserIsRequestor="true" NetworkAccessPointID="192.0.2.1" NetworkAccessPointTypeCode="2">
<RoleIDCode csd-code="DOCTOR" codeSystemName="example roles" originalText="Medical Doctor"/>
<RoleIDCode csd-code="110153" codeSystemName="DCM" originalText="Source Role ID"/>
</ActiveParticipant>
<AuditSourceIdentification AuditSourceID="registry-1" AuditEnterpriseSiteID="north">
<AuditSourceTypeCode csd-code="4" codeSystemName="DCM" originalText="Application Server"/>
</AuditSourceIdentification>
<ParticipantObjectIdentification ParticipantObjectID="7^^^NS&amp;1.2.3&amp;ISO" ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1" ParticipantObjectDataLifeCycle="6" ParticipantObjectSensitivity="R">
<ParticipantObjectIDTypeCode csd-code="2" codeSystemName="RFC-3881" originalText="Patient Number"/>
<ParticipantObjectName>name</ParticipantObjectName>
</ParticipantObjectIdentification>
<ParticipantObjectIdentification ParticipantObjectID="urn:uuid:1" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="24">
<ParticipantObjectIDTypeCode csd-code="ITI-18" codeSystemName="IHE Transactions" originalText="Registry Stored Query"/>
<ParticipantObjectQuery>PGEvPg==</ParticipantObjectQuery>
<ParticipantObjectDetail type="QueryEncoding" value="VVRGLTg="/>
<ParticipantObjectDetail type="bytes" value="AP8="/>
</ParticipantObjectIdentification>
</AuditMessage>"#;

fn resource(raw: &[u8], detail: Detail) -> Value {
    let message = AuditMessage::read(raw, Limits::default()).ok();
    let record = Record {
        sequence: 12,
        time: "2026-04-01T00:00:00Z".parse().unwrap(),
        received_at: "2026-04-01T00:30:01Z".parse().unwrap(),
        sender: "vendor",
        peer: "192.0.2.9",
        message: message.as_ref(),
        is_syslog: message.is_some(),
        raw,
    };
    audit_event(&record, detail)
}

#[track_caller]
fn check(resource: &Value, pointer: &str, expected: &Value) {
    assert_eq!(resource.pointer(pointer), Some(expected), "{pointer} in {resource:#}");
}

#[test]
fn every_attribute_has_its_place() {
    let event = resource(MESSAGE.as_bytes(), Detail::Summary);
    let expected = [
        ("/id", json!("12")),
        ("/type", json!({"system": DICOM, "code": "110112", "display": "Query"})),
        ("/subtype/0/system", json!(TRANSACTIONS)),
        ("/subtype/0/code", json!("ITI-18")),
        ("/action", json!("E")),
        ("/recorded", json!("2026-04-01T00:30:00.123Z")),
        ("/outcome", json!("4")),
        ("/outcomeDesc", json!("no")),
        ("/purposeOfEvent/0/coding/0/system", json!("urn:oid:2.16.840.1.113883.5.8")),
        ("/purposeOfEvent/0/coding/0/code", json!("ETREAT")),
        ("/agent/0/type/coding/0/code", json!("110153")),
        ("/agent/0/role/0/coding/0/code", json!("DOCTOR")),
        ("/agent/0/role/0/coding/0/display", json!("Medical Doctor [example roles]")),
        ("/agent/0/who/identifier/value", json!("drsato")),
        ("/agent/0/altId", json!("4711")),
        ("/agent/0/name", json!("a<drsato@https://idp.example>")),
        ("/agent/0/requestor", json!(true)),
        ("/agent/0/network", json!({"address": "192.0.2.1", "type": "2"})),
        ("/source/site", json!("north")),
        ("/source/observer/identifier/value", json!("registry-1")),
        ("/source/type/0/code", json!("4")),
        ("/entity/0/what/identifier/system", json!("urn:oid:1.2.3")),
        ("/entity/0/what/identifier/value", json!("7")),
        ("/entity/0/what/identifier/type/coding/0/code", json!("2")),
        ("/entity/0/type/display", json!("Person")),
        ("/entity/0/role/display", json!("Patient")),
        ("/entity/0/lifecycle/display", json!("Access / Use")),
        ("/entity/0/securityLabel/0/display", json!("R")),
        ("/entity/0/name", json!("name")),
        ("/entity/1/what/identifier/value", json!("urn:uuid:1")),
        ("/entity/1/role/display", json!("Query")),
        ("/entity/1/query", json!("PGEvPg==")),
        ("/entity/1/detail/0", json!({"type": "QueryEncoding", "valueString": "UTF-8"})),
        ("/entity/1/detail/1", json!({"type": "bytes", "valueBase64Binary": "AP8="})),
    ];
    for (pointer, expected) in &expected {
        check(&event, pointer, expected);
    }
    assert!(event.pointer("/meta/tag").is_none());
    assert!(!event.to_string().contains(MESSAGE_BYTES));
    let event = resource(MESSAGE.as_bytes(), Detail::WithBytes);
    check(&event, "/extension/3/valueBase64Binary", &json!(STANDARD.encode(MESSAGE)));
}

#[test]
fn what_cannot_be_read_is_flagged_and_shown() {
    let event = resource(b"<14>garbage", Detail::Summary);
    check(&event, "/meta/tag/0/code", &json!("unreadable"));
    check(&event, "/meta/tag/1/code", &json!("not-syslog"));
    check(&event, "/recorded", &json!("2026-04-01T00:00:00Z"));
    check(&event, "/source/observer/identifier/value", &json!("vendor"));
    check(&event, "/entity/0/detail/0/valueString", &json!("<14>garbage"));
    let event = resource(b"\0\xff", Detail::Summary);
    check(&event, "/entity/0/detail/0/valueBase64Binary", &json!("AP8="));
}

/// FHIR has no empty strings, arrays or objects, and no null.
#[track_caller]
fn check_no_emptiness(value: &Value) {
    match value {
        Value::Null => panic!("null"),
        Value::String(text) => assert!(!text.is_empty()),
        Value::Array(list) => {
            assert!(!list.is_empty());
            list.iter().for_each(check_no_emptiness);
        }
        Value::Object(object) => {
            assert!(!object.is_empty());
            object.values().for_each(check_no_emptiness);
        }
        Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn a_message_with_nothing_in_it_is_a_resource() {
    let empty = r#"<AuditMessage><EventIdentification EventDateTime="2026-04-01T00:00:00Z"/><ParticipantObjectIdentification ParticipantObjectID=""><ParticipantObjectDetail type="" value=""/></ParticipantObjectIdentification></AuditMessage>"#;
    check_no_emptiness(&resource(empty.as_bytes(), Detail::Summary));
    check_no_emptiness(&resource(b"", Detail::Summary));
    check_no_emptiness(&resource(MESSAGE.as_bytes(), Detail::Summary));
}

#[test]
fn identifiers_have_their_system() {
    let system = Some("urn:oid:1.2.3".to_owned());
    for cx in ["7^^^&1.2.3&ISO", "7^^^NS&1.2.3&ISO^PI", "7^^^NS&1.2.3"] {
        assert_eq!(identifier_of(cx), (system.clone(), "7"), "{cx}");
    }
    for id in ["7", "7^^^NS", "^^^&1.2.3&ISO", "7^^^&1.2.3&DNS", "1.2.3", "7^^^&x&ISO"] {
        assert_eq!(identifier_of(id), (None, id), "{id}");
    }
}

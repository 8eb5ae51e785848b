//! What other years' schemas and other people's writers have instead.

use atna::{AuditMessage, Code, EventAction, NetworkAccessPoint, Outcome, ReadError};
use xml::Limits;

use crate::support::{minimal, read};

/// The codes of the audit source, as `code@system text`.
#[track_caller]
fn check_source_type(element: &str, expected: &str) {
    let source = format!("<AuditSourceIdentification AuditSourceID=\"s\">{element}");
    let message = read(&minimal(&format!("{source}</AuditSourceIdentification>"))).unwrap();
    let types: Vec<String> = message.source.types.iter().map(shown).collect();
    assert_eq!(types, [expected]);
}

fn shown(code: &Code) -> String {
    format!("{}@{} {}", code.code, code.system, code.text)
}

/// The bytes of a query written as `text`.
#[track_caller]
fn check_query(text: &str, expected: &[u8]) {
    let object = "ParticipantObjectIdentification";
    let children = format!(
        "<{object}><ParticipantObjectQuery>{text}</ParticipantObjectQuery>\
         <ParticipantObjectDetail type=\"t\" value=\"{text}\"/></{object}>"
    );
    let message = read(&minimal(&children)).unwrap();
    let object = message.objects.first().unwrap();
    assert_eq!(object.query.as_deref(), Some(expected));
    assert_eq!(object.details, [("t".to_owned(), expected.to_vec())]);
}

#[track_caller]
fn check_outcome(attribute: &str, expected: Outcome) {
    let text = minimal("").replace("/>", &format!(" {attribute}/>"));
    assert_eq!(read(&text).unwrap().event.outcome, expected, "{attribute}");
}

#[track_caller]
fn check_time(time: &str, expected: &str) {
    let text = minimal("").replace("2026-04-01T00:30:00Z", time);
    assert_eq!(read(&text).unwrap().event.time.to_string(), expected);
}

#[track_caller]
fn check_access_point(attributes: &str, expected: Option<(&str, u8)>) {
    let message = read(&minimal(&format!("<ActiveParticipant {attributes}/>"))).unwrap();
    let expected = expected.map(|(id, type_code)| NetworkAccessPoint { id: id.into(), type_code });
    assert_eq!(message.participants.first().unwrap().network_access_point, expected);
}

#[track_caller]
fn check_refused(text: &str, expected: ReadError) {
    assert_eq!(read(text).unwrap_err(), expected);
}

#[test]
fn audit_source_types_of_every_year_are_read() {
    check_source_type("<AuditSourceTypeCode csd-code=\"4\"/>", "4@ ");
    check_source_type("<AuditSourceTypeCode code=\"4\"/>", "4@ ");
    check_source_type("<AuditSourceTypeCode>\n 4 </AuditSourceTypeCode>", "4@ ");
    let full = "csd-code=\"4\" codeSystemName=\"DCM\" originalText=\"Server\"";
    check_source_type(&format!("<AuditSourceTypeCode {full}/>"), "4@DCM Server");
    let old = "code=\" 4 \" codeSystem=\"1.2\" displayName=\"Server\"";
    check_source_type(&format!("<AuditSourceTypeCode {old}/>"), "4@1.2 Server");
    check_source_type(
        &format!("<AuditSourceTypeCode code=\"9\" displayName=\"Other\" {full}/>")
            .replace("originalText=\"Server\"", "originalText=\"Text\""),
        "4@DCM Text",
    );
}

#[test]
fn what_is_missing_is_empty() {
    let message = read(&minimal(
        "<ActiveParticipant/><ParticipantObjectIdentification/><ParticipantObjectIdentification>\
         <ParticipantObjectDetail/></ParticipantObjectIdentification>",
    ))
    .unwrap();
    assert!(message.event.id.is(&Code::new("", "", "")));
    assert_eq!(message.event.action, None);
    assert_eq!(message.event.outcome, Outcome::Success);
    assert_eq!(message.source.id, "");
    let participant = message.participants.first().unwrap();
    assert_eq!((participant.user_id.as_str(), participant.is_requestor), ("", false));
    assert_eq!(message.objects.len(), 2);
    assert_eq!(message.objects.first().unwrap().type_code, None);
    // And is written as the schema requires it.
    assert_eq!(read(&message.to_xml()).unwrap().to_xml(), message.to_xml());
}

#[test]
fn what_is_unknown_is_passed_over() {
    let text = "<!-- from a vendor --><AuditMessage version=\"2\">text<New><EventIdentification/></New>\
        <ActiveParticipant UserID=\"u\" New=\"1\" UserIsRequestor=\" TRUE \"><MediaIdentifier>\
        <MediaType csd-code=\"1\"/></MediaIdentifier><RoleIDCode csd-code=\"r\">text<New/></RoleIDCode>\
        </ActiveParticipant>\
        <ParticipantObjectIdentification ParticipantObjectID=\"o\" ParticipantObjectTypeCode=\"II\">\
        <ParticipantObjectDescription>Study<MPPS UID=\"1.2\"/><SOPClass UID=\"1\" NumberOfInstances=\"2\">\
        <Instance UID=\"1.2.3\"/></SOPClass></ParticipantObjectDescription>\
        <ParticipantObjectDetail type=\"t\" value=\"YQ==\"><New/></ParticipantObjectDetail>\
        </ParticipantObjectIdentification>\
        <EventIdentification EventActionCode=\"X\" EventDateTime=\"2026-04-01T00:30:00Z\">\
        <New/>text</EventIdentification></AuditMessage>";
    let message = read(text).unwrap();
    assert_eq!(message.event.action, None);
    let participant = message.participants.first().unwrap();
    assert!(participant.is_requestor);
    assert_eq!(participant.roles.iter().map(shown).collect::<Vec<_>>(), ["r@ "]);
    let object = message.objects.first().unwrap();
    assert_eq!((object.id.as_str(), object.type_code), ("o", None));
    assert_eq!(object.details, [("t".to_owned(), b"a".to_vec())]);
}

#[test]
fn the_first_of_two_events_counts() {
    let second = "<EventIdentification EventDateTime=\"no time\" EventActionCode=\"D\"/>\
        <AuditSourceIdentification AuditSourceID=\"a\"/><AuditSourceIdentification AuditSourceID=\"b\"/>";
    let message = read(&minimal(second)).unwrap();
    assert_eq!((message.event.action, message.source.id.as_str()), (None, "a"));
}

#[test]
fn a_namespace_changes_nothing() {
    let text = "<a:AuditMessage xmlns:a=\"urn:vendor\"><a:EventIdentification \
        EventActionCode=\" E \" EventDateTime=\"2026-04-01T00:30:00Z\"/></a:AuditMessage>";
    assert_eq!(read(text).unwrap().event.action, Some(EventAction::Execute));
    let text =
        minimal("").replace("<AuditMessage", "<AuditMessage xmlns=\"http://vendor.example/\"");
    assert!(read(&text).unwrap() == read(&minimal("")).unwrap());
}

#[test]
fn encodings_and_what_stands_before_the_document() {
    let plain = read(&minimal("")).unwrap();
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    for before in ["\u{FEFF}", "\r\n ", " ", ""] {
        assert!(read(&format!("{before}{declaration}{}\n", minimal(""))).unwrap() == plain);
    }
    let utf_16: Vec<u8> = std::iter::once(0xFEFF)
        .chain(minimal("").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(AuditMessage::read(&utf_16, Limits::default()).unwrap() == plain);
}

#[test]
fn outcomes() {
    check_outcome("EventOutcomeIndicator=\"\"", Outcome::Success);
    check_outcome("EventOutcomeIndicator=\" 12 \"", Outcome::MajorFailure);
    check_outcome("EventOutcomeIndicator=\"8\"", Outcome::SeriousFailure);
    check_outcome("EventOutcomeIndicator=\"1\"", Outcome::MinorFailure);
    check_outcome("EventOutcomeIndicator=\"failed\"", Outcome::MinorFailure);
}

#[test]
fn times() {
    check_time("2026-04-01T09:30:00.1234567890123+09:00", "2026-04-01T00:30:00.123456789Z");
    check_time("2026-04-01T09:30:00", "2026-04-01T09:30:00Z");
}

#[test]
fn access_points_may_be_half() {
    check_access_point("", None);
    check_access_point(
        "NetworkAccessPointID=\"h\" NetworkAccessPointTypeCode=\"1\"",
        Some(("h", 1)),
    );
    check_access_point("NetworkAccessPointID=\"h\"", Some(("h", NetworkAccessPoint::UNKNOWN)));
    check_access_point("NetworkAccessPointTypeCode=\"2\"", Some(("", 2)));
}

#[test]
fn base64_is_undone_however_it_is_broken() {
    check_query("PHF1ZXJ5Pg==", b"<query>");
    check_query("\n  PHF1\n  ZXJ5 Pg=\t=\n", b"<query>");
    check_query("PHF1ZXJ5Pg", b"<query>");
    check_query("", b"");
    check_query("MSH|^~\\&amp; 連携", "MSH|^~\\& 連携".as_bytes());
}

#[test]
fn what_is_no_audit_message_is_refused() {
    check_refused("<Audit/>", ReadError::OtherDocument);
    check_refused("<AuditMessage/>", ReadError::NoEventIdentification);
    check_refused("<AuditMessage><EventIdentification/></AuditMessage>", ReadError::EventDateTime);
    let no_time = minimal("").replace("2026-04-01T00:30:00Z", "yesterday");
    check_refused(&no_time, ReadError::EventDateTime);
}

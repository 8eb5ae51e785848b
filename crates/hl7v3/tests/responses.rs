//! Answers to queries: what the profile wants, and valid by the published schemas.

use datatypes::{Dtm, Oid};
use hl7v3::{
    AckDetail, Answering, ErrorCode, Location, QueryFailure, QueryFault, QueryMessage,
    write_cross_reference_response, write_demographics_response,
};
use identity::{
    Address, Demographics, LocalId, MatchPage, NameKind, NameRepresentation, PatientMatch,
    PersonName, Sex, Telecom, TelecomUsage,
};

use crate::support::{QueryPieces, check_schema, read_cross_reference, read_demographics};

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn local_id(id: &str, namespace: Option<&str>, root: &str) -> LocalId {
    LocalId {
        id: id.to_owned(),
        namespace: namespace.map(str::to_owned),
        universal_id: Some(oid(root)),
    }
}

fn fault(failure: QueryFailure, locations: &[Location]) -> QueryFault {
    let detail = |location: &Location| AckDetail {
        location: Some(location.clone()),
        code: ErrorCode::UnknownKeyIdentifier,
        text: "not known here".to_owned(),
    };
    QueryFault { failure, details: locations.iter().map(detail).collect() }
}

fn answer<Q>(message: &QueryMessage<Q>, write: impl FnOnce(&Answering<'_>) -> String) -> String {
    let id = oid("2.25.329800735698586629295641978511506172918");
    let time = Dtm::parse("20260401093001").unwrap();
    write(&message.answering(&id, &time))
}

fn cross_reference(found: Result<&[LocalId], &QueryFault>) -> String {
    let message = read_cross_reference(&QueryPieces::cross_reference().write());
    answer(&message, |answering| write_cross_reference_response(answering, found))
}

fn demographics(domains: &[Oid], found: Result<&MatchPage, &QueryFault>) -> String {
    let message = read_demographics(&QueryPieces::demographics().write());
    answer(&message, |answering| write_demographics_response(answering, domains, found))
}

const DEVICES: &str = "<receiver typeCode=\"RCV\"><device classCode=\"DEV\" determinerCode=\"INSTANCE\">\
    <id root=\"1.2.9.2\"/></device></receiver><sender typeCode=\"SND\"><device classCode=\"DEV\" \
    determinerCode=\"INSTANCE\"><id root=\"1.2.9.1\"/></device></sender>";

fn beginning(name: &str) -> String {
    format!(
        "<{name} xmlns=\"urn:hl7-org:v3\" ITSVersion=\"XML_1.0\">\
         <id root=\"2.25.329800735698586629295641978511506172918\"/>\
         <creationTime value=\"20260401093001+0000\"/>\
         <interactionId root=\"2.16.840.1.113883.1.6\" extension=\"{name}\"/>\
         <processingCode code=\"P\"/><processingModeCode code=\"T\"/><acceptAckCode code=\"NE\"/>{DEVICES}"
    )
}

fn acknowledged(code: &str, details: &str) -> String {
    format!(
        "<acknowledgement><typeCode code=\"{code}\"/><targetMessage>\
         <id root=\"21acf7be-007c-41e6-b176-d0969794983b\" extension=\"345\"/></targetMessage>{details}\
         </acknowledgement>"
    )
}

const PIX_COPY: &str = "<queryByParameter xmlns=\"urn:hl7-org:v3\">\
    <queryId root=\"1.2.840.999\" extension=\"18204\"/><statusCode code=\"new\"/>\
    <responsePriorityCode code=\"I\"/><parameterList><patientIdentifier>\
    <value root=\"1.2.3\" extension=\"4711\"/><semanticsText>Patient.id</semanticsText>\
    </patientIdentifier></parameterList></queryByParameter>";

/// Cases 1, 2 and 6.
#[test]
fn cross_references_found() {
    let ids = [
        local_id("1", Some("A"), "1.2.4"),
        local_id("2", None, "1.2.4"),
        local_id("a&b", None, "1.2.5"),
    ];
    let expected = beginning("PRPA_IN201310UV02")
        + &acknowledged("AA", "")
        + "<controlActProcess classCode=\"CACT\" moodCode=\"EVN\">\
        <code code=\"PRPA_TE201310UV02\" codeSystem=\"2.16.840.1.113883.1.6\"/>\
        <subject typeCode=\"SUBJ\" contextConductionInd=\"false\">\
        <registrationEvent classCode=\"REG\" moodCode=\"EVN\"><id nullFlavor=\"NA\"/>\
        <statusCode code=\"active\"/><subject1 typeCode=\"SBJ\"><patient classCode=\"PAT\">\
        <id root=\"1.2.4\" extension=\"1\" assigningAuthorityName=\"A\"/>\
        <id root=\"1.2.4\" extension=\"2\"/><id root=\"1.2.5\" extension=\"a&amp;b\"/>\
        <statusCode code=\"active\"/>\
        <patientPerson classCode=\"PSN\" determinerCode=\"INSTANCE\"><name nullFlavor=\"NA\"/></patientPerson>\
        <providerOrganization classCode=\"ORG\" determinerCode=\"INSTANCE\"><id root=\"1.2.4\"/>\
        <contactParty classCode=\"CON\" nullFlavor=\"NI\"/></providerOrganization></patient></subject1>\
        <custodian typeCode=\"CST\"><assignedEntity classCode=\"ASSIGNED\"><id root=\"1.2.9.1\"/>\
        </assignedEntity></custodian></registrationEvent></subject>\
        <queryAck><queryId root=\"1.2.840.999\" extension=\"18204\"/>\
        <statusCode code=\"deliveredResponse\"/><queryResponseCode code=\"OK\"/></queryAck>"
        + PIX_COPY
        + "</controlActProcess></PRPA_IN201310UV02>";
    let text = cross_reference(Ok(&ids));
    assert_eq!(text, expected);
    check_schema("PRPA_IN201310UV02", &[text]);
}

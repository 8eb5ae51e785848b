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
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::strategies;
use crate::support::{
    Pieces, QueryPieces, check_schema, read_cross_reference, read_demographics, read_feed,
};

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

const PIX_CONTROL_ACT: &str = "<controlActProcess classCode=\"CACT\" moodCode=\"EVN\">\
    <code code=\"PRPA_TE201310UV02\" codeSystem=\"2.16.840.1.113883.1.6\"/>";

fn pix_end(status: &str, code: &str) -> String {
    format!(
        "<queryAck><queryId root=\"1.2.840.999\" extension=\"18204\"/><statusCode code=\"{status}\"/>\
         <queryResponseCode code=\"{code}\"/></queryAck>"
    )
}

const DETAIL: &str = "<acknowledgementDetail typeCode=\"E\"><code code=\"204\" \
    codeSystem=\"2.16.840.1.113883.12.357\" displayName=\"Unknown key identifier\"/>\
    <text>not known here</text><location>@</location></acknowledgementDetail>";

/// The details with these locations below the parameters of the query.
fn details(query: &str, paths: &[&str]) -> String {
    let below = format!("/{query}/controlActProcess/queryByParameter/parameterList/");
    paths.iter().map(|path| DETAIL.replace('@', &format!("{below}{path}"))).collect()
}

fn check_cross_reference(found: Result<&[LocalId], &QueryFault>, acknowledged: &str, end: &str) {
    let text = cross_reference(found);
    let expected = [
        &beginning("PRPA_IN201310UV02"),
        acknowledged,
        PIX_CONTROL_ACT,
        end,
        "</controlActProcess></PRPA_IN201310UV02>",
    ];
    assert_eq!(text, expected.concat());
    check_schema("PRPA_IN201310UV02", &[text]);
}

/// Case 3.
#[test]
fn no_cross_references() {
    let end = pix_end("deliveredResponse", "NF") + PIX_COPY;
    check_cross_reference(Ok(&[]), &acknowledged("AA", ""), &end);
}

/// Case 4.
#[test]
fn an_unknown_identifier() {
    let fault = fault(QueryFailure::Error, &[Location::patient_identifier()]);
    let details = details("PRPA_IN201309UV02", &["patientIdentifier/value"]);
    let end = pix_end("deliveredResponse", "AE") + PIX_COPY;
    check_cross_reference(Err(&fault), &acknowledged("AE", &details), &end);
}

/// Case 5: one detail for each domain.
#[test]
fn unknown_domains() {
    let locations = [Location::data_source(1), Location::data_source(3)];
    let fault = fault(QueryFailure::Error, &locations);
    let details = details("PRPA_IN201309UV02", &["dataSource[1]/value", "dataSource[3]/value"]);
    let end = pix_end("deliveredResponse", "AE") + PIX_COPY;
    check_cross_reference(Err(&fault), &acknowledged("AE", &details), &end);
}

#[test]
fn no_query_of_the_transaction() {
    for (failure, code) in [(QueryFailure::Invalid, "AE"), (QueryFailure::Rejected, "AR")] {
        let fault = QueryFault { failure, details: Vec::new() };
        check_cross_reference(Err(&fault), &acknowledged(code, ""), &pix_end("aborted", "QE"));
    }
    let pieces = QueryPieces { header: String::new(), ..QueryPieces::cross_reference() };
    let nameless = read_cross_reference(&pieces.write());
    assert!(nameless.query.is_err());
    let fault = fault(QueryFailure::Invalid, &[nameless.query.as_ref().unwrap_err().location()]);
    let text =
        answer(&nameless, |answering| write_cross_reference_response(answering, Err(&fault)));
    assert!(text.contains("<queryAck><statusCode code=\"aborted\"/>"), "{text}");
    check_schema("PRPA_IN201310UV02", &[text]);
}

fn person() -> Demographics {
    let name = |family: &str, given: &str, representation| {
        PersonName::legal(family, given, Some(representation))
    };
    let telecom = |number: &str, usage| Telecom { number: number.to_owned(), usage };
    Demographics {
        names: vec![
            name("連携", "花子", NameRepresentation::Ideographic),
            name("レンケイ", "ハナコ", NameRepresentation::Phonetic),
            name("RENKEI", "HANAKO", NameRepresentation::Alphabetic),
            PersonName { kind: NameKind::Birth, ..PersonName::legal("旧姓", "", None) },
        ],
        birth_date: Dtm::parse("19600203").ok(),
        sex: Some(Sex::Female),
        mothers_maiden_names: vec![name("山田", "梅", NameRepresentation::Ideographic)],
        addresses: vec![Address {
            postal_code: "422-8033".to_owned(),
            country: "JPN".to_owned(),
            full: "静岡県静岡市<1-2>".to_owned(),
            ..Address::default()
        }],
        telecoms: vec![
            telecom("03-1234-5678", TelecomUsage::Home),
            telecom("mailto:h@example.org", TelecomUsage::Business),
        ],
        account_number: None,
    }
}

fn page(matches: Vec<PatientMatch>, n_total: usize, n_remaining: usize) -> MatchPage {
    MatchPage { matches, n_total, n_remaining, pointer: None }
}

fn one_match() -> PatientMatch {
    PatientMatch {
        identifiers: vec![local_id("1", Some("A"), "1.2.4")],
        demographics: person(),
        visit: None,
        confidence: 92,
    }
}

const PDQ_COPY: &str = "<queryByParameter xmlns=\"urn:hl7-org:v3\">\
    <queryId root=\"1.2.840.999\" extension=\"18204\"/><statusCode code=\"new\"/>\
    <responseModalityCode code=\"R\"/><responsePriorityCode code=\"I\"/><parameterList>\
    <livingSubjectName><value><family>連携</family></value><semanticsText>LivingSubject.name\
    </semanticsText></livingSubjectName></parameterList></queryByParameter>";

fn pdq_end(status: &str, code: &str, quantities: [u8; 3]) -> String {
    let [total, current, remaining] = quantities;
    pix_end(status, code).replace(
        "</queryAck>",
        &format!(
            "<resultTotalQuantity value=\"{total}\"/><resultCurrentQuantity value=\"{current}\"/>\
             <resultRemainingQuantity value=\"{remaining}\"/></queryAck>"
        ),
    )
}

/// One patient as we write it, between `subject` and the end of the patient.
const PATIENT: &str = "<subject typeCode=\"SUBJ\" contextConductionInd=\"false\">\
    <registrationEvent classCode=\"REG\" moodCode=\"EVN\"><id nullFlavor=\"NA\"/>\
    <statusCode code=\"active\"/><subject1 typeCode=\"SBJ\"><patient classCode=\"PAT\">\
    <id root=\"1.2.4\" extension=\"1\" assigningAuthorityName=\"A\"/><statusCode code=\"active\"/>\
    <patientPerson classCode=\"PSN\" determinerCode=\"INSTANCE\">\
    <name use=\"IDE\"><family>連携</family><given>花子</given></name>\
    <name use=\"SYL\"><family>レンケイ</family><given>ハナコ</given></name>\
    <name use=\"ABC\"><family>RENKEI</family><given>HANAKO</given></name>\
    <name use=\"L\"><family qualifier=\"BR\">旧姓</family></name>\
    <telecom value=\"tel:03-1234-5678\" use=\"HP\"/>\
    <telecom value=\"mailto:h@example.org\" use=\"WP\"/>\
    <administrativeGenderCode code=\"F\" codeSystem=\"2.16.840.1.113883.5.1\"/>\
    <birthTime value=\"19600203\"/><addr><country>JPN</country><postalCode>422-8033</postalCode>\
    静岡県静岡市&lt;1-2&gt;</addr><asOtherIDs classCode=\"PAT\"><id nullFlavor=\"NA\"/>\
    <scopingOrganization classCode=\"ORG\" determinerCode=\"INSTANCE\"><id root=\"1.2.5\"/>\
    </scopingOrganization></asOtherIDs><personalRelationship classCode=\"PRS\">\
    <code code=\"MTH\" codeSystem=\"2.16.840.1.113883.5.111\"/>\
    <relationshipHolder1 classCode=\"PSN\" determinerCode=\"INSTANCE\">\
    <name use=\"IDE\"><family>山田</family><given>梅</given></name></relationshipHolder1>\
    </personalRelationship></patientPerson>\
    <providerOrganization classCode=\"ORG\" determinerCode=\"INSTANCE\"><id root=\"1.2.4\"/>\
    <contactParty classCode=\"CON\" nullFlavor=\"NI\"/></providerOrganization>\
    <subjectOf1><queryMatchObservation classCode=\"OBS\" moodCode=\"EVN\"><code code=\"IHE_PDQ\"/>\
    <value xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"INT\" value=\"92\"/>\
    </queryMatchObservation></subjectOf1></patient></subject1>\
    <custodian typeCode=\"CST\"><assignedEntity classCode=\"ASSIGNED\"><id root=\"1.2.9.1\"/>\
    </assignedEntity></custodian></registrationEvent></subject>";

fn check_demographics(
    domains: &[Oid],
    found: Result<&MatchPage, &QueryFault>,
    acknowledged: &str,
    content: &str,
) {
    let text = demographics(domains, found);
    let expected = [
        &beginning("PRPA_IN201306UV02"),
        acknowledged,
        &PIX_CONTROL_ACT.replace("201310", "201306"),
        content,
        "</controlActProcess></PRPA_IN201306UV02>",
    ];
    assert_eq!(text, expected.concat());
    check_schema("PRPA_IN201306UV02", &[text]);
}

/// Cases 1 and 2, of several pages: an identifier in one of the domains, none in the other.
#[test]
fn a_page_of_matches() {
    let page = page(vec![one_match()], 12, 11);
    let end = pdq_end("deliveredResponse", "OK", [12, 1, 11]) + PDQ_COPY;
    let domains = [oid("1.2.4"), oid("1.2.5")];
    check_demographics(&domains, Ok(&page), &acknowledged("AA", ""), &format!("{PATIENT}{end}"));
}

#[test]
fn a_patient_without_identifier_in_the_domains() {
    let nobody = PatientMatch {
        identifiers: Vec::new(),
        demographics: Demographics::default(),
        visit: None,
        confidence: 100,
    };
    let text = demographics(&[oid("1.2.5")], Ok(&page(vec![nobody], 1, 0)));
    let patient = "<patient classCode=\"PAT\"><id nullFlavor=\"NA\"/><statusCode code=\"active\"/>\
        <patientPerson classCode=\"PSN\" determinerCode=\"INSTANCE\"><name nullFlavor=\"NI\"/>\
        <asOtherIDs classCode=\"PAT\"><id nullFlavor=\"NA\"/><scopingOrganization classCode=\"ORG\" \
        determinerCode=\"INSTANCE\"><id root=\"1.2.5\"/></scopingOrganization></asOtherIDs>\
        </patientPerson><subjectOf1>";
    assert!(text.contains(patient), "{text}");
    check_schema("PRPA_IN201306UV02", &[text]);
}

#[test]
fn no_match() {
    let end = pdq_end("deliveredResponse", "NF", [0, 0, 0]) + PDQ_COPY;
    let nothing = page(Vec::new(), 0, 0);
    check_demographics(&[oid("1.2.5")], Ok(&nothing), &acknowledged("AA", ""), &end);
}

/// Case 3.
#[test]
fn unknown_scoping_organisations() {
    let locations = [Location::scoping_organization(1), Location::scoping_organization(2)];
    let fault = fault(QueryFailure::Error, &locations);
    let paths = ["otherIDsScopingOrganization[1]/value", "otherIDsScopingOrganization[2]/value"];
    let details = details("PRPA_IN201305UV02", &paths);
    let end = pdq_end("deliveredResponse", "AE", [0, 0, 0]) + PDQ_COPY;
    check_demographics(&[], Err(&fault), &acknowledged("AE", &details), &end);
}

#[test]
fn an_invalid_demographics_query() {
    let fault = QueryFault { failure: QueryFailure::Invalid, details: Vec::new() };
    let end = pdq_end("aborted", "QE", [0, 0, 0]);
    check_demographics(&[], Err(&fault), &acknowledged("AE", ""), &end);
}

/// The copy stands for itself, wherever its prefixes were declared.
#[test]
fn the_copy_is_what_was_sent() {
    let value = "<value xsi:type=\"h:PN\"><family>A &amp; <![CDATA[<B>]]></family></value>";
    let text = QueryPieces::demographics()
        .write()
        .replace("<value><family>連携</family></value>", value)
        .replace("<", "<h:")
        .replace("<h:/", "</h:")
        .replace("<h:![CDATA[<h:B", "<![CDATA[<B")
        .replace("xmlns=", "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:h=");
    let message = read_demographics(&text);
    assert!(message.query.is_ok());
    let page = page(vec![one_match()], 1, 0);
    let text = answer(&message, |answering| write_demographics_response(answering, &[], Ok(&page)));
    let copy = "<h:queryByParameter xmlns=\"\" xmlns:h=\"urn:hl7-org:v3\" \
        xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><h:queryId ";
    assert!(text.contains(copy), "{text}");
    assert!(text.contains("<h:family>A &amp; <![CDATA[<B>]]></h:family>"), "{text}");
    check_schema("PRPA_IN201306UV02", &[text]);
}

/// The second page has the copy of the first query and the id of the continuation.
#[test]
fn a_continued_answer() {
    let first = read_demographics(&QueryPieces::demographics().write());
    let interaction = hl7v3::Interaction::ContinueQuery;
    let text = QueryPieces::continuation(interaction, "QUQI_IN000003UV01").write();
    let text = text.replace("extension=\"345\"", "extension=\"346\"");
    let next = crate::support::read_continuation(&text, interaction);
    let page = page(vec![one_match()], 12, 0);
    let text = answer(&next, |answering| {
        let answering = Answering { copy: first.copy.as_ref(), ..*answering };
        write_demographics_response(&answering, &[], Ok(&page))
    });
    assert!(text.contains("extension=\"346\"/></targetMessage>"), "{text}");
    assert!(text.contains("<queryId root=\"1.2.840.999\" extension=\"18204\"/>"), "{text}");
    assert!(text.contains(PDQ_COPY), "{text}");
    check_schema("PRPA_IN201306UV02", &[text]);
}

/// What v2 holds need be no URL.
#[test]
fn any_number_becomes_a_url() {
    let numbers = [
        ("03-1234-5678", "tel:03-1234-5678"),
        ("03 (1234) 5678", "tel:03%20(1234)%205678"),
        ("tel:+81-3%2D1", "tel:+81-3%2D1"),
        ("100%", "tel:100%25"),
        ("100%4", "tel:100%254"),
        ("内線:1", "tel:%E5%86%85%E7%B7%9A:1"),
        ("#7[8]", "tel:%237%5B8%5D"),
        ("mailto:a@example.org", "mailto:a@example.org"),
    ];
    let telecoms =
        numbers.map(|(number, _)| Telecom { number: number.to_owned(), usage: TelecomUsage::Home });
    let demographics_of = Demographics { telecoms: telecoms.to_vec(), ..Demographics::default() };
    let one = PatientMatch { demographics: demographics_of, ..one_match() };
    let text = demographics(&[], Ok(&page(vec![one], 1, 0)));
    for (_, url) in numbers {
        assert!(
            text.contains(&format!("<telecom value=\"{url}\" use=\"HP\"/>")),
            "{url} in {text}"
        );
    }
    check_schema("PRPA_IN201306UV02", &[text]);
}

fn patient_match() -> impl Strategy<Value = PatientMatch> {
    let ids = vec(strategies::local_id(), 0..4);
    (ids, strategies::demographics(), 0..=100_u8).prop_map(
        |(identifiers, demographics, confidence)| PatientMatch {
            identifiers,
            demographics,
            visit: None,
            confidence,
        },
    )
}

proptest! {
    /// A patient of an answer, put into a feed, is the same patient.
    #[test]
    fn what_is_told_of_a_person_is_read_again(patient in patient_match()) {
        let told = patient.demographics.clone();
        let text = demographics(&[oid("1.2.5")], Ok(&page(vec![patient], 1, 0)));
        let (_, person) = text.split_once("<patientPerson classCode=\"PSN\" determinerCode=\"INSTANCE\">").unwrap();
        let (person, _) = person.split_once("</patientPerson>").unwrap();
        let pieces = Pieces { person: person.to_owned(), ..Pieces::of(hl7v3::FeedInteraction::Add) };
        let read = read_feed(&pieces.write()).unwrap().demographics;
        prop_assert!(read == told, "{}", person);
    }
}

#[test]
fn the_schema_takes_any_page() {
    let mut runner = TestRunner::deterministic();
    // Whatever a v2 source called a number.
    let any =
        ("\\PC{1,20}|[a-z]{1,3}:[!-~]{1,20}", patient_match()).prop_map(|(number, mut patient)| {
            patient.demographics.telecoms.push(Telecom { number, usage: TelecomUsage::Business });
            patient
        });
    let any = vec(any, 0..40);
    let mut any = || any.new_tree(&mut runner).unwrap().current();
    let pages: Vec<_> =
        (0..30).map(|_| demographics(&[oid("1.2.5")], Ok(&page(any(), 40, 20)))).collect();
    check_schema("PRPA_IN201306UV02", &pages);
}

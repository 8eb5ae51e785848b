//! ITI-9: the question, and every answer exact to the byte.

use datatypes::{Dtm, Oid};
use hl7v2::{
    Ack, AckCode, Charset, DomainsField, ErrDetail, ErrorCode, Header, Message, OutgoingHeader,
    Query, QueryEcho, QueryError, QueryStatus, Reply, ResponseError, read_pix_response, read_query,
    write_pix_query, write_pix_response,
};
use identity::{AuthorityName, CrossReferenceQuery, LocalId};

const QUERY: &str = "MSH|^~\\&|EMR|SITE-B|PIXMGR|RENKEI|20260401094500||QBP^Q23^QBP_Q21|10501108|P|2.5\r\
                     QPD|IHE PIX Query|Q1|999^^^NS&1.2.3&ISO^PI|^^^SITE-A~^^^&1.2.5&ISO\r\
                     RCP|I\r";

pub(crate) fn id(id: &str, namespace: &str, oid: &str) -> LocalId {
    LocalId {
        id: id.to_owned(),
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        universal_id: (!oid.is_empty()).then(|| Oid::parse(oid).unwrap()),
    }
}

pub(crate) fn authority(namespace: &str, oid: &str) -> AuthorityName {
    AuthorityName {
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        universal_id: (!oid.is_empty()).then(|| Oid::parse(oid).unwrap()),
    }
}

fn read(text: &str) -> Result<Query, QueryError> {
    read_query(&Message::parse(text).ok().unwrap())
}

#[track_caller]
fn changed(from: &str, to: &str) -> String {
    assert!(QUERY.contains(from), "{from} is not in the message");
    QUERY.replacen(from, to, 1)
}

#[track_caller]
fn check_refused(from: &str, to: &str, expected: &str) {
    let error = read(&changed(from, to)).unwrap_err();
    assert_eq!(shown(&error), expected);
}

/// The error's name and its places.
pub(crate) fn shown(error: &QueryError) -> String {
    let name = format!("{error:?}");
    let name = name.strip_prefix("Message(").unwrap_or(&name);
    let name = name.split([' ', ')']).next().unwrap_or_default().to_owned();
    let places = error.locations().into_iter().map(|place| place.to_string());
    std::iter::once(name).chain(places).collect::<Vec<_>>().join(" ")
}

fn question() -> CrossReferenceQuery {
    CrossReferenceQuery {
        id: id("999", "NS", "1.2.3"),
        domains: vec![authority("SITE-A", ""), authority("", "1.2.5")],
    }
}

#[test]
fn the_question_of_the_profile() {
    assert_eq!(read(QUERY), Ok(Query::CrossReference(question())));
}

#[test]
fn what_else_consumers_write() {
    let expected = read(QUERY);
    for (from, to) in [
        ("^QBP_Q21", ""),
        ("|P|2.5", "|P^T|2.5.1"),
        ("|P|2.5", "|D|2.4^JPN"),
        ("IHE PIX Query", "QRY_1001^Query for Corresponding Identifiers^IHEDEMO"),
        ("IHE PIX Query", ""),
        ("RCP|I", "RCP|"),
        ("RCP|I", "RCP|I|5^RD\rZZZ|1"),
        ("^PI|", "^PI~|"),
    ] {
        assert_eq!(read(&changed(from, to)), expected, "{to}");
    }
}

#[test]
fn no_domains_are_all_domains() {
    let all = changed("|^^^SITE-A~^^^&1.2.5&ISO", "");
    let expected = CrossReferenceQuery { domains: Vec::new(), ..question() };
    assert_eq!(read(&all), Ok(Query::CrossReference(expected)));
}

#[test]
fn the_header_decides_first() {
    check_refused("QBP^Q23", "ADT^Q23", "UnsupportedMessageType MSH^1^9^1^1");
    check_refused("QBP^Q23", "QBP^Q24", "UnsupportedTriggerEvent MSH^1^9^1^2");
    check_refused("QBP^Q23", "QCN^Q23", "UnsupportedTriggerEvent MSH^1^9^1^2");
    check_refused("|P|2.5", "|P|2.2", "UnsupportedVersion MSH^1^12");
    check_refused("|P|2.5", "|X|2.5", "UnsupportedProcessingId MSH^1^11");
    check_refused("|10501108|", "||", "FieldMissing MSH^1^10");
}

#[test]
fn segments_must_be_there_in_order_and_once() {
    check_refused("QPD|", "ZPD|", "SegmentMissing QPD^1");
    check_refused("RCP|I\r", "", "SegmentMissing RCP^1");
    check_refused("QPD|", "RCP|I\rQPD|", "SegmentSequence RCP^1");
    check_refused("RCP|I\r", "QPD|x|y|z\rRCP|I\r", "SegmentSequence QPD^2");
    check_refused("RCP|I\r", "RCP|I\rRCP|I\r", "SegmentSequence RCP^2");
    check_refused("RCP|I", "RCP|D", "UnknownTableValue RCP^1^1");
}

#[test]
fn every_part_of_the_question_has_its_place() {
    check_refused("|Q1|", "||", "FieldMissing QPD^1^2");
    check_refused("999^^^NS&1.2.3&ISO^PI", "", "FieldMissing QPD^1^3");
    check_refused("999^^^", "^^^", "FieldMissing QPD^1^3^1^1");
    check_refused("999^^^", "\"\"^^^", "FieldMissing QPD^1^3^1^1");
    check_refused("999^^^", "99\\X09\\9^^^", "InvalidField QPD^1^3^1^1");
    check_refused("1.2.3&ISO", "1.02.3&ISO", "InvalidField QPD^1^3^1^4^2");
    check_refused("1.2.3&ISO", "1.2.3", "InvalidField QPD^1^3^1^4^3");
    check_refused("^PI|", "^PI~998^^^NS|", "InvalidField QPD^1^3^2");
    check_refused("1.2.5&ISO", "1.2.x&ISO", "InvalidField QPD^1^4^2^4^2");
    check_refused("^^^SITE-A~", "~", "FieldMissing QPD^1^4^1^4");
    check_refused("~^^^&1.2.5&ISO", "~", "FieldMissing QPD^1^4^2^4");
    check_refused("^^^SITE-A~", "SITE-A~", "FieldMissing QPD^1^4^1^4");
}

#[test]
fn an_authority_not_named_is_left_to_the_manager() {
    let Ok(Query::CrossReference(query)) = read(&changed("999^^^NS&1.2.3&ISO^PI", "999")) else {
        panic!("refused")
    };
    assert!(query.id.is_without_authority());
}

#[test]
fn a_written_question_exact_to_the_byte() {
    let time = Dtm::parse("20260401004500").unwrap();
    let header = OutgoingHeader {
        sending_application: "EMR^1.2.9^ISO",
        sending_facility: "R&D",
        receiving_application: "PIXMGR",
        receiving_facility: "RENKEI",
        control_id: "c1",
        time: &time,
    };
    let expected = "MSH|^~\\&|EMR^1.2.9^ISO|R\\T\\D|PIXMGR|RENKEI|20260401004500+0000||\
                    QBP^Q23^QBP_Q21|c1|P|2.5\r\
                    QPD|IHE PIX Query|Q1|999^^^NS&1.2.3&ISO|^^^SITE-A~^^^&1.2.5&ISO\r\
                    RCP|I\r";
    let text = write_pix_query(&header, "Q1", &question());
    assert_eq!(text, expected);
    assert_eq!(read(&text), Ok(Query::CrossReference(question())));
}

/// The answer to that question.
fn answer(question: &str, answer: Result<&[LocalId], &Ack>) -> String {
    let message = Message::parse(question).ok().unwrap();
    let time = Dtm::parse("20260401094501").unwrap();
    let reply = Reply {
        header: &Header::read(&message),
        echo: &QueryEcho::read(&message),
        charset: Charset::Utf8,
        time: &time,
        control_id: "9f2c1",
    };
    write_pix_response(&reply, answer)
}

const HEADER: &str =
    "MSH|^~\\&|PIXMGR|RENKEI|EMR|SITE-B|20260401094501+0000||RSP^K23^RSP_K23|9f2c1|P|2.5\r";
const ECHO: &str = "QPD|IHE PIX Query|Q1|999^^^NS&1.2.3&ISO^PI|^^^SITE-A~^^^&1.2.5&ISO\r";

#[test]
fn cases_1_and_6_identifiers_were_found() {
    let found = [id("4711", "SITE-A", "1.2.4"), id("5^1", "B", "1.2.5"), id("52", "B", "1.2.5")];
    let text = answer(QUERY, Ok(&found));
    let expected = format!(
        "{HEADER}MSA|AA|10501108\rQAK|Q1|OK|IHE PIX Query\r{ECHO}\
         PID|||4711^^^SITE-A&1.2.4&ISO~5\\S\\1^^^B&1.2.5&ISO~52^^^B&1.2.5&ISO||~^^^^^^S\r"
    );
    assert_eq!(text, expected);
    let response = read_pix_response(&Message::parse(&text).ok().unwrap()).unwrap();
    assert_eq!(response.identifiers, found);
    assert_eq!(response.frame.status, QueryStatus::Found);
    assert_eq!((response.frame.code, response.frame.tag.as_str()), (AckCode::AA, "Q1"));
    assert_eq!(response.frame.control_id, "10501108");
}

#[test]
fn case_2_nothing_was_found() {
    let text = answer(QUERY, Ok(&[]));
    let expected = format!("{HEADER}MSA|AA|10501108\rQAK|Q1|NF|IHE PIX Query\r{ECHO}");
    assert_eq!(text, expected);
    let response = read_pix_response(&Message::parse(&text).ok().unwrap()).unwrap();
    assert_eq!((response.frame.status, response.identifiers), (QueryStatus::NotFound, Vec::new()));
}

/// A refusal as an actor makes it.
pub(crate) fn refusal(error: &QueryError) -> Ack {
    let detail = |location| ErrDetail {
        location: Some(location),
        code: ErrorCode::UnknownKeyIdentifier,
        text: String::new(),
    };
    let errors = error.locations().into_iter().map(detail).collect();
    Ack { code: AckCode::AE, errors }
}

#[track_caller]
fn check_case(error: &QueryError, expected: &[&str]) {
    let text = answer(QUERY, Err(&refusal(error)));
    let errors: String = expected
        .iter()
        .map(|place| format!("ERR||{place}|204^Unknown key identifier^HL70357|E\r"))
        .collect();
    let expected_text = format!("{HEADER}MSA|AE|10501108\r{errors}QAK|Q1|AE|IHE PIX Query\r{ECHO}");
    assert_eq!(text, expected_text);
    let response = read_pix_response(&Message::parse(&text).ok().unwrap()).unwrap();
    assert_eq!(response.frame.status, QueryStatus::Refused);
    let places: Vec<&str> =
        response.frame.errors.iter().map(|error| error.location.as_str()).collect();
    assert_eq!(places, expected);
}

#[test]
fn cases_3_4_and_5_what_is_not_known() {
    check_case(&QueryError::UnknownId, &["QPD^1^3^1^1"]);
    check_case(&QueryError::UnknownIdDomain, &["QPD^1^3^1^4"]);
    let domains = |repetitions: &[usize]| QueryError::UnknownDomains {
        field: DomainsField::CrossReference,
        repetitions: repetitions.to_vec(),
    };
    check_case(&domains(&[2]), &["QPD^1^4^2"]);
    check_case(&domains(&[1, 2]), &["QPD^1^4^1", "QPD^1^4^2"]);
}

#[test]
fn the_question_is_echoed_byte_for_byte() {
    for qpd in
        ["QPD*QRY_1001%x%IHEDEMO*Q?S?1*999%%%NS&1.2.3&ISO**~~  *", "QPD", "QPD*", "QPD*病院*表?"]
    {
        let question = format!("MSH*%~?&*A*B*C*D*1**QBP%Q23*7*P*2.5\r{qpd}\rRCP*I\r");
        let text = answer(&question, Ok(&[id("1", "N", "1.2.3")]));
        assert!(text.contains(&format!("\r{qpd}\r")), "{text}");
        assert!(text.contains("\rPID***1%%%N&1.2.3&ISO**~%%%%%%S\r"), "{text}");
    }
    let text = answer("MSH|^~\\&|A|B|C|D|1||QBP^Q23|7|P|2.5\r", Ok(&[]));
    assert!(text.ends_with("QAK||NF\r"), "{text}");
}

/// The refusal of a question that could not be read.
fn refused(question: &[u8]) -> String {
    let time = Dtm::parse("20260401094501").unwrap();
    let reply = Reply {
        header: &Header::recover(question),
        echo: &QueryEcho::recover(question),
        charset: Charset::Utf8,
        time: &time,
        control_id: "9f2c1",
    };
    let location = hl7v2::decode(question, Charset::Ascii).err().and_then(|error| error.location());
    let code = ErrorCode::DataTypeError;
    write_pix_response(&reply, Err(&Ack::reject(ErrDetail { location, code, text: String::new() })))
}

#[test]
fn a_question_that_cannot_be_decoded_is_answered_as_far_as_it_can() {
    let undecodable = changed("999^^^NS", "病^^^NS");
    let expected = format!(
        "{HEADER}MSA|AR|10501108\rERR||QPD^1^3|102^Data type error^HL70357|E\r\
         QAK|Q1|AE|IHE PIX Query\rQPD|IHE PIX Query|Q1\r"
    );
    assert_eq!(refused(undecodable.as_bytes()), expected);
    for question in [&b"MSH|^~\\&|A|\xFF\rQPDX|a|b"[..], b"MSH|^~\\&|A\xFF", b""] {
        let text = refused(question);
        assert!(text.ends_with("QAK||AE\r") && text.contains("|2.5\r"), "{text}");
    }
    // The bytes of 滯 in ISO-2022-JP are `^|`: what follows is not taken for QPD-4.
    let question =
        b"MSH|^~\\&|A|B|C|D|1||QBP^Q23|7|P|2.5\rQPD|N|Q1|\x1B$B\x5E\x7C\x5E\x7C\x1B(B|x\r";
    assert!(refused(question).ends_with("QPD|N|Q1\r"));
}

#[test]
fn answers_that_contradict_themselves_are_refused() {
    let check = |rest: &str| {
        let text = format!("{HEADER}MSA|AA|1\r{rest}");
        read_pix_response(&Message::parse(&text).ok().unwrap()).unwrap_err()
    };
    for rest in
        ["", "QAK|Q1|OK\r", "QAK|Q1|XX\r", "QAK|Q1|NF\rPID|||1^^^N\r", "QAK|Q1|OK\rPID|||\r"]
    {
        assert!(matches!(check(rest), ResponseError::Message(_)), "{rest}");
    }
    assert!(matches!(check("QAK|Q1|OK\rPID|||1\rPID|||2\r"), ResponseError::Message(_)));
    let text = format!("{HEADER}QAK|Q1|OK\r");
    let error = read_pix_response(&Message::parse(&text).ok().unwrap()).unwrap_err();
    assert!(matches!(error, ResponseError::NotAnAck(_)));
}

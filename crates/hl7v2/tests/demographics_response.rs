//! The answers to ITI-21 and ITI-22, exact to the byte, and as a consumer reads them.

use datatypes::Dtm;
use hl7v2::{
    Ack, Charset, DomainsField, ErrDetail, ErrorCode, Header, Message, QueryEcho, QueryError,
    QueryStatus, Reply, ResponseError, decode, encode, read_demographics_response,
    read_pix_response, write_demographics_response, write_pix_response,
};
use identity::{
    Address, Clinician, Demographics, LocalId, MatchPage, NameKind, NameRepresentation,
    PatientMatch, PersonName, Sex, Telecom, TelecomUsage, Visit, VisitLocation,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use crate::people::{any_demographics, any_id, any_visit, filled_text};
use crate::pix_query::{id, refusal};

const QUERY: &str = "MSH|^~\\&|EMR|SITE-B|PIXMGR|RENKEI|20260401094500||QBP^Q22^QBP_Q21|7|P|2.5\r\
                     QPD|IHE PDQ Query|Q1|@PID.8^M|||||^^^X~^^^Y\rRCP|I|2^RD\r";
const ECHO: &str = "QPD|IHE PDQ Query|Q1|@PID.8^M|||||^^^X~^^^Y\r";

/// The answer to that question, if it is encoded in that set.
fn answer(question: &str, charset: Charset, answer: Result<&MatchPage, &Ack>) -> String {
    let message = Message::parse(question).ok().unwrap();
    let time = Dtm::parse("20260401094501").unwrap();
    let reply = Reply {
        header: &Header::read(&message),
        echo: &QueryEcho::read(&message),
        charset,
        time: &time,
        control_id: "9f2c1",
    };
    write_demographics_response(&reply, answer)
}

fn head(event: &str, charset: &str) -> String {
    format!(
        "MSH|^~\\&|PIXMGR|RENKEI|EMR|SITE-B|20260401094501+0000||RSP^{event}|9f2c1|P|2.5{charset}\r"
    )
}

fn taro() -> PatientMatch {
    let name = |family: &str, given: &str, representation| {
        PersonName::legal(family, given, Some(representation))
    };
    let demographics = Demographics {
        names: vec![
            name("連携", "太郎", NameRepresentation::Ideographic),
            name("レンケイ", "タロウ", NameRepresentation::Phonetic),
        ],
        birth_date: Some(Dtm::parse("19600203").unwrap()),
        sex: Some(Sex::Male),
        mothers_maiden_names: vec![PersonName {
            kind: NameKind::Birth,
            ..PersonName::legal("表", "", None)
        }],
        addresses: vec![Address {
            postal_code: "100-0001".to_owned(),
            country: "JPN".to_owned(),
            full: "東京都".to_owned(),
            ..Address::default()
        }],
        telecoms: vec![
            Telecom { number: "03-1".to_owned(), usage: TelecomUsage::Home },
            Telecom { number: "03-2".to_owned(), usage: TelecomUsage::Business },
            Telecom { number: "a@example.jp".to_owned(), usage: TelecomUsage::Business },
        ],
        account_number: Some(id("77", "ACC", "1.2.9")),
    };
    PatientMatch {
        identifiers: vec![id("12", "SITE-A", "1.2.3"), id("9", "SITE-B", "1.2.4")],
        demographics,
        visit: None,
        confidence: 100,
    }
}

fn bare(number: &str, confidence: u8) -> PatientMatch {
    PatientMatch {
        identifiers: vec![id(number, "SITE-A", "1.2.3")],
        demographics: Demographics::default(),
        visit: None,
        confidence,
    }
}

const TARO: &str = "12^^^SITE-A&1.2.3&ISO~9^^^SITE-B&1.2.4&ISO||\
    連携^太郎^^^^^L^I~レンケイ^タロウ^^^^^L^P|表^^^^^^B|19600203|M|||^^^^100-0001^JPN^^東京都||\
    03-1^PRN^PH|03-2^WPN^PH~^NET^Internet^a@example.jp||||77^^^ACC&1.2.9&ISO\r";

#[track_caller]
fn check(text: &str, expected: &str, page: &MatchPage) {
    assert_eq!(text, expected);
    let response = read_demographics_response(&Message::parse(text).ok().unwrap()).unwrap();
    assert_eq!((response.frame.tag.as_str(), response.frame.control_id.as_str()), ("Q1", "7"));
    assert!(response.page == *page, "page differs");
}

#[test]
fn a_page_with_more_behind_it() {
    let page = MatchPage {
        matches: vec![taro(), bare("13", 85)],
        n_total: 5,
        n_remaining: 3,
        pointer: Some("p^1".to_owned()),
    };
    let expected = format!(
        "{}MSA|AA|7\rQAK|Q1|OK|IHE PDQ Query|5|2|3\r{ECHO}PID|1||{TARO}QRI|100\r\
         PID|2||13^^^SITE-A&1.2.3&ISO\rQRI|85\rDSC|p\\S\\1|I\r",
        head("K22^RSP_K21", "||||||UNICODE UTF-8"),
    );
    check(&answer(QUERY, Charset::Utf8, Ok(&page)), &expected, &page);
}

#[test]
fn the_last_page_points_nowhere() {
    let page =
        MatchPage { matches: vec![bare("13", 90)], n_total: 5, n_remaining: 0, pointer: None };
    let expected = format!(
        "{}MSA|AA|7\rQAK|Q1|OK|IHE PDQ Query|5|1|0\r{ECHO}\
         PID|1||13^^^SITE-A&1.2.3&ISO\rQRI|90\r",
        head("K22^RSP_K21", ""),
    );
    check(&answer(QUERY, Charset::Utf8, Ok(&page)), &expected, &page);
}

#[test]
fn nobody_was_found() {
    let page = MatchPage { matches: Vec::new(), n_total: 0, n_remaining: 0, pointer: None };
    let expected = format!("{}MSA|AA|7\rQAK|Q1|NF|IHE PDQ Query\r{ECHO}", head("K22^RSP_K21", ""),);
    check(&answer(QUERY, Charset::Utf8, Ok(&page)), &expected, &page);
}

#[test]
fn a_visit_stands_behind_its_patient() {
    let visit = Visit {
        number: Some(id("V-9", "VIS", "1.2.8")),
        class: "I".to_owned(),
        location: VisitLocation {
            point_of_care: "3W".to_owned(),
            room: "301".to_owned(),
            ..VisitLocation::default()
        },
        attending: vec![Clinician {
            id: "D1".to_owned(),
            family: "A".to_owned(),
            given: "B".to_owned(),
        }],
        ..Visit::default()
    };
    let matches = vec![PatientMatch { visit: Some(visit), ..bare("13", 100) }, bare("14", 50)];
    let page = MatchPage { matches, n_total: 2, n_remaining: 0, pointer: None };
    let question = QUERY.replace("QBP^Q22", "QBP^ZV1");
    let expected = format!(
        "{}MSA|AA|7\rQAK|Q1|OK|IHE PDQ Query|2|2|0\r{ECHO}\
         PID|1||13^^^SITE-A&1.2.3&ISO\rPV1||I|3W^301||||D1^A^B||||||||||||V-9^^^VIS&1.2.8&ISO\r\
         QRI|100\rPID|2||14^^^SITE-A&1.2.3&ISO\rQRI|50\r",
        head("ZV2^RSP_ZV2", ""),
    );
    check(&answer(&question, Charset::Utf8, Ok(&page)), &expected, &page);
}

#[track_caller]
fn check_refused(ack: &Ack, errors: &str, n_errors: usize) {
    let text = answer(QUERY, Charset::Utf8, Err(ack));
    let code = if ack.code == hl7v2::AckCode::AE { "AE" } else { "AR" };
    let expected = format!(
        "{}MSA|{code}|7\r{errors}QAK|Q1|AE|IHE PDQ Query\r{ECHO}",
        head("K22^RSP_K21", ""),
    );
    assert_eq!(text, expected);
    let response = read_demographics_response(&Message::parse(&text).ok().unwrap()).unwrap();
    assert_eq!(response.frame.status, QueryStatus::Refused);
    assert_eq!(response.frame.errors.len(), n_errors);
    assert!(response.page.matches.is_empty());
}

#[test]
fn refusals() {
    let domains =
        QueryError::UnknownDomains { field: DomainsField::Demographics, repetitions: vec![1, 2] };
    let errors = "ERR||QPD^1^8^1|204^Unknown key identifier^HL70357|E\r\
                  ERR||QPD^1^8^2|204^Unknown key identifier^HL70357|E\r";
    check_refused(&refusal(&domains), errors, 2);
    let errors = "ERR||DSC^1^1|204^Unknown key identifier^HL70357|E\r";
    check_refused(&refusal(&QueryError::UnknownPointer), errors, 1);
    let location = QueryError::UnknownParameter { repetition: 1 }.locations().pop();
    let code = ErrorCode::TableValueNotFound;
    let unknown = Ack::error(ErrDetail { location, code, text: "no such".to_owned() });
    let errors = "ERR||QPD^1^3^1|103^Table value not found^HL70357|E||||no such\r";
    check_refused(&unknown, errors, 1);
    assert_eq!(QueryError::TooManyMatches.locations(), Vec::new());
    let code = ErrorCode::ApplicationInternalError;
    let down = Ack::reject(ErrDetail { location: None, code, text: String::new() });
    check_refused(&down, "ERR|||207^Application internal error^HL70357|E\r", 1);
}

/// MSH-18 and MSH-20 of the answer with a Japanese name to a question with that MSH-18.
fn declared(msh_18: &str, charset: Charset) -> (String, String) {
    let question = QUERY.replace("|P|2.5\r", &format!("|P|2.5||||||{msh_18}\r"));
    let page = MatchPage { matches: vec![taro()], n_total: 1, n_remaining: 0, pointer: None };
    let text = answer(&question, charset, Ok(&page));
    let message = Message::parse(&text).ok().unwrap();
    let raw = |number: usize| message.header().field(number).raw().to_owned();
    (raw(18), raw(20))
}

#[test]
fn an_answer_declares_the_set_it_is_in() {
    let check = |msh_18: &str, charset: Charset, expected_18: &str, expected_20: &str| {
        let expected = (expected_18.to_owned(), expected_20.to_owned());
        assert_eq!(declared(msh_18, charset), expected, "{msh_18}");
    };
    let iso_2022 = "ISO 2022-1994";
    check("~ISO IR87", Charset::Iso2022Jp, "~ISO IR87", iso_2022);
    check("~ISO IR87~ISO IR159", Charset::Iso2022Jp, "~ISO IR87~ISO IR159", iso_2022);
    check("", Charset::Iso2022Jp, "~ISO IR87", iso_2022);
    check("", Charset::Utf8, "UNICODE UTF-8", "");
    check("UTF-8", Charset::Utf8, "UTF-8", "");
    // The partner takes UTF-8 where its own set lacks a character.
    check("~ISO IR87", Charset::Utf8, "UNICODE UTF-8", "");
    check("", Charset::ShiftJis, "", "");
    check("ASCII", Charset::EucJp, "ASCII", "");
}

#[test]
fn an_answer_without_japanese_declares_nothing() {
    let question = QUERY.replace("|P|2.5\r", "|P|2.5||||||~ISO IR87\r");
    let page =
        MatchPage { matches: vec![bare("13", 90)], n_total: 1, n_remaining: 0, pointer: None };
    let text = answer(&question, Charset::Iso2022Jp, Ok(&page));
    assert!(text.starts_with(&head("K22^RSP_K21", "")), "{text}");
}

#[test]
fn an_answer_arrives_in_every_set() {
    let page = MatchPage { matches: vec![taro()], n_total: 1, n_remaining: 0, pointer: None };
    for charset in [Charset::Utf8, Charset::Iso2022Jp, Charset::ShiftJis, Charset::EucJp] {
        let encoded = encode(&answer(QUERY, charset, Ok(&page)), charset);
        assert_eq!(encoded.n_substituted, 0);
        let text = decode(&encoded.bytes, charset).unwrap();
        let response = read_demographics_response(&Message::parse(&text).ok().unwrap()).unwrap();
        assert!(response.page == page, "{charset:?}");
    }
}

#[track_caller]
fn read_error(segments: &str) -> ResponseError {
    let text = format!("{}MSA|AA|7\rQAK|Q1|{segments}", head("K22", ""));
    read_demographics_response(&Message::parse(&text).ok().unwrap()).unwrap_err()
}

#[test]
fn answers_that_contradict_themselves_are_refused() {
    for segments in [
        "OK\rPID|1||\r",
        "OK\rQRI|90\rPID|1||1^^^N\r",
        "OK\rPV1||I\rPID|1||1^^^N\r",
        "OK\rPID|1||1^^^N\rPV1||I|x\rPV1||O\r",
        "OK\rPID|1||1^^^N\rQRI|101\r",
        "OK\rPID|1||1^^^N||||x\r",
        "NF\rPID|1||1^^^N\r",
        "AE\rPID|1||1^^^N\r",
        "XX\r",
    ] {
        assert!(matches!(read_error(segments), ResponseError::Message(_)), "{segments}");
    }
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let pix = head("K23^RSP_K23", "") + "MSA|AA|7\rQAK|Q1|OK\rPID|||1^^^N||~^^^^^^S\r";
    let message = Message::parse(&pix).ok().unwrap();
    assert!(read_pix_response(&message).is_ok());
    assert!(read_demographics_response(&message).is_err());
    for event in ["K22^RSP_K21", "ZV2^RSP_ZV2", "K25"] {
        let text = pix.replace("K23^RSP_K23", event);
        assert!(read_pix_response(&Message::parse(&text).ok().unwrap()).is_err(), "{event}");
    }
    let text = pix.replace("RSP^", "ADT^");
    assert!(read_pix_response(&Message::parse(&text).ok().unwrap()).is_err());
}

#[test]
fn debug_shows_no_text_of_an_answer() {
    let text = head("K22", "") + "MSA|AE|7\rERR||QPD^1^3|204|E||||no patient 4711\rQAK|Q1|AE\r";
    let response = read_demographics_response(&Message::parse(&text).ok().unwrap()).unwrap();
    assert_eq!(response.frame.errors.first().unwrap().text, "no patient 4711");
    assert!(!format!("{response:?}").contains("4711"));
}

fn any_match() -> impl Strategy<Value = PatientMatch> {
    (vec(any_id(), 1..4), any_demographics(), of(any_visit()), 0_u8..=100).prop_map(
        |(identifiers, demographics, visit, confidence)| PatientMatch {
            identifiers,
            demographics,
            visit,
            confidence,
        },
    )
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        matches in vec(any_match(), 1..4),
        (n_total, n_remaining) in (1_usize..9999, 0_usize..9999),
        pointer in of(filled_text()),
        delimiters in proptest::sample::select(vec!["|^~\\&", "#*!?%", "$;:/@"]),
    ) {
        let question = format!("MSH{delimiters}");
        let message = Message::parse(&question).ok().unwrap();
        let time = Dtm::parse("2026").unwrap();
        let reply = Reply {
            header: &Header::read(&message),
            echo: &QueryEcho::read(&message),
            charset: Charset::Utf8,
            time: &time,
            control_id: "1",
        };
        let page = MatchPage { matches, n_total, n_remaining, pointer };
        let text = write_demographics_response(&reply, Ok(&page));
        let response = read_demographics_response(&Message::parse(&text).ok().unwrap()).unwrap();
        prop_assert!(response.page == page, "{}", text);
    }

    #[test]
    fn a_written_pix_response_is_read(identifiers in vec(any_id(), 0..5), tag in filled_text()) {
        let tag = hl7v2::Delimiters::STANDARD.escape(&tag).into_owned();
        let question = format!("MSH|^~\\&|A|B|C|D|1||QBP^Q23|1|P|2.5\rQPD|N|{tag}|1\r");
        let message = Message::parse(&question).ok().unwrap();
        let echo = QueryEcho::read(&message);
        let time = Dtm::parse("2026").unwrap();
        let header = Header::read(&message);
        let charset = Charset::Utf8;
        let reply = Reply { header: &header, echo: &echo, charset, time: &time, control_id: "1" };
        let text = write_pix_response(&reply, Ok::<&[LocalId], &Ack>(&identifiers));
        let response = read_pix_response(&Message::parse(&text).ok().unwrap()).unwrap();
        prop_assert!(response.identifiers == identifiers, "{}", text);
        prop_assert_eq!(response.frame.tag, echo.tag());
    }
}

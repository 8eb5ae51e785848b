//! ITI-8: what is read, what is refused and where, and what is written.

use datatypes::{Dtm, Oid};
use hl7v2::{
    Charset, FeedError, Message, OutgoingHeader, decode, encode, read_identity_management,
    read_patient_identity_feed, write_adt,
};
use identity::{
    Demographics, FeedEvent, IdentityManagement, LocalId, NameKind, NameRepresentation,
    PatientIdentityFeed, PersonName, Sex,
};
use proptest::prelude::*;

use crate::people::any_feed;

const A04: &str = "MSH|^~\\&|HIS|SITE-A|PIXMGR|RENKEI|20260401093000||ADT^A04|1|P|2.3.1\r\
                   EVN|A04|20260401093000\r\
                   PID|||12^^^SITE-A&1.2.3&ISO||A^B||19600203|M\r\
                   PV1||N\r";
const A40: &str = "MSH|^~\\&|HIS|SITE-A|PIXMGR|RENKEI|20260401093000||ADT^A40^ADT_A39|1|P|2.3.1\r\
                   EVN|A40|20260401093000\r\
                   PID|||12^^^&1.2.3&ISO||A^B||19600203|M\r\
                   MRG|13^^^&1.2.3&ISO\r";

fn read(text: &str) -> Result<PatientIdentityFeed, FeedError> {
    read_patient_identity_feed(&Message::parse(text).ok().unwrap())
}

/// The A04 with one change must be refused; shows the error's name and its place.
#[track_caller]
fn check_refused(message: &str, from: &str, to: &str, expected: &str) {
    assert!(message.contains(from), "{from} is not in the message");
    let error = read(&message.replacen(from, to, 1)).unwrap_err();
    let name = format!("{error:?}");
    let name = name.split(' ').next().unwrap_or_default();
    assert_eq!(format!("{name} {}", error.location()), expected);
}

#[track_caller]
fn check_read(message: &str, from: &str, to: &str) -> PatientIdentityFeed {
    assert!(message.contains(from), "{from} is not in the message");
    read(&message.replacen(from, to, 1)).unwrap()
}

#[test]
fn the_header_decides_first() {
    check_refused(A04, "ADT^A04", "ORU^A04", "UnsupportedMessageType MSH^1^9^1^1");
    check_refused(A04, "ADT^A04", "", "UnsupportedMessageType MSH^1^9^1^1");
    for event in ["A28", "A31", "A47", "A03", "a04", ""] {
        let to = format!("ADT^{event}");
        check_refused(A04, "ADT^A04", &to, "UnsupportedTriggerEvent MSH^1^9^1^2");
    }
    check_refused(A04, "|P|2.3.1", "|P|2.2", "UnsupportedVersion MSH^1^12");
    check_refused(A04, "|P|2.3.1", "|X|2.3.1", "UnsupportedProcessingId MSH^1^11");
    check_refused(A04, "|1|P|2.3.1", "||P|2.3.1", "FieldMissing MSH^1^10");
    check_refused(A04, "|P|2.3.1", "||2.3.1", "FieldMissing MSH^1^11");
    check_refused(A04, "|P|2.3.1", "|P|", "FieldMissing MSH^1^12");
}

#[test]
fn the_versions_in_use_are_read() {
    for version in ["2.3.1", "2.4", "2.5", "2.5^JPN"] {
        check_read(A04, "|P|2.3.1", &format!("|P^T|{version}"));
    }
}

#[test]
fn every_event_is_told_apart() {
    for (code, event) in [
        ("A01", FeedEvent::Admit),
        ("A04", FeedEvent::Register),
        ("A05", FeedEvent::PreAdmit),
        ("A08", FeedEvent::Update),
    ] {
        assert_eq!(check_read(A04, "ADT^A04", &format!("ADT^{code}")).event, event);
    }
    assert_eq!(read(A40).unwrap().event, FeedEvent::Merge);
}

#[test]
fn segments_must_be_there_in_order_and_once() {
    check_refused(A04, "EVN|A04|20260401093000\r", "", "SegmentMissing EVN^1");
    check_refused(A04, "PID|", "PD1|", "SegmentMissing PID^1");
    check_refused(A04, "PV1||N\r", "", "SegmentMissing PV1^1");
    check_refused(A40, "MRG|", "ZZZ|", "SegmentMissing MRG^1");
    check_refused(A04, "EVN|A04|20260401093000\r", "PV1\rEVN|A04|1\r", "SegmentSequence PV1^1");
    check_refused(A04, "PV1||N\r", "PV1||N\rPID|||99\r", "SegmentSequence PID^2");
    check_refused(A40, "PID|", "MRG|14\rPID|", "SegmentSequence MRG^1");
    check_refused(A40, "MRG|", "MRG|14\rMRG|", "SegmentSequence MRG^2");
    check_refused(A40, "MRG|", "MRG|14\rPID|||15\rMRG|", "SegmentSequence PID^2");
}

#[test]
fn other_segments_are_passed_over() {
    let plain = read(A04).unwrap();
    let more = "PD1|||X\rNK1|1\rMRG|99\rPV1||N\rIN1|1\rZPI|1\r";
    assert_eq!(check_read(A04, "PV1||N\r", more), plain);
    assert!(check_read(A40, "MRG|", "PD1|1\rMRG|").prior_identifiers.len() == 1);
}

#[test]
fn an_identifier_is_demanded() {
    check_refused(A04, "12^^^SITE-A&1.2.3&ISO", "", "FieldMissing PID^1^3");
    check_refused(A04, "12^^^SITE-A&1.2.3&ISO", "~^^^^PI~\"\"^^^&1.2&ISO", "FieldMissing PID^1^3");
    check_refused(A04, "12^^^", "13~^^^", "FieldMissing PID^1^3^2^1");
    check_refused(A40, "13^^^&1.2.3&ISO", "", "FieldMissing MRG^1^1");
    check_refused(A40, "13^^^&1.2.3&ISO", "^^^&1.2.3&ISO", "FieldMissing MRG^1^1^1^1");
}

#[test]
fn an_identifier_that_is_not_clean_is_refused() {
    check_refused(A04, "12^^^", " 12^^^", "InvalidField PID^1^3^1^1");
    check_refused(A04, "12^^^", "1\\X0D\\2^^^", "InvalidField PID^1^3^1^1");
    check_refused(A04, "12^^^", &format!("{}^^^", "1".repeat(256)), "InvalidField PID^1^3^1^1");
    check_refused(A04, "SITE-A&", "SITE\\X00\\A&", "InvalidField PID^1^3^1^4^1");
    check_refused(A04, "1.2.3&ISO", "1.02.3&ISO", "InvalidField PID^1^3^1^4^2");
    check_refused(A04, "1.2.3&ISO", "1.2.3", "InvalidField PID^1^3^1^4^3");
}

#[track_caller]
fn check_authority(authority: &str, namespace: Option<&str>, oid: Option<&str>) {
    let feed = check_read(A04, "SITE-A&1.2.3&ISO", authority);
    let id = feed.identifiers.first().unwrap();
    assert_eq!(id.namespace.as_deref(), namespace);
    assert_eq!(id.universal_id.as_ref().map(Oid::as_str), oid);
}

#[test]
fn an_authority_is_named_in_every_legal_way() {
    check_authority("SITE-A", Some("SITE-A"), None);
    check_authority("&1.2.3&ISO", None, Some("1.2.3"));
    check_authority("SITE-A&1.2.3&ISO", Some("SITE-A"), Some("1.2.3"));
    check_authority("\\T\\A\\S\\", Some("&A^"), None);
    check_authority("", None, None);
    check_authority("\"\"", None, None);
    check_authority("SITE-A&&ISO", Some("SITE-A"), None);
}

#[test]
fn an_authority_named_otherwise_is_not_taken_for_none() {
    check_authority("&hospital.example&DNS", Some("hospital.example"), None);
    check_authority("SITE-A&hospital.example&DNS", Some("SITE-A"), None);
}

#[test]
fn blanks_that_fill_up_a_value_are_not_part_of_it() {
    let feed = check_read(A04, "12^^^SITE-A&1.2.3&ISO||A^B", "12  ^^^SITE-A &1.2.3&ISO|| A ^B　");
    assert!(feed == read(A04).unwrap(), "blanks changed the feed");
}

#[track_caller]
fn check_birth_date(time: &str, expected: Option<&str>) {
    let feed = check_read(A04, "19600203", time);
    let found = feed.demographics.birth_date;
    assert_eq!(found.as_ref().map(Dtm::as_str), expected);
}

#[test]
fn birth_dates_come_in_every_precision() {
    check_birth_date("1960", Some("1960"));
    check_birth_date("196002031200+0900", Some("196002031200"));
    check_birth_date("19600203120000.0000-0600", Some("19600203120000"));
    check_birth_date("19600203^D", Some("19600203"));
    check_birth_date("", None);
    check_birth_date("\"\"", None);
    for wrong in ["1960-0203", "19600231", "00000000", "S350203", "1960020312+0900", "1960.5"] {
        check_refused(A04, "19600203", wrong, "InvalidField PID^1^7");
    }
}

#[test]
fn sex_is_one_of_the_table() {
    assert_eq!(check_read(A04, "|M\r", "|N\r").demographics.sex, Some(Sex::NotApplicable));
    assert_eq!(check_read(A04, "|M\r", "|\"\"\r").demographics.sex, None);
    check_refused(A04, "|M\r", "|1\r", "UnknownTableValue PID^1^8");
}

#[test]
fn names_that_say_nothing_are_no_names() {
    for nothing in ["", " ", "\"\"", "~^^^^^^S", "^^^^^^L~^^^^^^^P"] {
        let feed = check_read(A04, "A^B", nothing);
        assert!(feed.demographics.names.is_empty(), "{nothing}");
    }
    check_refused(A04, "A^B", "A^B~C^D\\X07\\", "InvalidField PID^1^5^2^2");
    let too_long = format!("{}^B", "あ".repeat(251));
    check_refused(A04, "A^B", &too_long, "InvalidField PID^1^5^1^1");
}

#[test]
fn a_name_type_other_than_legal_is_kept_apart() {
    let kinds = |names: &str| -> Vec<NameKind> {
        let feed = check_read(A04, "A^B", names);
        feed.demographics.names.iter().map(|name| name.kind).collect()
    };
    let found = kinds("A~A^^^^^^L~A^^^^^^D~A^^^^^^M~A^^^^^^B~A^^^^^^A~A^^^^^^N");
    let (legal, birth, other) = (NameKind::Legal, NameKind::Birth, NameKind::Other);
    assert_eq!(found, [legal, legal, legal, birth, birth, other, other]);
}

#[test]
fn demographics_of_a_merge_are_no_update() {
    assert_eq!(read(A40).unwrap().demographics, Demographics::default());
    // Nor can they keep the merge from being done.
    let feed = check_read(A40, "19600203|M", "unknown|?");
    assert_eq!(feed.demographics, Demographics::default());
}

fn adt_header(time: &Dtm) -> OutgoingHeader<'_> {
    OutgoingHeader {
        sending_application: "RENKEI-CLI",
        sending_facility: "SITE-A",
        receiving_application: "PIXMGR",
        receiving_facility: "R&D",
        control_id: "c1",
        time,
    }
}

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

#[test]
fn a_written_registration_exact_to_the_byte() {
    let time = Dtm::parse("20260401003000").unwrap();
    let local_id = |id: &str, namespace: Option<&str>, universal_id: Option<Oid>| LocalId {
        id: id.to_owned(),
        namespace: namespace.map(str::to_owned),
        universal_id,
    };
    let feed = PatientIdentityFeed {
        event: FeedEvent::Register,
        identifiers: vec![
            local_id("12", None, Some(oid("1.2.3"))),
            local_id("1^3", Some("SITE-A"), None),
            local_id("14", None, None),
        ],
        prior_identifiers: Vec::new(),
        demographics: Demographics {
            names: vec![
                PersonName::legal("連携", "太郎", Some(NameRepresentation::Ideographic)),
                PersonName::legal("レンケイ", "タロウ", Some(NameRepresentation::Phonetic)),
                PersonName::legal("RENKEI", "TARO", Some(NameRepresentation::Alphabetic)),
            ],
            birth_date: Some(Dtm::parse("19600203").unwrap()),
            sex: Some(Sex::Male),
            ..Demographics::default()
        },
        visit: None,
    };
    let expected = "MSH|^~\\&|RENKEI-CLI|SITE-A|PIXMGR|R\\T\\D|20260401003000+0000||\
                    ADT^A04^ADT_A01|c1|P|2.3.1||||||UNICODE UTF-8\r\
                    EVN|A04|20260401003000+0000\r\
                    PID|||12^^^&1.2.3&ISO~1\\S\\3^^^SITE-A~14||\
                    連携^太郎^^^^^L^I~レンケイ^タロウ^^^^^L^P~RENKEI^TARO^^^^^L^A||19600203|M\r\
                    PV1||N\r";
    assert_eq!(write_adt(&adt_header(&time), &feed), expected);
}

#[test]
fn a_written_merge_in_ascii_declares_no_character_set() {
    let time = Dtm::parse("20260401003000").unwrap();
    let expected = "MSH|^~\\&|RENKEI-CLI|SITE-A|PIXMGR|R\\T\\D|20260401003000+0000||\
                    ADT^A40^ADT_A39|c1|P|2.3.1\r\
                    EVN|A40|20260401003000+0000\r\
                    PID|||12^^^&1.2.3&ISO\r\
                    MRG|13^^^&1.2.3&ISO\r\
                    PV1||N\r";
    assert_eq!(write_adt(&adt_header(&time), &read(A40).unwrap()), expected);
}

proptest! {
    #[test]
    fn what_was_written_is_read(feed in any_feed()) {
        let time = Dtm::parse("20260401003000").unwrap();
        let text = write_adt(&adt_header(&time), &feed);
        let bytes = encode(&text, Charset::Utf8).bytes;
        let decoded = decode(&bytes, Charset::Ascii).unwrap();
        let management = read_identity_management(&Message::parse(&decoded).ok().unwrap()).unwrap();
        prop_assert!(management == IdentityManagement::Feed(feed.clone()), "feed differs: {}", text);
        let Demographics { names, birth_date, sex, .. } = feed.demographics;
        let demographics = Demographics { names, birth_date, sex, ..Demographics::default() };
        let of_registry = PatientIdentityFeed { demographics, visit: None, ..feed };
        prop_assert!(read(&decoded).unwrap() == of_registry, "feed differs: {}", text);
    }
}

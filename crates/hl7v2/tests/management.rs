//! ITI-8 and ITI-30 as a PIX manager reads them, ITI-10, and ITI-64 as it writes it.

use datatypes::Dtm;
use hl7v2::{
    FeedError, Header, Message, OutgoingHeader, read_identity_management, read_link_change,
    read_patient_identity_feed, read_update_notification, write_identity_management,
    write_link_change, write_update_notification,
};
use identity::{
    Address, Clinician, FeedEvent, IdentityManagement, LinkChange, LocalId, PatientIdentityFeed,
    Telecom, TelecomUsage, Visit, VisitLocation,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::people::{any_feed, any_id};
use crate::pix_query::id;

const FULL: &str = "MSH|^~\\&|HIS|SITE-A|PIXMGR|RENKEI|20260401093000||ADT^A31^ADT_A05|1|P|2.5\r\
    EVN|A31|20260401093000\r\
    PID|1||12^^^SITE-A&1.2.3&ISO||連携^太郎^^^^^L^I|母^花子|19600203|M|||\
    1-1&Chuo^^Chiyoda^Tokyo^100-0001^JPN^H^東京都千代田区~^^^^^^H||\
    ^PRN^PH^^^^^^^^^03-0000-0000~03-1~^NET^Internet^a@example.jp~^PRN^PH^^81^3^12~^PRN|\
    03-2^WPN||||77^^^ACC&1.2.9&ISO\r\
    PV1|1|I|3W^301^2^SITE-A&1.2.3&ISO||||D1^山田&von^一郎~|D2|^A^B|MED|||||||D3||V-9^^^VIS\r";
const A47: &str = "MSH|^~\\&|HIS|SITE-A|PIXMGR|RENKEI|20260401093000||ADT^A47^ADT_A30|1|P|2.5\r\
    EVN|A47|20260401093000\rPID|||13^^^SITE-A\rPD1|x\rMRG|12^^^SITE-A\r";
const A24: &str = "MSH|^~\\&|HIS|SITE-A|PIXMGR|RENKEI|20260401093000||ADT^A24^ADT_A24|1|P|2.5\r\
    EVN|A24|20260401093000\rPID|||12^^^SITE-A\rPD1|x\rPV1||N\rPID|||9^^^SITE-B\rPV1||N\r";

fn read(text: &str) -> Result<IdentityManagement, FeedError> {
    read_identity_management(&Message::parse(text).ok().unwrap())
}

fn feed(text: &str) -> PatientIdentityFeed {
    let Ok(IdentityManagement::Feed(feed)) = read(text) else { unreachable!("no feed") };
    feed
}

#[track_caller]
fn changed(message: &str, from: &str, to: &str) -> String {
    assert!(message.contains(from), "{from} is not in the message");
    message.replacen(from, to, 1)
}

#[track_caller]
fn check_refused(message: &str, from: &str, to: &str, expected: &str) {
    let error = read(&changed(message, from, to)).unwrap_err();
    let name = format!("{error:?}");
    let name = name.split(' ').next().unwrap_or_default();
    assert_eq!(format!("{name} {}", error.location()), expected);
}

fn telecom(number: &str, usage: TelecomUsage) -> Telecom {
    Telecom { number: number.to_owned(), usage }
}

#[test]
fn everything_that_can_be_asked_for_is_read() {
    let feed = feed(FULL);
    assert_eq!(feed.event, FeedEvent::Update);
    let known = feed.demographics;
    let mother = known.mothers_maiden_names.first().unwrap();
    assert_eq!((mother.family.as_str(), mother.given.as_str()), ("母", "花子"));
    let address = Address {
        street: "1-1".to_owned(),
        city: "Chiyoda".to_owned(),
        state: "Tokyo".to_owned(),
        postal_code: "100-0001".to_owned(),
        country: "JPN".to_owned(),
        full: "東京都千代田区".to_owned(),
    };
    assert!(known.addresses == [address], "address differs");
    let telecoms = [
        telecom("03-0000-0000", TelecomUsage::Home),
        telecom("03-1", TelecomUsage::Home),
        telecom("a@example.jp", TelecomUsage::Home),
        telecom("3-12", TelecomUsage::Home),
        telecom("03-2", TelecomUsage::Business),
    ];
    assert!(known.telecoms == telecoms, "numbers differ");
    assert!(known.account_number == Some(id("77", "ACC", "1.2.9")), "account differs");
}

fn clinician(id: &str, family: &str, given: &str) -> Clinician {
    Clinician { id: id.to_owned(), family: family.to_owned(), given: given.to_owned() }
}

#[test]
fn a_visit_is_read() {
    let visit = Visit {
        number: Some(id("V-9", "VIS", "")),
        class: "I".to_owned(),
        location: VisitLocation {
            point_of_care: "3W".to_owned(),
            room: "301".to_owned(),
            bed: "2".to_owned(),
            facility: "SITE-A".to_owned(),
        },
        attending: vec![clinician("D1", "山田", "一郎")],
        referring: vec![clinician("D2", "", "")],
        consulting: vec![clinician("", "A", "B")],
        service: "MED".to_owned(),
        admitting: vec![clinician("D3", "", "")],
    };
    assert!(feed(FULL).visit == Some(visit), "visit differs");
    let pv1 = FULL.split("PV1").nth(1).unwrap();
    for nothing in ["||N\r", "||\r", "||\"\"\r", "||N|^^|\r"] {
        assert_eq!(feed(&FULL.replace(pv1, nothing)).visit, None, "{nothing}");
    }
    assert!(feed(&FULL.replace(pv1, "||O\r")).visit.is_some());
}

#[test]
fn events_of_a_person_need_no_visit() {
    let without = changed(FULL, "PV1", "ZV1");
    assert_eq!(feed(&without).visit, None);
    let register = changed(&without, "ADT^A31", "ADT^A28");
    assert_eq!(feed(&register).event, FeedEvent::Register);
    for event in ["A01", "A04", "A05", "A08"] {
        check_refused(&without, "ADT^A31", &format!("ADT^{event}"), "SegmentMissing PV1^1");
        assert!(read(&changed(FULL, "ADT^A31", &format!("ADT^{event}"))).is_ok());
    }
}

#[test]
fn a_registry_does_not_refuse_what_it_does_not_need() {
    let message = changed(FULL, "ADT^A31", "ADT^A08");
    let long = "1".repeat(256);
    let (long, place) = (long.as_str(), |place: &str| format!("InvalidField {place}"));
    for (from, to, expected) in [
        ("母^花子", "母^花\\X07\\", place("PID^1^6^1^2")),
        ("Chiyoda", "Chi\\X0D\\yoda", place("PID^1^11^1^3")),
        ("1-1&", &format!("{long}&"), place("PID^1^11^1^1")),
        ("~03-1~", "~0\\X07\\~", place("PID^1^13^2^1")),
        ("03-2", long, place("PID^1^14^1^1")),
        ("77^^^", &format!("{long}^^^"), place("PID^1^18^1^1")),
        ("^^^ACC&", "^^^A\\X01\\&", place("PID^1^18^1^4^1")),
        ("|I|", &format!("|{long}|"), place("PV1^1^2")),
        ("^301^", "^3\\X7F\\^", place("PV1^1^3^1^2")),
        ("^A^B", "^A^\\X07\\", place("PV1^1^9^1^3")),
        ("V-9", "V\\X0D\\9", place("PV1^1^19^1^1")),
    ] {
        check_refused(&message, from, to, &expected);
        let text = changed(&message, from, to);
        let of_registry = read_patient_identity_feed(&Message::parse(&text).ok().unwrap()).unwrap();
        assert_eq!(of_registry.visit, None);
        assert!(of_registry.demographics.addresses.is_empty());
    }
}

#[test]
fn what_is_read_in_addition_is_tolerated_otherwise() {
    for (from, to) in [
        ("77^^^ACC&1.2.9&ISO", "^^^ACC"),
        ("77^^^ACC&1.2.9&ISO", "77^^^&1.2.x&ISO"),
        ("77^^^ACC&1.2.9&ISO", "77^^^&1.2"),
        ("77^^^ACC&1.2.9&ISO", "\"\""),
        ("77^^^ACC", " 77^^^ACC"),
    ] {
        assert_eq!(feed(&changed(FULL, from, to)).demographics.account_number, None, "{to}");
    }
    assert_eq!(feed(&changed(FULL, "V-9^^^VIS", "^^^VIS")).visit.unwrap().number, None);
    assert!(feed(&changed(FULL, "03-1~", "^^^^^^^^^~")).demographics.telecoms.len() == 4);
}

#[test]
fn a_merge_says_nothing_else() {
    let text = "MSH|^~\\&|A|B|C|D|1||ADT^A40^ADT_A39|1|P|2.5\rEVN|A40|1\r\
                PID|||1^^^N||A^B|||||||x\\X0D\\\rMRG|2^^^N\rPV1||I|\\X0D\\\r";
    let merge = feed(text);
    assert_eq!((merge.event, merge.visit.as_ref()), (FeedEvent::Merge, None));
    assert!(merge.demographics == identity::Demographics::default());
    check_refused(text, "MRG|", "MRG|3\rMRG|", "SegmentSequence MRG^2");
    check_refused(text, "PV1", "PID|||3\rMRG|4\rPV1", "SegmentSequence PID^2");
}

#[test]
fn an_identifier_is_changed() {
    let (new, old) = (vec![id("13", "SITE-A", "")], vec![id("12", "SITE-A", "")]);
    assert_eq!(read(A47), Ok(IdentityManagement::ChangeId { new, old }));
    check_refused(A47, "MRG", "ZRG", "SegmentMissing MRG^1");
    check_refused(A47, "EVN", "ZVN", "SegmentMissing EVN^1");
    check_refused(A47, "MRG", "MRG|1\rMRG", "SegmentSequence MRG^2");
    check_refused(A47, "PID|||13", "PID|||1\rPID|||13", "SegmentSequence PID^2");
    check_refused(A47, "13^^^SITE-A", "", "FieldMissing PID^1^3");
    check_refused(A47, "12^^^SITE-A", "\"\"", "FieldMissing MRG^1^1");
}

#[test]
fn two_patients_are_linked_and_unlinked() {
    let (first, second) = (vec![id("12", "SITE-A", "")], vec![id("9", "SITE-B", "")]);
    let link = IdentityManagement::Link { first: first.clone(), second: second.clone() };
    assert_eq!(read(A24), Ok(link));
    let unlink = changed(A24, "ADT^A24^ADT_A24", "ADT^A37");
    assert_eq!(read(&unlink), Ok(IdentityManagement::Unlink { first, second }));
    for message in [A24, &unlink] {
        check_refused(message, "PID|||9", "ZID|||9", "SegmentSequence PID^2");
        check_refused(message, "PID|||9", "PID|||8\rPID|||9", "SegmentSequence PID^3");
        check_refused(message, "9^^^SITE-B", "", "FieldMissing PID^2^3");
        check_refused(message, "9^^^SITE-B", "^^^SITE-B", "FieldMissing PID^2^3^1^1");
        check_refused(message, "12^^^SITE-A", "1\\X0D\\", "InvalidField PID^1^3^1^1");
        check_refused(message, "EVN|", "PID|||1\rEVN|", "SegmentSequence PID^1");
    }
}

#[test]
fn events_of_visits_are_not_identity() {
    for event in ["A02", "A03", "A11", "A43", "A99", "a28", ""] {
        let expected = "UnsupportedTriggerEvent MSH^1^9^1^2";
        check_refused(FULL, "ADT^A31", &format!("ADT^{event}"), expected);
    }
    check_refused(FULL, "ADT^A31", "QBP^A31", "UnsupportedMessageType MSH^1^9^1^1");
    check_refused(FULL, "|P|2.5\r", "|P|2.6\r", "UnsupportedVersion MSH^1^12");
    assert!(read(&changed(FULL, "|P|2.5\r", "|T|2.5.1\r")).is_ok());
}

fn header<'a>(sending_application: &'a str, time: &'a Dtm) -> OutgoingHeader<'a> {
    OutgoingHeader {
        sending_application,
        sending_facility: "RENKEI",
        receiving_application: "EMR",
        receiving_facility: "SITE-B",
        control_id: "c1",
        time,
    }
}

#[test]
fn a_written_notification_exact_to_the_byte() {
    let time = Dtm::parse("20260401003000").unwrap();
    let changed = Dtm::parse("20260401002959").unwrap();
    let identifiers = [id("12", "SITE-A", "1.2.3"), id("9|", "SITE-B", "1.2.4")];
    let text = write_update_notification(&header("PIXMGR", &time), &changed, &identifiers);
    let expected = "MSH|^~\\&|PIXMGR|RENKEI|EMR|SITE-B|20260401003000+0000||\
                    ADT^A31^ADT_A05|c1|P|2.5|||||||||ITI-10^IHE\r\
                    EVN|A31|20260401002959+0000\r\
                    PID|||12^^^SITE-A&1.2.3&ISO~9\\F\\^^^SITE-B&1.2.4&ISO|| \r\
                    PV1||N\r";
    assert_eq!(text, expected);
    let message = Message::parse(&text).ok().unwrap();
    assert_eq!(read_update_notification(&message).unwrap(), identifiers);
    assert_eq!(Header::read(&message).message_profile, "ITI-10^IHE");
    for (from, to) in [("ADT^A31", "ADT^A08"), ("PID|||12", "PID|||\rPID|||12"), ("PV1", "ZV1")] {
        let text = text.replace(from, to);
        assert!(read_update_notification(&Message::parse(&text).ok().unwrap()).is_err(), "{to}");
    }
}

#[test]
fn a_written_link_change_exact_to_the_byte() {
    let time = Dtm::parse("20260401003000").unwrap();
    let change = LinkChange {
        new: id("N7", "", "1.2.3"),
        local: id("4711", "SITE-A", "1.2.4"),
        previous: id("P3", "", "1.2.3"),
        subsumed: Some(id("4709", "SITE-A", "1.2.4")),
    };
    let expected = "MSH|^~\\&|^1.2.392.99.8^ISO|RENKEI|EMR|SITE-B|20260401003000+0000||\
                    ADT^A43^ADT_A43|c1|P|2.5\r\
                    EVN|A43|20260401003000+0000\r\
                    PID|||N7^^^&1.2.3&ISO~4711^^^SITE-A&1.2.4&ISO|| \r\
                    MRG|P3^^^&1.2.3&ISO~4709^^^SITE-A&1.2.4&ISO\r";
    assert_eq!(write_link_change(&header("^1.2.392.99.8^ISO", &time), &change), expected);
}

#[test]
fn a_written_change_of_an_identifier_exact_to_the_byte() {
    let time = Dtm::parse("20260401003000").unwrap();
    let change = IdentityManagement::ChangeId {
        new: vec![id("13", "SITE-A", "")],
        old: vec![id("12", "SITE-A", "")],
    };
    let expected = "MSH|^~\\&|HIS|RENKEI|EMR|SITE-B|20260401003000+0000||\
                    ADT^A47^ADT_A30|c1|P|2.5\r\
                    EVN|A47|20260401003000+0000\rPID|||13^^^SITE-A\rMRG|12^^^SITE-A\r";
    assert_eq!(write_identity_management(&header("HIS", &time), &change), expected);
}

fn any_management() -> impl Strategy<Value = IdentityManagement> {
    let two = || (vec(any_id(), 1..3), vec(any_id(), 1..3));
    prop_oneof![
        4 => any_feed().prop_map(IdentityManagement::Feed),
        1 => two().prop_map(|(new, old)| IdentityManagement::ChangeId { new, old }),
        1 => two().prop_map(|(first, second)| IdentityManagement::Link { first, second }),
        1 => two().prop_map(|(first, second)| IdentityManagement::Unlink { first, second }),
    ]
}

fn any_full_id() -> impl Strategy<Value = LocalId> {
    any_id().prop_filter("no OID", |id| id.universal_id.is_some())
}

proptest! {
    #[test]
    fn what_was_written_is_read(management in any_management()) {
        let time = Dtm::parse("20260401003000").unwrap();
        let text = write_identity_management(&header("HIS", &time), &management);
        prop_assert!(read(&text) == Ok(management), "{}", text);
    }

    #[test]
    fn a_written_link_change_is_read(
        new in any_full_id(),
        local in any_full_id(),
        previous in any_full_id(),
        subsumed in proptest::option::of(any_full_id()),
    ) {
        let time = Dtm::parse("20260401003000").unwrap();
        let change = LinkChange { new, local, previous, subsumed };
        let text = write_link_change(&header("1.2.392.99.8", &time), &change);
        let read = read_link_change(&Message::parse(&text).ok().unwrap());
        prop_assert!(read == Ok(change), "{}", text);
    }

    #[test]
    fn a_written_notification_is_read(identifiers in vec(any_id(), 1..5)) {
        let time = Dtm::parse("20260401003000").unwrap();
        let text = write_update_notification(&header("PIXMGR", &time), &time, &identifiers);
        let read = read_update_notification(&Message::parse(&text).ok().unwrap());
        prop_assert!(read == Ok(identifiers), "{}", text);
    }
}

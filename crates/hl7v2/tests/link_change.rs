//! ITI-64: what is read, and what is refused and where.

use datatypes::Oid;
use hl7v2::{FeedError, Message, read_link_change};
use identity::{LinkChange, LocalId};

const A43: &str = "MSH|^~\\&|1.2.392.200250.99.8|RENKEI|REGISTRY|RENKEI|20260401093000||ADT^A43^ADT_A43|\
                   1|P|2.5\r\
                   EVN|A43|20260401093000\r\
                   PID|||N7^^^&1.2.3&ISO~4711^^^SITE-A&1.2.4&ISO|| \r\
                   MRG|P3^^^&1.2.3&ISO~4709^^^SITE-A&1.2.4&ISO\r";

fn read(text: &str) -> Result<LinkChange, FeedError> {
    read_link_change(&Message::parse(text).ok().unwrap())
}

#[track_caller]
fn changed(from: &str, to: &str) -> String {
    assert!(A43.contains(from), "{from} is not in the message");
    A43.replacen(from, to, 1)
}

/// Shows the error's name and its place.
#[track_caller]
fn check_refused(from: &str, to: &str, expected: &str) {
    let error = read(&changed(from, to)).unwrap_err();
    let name = format!("{error:?}");
    let name = name.split(' ').next().unwrap_or_default();
    assert_eq!(format!("{name} {}", error.location()), expected);
}

fn id(id: &str, namespace: Option<&str>, oid: &str) -> LocalId {
    LocalId {
        id: id.to_owned(),
        namespace: namespace.map(str::to_owned),
        universal_id: Some(Oid::parse(oid).unwrap()),
    }
}

#[test]
fn all_four_identifiers() {
    let change = LinkChange {
        new: id("N7", None, "1.2.3"),
        local: id("4711", Some("SITE-A"), "1.2.4"),
        previous: id("P3", None, "1.2.3"),
        subsumed: Some(id("4709", Some("SITE-A"), "1.2.4")),
    };
    assert_eq!(read(A43), Ok(change.clone()));
    let without = changed("~4709^^^SITE-A&1.2.4&ISO", "");
    assert_eq!(read(&without), Ok(LinkChange { subsumed: None, ..change.clone() }));
    let with_empty_repetitions = changed("4709^^^SITE-A&1.2.4&ISO", "~");
    assert_eq!(read(&with_empty_repetitions), Ok(LinkChange { subsumed: None, ..change }));
}

#[test]
fn what_else_a_manager_may_write() {
    let change = read(A43);
    for (from, to) in [
        ("ADT^A43^ADT_A43", "ADT^A43"),
        ("|| \r", "\r"),
        ("|| \r", "|| \rPD1|x\r"),
        ("|P|2.5", "|T|2.5^JPN"),
        ("&ISO~4711", "&iso~4711"),
    ] {
        assert_eq!(read(&changed(from, to)), change, "{to}");
    }
}

#[test]
fn the_header_decides_first() {
    check_refused("ADT^A43", "ORU^A43", "UnsupportedMessageType MSH^1^9^1^1");
    check_refused("ADT^A43", "ADT^A44", "UnsupportedTriggerEvent MSH^1^9^1^2");
    check_refused("|P|2.5", "|P|2.2", "UnsupportedVersion MSH^1^12");
    check_refused("|\r1|P|".trim_start_matches("|\r"), "1||", "FieldMissing MSH^1^11");
    check_refused("|1|P|", "||P|", "FieldMissing MSH^1^10");
}

#[test]
fn one_group_of_segments() {
    check_refused("EVN|A43|20260401093000\r", "", "SegmentMissing EVN^1");
    check_refused("MRG|P3", "ZZZ|P3", "SegmentMissing MRG^1");
    check_refused("PID|||N7", "ZZZ|||N7", "SegmentMissing PID^1");
    check_refused("PID|||N7", "PID|||x\rPID|||N7", "SegmentSequence PID^2");
    check_refused("MRG|P3", "MRG|x\rMRG|P3", "SegmentSequence MRG^2");
}

#[test]
fn every_identifier_in_its_place() {
    check_refused("N7^^^&1.2.3&ISO~4711^^^SITE-A&1.2.4&ISO", "", "FieldMissing PID^1^3");
    check_refused("~4711^^^SITE-A&1.2.4&ISO", "", "FieldMissing PID^1^3^2");
    check_refused("N7^^^&1.2.3&ISO~", "~", "FieldMissing PID^1^3^1^1");
    check_refused("P3^^^&1.2.3&ISO~4709^^^SITE-A&1.2.4&ISO", "", "FieldMissing MRG^1^1");
    check_refused("P3^^^&1.2.3&ISO~", "~", "FieldMissing MRG^1^1^1^1");
    check_refused("|| \r", "~x^^^&1.2.4&ISO|| \r", "InvalidField PID^1^3^3");
    check_refused("1.2.4&ISO\r", "1.2.4&ISO~x\r", "InvalidField MRG^1^1^3");
    check_refused("1.2.4&ISO\r", "1.2.4&ISO~~x\r", "InvalidField MRG^1^1^4");
}

#[test]
fn authorities_by_oid() {
    check_refused("N7^^^&1.2.3&ISO", "N7", "FieldMissing PID^1^3^1^4^2");
    check_refused("N7^^^&1.2.3&ISO", "N7^^^RENKEI", "FieldMissing PID^1^3^1^4^2");
    check_refused("N7^^^&1.2.3&ISO", "N7^^^&1.2.3", "FieldMissing PID^1^3^1^4^3");
    check_refused("N7^^^&1.2.3&ISO", "N7^^^&1.02&ISO", "InvalidField PID^1^3^1^4^2");
    check_refused("4711^^^SITE-A&1.2.4&ISO", "4711^^^SITE-A", "FieldMissing PID^1^3^2^4^2");
    check_refused("1.2.4&ISO|| ", "a.example&DNS|| ", "InvalidField PID^1^3^2^4^3");
    check_refused("P3^^^&1.2.3&ISO", "P3^^^&\"\"&ISO", "FieldMissing MRG^1^1^1^4^2");
    check_refused("1.2.4&ISO\r", "1.2.4&\r", "FieldMissing MRG^1^1^2^4^3");
}

#[test]
fn identifiers_that_can_be() {
    check_refused("N7^", "\"\"^", "FieldMissing PID^1^3^1^1");
    check_refused("~4711^", "~ 4711^", "InvalidField PID^1^3^2^1");
    check_refused("P3^", "^", "FieldMissing MRG^1^1^1^1");
    check_refused("~4709^", "~^", "FieldMissing MRG^1^1^2^1");
}

#[test]
fn its_debug_hides_the_identifiers() {
    let shown = format!("{:?}", read(A43).unwrap());
    for secret in ["N7", "4711", "P3", "4709"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

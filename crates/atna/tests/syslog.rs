//! The header of RFC 5424, written and read.

use atna::syslog::{Header, Severity, SyslogError, SyslogMessage, parse, write};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::generate::any_text;

const XML: &str = "<AuditMessage>佐藤</AuditMessage>";

fn header<'a>(time: &str, names: [&'a str; 3]) -> Header<'a> {
    let [hostname, app_name, process_id] = names;
    Header { time: time.parse().unwrap(), hostname, app_name, process_id }
}

#[track_caller]
fn check_written(time: &str, names: [&str; 3], severity: Severity, expected: &str) {
    let bytes = write(&header(time, names), severity, XML);
    assert_eq!(String::from_utf8(bytes).unwrap(), format!("{expected}{XML}"));
}

#[test]
fn the_header_is_that_of_the_profile() {
    check_written(
        "2026-04-01T09:30:00.123456Z",
        ["host", "app", "4711"],
        Severity::Notice,
        "<85>1 2026-04-01T09:30:00.123456Z host app 4711 IHE+RFC-3881 - ",
    );
    check_written(
        "2026-04-01T09:30:00Z",
        ["registry.example", "renkei", ""],
        Severity::Warning,
        "<84>1 2026-04-01T09:30:00.000000Z registry.example renkei - IHE+RFC-3881 - ",
    );
}

#[test]
fn times_have_six_digits_whatever_they_hold() {
    let names = ["h", "a", "1"];
    check_written(
        "2026-04-01T09:30:00.123456999Z",
        names,
        Severity::Notice,
        "<85>1 2026-04-01T09:30:00.123456Z h a 1 IHE+RFC-3881 - ",
    );
    check_written(
        "2026-04-01T09:30:00.5+09:00",
        names,
        Severity::Notice,
        "<85>1 2026-04-01T00:30:00.500000Z h a 1 IHE+RFC-3881 - ",
    );
}

#[test]
fn names_are_cut_and_cleaned() {
    let long = "x".repeat(300);
    check_written(
        "2026-04-01T09:30:00Z",
        [&long, &long, &long],
        Severity::Notice,
        &format!(
            "<85>1 2026-04-01T09:30:00.000000Z {} {} {} IHE+RFC-3881 - ",
            "x".repeat(255),
            "x".repeat(48),
            "x".repeat(128)
        ),
    );
    check_written(
        "2026-04-01T09:30:00Z",
        ["病院 1", "a\nb", "\u{7F}-"],
        Severity::Notice,
        "<85>1 2026-04-01T09:30:00.000000Z ???1 a?b ?- IHE+RFC-3881 - ",
    );
}

#[test]
fn an_audit_message_is_read() {
    let bytes = write(
        &header("2026-04-01T09:30:00.123456Z", ["host.example", "pix-manager", ""]),
        Severity::Notice,
        XML,
    );
    let expected = SyslogMessage {
        facility: 10,
        severity: 5,
        time: Some("2026-04-01T09:30:00.123456Z".parse().unwrap()),
        hostname: Some("host.example"),
        app_name: Some("pix-manager"),
        process_id: None,
        message_id: Some("IHE+RFC-3881"),
        structured_data: "-",
        message: XML.as_bytes(),
    };
    assert!(parse(&bytes) == Ok(expected));
}

/// Header fields, structured data, message.
#[track_caller]
fn check(text: &[u8], expected: (u8, u8, Option<&str>, &str, &[u8])) {
    let message = parse(text).unwrap();
    let time = message.time.map(|time| time.to_string());
    let SyslogMessage { facility, severity, structured_data, .. } = message;
    let found = (facility, severity, time.as_deref(), structured_data, message.message);
    assert_eq!(found, expected);
}

#[test]
fn messages_of_anybody_are_read() {
    // RFC 5424 section 6.5, examples 1, 3 and 4.
    check(
        b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xEF\xBB\xBF'su root' failed",
        (4, 2, Some("2003-10-11T22:14:15.003Z"), "-", b"'su root' failed"),
    );
    let data = "[exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"]";
    check(
        format!("<165>1 2003-10-11T22:14:15.003Z m evntslog - ID47 {data} An event").as_bytes(),
        (20, 5, Some("2003-10-11T22:14:15.003Z"), data, b"An event"),
    );
    let two = format!("{data}[examplePriority@32473 class=\"high\"]");
    check(format!("<165>1 - - - - - {two}").as_bytes(), (20, 5, None, &two, b""));
    let escaped = r#"[a@1 b="\"]\\" c="]["][d]"#;
    check(format!("<0>1 - - - - - {escaped} [x]").as_bytes(), (0, 0, None, escaped, b"[x]"));
    check(b"<191>1 - - - - - - \xFF\0\x80", (23, 7, None, "-", b"\xFF\0\x80"));
    check(b"<191>1 - - - - - - ", (23, 7, None, "-", b""));
}

#[test]
fn times_of_the_field_are_read() {
    let time = Some("2026-04-01T00:30:00.1234567Z");
    check(b"<85>1 2026-04-01T09:30:00.1234567+09:00 - - - - - x", (10, 5, time, "-", b"x"));
}

#[track_caller]
fn check_refused(text: &[u8], expected: SyslogError) {
    assert_eq!(parse(text).unwrap_err(), expected, "{}", text.escape_ascii());
}

#[test]
fn bsd_syslog_is_refused() {
    check_refused(b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed", SyslogError::Version);
    check_refused(b"<85>2026-04-01T09:30:00Z host app: text", SyslogError::Version);
    check_refused(b"Use the BFG!", SyslogError::Priority);
}

#[test]
fn broken_headers_are_refused() {
    for text in ["", "<", "<85", "<>1 - - - - - -", "<192>1 - - - - - -", "<256>1 -", "<0085>1 -"] {
        check_refused(text.as_bytes(), SyslogError::Priority);
    }
    check_refused("<8５>1 - - - - - -".as_bytes(), SyslogError::Priority);
    check_refused(b"<+5>1 - - - - - -", SyslogError::Priority);
    check_refused(b"<85>2 - - - - - -", SyslogError::Version);
    check_refused(b"<85>1", SyslogError::Version);
    check_refused(b"<85>1 2026-04-01T09:30:00Z host app", SyslogError::Truncated);
    check_refused(b"<85>1 - - - - -", SyslogError::Truncated);
    check_refused(b"<85>1 - - - - - ", SyslogError::Truncated);
    check_refused(b"<85>1 now - - - - -", SyslogError::Timestamp);
    check_refused(b"<85>1 -  - - - - -", SyslogError::Field);
    check_refused(b"<85>1 - \xC3\x28 - - - -", SyslogError::Field);
    check_refused(b"<85>1 - host\nname - - - -", SyslogError::Field);
    for data in ["x", "--", "[]", "[a", "[a b=\"]", "[a b=\"\\\"]", "[a]x", "[a b=\"c\"]-"] {
        check_refused(format!("<85>1 - - - - - {data}").as_bytes(), SyslogError::StructuredData);
    }
    check_refused(b"<85>1 - - - - - [a b=\"\xFF\"]", SyslogError::StructuredData);
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        names in [any_text(), any_text(), any_text()],
        xml in any_text(),
        second in 0..253_402_207_200_i64,
        microsecond in 0..1_000_000,
    ) {
        let time = Timestamp::new(second, microsecond * 1_000).unwrap();
        let [hostname, app_name, process_id] = &names;
        let bytes = write(&Header { time, hostname, app_name, process_id }, Severity::Notice, &xml);
        let message = parse(&bytes).unwrap();
        prop_assert_eq!(message.time, Some(time));
        prop_assert_eq!(message.message_id, Some("IHE+RFC-3881"));
        prop_assert_eq!(message.hostname.is_none(), matches!(hostname.as_str(), "" | "-"));
        prop_assert!(message.hostname.is_none_or(|name| name.len() <= 255 && name.is_ascii()));
        let without_mark = xml.strip_prefix('\u{FEFF}').unwrap_or(&xml);
        prop_assert_eq!(message.message, without_mark.as_bytes());
    }
}

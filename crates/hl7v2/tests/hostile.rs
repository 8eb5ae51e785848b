//! Foreign bytes: no panic, and time that grows with the length only.

use std::time::{Duration, Instant};

use datatypes::Dtm;
use hl7v2::{
    Charset, Header, Hl7Error, MAX_MESSAGE_BYTES, MAX_REPETITIONS, Message, QueryEcho, Reply,
    decode, read_demographics_response, read_identity_management, read_link_change,
    read_patient_identity_feed, read_pix_response, read_query, read_update_notification,
    write_pix_response,
};
use proptest::prelude::*;

use crate::texts::any_text;

const CHARSETS: [Charset; 6] = [
    Charset::Ascii,
    Charset::Utf8,
    Charset::Iso2022Jp,
    Charset::Latin1,
    Charset::ShiftJis,
    Charset::EucJp,
];

/// A hundredfold of what linear passes of all readers need, a hundredth of what one quadratic pass would.
const DEADLINE: Duration = Duration::from_secs(10);

fn feed(pid_3: &str, pid_5: &str) -> String {
    format!(
        "MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.3.1\rEVN|A01|1\r\
         PID|||{pid_3}||{pid_5}||19600203|M\rPV1||N\r"
    )
}

fn link_change(pid_3: &str, mrg_1: &str) -> String {
    format!("MSH|^~\\&|A|B|C|D|1||ADT^A43|1|P|2.5\rEVN|A43|1\rPID|||{pid_3}|| \rMRG|{mrg_1}\r")
}

/// Reads all the way as a server would, whatever comes of it.
fn read_all(bytes: &[u8], default: Charset) {
    let Ok(text) = decode(bytes, default) else { return };
    let Ok(message) = Message::parse(&text) else { return };
    let _ = read_patient_identity_feed(&message);
    let _ = read_link_change(&message);
    let _ = read_identity_management(&message);
    let _ = read_update_notification(&message);
    let _ = read_query(&message);
    let _ = read_pix_response(&message);
    let _ = read_demographics_response(&message);
    let time = Dtm::parse("2026").unwrap();
    let (header, echo) = (Header::read(&message), QueryEcho::read(&message));
    let reply =
        Reply { header: &header, echo: &echo, charset: default, time: &time, control_id: "1" };
    let answer = write_pix_response(&reply, Ok(&[]));
    assert!(Message::parse(&answer).is_ok(), "an answer that is no message");
}

fn query(qpd_3: &str, rest: &str) -> String {
    format!(
        "MSH|^~\\&|A|B|C|D|1||QBP^ZV1|1|P|2.5\rQPD|N|1|{qpd_3}|||||{rest}\rRCP|I|{rest}\rDSC|{rest}\r"
    )
}

fn response(pid: &str, rest: &str) -> String {
    format!(
        "MSH|^~\\&|A|B|C|D|1||RSP^ZV2|1|P|2.5\rMSA|AA|1\rERR||{rest}\rQAK|1|OK||{rest}\r\
         PID|1||1||{pid}|{pid}||||||{pid}||{pid}|{pid}||||{pid}\rPV1||{rest}|{rest}||||{rest}\r\
         QRI|9\rDSC|{rest}\r"
    )
}

#[track_caller]
fn check_time(bytes: &[u8], charset: Charset) {
    let start = Instant::now();
    read_all(bytes, charset);
    assert!(start.elapsed() < DEADLINE, "took {:?}", start.elapsed());
}

#[test]
fn a_megabyte_of_one_thing_takes_linear_time() {
    let n = MAX_MESSAGE_BYTES - 1_000;
    for piece in ["|", "~", "^", "&", "\\", "\\X0D", "\\X00\\", "\\H\\", "\r", "PID|\r", "a", "佐"]
    {
        let bomb = piece.repeat(n / piece.len());
        // Of what stands in several places.
        let part = piece.repeat(n / piece.len() / 8);
        for message in [
            feed(&bomb, "A"),
            feed("1", &bomb),
            feed(&format!("1^^^{bomb}"), "A"),
            query(&bomb, ""),
            query(&format!("@PID.3.4^{bomb}"), ""),
            query("@PID.3.4^N", &part),
            response(&part, ""),
            response("A", &part),
            format!("MSH|^~\\&|{bomb}"),
            format!("MSH{bomb}"),
        ] {
            check_time(message.as_bytes(), Charset::Utf8);
        }
    }
    let switching = [b"MSH|^~\\&|".to_vec(), b"\x1B$B\x1B(B".repeat(n / 6)].concat();
    check_time(&switching, Charset::Iso2022Jp);
    for charset in CHARSETS {
        check_time(feed("1", &"a".repeat(n)).as_bytes(), charset);
    }
}

#[test]
fn repetitions_of_identifiers_are_limited() {
    let ids = |n: usize| feed(&vec!["1^^^&1.2&ISO"; n].join("~"), "A");
    assert!(Message::parse(&ids(MAX_REPETITIONS)).is_ok());
    let error = Message::parse(&ids(50_000)).err().unwrap();
    assert_eq!(error.location().unwrap().to_string(), "PID^1^3");
}

#[test]
fn a_message_over_the_limit_is_refused_unread() {
    let bytes = feed(&"1".repeat(MAX_MESSAGE_BYTES), "A");
    let error = decode(bytes.as_bytes(), Charset::Ascii).unwrap_err();
    assert_eq!(error, Hl7Error::TooLarge { limit: MAX_MESSAGE_BYTES });
}

#[test]
fn errors_show_no_content() {
    let secret = "0000012345";
    for bytes in [
        feed(secret, "A").replace("EVN", "evn"),
        feed(secret, "A").replace("PV1", "MSH"),
        feed(&format!("{secret}\u{85}"), "A"),
        feed(&format!("{secret}^^^&{secret}.x&ISO"), "A"),
        feed("1", "A").replace("19600203", secret),
        feed("1", "A").replace("|M\r", &format!("|{secret}\r")),
    ] {
        let text = decode(bytes.as_bytes(), Charset::Utf8).unwrap();
        let shown = match Message::parse(&text) {
            Err(error) => format!("{error} {error:?}"),
            Ok(message) => {
                let error = read_patient_identity_feed(&message).unwrap_err();
                format!("{error} {error:?}")
            }
        };
        assert!(!shown.contains(secret), "{shown}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for charset in CHARSETS {
            read_all(&bytes, charset);
            read_all(&[b"MSH|^~\\&|".to_vec(), bytes.clone()].concat(), charset);
        }
    }

    #[test]
    fn a_feed_with_any_byte_changed_is_read_or_refused(at in 0_usize..150, byte in any::<u8>()) {
        let mut bytes = feed("1^^^N&1.2&ISO~\"\"^^^&1.3&ISO", "連携^太郎^^^^^L^I").into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        for charset in CHARSETS {
            read_all(&bytes, charset);
        }
    }

    #[test]
    fn any_text_in_the_fields_is_read_or_refused(pid_3 in any_text(), pid_5 in any_text()) {
        read_all(feed(&pid_3, &pid_5).as_bytes(), Charset::Utf8);
        read_all(link_change(&pid_3, &pid_5).as_bytes(), Charset::Utf8);
        read_all(query(&pid_3, &pid_5).as_bytes(), Charset::Utf8);
        read_all(query(&format!("@PID.3.4^{pid_3}~@PID.3.1^{pid_5}"), "").as_bytes(), Charset::Utf8);
        read_all(response(&pid_3, &pid_5).as_bytes(), Charset::Utf8);
    }

    #[test]
    fn a_link_change_with_any_byte_changed_is_read_or_refused(
        at in 0_usize..150, byte in any::<u8>(),
    ) {
        let ids = "1^^^&1.2&ISO~2^^^&1.3&ISO";
        let mut bytes = link_change(ids, ids).into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        read_all(&bytes, Charset::Utf8);
    }

    #[test]
    fn a_query_with_any_byte_changed_is_read_or_refused(
        at in 0_usize..200, byte in any::<u8>(),
    ) {
        let parameters = "@PID.3.1^1~@PID.3.4.2^1.2~@PID.5.1^連携~@PID.7^1960~@PV1.19^2";
        let mut bytes = query(parameters, "10^RD").into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        read_all(&bytes, Charset::Utf8);
    }

    #[test]
    fn an_answer_with_any_byte_changed_is_read_or_refused(
        at in 0_usize..200, byte in any::<u8>(),
    ) {
        let mut bytes = response("連携^太郎^^^^^L^I", "1").into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        read_all(&bytes, Charset::Utf8);
    }
}

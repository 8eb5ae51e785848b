//! Acknowledgements, exact to the byte.

use datatypes::Dtm;
use hl7v2::{
    Ack, AckCode, Charset, ErrDetail, ErrorCode, Header, Location, Message, NotAnAck, ReceivedAck,
    decode, read_ack, write_ack,
};
use proptest::prelude::*;

use crate::texts::any_text;

fn header(text: &str) -> Header {
    Header::read(&Message::parse(text).ok().unwrap())
}

#[track_caller]
fn check(request: &str, ack: &Ack, expected: &str) {
    let time = Dtm::parse("20260401093001").unwrap();
    assert_eq!(write_ack(&header(request), ack, &time, "9f2c1"), expected);
}

fn unknown_authority() -> ErrDetail {
    ErrDetail {
        location: Some(Location::segment("PID", 1).field(3).repetition(1).component(4)),
        code: ErrorCode::UnknownKeyIdentifier,
        text: "source may not feed this domain".to_owned(),
    }
}

#[test]
fn accepting() {
    check(
        "MSH|^~\\&|HIS|SITE-A|PIXMGR|RENKEI|20260401093000||ADT^A04|JP0001|P|2.3.1",
        &Ack::accept(),
        "MSH|^~\\&|PIXMGR|RENKEI|HIS|SITE-A|20260401093001+0000||ACK^A04|9f2c1|P|2.3.1\r\
         MSA|AA|JP0001\r",
    );
}

#[test]
fn an_error_tells_where_and_why() {
    check(
        "MSH|^~\\&|HIS|SITE-A|PIXMGR|RENKEI|20260401093000||ADT^A08^ADT_A01|JP0001|P^T|2.5",
        &Ack::error(unknown_authority()),
        "MSH|^~\\&|PIXMGR|RENKEI|HIS|SITE-A|20260401093001+0000||ACK^A08^ACK|9f2c1|P^T|2.5\r\
         MSA|AE|JP0001\r\
         ERR||PID^1^3^1^4|204^Unknown key identifier^HL70357|E||||source may not feed this domain\r",
    );
}

#[test]
fn an_internal_error_names_no_place() {
    let detail = ErrDetail {
        location: None,
        code: ErrorCode::ApplicationInternalError,
        text: String::new(),
    };
    check(
        "MSH|^~\\&|HIS||PIXMGR|||x|ADT^A08|JP0001|P|2.3.1",
        &Ack::reject(detail),
        "MSH|^~\\&|PIXMGR||HIS||20260401093001+0000||ACK^A08|9f2c1|P|2.3.1\r\
         MSA|AR|JP0001\r\
         ERR|||207^Application internal error^HL70357|E\r",
    );
}

#[test]
fn the_answer_uses_the_delimiters_of_the_sender() {
    let detail = ErrDetail { text: "a*b|c".to_owned(), ..unknown_authority() };
    check(
        "MSH#*!?%#HIS*1.2*ISO##R&D####ADT*A01#7#P#2.5",
        &Ack::error(detail),
        "MSH#*!?%#R&D##HIS*1.2*ISO##20260401093001+0000##ACK*A01*ACK#9f2c1#P#2.5\r\
         MSA#AE#7\r\
         ERR##PID*1*3*1*4#204*Unknown key identifier*HL70357#E####a?S?b|c\r",
    );
}

#[test]
fn a_japanese_sender_is_answered_in_its_set_if_an_echo_needs_it() {
    let request = |facility: &str| {
        header(&format!("MSH|^~\\&|HIS|{facility}|P|R|1||ADT^A08|1|P|2.5||||||~ISO IR87"))
    };
    let time = Dtm::parse("20260401").unwrap();
    assert_eq!(request("病院").charset(Charset::Ascii), Ok(Charset::Iso2022Jp));
    let answer = write_ack(&request("病院"), &Ack::accept(), &time, "1");
    assert_eq!(header(&answer).character_set, "~ISO IR87");
    assert_eq!(header(&answer).receiving_facility, "病院");
    let answer = write_ack(&request("SITE-A"), &Ack::accept(), &time, "1");
    assert_eq!(header(&answer).character_set, "");
}

#[track_caller]
fn check_recovered(bytes: &[u8], expected: &str) {
    let time = Dtm::parse("2026").unwrap();
    let detail = ErrDetail {
        location: None,
        code: ErrorCode::ApplicationInternalError,
        text: String::new(),
    };
    let answer = write_ack(&Header::recover(bytes), &Ack::reject(detail), &time, "1");
    assert_eq!(answer, format!("{expected}\rERR|||207^Application internal error^HL70357|E\r"));
}

#[test]
fn what_is_recoverable_of_a_broken_message_is_echoed() {
    check_recovered(
        b"MSH|^~\\&|HIS|SITE\xFF|P|R|1||ADT^A04|JP1|P|2.3.1|||||BIG-5\rPID|\xFF",
        "MSH|^~\\&|P|R|HIS||2026+0000||ACK^A04|1|P|2.3.1\rMSA|AR|JP1",
    );
    check_recovered(
        b"MSH|^~\\&|HIS|S|P|R|1||ADT^A04|JP1|P|2.3.1\rMSH|^~\\&|OTHER",
        "MSH|^~\\&|P|R|HIS|S|2026+0000||ACK^A04|1|P|2.3.1\rMSA|AR|JP1",
    );
    let long_id = format!("MSH|^~\\&|HIS|S|P|R|1||ADT^A04|{}|P|2.3.1", "9".repeat(300));
    check_recovered(long_id.as_bytes(), "MSH|^~\\&|P|R|HIS|S|2026+0000||ACK^A04|1|P|2.3.1\rMSA|AR");
    for nothing in [&b""[..], b"\0\0", b"PID|1", b"MSH", b"MSH|^^^^|A"] {
        check_recovered(nothing, "MSH|^~\\&|||||2026+0000||ACK|1|P|2.3.1\rMSA|AR");
    }
}

#[test]
fn an_answer_without_acknowledgement_is_told_from_a_refusal() {
    let message = |msa: &str| format!("MSH|^~\\&|A\r{msa}");
    let read = |msa: &str| read_ack(&Message::parse(&message(msa)).ok().unwrap());
    assert_eq!(read("MSA|CE|7").unwrap().code, AckCode::AE);
    assert_eq!(read("QAK|1"), Err(NotAnAck::NoAcknowledgement));
    assert!(matches!(read("MSA|XX|7"), Err(NotAnAck::UnknownCode { .. })));
    assert!(matches!(read("MSA|"), Err(NotAnAck::UnknownCode { .. })));
}

fn any_ack() -> impl Strategy<Value = Ack> {
    let codes = [
        (ErrorCode::SegmentSequenceError, "100"),
        (ErrorCode::DataTypeError, "102"),
        (ErrorCode::UnsupportedVersionId, "203"),
        (ErrorCode::UnknownKeyIdentifier, "204"),
    ];
    let code = proptest::sample::select(codes.to_vec()).prop_map(|(code, number)| {
        assert_eq!(code.as_str(), number);
        code
    });
    let location = proptest::option::of((1_usize..3, 1_usize..9).prop_map(|(sequence, field)| {
        Location::segment("PID", sequence).field(field).component(2)
    }));
    let detail = (location, code, "[ -~]{0,20}");
    let detail = detail.prop_map(|(location, code, text)| ErrDetail { location, code, text });
    prop_oneof![
        Just(Ack::accept()),
        detail.clone().prop_map(Ack::error),
        detail.prop_map(Ack::reject),
    ]
}

proptest! {
    #[test]
    fn what_was_written_is_read(ack in any_ack(), control_id in "[!-~]{1,20}", ours in "[!-~]{1,20}") {
        let escaped = hl7v2::Delimiters::STANDARD.escape(&control_id).into_owned();
        let request = header(&format!("MSH|^~\\&|A|B|C|D|1||ADT^A01|{escaped}|P|2.5"));
        let time = Dtm::parse("202604010930").unwrap();
        let text = write_ack(&request, &ack, &time, &ours);
        let message = Message::parse(&text).ok().unwrap();
        prop_assert_eq!(message.header().field(10).text(), ours);
        let expected = ReceivedAck {
            code: ack.code,
            control_id,
            error_code: ack.errors.first().map(|error| error.code.as_str().to_owned()),
            location: ack.errors.into_iter().next().and_then(|error| error.location).map(|place| place.to_string()),
        };
        prop_assert_eq!(read_ack(&message), Ok(expected));
    }

    #[test]
    fn every_message_can_be_answered(bytes in proptest::collection::vec(any::<u8>(), 0..80), text in any_text()) {
        let time = Dtm::parse("2026").unwrap();
        for bytes in [bytes.clone(), [b"MSH|^~\\&|".to_vec(), bytes].concat(), format!("MSH{text}").into_bytes()] {
            let recovered = write_ack(&Header::recover(&bytes), &Ack::accept(), &time, "1");
            prop_assert!(read_ack(&Message::parse(&recovered).ok().unwrap()).is_ok());
            let Ok(text) = decode(&bytes, Charset::Utf8) else { continue };
            let Ok(message) = Message::parse(&text) else { continue };
            let answer = write_ack(&Header::read(&message), &Ack::accept(), &time, "1");
            prop_assert!(read_ack(&Message::parse(&answer).ok().unwrap()).is_ok());
        }
    }
}

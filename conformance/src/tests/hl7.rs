//! Places in HL7 v2 answers, character sets, and what the checks make of them.

use super::checks::{fails, holds};
use super::hl7;
use crate::answer::{Answer, Hl7Answer};
use crate::hl7::Hl7Message;
use encoding_rs::ISO_2022_JP;

const ANSWER: &str = "MSH|^~\\&|A\rMSA|AA|1\rQAK|T|OK\rQPD|Q|T|a^b||\r\
    PID|1||1^^^N&1.2&ISO~2^^^N&1.2&ISO||F^G^^^^^L^I~H^J^^^^^L^P\rPID|2||3^^^M&1.3&ISO||K\r";

#[test]
fn a_place_is_a_segment_a_field_a_repetition_or_a_part() {
    let message = Hl7Message::parse(ANSWER.as_bytes()).unwrap();
    let at = |place: &str| message.value(place);
    for (place, value) in [
        ("QPD-3", "a^b"),
        ("QPD-3.2", "b"),
        ("PID-3", "1^^^N&1.2&ISO~2^^^N&1.2&ISO"),
        ("PID-3[2]", "2^^^N&1.2&ISO"),
        ("PID-3[2].4.2", "1.2"),
        ("PID[2]-3.1", "3"),
        ("PID[2]-5", "K"),
        ("QPD", "QPD|Q|T|a^b||"),
        ("MSH-2", "^~\\&"),
    ] {
        assert_eq!(at(place).as_deref(), Some(value), "{place}");
    }
    for nothing in ["PID[3]-1", "PID-3[3]", "PID-3.9", "PID[0]-1", "PID[x]-1", "PID-x", "ZZZ"] {
        assert_eq!(at(nothing), None, "{nothing}");
    }
    assert_eq!(message.values("PID-3.1"), ["1", "2", "3"]);
    assert_eq!(message.values("PID[1]-3.1"), ["1", "2"]);
    assert_eq!(message.values("PID-5[1].1"), ["F", "K"]);
    assert_eq!(message.values("PID").len(), 2);
    assert_eq!(message.values("PID-5.8"), ["I", "P"]);
    assert!(message.values("ERR-2").is_empty());
    assert_eq!(message.segment_names(), ["MSH", "MSA", "QAK", "QPD", "PID", "PID"]);
    assert_eq!(message.valued_fields("PID").into_iter().collect::<Vec<_>>(), [1, 3, 5]);
}

/// The bytes of these kanji in ISO-2022-JP are the delimiters `|`, `^`, `~`, `\` and `&` among others.
#[test]
fn an_answer_in_iso_2022_jp_is_decoded_before_it_is_split() {
    let text = "MSH|^~\\&|A||||||||P|2.5||||||~ISO IR87\rMSA|AA|1\rPID|||1||柿~飲^偉\r";
    let (bytes, _, _) = ISO_2022_JP.encode(text);
    assert!(bytes.windows(3).any(|window| window == b"\x1b$B"));
    let message = Hl7Message::parse(&bytes).unwrap();
    assert_eq!(message.values("PID-5.1"), ["柿", "飲"]);
    assert_eq!(message.value("PID-5[2].2").as_deref(), Some("偉"));
    // Double-byte to the end of the segment: the carriage return is no character there.
    let broken = [&b"MSH|^~\\&|A||||||||P|2.5||||||~ISO IR87\rPID|||1||\x1b$B3A\r"[..]].concat();
    assert!(Hl7Message::parse(&broken).is_err());
    // Without its name in MSH-18 it is UTF-8, in which an escape byte is a control character.
    assert!(Hl7Message::parse("MSH|^~\\&|A\rPID|||1||\u{1b}$B\r".as_bytes()).is_ok());
    assert!(Hl7Message::parse(b"MSH|^~\\&|A\rPID|||1||\xc0\xc0\r").is_err());
}

#[test]
fn errors_of_v2_5_to_the_letter() {
    let check = "{ hl7_err = { locations = ['QPD^1^4^1', 'QPD^1^4^2'], code = '204' } }";
    let answer = |text: &str| hl7(&format!("MSH|^~\\&|A\rMSA|AE|1\r{text}"));
    let first = "ERR||QPD^1^4^1|204^x^HL70357|E\r";
    let second = "ERR||QPD^1^4^2|204^x^HL70357|E\r";
    holds(check, |_| answer(&[first, second].concat()));
    holds(check, |_| answer(&[second, first].concat()));
    for wrong in [
        first.to_owned(),
        [first, second, second].concat(),
        [first, &second.replace("204", "207")].concat(),
        [first, &second.replace("|E", "|W")].concat(),
        [first, &second.replace("HL70357", "HL70396")].concat(),
        [first, &second.replace("ERR||", "ERR|QPD^1|")].concat(),
        [first, &second.replace("QPD^1^4^2", "QPD^1^4^3")].concat(),
    ] {
        fails(check, |_| answer(&wrong));
    }
    let nowhere = "{ hl7_err = { locations = [''], code = '207' } }";
    holds(nowhere, |_| answer("ERR|||207^x^HL70357|E\r"));
    fails(nowhere, |_| answer("ERR||PID^1|207^x^HL70357|E\r"));
    fails(nowhere, |_| answer(""));
}

#[test]
fn authorities_are_full_and_stand_together() {
    let answer = |ids: &str| hl7(&format!("MSH|^~\\&|A\rPID|||{ids}\r"));
    holds("'full_authorities'", |_| answer("1^^^N&1.2&ISO~2^^^N&1.2&ISO~3^^^M&1.3&ISO"));
    for wrong in [
        "",
        "1",
        "1^^^N",
        "1^^^&1.2&ISO",
        "1^^^N&1.2&GUID",
        "1^^^N&1.2",
        "^^^N&1.2&ISO",
        "1^^^N&1.2&ISO~3^^^M&1.3&ISO~2^^^N&1.2&ISO",
    ] {
        fails("'full_authorities'", |_| answer(wrong));
    }
}

#[test]
fn an_echoed_segment_may_lose_delimiters_at_its_end() {
    let check = "{ hl7_value = { of = 'QPD', is = 'QPD|Q|T|a' } }";
    for text in ["QPD|Q|T|a", "QPD|Q|T|a||"] {
        holds(check, |_| hl7(&format!("MSH|^~\\&|A\r{text}\r")));
    }
    fails(check, |_| hl7("MSH|^~\\&|A\rQPD|Q|T|a||b\r"));
    fails("'no_answer'", |_| Answer::Hl7(Hl7Answer::new(vec![0])));
}

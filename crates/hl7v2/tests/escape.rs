//! Escaping and unescaping.

use hl7v2::{Delimiters, Message};
use proptest::prelude::*;

use crate::texts::any_text;

#[track_caller]
fn check_unescape(escaped: &str, expected: &str) {
    assert_eq!(Delimiters::STANDARD.unescape(escaped), expected);
}

#[test]
fn every_delimiter_has_its_sequence() {
    assert_eq!(Delimiters::STANDARD.escape("|^~\\&"), "\\F\\\\S\\\\R\\\\E\\\\T\\");
    check_unescape("\\F\\\\S\\\\R\\\\E\\\\T\\", "|^~\\&");
}

#[test]
fn sequences_stand_between_japanese_characters() {
    check_unescape("佐\\F\\藤", "佐|藤");
    check_unescape("佐\\", "佐\\");
    check_unescape("\\藤", "\\藤");
    check_unescape("\\佐藤\\F\\", "\\佐藤|");
}

#[test]
fn hexadecimal_bytes_of_ascii_are_text() {
    check_unescape("a\\X0D0A\\b", "a\r\nb");
    check_unescape("a\\.br\\b", "a\nb");
}

#[test]
fn what_we_do_not_know_stays_as_it_was() {
    for text in
        ["\\H\\x\\N\\", "\\X8140\\", "\\X1\\", "\\.sp3\\", "\\C2842\\", "\\Zab\\", "C:\\dir"]
    {
        check_unescape(text, text);
    }
    // The F between two highlighting sequences is a letter.
    check_unescape("\\H\\F\\N\\", "\\H\\F\\N\\");
}

#[test]
fn control_characters_never_reach_the_line_or_the_frame() {
    assert_eq!(Delimiters::STANDARD.escape("a\rb\x0B\x1C"), "a\\X0D\\b\\X0B\\\\X1C\\");
}

#[test]
fn a_sender_without_escape_character_gets_no_delimiters() {
    let message = Message::parse("MSH|^~|A\\F\\B").map(|message| message.delimiters());
    let delimiters = message.unwrap();
    assert_eq!(delimiters.escape("a|b\\c&d\re"), "a b\\c&d e");
    assert_eq!(delimiters.unescape("A\\F\\B"), "A\\F\\B");
}

proptest! {
    #[test]
    fn unescape_undoes_escape(text in any_text()) {
        let escaped = Delimiters::STANDARD.escape(&text).into_owned();
        prop_assert!(!escaped.contains(|c: char| c.is_ascii_control() || "|^~&".contains(c)));
        prop_assert_eq!(Delimiters::STANDARD.unescape(&escaped), text);
    }

    #[test]
    fn any_text_can_be_unescaped(text in any_text()) {
        let plain = Delimiters::STANDARD.unescape(&text).into_owned();
        prop_assert!(text.contains('\\') || plain == text);
    }
}

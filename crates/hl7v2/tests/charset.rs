//! Character sets: declared, assumed, contradicted.

use hl7v2::{Charset, Delimiters, Hl7Error, Message, decode, decode_as, encode};
use proptest::prelude::*;

/// A message whose MSH-18 and PID-5 are these bytes.
fn message(msh_18: &str, name: &[u8]) -> Vec<u8> {
    let header = format!("MSH|^~\\&|A|B|C|D|1||ADT^A08|1|P|2.5||||||{msh_18}\rPID|||1||");
    [header.as_bytes(), name, b"|X\r"].concat()
}

/// What stands in PID-5 after decoding and parsing; PID-6 must still be PID-6.
#[track_caller]
fn check(msh_18: &str, default: Charset, name: &[u8], expected: &str) {
    let text = decode(&message(msh_18, name), default).unwrap();
    let message = Message::parse(&text).ok().unwrap();
    let pid = message.segment("PID").unwrap();
    assert_eq!(pid.field(5).raw(), expected);
    assert_eq!(pid.field(6).raw(), "X");
}

#[track_caller]
fn check_undecodable(msh_18: &str, default: Charset, name: &[u8]) {
    let error = decode(&message(msh_18, name), default).unwrap_err();
    let location = error.location().map(|location| location.to_string());
    assert_eq!(location.as_deref(), Some("PID^1^5"));
    assert!(matches!(error, Hl7Error::Undecodable { .. }));
}

#[test]
fn japanese_sets_are_decoded_before_splitting() {
    // 滯 is 0x5E7C, 縵 is 0x655C: the bytes of `^`, `|` and the escape character.
    let name = b"\x1B$B\x5E\x7C\x65\x5C\x1B(B^A";
    check("~ISO IR87", Charset::Ascii, name, "滯縵^A");
    check("~ISO IR87~ISO IR159", Charset::Ascii, name, "滯縵^A");
    check("ASCII~ISO IR87", Charset::Utf8, name, "滯縵^A");
    check("", Charset::Iso2022Jp, name, "滯縵^A");
    check("ISO IR14~ISO IR87", Charset::Ascii, "A".as_bytes(), "A");
}

#[test]
fn supplementary_kanji_and_half_width_kana_are_read() {
    check("~ISO IR87~ISO IR159", Charset::Ascii, b"\x1B$(D\x30\x21\x1B(B", "丂");
    check("~ISO IR13~ISO IR87", Charset::Ascii, b"\x1B(I\x40\x5B\x33\x1B(B", "ﾀﾛｳ");
}

#[test]
fn escape_sequences_without_characters_between_mean_nothing() {
    check("~ISO IR87", Charset::Ascii, b"\x1B(B\x1B$B\x4F\x22\x1B(J\x1B(B", "連");
    check("~ISO IR87", Charset::Ascii, b"\x1B&@\x1B$B\x4F\x22\x1B(B", "連");
}

#[test]
fn delimiters_after_a_return_to_roman_are_delimiters() {
    check("~ISO IR87", Charset::Ascii, b"\x1B$B\x4F\x22\x1B(J~\\F\\^A\x1B(B", "連~\\F\\^A");
}

#[test]
fn utf_8_comes_under_three_names() {
    for name in ["UNICODE UTF-8", "UTF-8", "UNICODE"] {
        check(name, Charset::Ascii, "佐藤𠮷".as_bytes(), "佐藤𠮷");
    }
}

#[test]
fn a_partner_setting_applies_when_msh_18_is_empty() {
    // ソ is 0x835C and 表 0x955C in Shift_JIS, 能 is 0x945C.
    check("", Charset::ShiftJis, b"\x83\x5C\x95\x5C\x94\x5C^A", "ソ表能^A");
    check("", Charset::Utf8, "佐藤".as_bytes(), "佐藤");
    check("8859/1", Charset::ShiftJis, b"M\xFCller", "Müller");
    check("UNICODE UTF-8", Charset::ShiftJis, "表".as_bytes(), "表");
}

#[test]
fn a_partner_setting_may_overrule_msh_18() {
    let name = |charset: Charset, msh_18: &str, name: &[u8]| {
        let text = decode_as(&message(msh_18, name), charset).unwrap();
        let message = Message::parse(&text).ok().unwrap();
        message.segment("PID").unwrap().field(5).raw().to_owned()
    };
    // ソ is 0xA5BD, 表 is 0xC9BD in EUC-JP; 0x8E and 0x8F shift to half-width kana and to JIS X 0212.
    let euc_jp = b"\xA5\xBD\xC9\xBD^\x8E\xC0\x8F\xB0\xA1";
    for msh_18 in ["", "ASCII", "UNICODE UTF-8", "~ISO IR87", "BIG-5"] {
        assert_eq!(name(Charset::EucJp, msh_18, euc_jp), "ソ表^ﾀ丂");
        assert_eq!(name(Charset::ShiftJis, msh_18, b"\x83\x5C\x95\x5C^A"), "ソ表^A");
        assert_eq!(name(Charset::Utf8, msh_18, "表".as_bytes()), "表");
        assert_eq!(name(Charset::Iso2022Jp, msh_18, b"\x1B$B\x5E\x7C\x1B(B^A"), "滯^A");
    }
    check("", Charset::EucJp, euc_jp, "ソ表^ﾀ丂");
    for (charset, bytes) in [
        (Charset::EucJp, &b"\xA5^"[..]),
        (Charset::EucJp, b"\x1B$B"),
        (Charset::ShiftJis, b"\x81\x20"),
        (Charset::Ascii, "表".as_bytes()),
    ] {
        let error = decode_as(&message("UNICODE UTF-8", bytes), charset).unwrap_err();
        assert_eq!(error.location().unwrap().to_string(), "PID^1^5");
    }
    assert_eq!(decode_as(b"", Charset::Utf8), Err(Hl7Error::NotAMessage));
}

#[test]
fn every_set_with_a_name_is_found_by_it() {
    for charset in [Charset::Utf8, Charset::Iso2022Jp, Charset::Latin1] {
        assert_eq!(Charset::from_names(charset.names().split('~')), Ok(Some(charset)));
    }
    for charset in [Charset::Ascii, Charset::ShiftJis, Charset::EucJp] {
        assert_eq!(charset.names(), "");
    }
}

#[test]
fn bytes_outside_the_declared_set_are_refused_not_replaced() {
    check_undecodable("", Charset::Ascii, "佐".as_bytes());
    check_undecodable("ASCII", Charset::ShiftJis, b"\x83\x5C");
    check_undecodable("UNICODE UTF-8", Charset::Ascii, b"\x83\x5C");
    // An overlong slash.
    check_undecodable("UNICODE UTF-8", Charset::Ascii, b"\xC0\xAF");
    check_undecodable("", Charset::ShiftJis, b"\x81\x20");
    // Lead byte, then a trail byte that no character has; a row without characters.
    check_undecodable("~ISO IR87", Charset::Ascii, b"\x1B$B\x4F\x20\x1B(B");
    check_undecodable("~ISO IR87", Charset::Ascii, b"\x1B$B\x29\x21\x1B(B");
    check_undecodable("~ISO IR87", Charset::Ascii, b"\xB1");
    check_undecodable("~ISO IR87", Charset::Ascii, b"\x1B$A\x30\x21\x1B(B");
}

#[test]
fn a_set_switched_to_without_declaration_is_refused() {
    let others =
        [Charset::Ascii, Charset::Utf8, Charset::Latin1, Charset::ShiftJis, Charset::EucJp];
    for default in others {
        check_undecodable("", default, b"\x1B$B\x5E\x7C\x1B(B");
        check_undecodable("", default, b"\x0E1\x0F");
    }
}

#[test]
fn kanji_that_never_return_to_ascii_end_the_segment_undecodable() {
    check_undecodable("~ISO IR87", Charset::Ascii, b"\x1B$B\x4F\x22");
}

#[test]
fn a_fault_is_located_in_the_right_segment_of_that_name() {
    let text = b"MSH|^~\\&|A\rNTE|1\rNTE|2|ok|\xFF";
    let location = decode(text, Charset::Utf8).unwrap_err().location().unwrap();
    assert_eq!(location.to_string(), "NTE^2^3");
    let location = decode(b"MSH|^~\\&|A|\xFF", Charset::Utf8).unwrap_err().location().unwrap();
    assert_eq!(location.to_string(), "MSH^1^4");
    assert_eq!(decode(b"MSH|^~\\&|A\rN\xFFE", Charset::Utf8).unwrap_err().location(), None);
}

#[test]
fn an_unknown_set_is_refused() {
    for name in ["UNICODE UTF-16", "BIG-5", "~GB 18030-2000", "8859/1~ISO IR87", "\u{7530}"] {
        let error = decode(&message(name, b"A"), Charset::Utf8).unwrap_err();
        assert_eq!(error, Hl7Error::UnsupportedCharset, "{name}");
    }
}

#[test]
fn a_byte_order_mark_is_dropped() {
    let marked = [b"\xEF\xBB\xBF".to_vec(), message("", "佐".as_bytes())].concat();
    assert!(decode(&marked, Charset::Utf8).unwrap().starts_with("MSH|"));
}

#[test]
fn code_points_that_share_a_character_are_encoded_as_the_one_the_set_has() {
    for charset in [Charset::Iso2022Jp, Charset::ShiftJis, Charset::EucJp] {
        for (given, written) in [("〜", "～"), ("−", "－"), ("‖", "∥"), ("—", "―"), ("¥", "￥")]
        {
            let encoded = encode(&format!("MSH|^~\\&|{given}^A~B"), charset);
            assert_eq!(encoded.n_substituted, 0, "{given}");
            let text = decode(&encoded.bytes, charset).unwrap();
            assert_eq!(text, format!("MSH|^~\\&|{written}^A~B"));
        }
    }
}

#[test]
fn a_character_the_set_lacks_is_substituted_and_counted() {
    let text = "MSH|^~\\&|𠮷田𠮷";
    let japanese = encode(text, Charset::Iso2022Jp);
    assert_eq!(japanese.n_substituted, 2);
    assert_eq!(decode(&japanese.bytes, Charset::Iso2022Jp).unwrap(), "MSH|^~\\&|〓田〓");
    let ascii = encode(text, Charset::Ascii);
    assert_eq!((ascii.bytes.as_slice(), ascii.n_substituted), (&b"MSH|^~\\&|???"[..], 3));
    assert_eq!(encode(text, Charset::Utf8).bytes, text.as_bytes());
    assert_eq!(encode("é", Charset::Latin1).bytes, b"\xE9");
}

/// Texts of characters that JIS X 0208 and ASCII have.
fn any_jis_text() -> impl Strategy<Value = String> {
    let has_jis = |text: &String| encode(text, Charset::Iso2022Jp).n_substituted == 0;
    let kanji = proptest::char::range('一', '龠').prop_map(String::from);
    let kanji = kanji.prop_filter("not in JIS X 0208", has_jis);
    let piece = prop_oneof![kanji, "[ァ-ヴぁ-ん]{1,3}", "[A-Za-z^&~ 0-9]{1,3}"];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn decode_undoes_encode(name in any_jis_text()) {
        for (charset, msh_18) in [
            (Charset::Iso2022Jp, "~ISO IR87"),
            (Charset::Utf8, "UNICODE UTF-8"),
            (Charset::ShiftJis, ""),
            (Charset::EucJp, ""),
        ] {
            let name = Delimiters::STANDARD.escape(&name);
            let text = format!("MSH|^~\\&|A|B|C|D|1||ADT^A08|1|P|2.5||||||{msh_18}\rPID|||1||{name}");
            let encoded = encode(&text, charset);
            prop_assert_eq!(encoded.n_substituted, 0);
            prop_assert!(!encoded.bytes.iter().any(|byte| matches!(*byte, 0x0B | 0x1C)));
            prop_assert_eq!(decode(&encoded.bytes, charset), Ok(text));
        }
    }
}

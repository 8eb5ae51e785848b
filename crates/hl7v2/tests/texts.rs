//! Texts that hurt: delimiters, escape characters, controls and Japanese beside each other.

use proptest::prelude::*;

/// Any text, with the characters that mean something to HL7 or to a code table made likely.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[|^~\\\\&]{1,3}",
        "\\\\(F|S|T|R|E|H|N|X0D|X8|X0|\\.br|\\.sp1|Z1|Q)?\\\\",
        "[佐藤連携太郎タロウたろうﾀﾛｳ髙﨑〜¥表ソ能]{1,3}",
        "[a-zA-Z0-9 \"]{1,4}",
        "[\\x00-\\x1F\\x7F]",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A text without control characters and without blanks around it; never the null value.
pub(crate) fn trimmed_text() -> impl Strategy<Value = String> {
    let cleaned = any_text().prop_map(|text| {
        let kept: String = text.chars().filter(|c| !c.is_control()).collect();
        kept.trim().chars().take(250).collect::<String>().trim().to_owned()
    });
    cleaned.prop_filter("the null value", |text| text != "\"\"")
}

//! Writing of TOML strings: the one place where a value becomes a quoted text.

/// A TOML basic string with its quotes, on one line whatever the text holds.
///
/// TOML 1.0, section "String": quotes, backslashes and control characters other than the
/// tab must be escaped; everything else, Japanese text included, stands for itself.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if control.is_control() => push_escaped(&mut quoted, control),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

fn push_escaped(quoted: &mut String, control: char) {
    quoted.push_str(&format!("\\u{:04X}", u32::from(control)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use toml::de::DeTable;

    use super::quoted;

    fn read_back(text: &str) -> String {
        let line = format!("key = {}", quoted(text));
        let table = DeTable::parse(&line).unwrap();
        table.get_ref().iter().next().unwrap().1.get_ref().as_str().unwrap().to_owned()
    }

    #[test]
    fn quotes_backslashes_and_controls_are_escaped() {
        assert_eq!(quoted("a\"b\\c\n\u{7f}診療"), r#""a\"b\\c\n\u007F診療""#);
    }

    proptest! {
        #[test]
        fn a_toml_reader_gives_the_text_back(text in any::<String>()) {
            prop_assert_eq!(read_back(&text), text);
        }
    }
}

//! Telephone numbers as they are compared.

use crate::fold::fold;

/// The digits of a number, Japan's country code replaced by the trunk prefix; nothing for a mail address and
/// the like.
pub(crate) fn telephone(text: &str) -> Option<String> {
    let folded = fold(text);
    let number = folded.strip_prefix("TEL:").unwrap_or(&folded);
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() || number.contains(['@', ':']) {
        return None;
    }
    let Some(national) = digits.strip_prefix("81").filter(|_| number.starts_with("+81")) else {
        return Some(digits);
    };
    // "+81 (0)3 ..." is written too.
    Some(format!("0{}", national.strip_prefix('0').unwrap_or(national)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(telephone(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn only_digits_count() {
        check("054-000-1234", Some("0540001234"));
        check("０５４（０００）１２３４", Some("0540001234"));
        check("tel:054 000 1234", Some("0540001234"));
        check("tel:+81-54-000-1234", Some("0540001234"));
        check("+81 (0)54 000 1234", Some("0540001234"));
        check("81-54-000-1234", Some("81540001234"));
    }

    #[test]
    fn a_mail_address_is_no_number() {
        check("mailto:a1@example.org", None);
        check("a1@example.org", None);
        check("mailto:a1", None);
        check("不明", None);
        check("", None);
    }
}

//! Telephone numbers as they are compared.

use crate::fold::fold;

/// The digits of a number, Japan's country code replaced by the trunk prefix; nothing for a mail address and
/// the like.
pub(crate) fn telephone(text: &str) -> Option<String> {
    let folded = fold(text);
    let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() || folded.contains('@') {
        return None;
    }
    let is_japan = folded.trim_start_matches("TEL:").starts_with("+81");
    let Some(national) = digits.strip_prefix("81").filter(|_| is_japan) else {
        return Some(digits);
    };
    // "+81 (0)3 ..." is written too.
    Some(format!("0{}", national.strip_prefix('0').unwrap_or(national)))
}

//! How XDS compares texts: in Unicode normal form C, then character by character (ITI TF-3: Appendix F).

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The text in normal form C. Costs a scan, and nothing more for ASCII and for usual Japanese text.
///
/// Width is not folded: a half-width and a full-width kana are different texts here.
#[must_use]
pub fn normalized(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decomposed_kana_equal_composed_ones() {
        assert_eq!(normalized("か\u{3099}"), "が");
        assert_eq!(normalized("ハ\u{309a}"), "パ");
        assert_eq!(normalized("e\u{301}"), "é");
    }

    #[test]
    fn width_is_not_folded() {
        assert_eq!(normalized("ｶﾞ"), "ｶﾞ");
        assert_ne!(normalized("ｶﾞ"), normalized("ガ"));
        assert!(matches!(normalized("山田^太郎"), Cow::Borrowed(_)));
    }
}

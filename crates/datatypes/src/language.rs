//! Languages of documents.

use std::fmt;

/// Longest language tag, in characters; the longest registered ones have 35 (RFC 5646 section 4.4.1).
const MAX_CHARACTERS: usize = 64;

/// Longest part of a language tag, in characters (RFC 5646 section 2.1).
const MAX_SUBTAG_CHARACTERS: usize = 8;

/// A language tag such as `ja` or `ja-JP`, as it was sent (ITI TF-3: 4.2.3.2.13).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LanguageCode(String);

/// The text is not a language tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a language tag")]
pub struct InvalidLanguageCode;

impl LanguageCode {
    /// Reads subtags of 1 to 8 letters or digits joined by hyphens; the first has letters only.
    ///
    /// # Errors
    /// [`InvalidLanguageCode`] for anything else.
    pub fn parse(text: &str) -> Result<LanguageCode, InvalidLanguageCode> {
        let language = text.split('-').next().unwrap_or_default();
        let is_subtag = |subtag: &str| {
            (1..=MAX_SUBTAG_CHARACTERS).contains(&subtag.len())
                && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let has_letters_only = language.bytes().all(|byte| byte.is_ascii_alphabetic());
        if text.len() > MAX_CHARACTERS || !has_letters_only || !text.split('-').all(is_subtag) {
            return Err(InvalidLanguageCode);
        }
        Ok(LanguageCode(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LanguageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn subtags_have_1_to_8_characters() {
        for text in ["ja", "ja-JP", "en-us", "de-CH-1996", "zh-Hant-TW", "i", "x-abcdefgh"] {
            assert_eq!(LanguageCode::parse(text).map(|tag| tag.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "-", "ja-", "-JP", "ja_JP", "abcdefghi", "j4", "ja-123456789", "日本"] {
            assert_eq!(LanguageCode::parse(text), Err(InvalidLanguageCode), "{text}");
        }
    }

    #[test]
    fn a_tag_has_at_most_64_characters() {
        assert!(LanguageCode::parse(&["abcdefg"; 8].join("-")).is_ok());
        assert!(LanguageCode::parse(&["abcdefg"; 9].join("-")).is_err());
    }

    proptest! {
        #[test]
        fn what_is_read_is_kept(text in "[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8}){0,3}") {
            let tag = LanguageCode::parse(&text).unwrap();
            prop_assert_eq!(tag.as_str(), &text);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[a-z0-9-]{0,70}|\\PC{0,20}") {
            if let Ok(tag) = LanguageCode::parse(&text) {
                prop_assert_eq!(tag.as_str(), &text);
            }
        }
    }
}

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

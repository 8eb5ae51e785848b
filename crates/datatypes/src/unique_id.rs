//! The globally unique identifier of a document, submission set or folder.

/// Longest identifier, in characters (ebRIM 3.0 `LongName`).
const MAX_CHARACTERS: usize = 256;

/// An opaque, case-sensitive identifier of 1 to 256 characters (ITI TF-3: 4.2.3.2.26).
///
/// An OID, `root^extension`, `urn:uuid:…` or a URI; nobody here looks inside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UniqueId(String);

/// The text cannot be a unique id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUniqueId {
    #[error("unique id is empty")]
    Empty,
    #[error("unique id is longer than {MAX_CHARACTERS} characters")]
    TooLong,
    #[error("unique id holds a control character")]
    ControlCharacter,
}

impl UniqueId {
    /// Reads any text of 1 to 256 characters without control characters.
    ///
    /// # Errors
    /// [`InvalidUniqueId`] names the rule that is broken.
    pub fn parse(text: &str) -> Result<UniqueId, InvalidUniqueId> {
        if text.is_empty() {
            return Err(InvalidUniqueId::Empty);
        }
        if text.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(InvalidUniqueId::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidUniqueId::ControlCharacter);
        }
        Ok(UniqueId(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn has_1_to_256_characters() {
        assert_eq!(UniqueId::parse(""), Err(InvalidUniqueId::Empty));
        assert!(UniqueId::parse(&"院".repeat(256)).is_ok());
        assert_eq!(UniqueId::parse(&"院".repeat(257)), Err(InvalidUniqueId::TooLong));
    }

    #[test]
    fn has_no_control_character() {
        for text in ["1.2\n", "\u{0}", "1.2\u{85}3"] {
            assert_eq!(UniqueId::parse(text), Err(InvalidUniqueId::ControlCharacter));
        }
    }

    #[test]
    fn is_case_sensitive() {
        assert_ne!(UniqueId::parse("1.2^a"), UniqueId::parse("1.2^A"));
    }

    proptest! {
        #[test]
        fn every_other_text_is_kept(text in "\\PC{1,256}") {
            let unique_id = UniqueId::parse(&text).unwrap();
            prop_assert_eq!(unique_id.as_str(), &text);
        }
    }
}

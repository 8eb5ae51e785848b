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

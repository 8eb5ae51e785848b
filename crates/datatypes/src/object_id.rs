//! How a submission names its objects: by a UUID or by a symbol of its own.

use crate::uuid::{EntryUuid, InvalidEntryUuid, after_prefix};

/// Longest symbolic id, in characters: the type `referenceURI` has no limit of
/// its own, the registry object attributes around it have 256 (ebRIM 3.0 `LongName`).
const MAX_CHARACTERS: usize = 256;

/// A name that an object has inside one submission only (ITI TF-3: 4.1.12.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolicId(String);

/// The text is not a symbolic id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSymbolicId {
    #[error("symbolic id is empty")]
    Empty,
    #[error("symbolic id is longer than {MAX_CHARACTERS} characters")]
    TooLong,
    #[error("symbolic id starts with urn:uuid:")]
    Uuid,
}

impl SymbolicId {
    /// Reads any text of 1 to 256 characters that does not start with `urn:uuid:`.
    ///
    /// # Errors
    /// [`InvalidSymbolicId`] names the rule that is broken.
    pub fn parse(text: &str) -> Result<SymbolicId, InvalidSymbolicId> {
        if text.is_empty() {
            return Err(InvalidSymbolicId::Empty);
        }
        if after_prefix(text).is_some() {
            return Err(InvalidSymbolicId::Uuid);
        }
        if text.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(InvalidSymbolicId::TooLong);
        }
        Ok(SymbolicId(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of an object as submitted, or the end of an association.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectId {
    Uuid(EntryUuid),
    Symbolic(SymbolicId),
}

/// The text is neither a UUID nor a symbolic id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidObjectId {
    #[error("object id starts with urn:uuid: and holds no UUID")]
    Uuid,
    #[error("object id is no symbolic id")]
    Symbolic(#[source] InvalidSymbolicId),
}

impl ObjectId {
    /// Reads a UUID if the text starts with `urn:uuid:`, else a symbolic id.
    ///
    /// # Errors
    /// [`InvalidObjectId`] says which of the two was meant. A damaged UUID is
    /// never taken for a symbol.
    pub fn parse(text: &str) -> Result<ObjectId, InvalidObjectId> {
        if after_prefix(text).is_some() {
            return EntryUuid::parse(text)
                .map(ObjectId::Uuid)
                .map_err(|InvalidEntryUuid| InvalidObjectId::Uuid);
        }
        SymbolicId::parse(text).map(ObjectId::Symbolic).map_err(InvalidObjectId::Symbolic)
    }

    /// The UUID, unless the id is symbolic.
    pub fn uuid(&self) -> Option<EntryUuid> {
        match self {
            ObjectId::Uuid(uuid) => Some(*uuid),
            ObjectId::Symbolic(_) => None,
        }
    }
}

/// The id as submitted, except that a UUID is in lower case.
impl std::fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ObjectId::Uuid(uuid) => write!(formatter, "{uuid}"),
            ObjectId::Symbolic(symbol) => formatter.write_str(symbol.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_damaged_uuid_is_no_symbol() {
        assert_eq!(ObjectId::parse("urn:uuid:12"), Err(InvalidObjectId::Uuid));
        assert_eq!(ObjectId::parse("URN:UUID:12"), Err(InvalidObjectId::Uuid));
        assert_eq!(SymbolicId::parse("urn:uuid:12"), Err(InvalidSymbolicId::Uuid));
    }

    #[test]
    fn a_symbol_has_1_to_256_characters() {
        assert_eq!(SymbolicId::parse(""), Err(InvalidSymbolicId::Empty));
        assert_eq!(ObjectId::parse(""), Err(InvalidObjectId::Symbolic(InvalidSymbolicId::Empty)));
        assert!(SymbolicId::parse(&"書".repeat(256)).is_ok());
        assert_eq!(SymbolicId::parse(&"書".repeat(257)), Err(InvalidSymbolicId::TooLong));
    }

    #[test]
    fn a_uuid_is_no_symbol() {
        let text = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
        assert_eq!(ObjectId::parse(text), Ok(ObjectId::Uuid(EntryUuid::parse(text).unwrap())));
    }

    proptest! {
        #[test]
        fn every_other_text_is_a_symbol(text in "\\PC{1,256}") {
            prop_assume!(!text.to_lowercase().starts_with("urn:uuid:"));
            let symbol = SymbolicId::parse(&text).unwrap();
            prop_assert_eq!(symbol.as_str(), &text);
            prop_assert_eq!(ObjectId::parse(&text), Ok(ObjectId::Symbolic(symbol)));
        }
    }
}

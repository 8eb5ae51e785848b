//! Identifiers of registered objects: `urn:uuid:` and a UUID.

use std::fmt;

/// The prefix of every entryUUID; what starts with it is never a symbolic id.
const PREFIX: &str = "urn:uuid:";

/// `8-4-4-4-12` hex digits.
const HYPHENATED_LENGTH: usize = 36;

/// The entryUUID of an object, `urn:uuid:` and a UUID of any version.
///
/// ITI TF-3: 4.2.3.2.6 demands lower-case hex digits. Upper case occurs in the
/// wild; it is read and written back in lower case, so that equal ids are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryUuid([u8; 16]);

/// The text is not a UUID written as a URN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID of the form urn:uuid:")]
pub struct InvalidEntryUuid;

impl EntryUuid {
    /// Reads `urn:uuid:` and the hyphenated form, hex digits in either case.
    ///
    /// # Errors
    /// [`InvalidEntryUuid`] for anything else, bare and braced UUIDs included.
    pub fn parse(text: &str) -> Result<EntryUuid, InvalidEntryUuid> {
        let hyphenated = after_prefix(text).ok_or(InvalidEntryUuid)?;
        // The length leaves the hyphenated one of the several forms that the uuid crate reads.
        if hyphenated.len() != HYPHENATED_LENGTH {
            return Err(InvalidEntryUuid);
        }
        let uuid = ::uuid::Uuid::try_parse(hyphenated).map_err(|_form| InvalidEntryUuid)?;
        Ok(EntryUuid(uuid.into_bytes()))
    }

    /// A new random UUID (version 4).
    #[must_use]
    pub fn generate() -> EntryUuid {
        EntryUuid(::uuid::Uuid::new_v4().into_bytes())
    }

    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> EntryUuid {
        EntryUuid(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for EntryUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", ::uuid::Uuid::from_bytes(self.0).as_hyphenated())
    }
}

/// What follows `urn:uuid:`, the prefix in either case (RFC 8141 section 3.1).
pub(crate) fn after_prefix(text: &str) -> Option<&str> {
    let (prefix, rest) = text.split_at_checked(PREFIX.len())?;
    prefix.eq_ignore_ascii_case(PREFIX).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn upper_case_is_read_and_written_in_lower_case() {
        let uuid = EntryUuid::parse("URN:UUID:14D4DEBF-8F97-4251-9A74-A90016B0AF0D").unwrap();
        assert_eq!(uuid.to_string(), "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d");
    }

    #[test]
    fn refuses_every_other_form() {
        let illegal = [
            "",
            "Some Value",
            "urn:uuid:",
            "14d4debf-8f97-4251-9a74-a90016b0af0d",
            "urn:uuid:14d4debf8f9742519a74a90016b0af0d",
            "urn:uuid:{14d4debf-8f97-4251-9a74-a90016b0af0d}",
            "urn:uuid:urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d",
            "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0g",
            "urn:uuid:14d4debf-8f97-42519-a74-a90016b0af0d",
            "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d ",
            "urn:uuié:14d4debf-8f97-4251-9a74-a90016b0af0d",
        ];
        for text in illegal {
            assert_eq!(EntryUuid::parse(text), Err(InvalidEntryUuid), "{text}");
        }
    }

    #[test]
    fn generates_legal_distinct_uuids() {
        let generated = EntryUuid::generate();
        assert_eq!(EntryUuid::parse(&generated.to_string()), Ok(generated));
        assert_ne!(generated, EntryUuid::generate());
    }

    proptest! {
        #[test]
        fn reading_and_writing_are_inverse(bytes in any::<[u8; 16]>()) {
            let uuid = EntryUuid::from_bytes(bytes);
            prop_assert_eq!(EntryUuid::parse(&uuid.to_string()), Ok(uuid));
            prop_assert_eq!(EntryUuid::parse(&uuid.to_string().to_uppercase()), Ok(uuid));
            prop_assert_eq!(uuid.as_bytes(), &bytes);
        }

        #[test]
        fn what_is_read_is_written_as_it_was(text in "(urn:uuid:)?[0-9a-fA-F{}-]{30,40}|\\PC{0,50}") {
            if let Ok(uuid) = EntryUuid::parse(&text) {
                prop_assert_eq!(uuid.to_string(), text.to_lowercase());
            }
        }
    }
}

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

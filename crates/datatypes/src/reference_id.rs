//! Identifiers of things around a document: orders, accessions, encounters, workflows.

use std::fmt;

use crate::component::{Components, NotOneField, is_authority, write_redacted};

/// Longest text, in characters (ebRIM 3.0 `LongName`).
const MAX_CHARACTERS: usize = 256;

/// One value of referenceIdList, `id^^^authority^typecode`, the type CXi.
///
/// ITI TF-3: Table 4.2.3.1.7-2. The text is kept as it was sent: queries compare
/// the whole of it. `Debug` hides it, since an order or encounter leads to a patient.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReferenceId(String);

/// The text is not a reference id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReferenceId {
    #[error("reference id holds a separator, control character or escape that is not allowed")]
    Text,
    #[error("reference id is longer than {MAX_CHARACTERS} characters")]
    TooLong,
    #[error("reference id has no id")]
    Id,
    #[error("the assigning authority of a reference id is not valid")]
    AssigningAuthority,
    #[error("reference id has no type code")]
    TypeCode,
    #[error("reference id has components besides id, authority and type code")]
    Components,
}

impl ReferenceId {
    /// Reads `id^^^&oid&ISO^typecode`, or `id^^^^typecode` for an id that is unique by itself.
    ///
    /// Whether an id is unique by itself cannot be seen, so that an absent
    /// authority is never refused.
    ///
    /// # Errors
    /// [`InvalidReferenceId`] names the component at fault, never its value.
    pub fn parse(text: &str) -> Result<ReferenceId, InvalidReferenceId> {
        let components = Components::of(text).map_err(|NotOneField| InvalidReferenceId::Text)?;
        if text.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(InvalidReferenceId::TooLong);
        }
        if !components.has_only(&[1, 4, 5]) {
            return Err(InvalidReferenceId::Components);
        }
        if !components.has(1) {
            return Err(InvalidReferenceId::Id);
        }
        if !components.at(4).is_empty() && !is_authority(components.at(4)) {
            return Err(InvalidReferenceId::AssigningAuthority);
        }
        if !components.has(5) {
            return Err(InvalidReferenceId::TypeCode);
        }
        Ok(ReferenceId(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_redacted("ReferenceId", f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_forms_are_read() {
        let legal = [
            "1.2.3.45.678^^^^urn:ihe:iti:xds:2016:studyInstanceUID",
            "ORD-17^^^&1.2.3&ISO^urn:ihe:iti:xds:2013:order",
            "2021017977^^^NS&1.2.3&ISO^urn:ihe:iti:xds:2013:accession",
            "17^^^NS^local",
        ];
        for text in legal {
            let read = ReferenceId::parse(text).map(|id| id.as_str().to_owned());
            assert_eq!(read, Ok(text.to_owned()));
        }
    }

    #[test]
    fn names_the_component_at_fault() {
        assert_eq!(ReferenceId::parse(""), Err(InvalidReferenceId::Id));
        assert_eq!(ReferenceId::parse("^^^&1.2.3&ISO^x"), Err(InvalidReferenceId::Id));
        assert_eq!(ReferenceId::parse("1^^^&1.2.3&ISO"), Err(InvalidReferenceId::TypeCode));
        assert_eq!(ReferenceId::parse("1^2^^&1.2.3&ISO^x"), Err(InvalidReferenceId::Components));
        assert_eq!(ReferenceId::parse("1^^^&1.2.3&ISO^x^y"), Err(InvalidReferenceId::Components));
        assert_eq!(ReferenceId::parse("1^^^&1.2.3^x"), Err(InvalidReferenceId::AssigningAuthority));
        assert_eq!(ReferenceId::parse("1^^^&&^x"), Err(InvalidReferenceId::AssigningAuthority));
        assert_eq!(ReferenceId::parse("1|2^^^^x"), Err(InvalidReferenceId::Text));
        let too_long = format!("{}^^^^x", "1".repeat(252));
        assert_eq!(ReferenceId::parse(&too_long), Err(InvalidReferenceId::TooLong));
    }

    #[test]
    fn debug_hides_the_id() {
        let id = ReferenceId::parse("hidden^^^^x").unwrap();
        assert_eq!(format!("{id:?}"), "ReferenceId(redacted)");
    }

    proptest! {
        #[test]
        fn what_is_read_is_kept(text in "[\\^&\\PC]{0,20}(\\^\\^\\^\\^)?[a-z:]{0,9}") {
            if let Ok(id) = ReferenceId::parse(&text) {
                prop_assert_eq!(id.as_str(), &text);
            }
        }
    }
}

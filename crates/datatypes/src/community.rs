//! Identifiers of communities and repositories, both OIDs with a role.

use std::fmt;

use crate::oid::{InvalidOid, Oid};

const URN_OID: &str = "urn:oid:";

/// The identifier of a community, written `urn:oid:1.2.3` (ITI TF-3: 4.2.3.2.12).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HomeCommunityId(Oid);

/// The text is not an OID as a URN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHomeCommunityId {
    #[error("home community id does not start with urn:oid:")]
    Prefix,
    #[error("home community id holds no object identifier")]
    Oid,
}

impl HomeCommunityId {
    /// Reads `urn:oid:1.2.3`; the prefix in either case, as RFC 8141 section 3.1 has it.
    ///
    /// # Errors
    /// [`InvalidHomeCommunityId`] names the part at fault.
    pub fn parse(text: &str) -> Result<HomeCommunityId, InvalidHomeCommunityId> {
        let Some((prefix, oid)) = text.split_at_checked(URN_OID.len()) else {
            return Err(InvalidHomeCommunityId::Prefix);
        };
        if !prefix.eq_ignore_ascii_case(URN_OID) {
            return Err(InvalidHomeCommunityId::Prefix);
        }
        Oid::parse(oid).map(HomeCommunityId).map_err(|InvalidOid| InvalidHomeCommunityId::Oid)
    }

    #[must_use]
    pub fn new(oid: Oid) -> HomeCommunityId {
        HomeCommunityId(oid)
    }

    #[must_use]
    pub fn oid(&self) -> &Oid {
        &self.0
    }

    #[must_use]
    pub fn as_urn(&self) -> String {
        format!("{URN_OID}{}", self.0)
    }
}

impl fmt::Display for HomeCommunityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{URN_OID}{}", self.0)
    }
}

/// The identifier of a Document Repository, a bare OID (ITI TF-3: 4.2.3.2.18).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryUniqueId(Oid);

impl RepositoryUniqueId {
    /// Reads `1.2.3`, without the prefix `urn:oid:`.
    ///
    /// # Errors
    /// [`InvalidOid`] if the text is not an object identifier.
    pub fn parse(text: &str) -> Result<RepositoryUniqueId, InvalidOid> {
        Oid::parse(text).map(RepositoryUniqueId)
    }

    #[must_use]
    pub fn new(oid: Oid) -> RepositoryUniqueId {
        RepositoryUniqueId(oid)
    }

    #[must_use]
    pub fn oid(&self) -> &Oid {
        &self.0
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for RepositoryUniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_home_community_id_needs_prefix_and_oid() {
        assert_eq!(HomeCommunityId::parse("1.2.3"), Err(InvalidHomeCommunityId::Prefix));
        assert_eq!(HomeCommunityId::parse(""), Err(InvalidHomeCommunityId::Prefix));
        assert_eq!(HomeCommunityId::parse("urn:oid:"), Err(InvalidHomeCommunityId::Oid));
        assert_eq!(HomeCommunityId::parse("urn:oid:1"), Err(InvalidHomeCommunityId::Oid));
        assert_eq!(HomeCommunityId::parse("urn:uuid:1.2"), Err(InvalidHomeCommunityId::Prefix));
        assert_eq!(HomeCommunityId::parse("urn:oidé1.2"), Err(InvalidHomeCommunityId::Prefix));
    }

    #[test]
    fn the_prefix_is_written_in_lower_case() {
        let home = HomeCommunityId::parse("URN:OID:1.2.3").unwrap();
        assert_eq!(home.as_urn(), "urn:oid:1.2.3");
        assert_eq!(home.to_string(), "urn:oid:1.2.3");
        assert_eq!(home, HomeCommunityId::new(Oid::parse("1.2.3").unwrap()));
    }

    #[test]
    fn a_repository_unique_id_has_no_prefix() {
        assert_eq!(RepositoryUniqueId::parse("urn:oid:1.2.3"), Err(InvalidOid));
        assert_eq!(RepositoryUniqueId::parse("1.2.3").unwrap().as_str(), "1.2.3");
    }

    proptest! {
        #[test]
        fn reading_and_writing_are_inverse(oid in r"[1-9]{1,5}(\.[1-9]{1,5}){1,6}") {
            let urn = format!("urn:oid:{oid}");
            let home = HomeCommunityId::parse(&urn).unwrap();
            prop_assert_eq!(home.as_urn(), urn);
            prop_assert_eq!(home.oid().as_str(), &oid);
            prop_assert_eq!(RepositoryUniqueId::parse(&oid).unwrap().to_string(), oid);
        }

        #[test]
        fn what_is_read_can_be_read_again(text in "(urn:oid:)?\\PC{0,20}") {
            if let Ok(home) = HomeCommunityId::parse(&text) {
                prop_assert_eq!(HomeCommunityId::parse(&home.as_urn()), Ok(home));
            }
        }
    }
}

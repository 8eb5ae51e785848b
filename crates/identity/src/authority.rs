//! The assigning authorities of an affinity domain, and which of them a sender means.

use std::collections::HashMap;

use datatypes::{AssigningAuthority, Oid};

use crate::local_id::LocalId;

/// The domains of the agreement, found by OID or by namespace.
///
/// Both names are compared exactly, upper and lower case included (ITI TF-2: 3.8.4.1.2.3
/// asks receivers to know every authority by both). Invariant: no OID and no
/// namespace stands for two authorities.
#[derive(Clone, Debug)]
pub struct AuthorityTable {
    by_oid: HashMap<Oid, AssigningAuthority>,
    oid_by_namespace: HashMap<String, Oid>,
}

/// The agreement names two authorities alike.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAuthorityTable {
    #[error("two assigning authorities have the OID {oid}")]
    DuplicateOid { oid: Oid },
    #[error("two assigning authorities have the namespace {namespace}")]
    DuplicateNamespace { namespace: String },
}

/// Which authority a sender means by a namespace, an OID or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution<'a> {
    Resolved(&'a AssigningAuthority),
    /// The namespace belongs to one authority and the OID to another, or to none
    /// we know: believing either could find the wrong patient.
    Inconsistent,
    /// No name given is known here.
    Unknown,
    /// The sender named no authority; the configuration of the source must.
    NotNamed,
}

impl AuthorityTable {
    /// # Errors
    /// [`InvalidAuthorityTable`] if an OID or a namespace occurs twice.
    pub fn new(
        authorities: impl IntoIterator<Item = AssigningAuthority>,
    ) -> Result<AuthorityTable, InvalidAuthorityTable> {
        let mut table = AuthorityTable { by_oid: HashMap::new(), oid_by_namespace: HashMap::new() };
        for authority in authorities {
            table.insert(authority)?;
        }
        Ok(table)
    }

    /// Finds the authority by what the sender said about it.
    ///
    /// A known OID with a namespace that nobody here has is resolved by the OID:
    /// OIDs are unique in the world, namespaces are each sender's own names.
    #[must_use]
    pub fn resolve(&self, namespace: Option<&str>, oid: Option<&Oid>) -> Resolution<'_> {
        let by_namespace = namespace.and_then(|name| self.oid_by_namespace.get(name));
        match (by_namespace, oid) {
            (Some(named), Some(oid)) if named != oid => Resolution::Inconsistent,
            (_, Some(oid)) | (Some(oid), None) => {
                self.by_oid.get(oid).map_or(Resolution::Unknown, Resolution::Resolved)
            }
            (None, None) if namespace.is_some() => Resolution::Unknown,
            (None, None) => Resolution::NotNamed,
        }
    }

    /// [`AuthorityTable::resolve`] for an identifier as it was sent.
    #[must_use]
    pub fn resolve_id(&self, id: &LocalId) -> Resolution<'_> {
        self.resolve(id.namespace.as_deref(), id.universal_id.as_ref())
    }

    fn insert(&mut self, authority: AssigningAuthority) -> Result<(), InvalidAuthorityTable> {
        let oid = authority.oid.clone();
        if let Some(namespace) = &authority.namespace
            && self.oid_by_namespace.insert(namespace.clone(), oid.clone()).is_some()
        {
            return Err(InvalidAuthorityTable::DuplicateNamespace { namespace: namespace.clone() });
        }
        if self.by_oid.insert(oid.clone(), authority).is_some() {
            return Err(InvalidAuthorityTable::DuplicateOid { oid });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(text: &str) -> Oid {
        Oid::parse(text).unwrap()
    }

    fn authority(namespace: Option<&str>, text: &str) -> AssigningAuthority {
        AssigningAuthority { namespace: namespace.map(str::to_owned), oid: oid(text) }
    }

    fn table() -> AuthorityTable {
        AuthorityTable::new([
            authority(Some("A"), "1.2.1"),
            authority(Some("B"), "1.2.2"),
            authority(None, "1.2.3"),
        ])
        .unwrap()
    }

    #[track_caller]
    fn check(namespace: Option<&str>, text: Option<&str>, expected: &str) {
        let table = table();
        let given = text.map(oid);
        let found = match table.resolve(namespace, given.as_ref()) {
            Resolution::Resolved(authority) => authority.oid.as_str().to_owned(),
            other @ (Resolution::Inconsistent | Resolution::Unknown | Resolution::NotNamed) => {
                format!("{other:?}")
            }
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn either_name_or_both_find_the_authority() {
        check(Some("A"), None, "1.2.1");
        check(None, Some("1.2.2"), "1.2.2");
        check(Some("B"), Some("1.2.2"), "1.2.2");
    }

    #[test]
    fn a_namespace_only_the_sender_knows_does_not_hide_a_known_oid() {
        check(Some("X"), Some("1.2.1"), "1.2.1");
        check(Some("X"), Some("1.2.3"), "1.2.3");
    }

    #[test]
    fn names_of_two_authorities_contradict() {
        check(Some("A"), Some("1.2.2"), "Inconsistent");
        check(Some("A"), Some("1.2.3"), "Inconsistent");
        check(Some("A"), Some("9.9.9"), "Inconsistent");
    }

    #[test]
    fn names_are_compared_exactly() {
        check(Some("a"), None, "Unknown");
        check(None, Some("1.2.10"), "Unknown");
        check(Some("X"), Some("1.2.10"), "Unknown");
    }

    #[test]
    fn no_name_is_not_an_unknown_name() {
        check(None, None, "NotNamed");
    }

    #[test]
    fn an_agreement_with_ambiguous_names_is_refused() {
        let twice = [authority(Some("A"), "1.2.1"), authority(Some("A"), "1.2.2")];
        let error = AuthorityTable::new(twice).unwrap_err();
        assert_eq!(error, InvalidAuthorityTable::DuplicateNamespace { namespace: "A".to_owned() });

        let twice = [authority(Some("A"), "1.2.1"), authority(None, "1.2.1")];
        let error = AuthorityTable::new(twice).unwrap_err();
        assert_eq!(error, InvalidAuthorityTable::DuplicateOid { oid: oid("1.2.1") });
    }
}

//! One patient identifier as a source sends it, its authority not yet resolved.

use std::fmt;

use datatypes::{InvalidPatientId, Oid, PatientId};

/// An identifier and the names its sender gave to the authority that issued it.
///
/// A sender may name the authority by namespace, by universal id, by both, or
/// not at all; then the receiver knows it from its configuration of the source
/// (ITI TF-2: 3.8.4.1.2.3). Only [`crate::AuthorityTable`] turns the names into an
/// authority. `Debug` hides the identifier, and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LocalId {
    /// Not empty.
    pub id: String,
    /// The local name of the authority. A universal id that is no OID (a DNS name,
    /// a GUID) stands here when there is no namespace id, so that such an
    /// identifier is never taken for one without authority.
    pub namespace: Option<String>,
    /// The universal id of the authority, if its type is `ISO`.
    pub universal_id: Option<Oid>,
}

impl LocalId {
    /// Whether the sender left it to the receiver to know the authority.
    #[must_use]
    pub fn is_without_authority(&self) -> bool {
        self.namespace.is_none() && self.universal_id.is_none()
    }

    /// The identifier as XDS knows it, once its authority is resolved.
    ///
    /// # Errors
    /// [`InvalidPatientId`] if the id holds a character that XDS metadata cannot carry.
    pub fn to_patient_id(&self, authority: &Oid) -> Result<PatientId, InvalidPatientId> {
        PatientId::new(&self.id, authority.clone())
    }
}

impl fmt::Debug for LocalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalId")
            .field("id", &format_args!("(hidden)"))
            .field("namespace", &self.namespace)
            .field("universal_id", &self.universal_id)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local_id(id: &str) -> LocalId {
        LocalId { id: id.to_owned(), namespace: Some("SITE-A".to_owned()), universal_id: None }
    }

    #[test]
    fn debug_hides_the_identifier() {
        let shown = format!("{:?}", local_id("0000012345"));
        assert!(!shown.contains("12345"), "{shown}");
        assert!(shown.contains("SITE-A"), "{shown}");
    }

    #[test]
    fn a_delimiter_in_the_id_cannot_become_a_patient_id() {
        let authority = Oid::parse("1.2.3").unwrap();
        assert!(local_id("1^2").to_patient_id(&authority).is_err());
        let patient_id = local_id("12").to_patient_id(&authority).unwrap();
        assert_eq!(patient_id.to_cx(), "12^^^&1.2.3&ISO");
    }
}

//! Patient identifiers, the HL7 v2 type CX as XDS restricts it.

use std::fmt;

use crate::component::write_redacted;
use crate::oid::{InvalidOid, Oid};

/// Longest rendered identifier, in characters: the limit of an external identifier's
/// value (ebRIM 3.0 `LongName`).
const MAX_CHARACTERS: usize = 256;

/// A patient identifier as XDS writes it: an HL7 v2 CX of the form `id^^^&oid&ISO`.
///
/// Invariant: `id` is not empty, holds no delimiter or control character and
/// neither starts nor ends with white space; `authority` is a valid OID.
/// Therefore parsing and rendering are inverse, and two ids that read the same
/// are the same. `Debug` hides the id. ITI TF-3: Table 4.2.3.1.7-2.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatientId {
    id: String,
    authority: Oid,
}

/// The text is not a patient identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPatientId {
    #[error("patient id has not the components id^^^authority")]
    Components,
    #[error("the id part of a patient id is empty or holds a character that is not allowed")]
    Id,
    #[error("the assigning authority of a patient id is not of the form &oid&ISO")]
    AssigningAuthority,
    #[error("patient id is longer than {MAX_CHARACTERS} characters")]
    TooLong,
}

impl PatientId {
    /// Reads `id^^^&oid&ISO`, without namespace id and without further components.
    ///
    /// # Errors
    /// [`InvalidPatientId`] names the component at fault, never its value.
    pub fn parse(cx: &str) -> Result<PatientId, InvalidPatientId> {
        let (id, authority) = cx.split_once("^^^").ok_or(InvalidPatientId::Components)?;
        let oid = authority
            .strip_prefix('&')
            .and_then(|rest| rest.strip_suffix("&ISO"))
            .ok_or(InvalidPatientId::AssigningAuthority)?;
        let authority =
            Oid::parse(oid).map_err(|InvalidOid| InvalidPatientId::AssigningAuthority)?;
        PatientId::new(id, authority)
    }

    /// # Errors
    /// [`InvalidPatientId`] if the id breaks the invariant of the type.
    pub fn new(id: &str, authority: Oid) -> Result<PatientId, InvalidPatientId> {
        let is_forbidden = |c: char| matches!(c, '^' | '&' | '~' | '|' | '\\') || c.is_control();
        if id.is_empty() || id.trim() != id || id.contains(is_forbidden) {
            return Err(InvalidPatientId::Id);
        }
        let n_around = "^^^&&ISO".len().saturating_add(authority.as_str().len());
        if id.chars().count().saturating_add(n_around) > MAX_CHARACTERS {
            return Err(InvalidPatientId::TooLong);
        }
        Ok(PatientId { id: id.to_owned(), authority })
    }

    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    #[must_use]
    pub fn authority(&self) -> &Oid {
        &self.authority
    }

    /// The form on the wire, `id^^^&oid&ISO`.
    #[must_use]
    pub fn to_cx(&self) -> String {
        format!("{}^^^&{}&ISO", self.id, self.authority)
    }
}

impl fmt::Debug for PatientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_redacted("PatientId", f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(cx: &str, expected: InvalidPatientId) {
        assert_eq!(PatientId::parse(cx), Err(expected), "{cx}");
    }

    #[test]
    fn names_the_component_at_fault() {
        check("", InvalidPatientId::Components);
        check("1", InvalidPatientId::Components);
        check("1^^&1.2.3&ISO", InvalidPatientId::Components);
        check("^^^&1.2.3&ISO", InvalidPatientId::Id);
        check(" 1^^^&1.2.3&ISO", InvalidPatientId::Id);
        check("1\u{3000}^^^&1.2.3&ISO", InvalidPatientId::Id);
        check("1\n2^^^&1.2.3&ISO", InvalidPatientId::Id);
        check("1^2^^^&1.2.3&ISO", InvalidPatientId::Id);
        check("1~2^^^&1.2.3&ISO", InvalidPatientId::Id);
        check("1\\T\\2^^^&1.2.3&ISO", InvalidPatientId::Id);
        check("1^^^", InvalidPatientId::AssigningAuthority);
        check("1^^^NS", InvalidPatientId::AssigningAuthority);
        check("1^^^NS&1.2.3&ISO", InvalidPatientId::AssigningAuthority);
        check("1^^^1.2.3&ISO", InvalidPatientId::AssigningAuthority);
        check("1^^^&1.2.3&iso", InvalidPatientId::AssigningAuthority);
        check("1^^^&1.2.3&DNS", InvalidPatientId::AssigningAuthority);
        check("1^^^&1.02.3&ISO", InvalidPatientId::AssigningAuthority);
        check("1^^^&1.2.3&ISO^PI", InvalidPatientId::AssigningAuthority);
        check("1^^^&1.2.3&ISO^", InvalidPatientId::AssigningAuthority);
        check("1^^^^&1.2.3&ISO", InvalidPatientId::AssigningAuthority);
        check("1^^^&&ISO", InvalidPatientId::AssigningAuthority);
        check("1^^^&ISO", InvalidPatientId::AssigningAuthority);
    }

    #[test]
    fn the_whole_has_at_most_256_characters() {
        let longest = format!("{}^^^&1.2&ISO", "一".repeat(256 - "^^^&1.2&ISO".len()));
        assert!(PatientId::parse(&longest).is_ok());
        check(&format!("一{longest}"), InvalidPatientId::TooLong);
    }

    #[test]
    fn debug_and_errors_hide_the_id() {
        let patient_id = PatientId::parse("hidden-4711^^^&1.2.3&ISO").unwrap();
        assert_eq!(format!("{patient_id:?}"), "PatientId(redacted)");
        let error = PatientId::parse("hidden-4711^^^1.2.3").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("4711"));
    }

    #[test]
    fn the_authority_is_part_of_the_identity() {
        assert_ne!(PatientId::parse("1^^^&1.2.3&ISO"), PatientId::parse("1^^^&1.2.4&ISO"));
    }

    proptest! {
        #[test]
        fn reading_and_writing_are_inverse(
            id in "[^\\^&~|\\\\\\pC\\pZ]{1,100}",
            oid in r"[1-9]{1,5}(\.[1-9]{1,5}){1,6}",
        ) {
            let authority = Oid::parse(&oid).unwrap();
            let patient_id = PatientId::new(&id, authority.clone()).unwrap();
            prop_assert_eq!(patient_id.id(), &id);
            prop_assert_eq!(patient_id.authority(), &authority);
            prop_assert_eq!(PatientId::parse(&patient_id.to_cx()), Ok(patient_id));
        }

        #[test]
        fn what_is_read_is_written_as_it_was(cx in "[\\PC\n]{0,9}(\\^\\^\\^)?(&[1-9.]{0,5}&ISO)?[\\^&]?") {
            if let Ok(patient_id) = PatientId::parse(&cx) {
                prop_assert_eq!(patient_id.to_cx(), cx);
            }
        }
    }
}

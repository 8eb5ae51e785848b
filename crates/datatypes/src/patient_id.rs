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

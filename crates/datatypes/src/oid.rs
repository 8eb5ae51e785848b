//! Object identifiers and the assigning authorities they name.

use std::fmt;

/// Longest OID that ITI TF-3: Table 4.2.3.1.7-2 allows, in characters.
const MAX_CHARACTERS: usize = 64;

/// An object identifier: at least two arcs of digits joined by dots, at most 64 characters.
///
/// No arc has a leading zero, so equal identifiers are equal texts. The first arc
/// is not limited to 0, 1 and 2: published test data use roots such as `3.4.5`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(String);

/// The text is not an object identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an object identifier")]
pub struct InvalidOid;

impl Oid {
    /// Reads `1.2.3`, without any prefix.
    ///
    /// # Errors
    /// [`InvalidOid`] if an arc is empty, not decimal or has a leading zero, if
    /// there is only one arc, or if the text is longer than 64 characters.
    pub fn parse(text: &str) -> Result<Oid, InvalidOid> {
        let n_arcs = text.split('.').count();
        if text.len() > MAX_CHARACTERS || n_arcs < 2 || !text.split('.').all(is_arc) {
            return Err(InvalidOid);
        }
        Ok(Oid(text.to_owned()))
    }

    /// A new identifier under `2.25`, the arc of random UUIDs (ITU-T X.667).
    #[must_use]
    pub fn generate() -> Oid {
        Oid(format!("2.25.{}", ::uuid::Uuid::new_v4().as_u128()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_arc(arc: &str) -> bool {
    let is_decimal = !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal && (arc == "0" || !arc.starts_with('0'))
}

/// Who issued an identifier: an OID, and the HL7 v2 namespace id that stands for it locally.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssigningAuthority {
    pub namespace: Option<String>,
    pub oid: Oid,
}

//! Names of persons (XCN) and organisations (XON) in document metadata.
//!
//! The texts are kept as they were sent: queries match patterns against the whole
//! text (ITI TF-2: 3.18.4.1.2.3.7.1), and answers repeat it.

use std::fmt;

use crate::component::{Components, NotOneField, is_authority, write_redacted};
use crate::oid::Oid;

/// A person: `id^family^given^…^authority`, an HL7 v2 XCN (ITI TF-3: Table 4.2.3.1.7-2).
///
/// `Debug` hides the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Xcn(String);

/// The text is not a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidXcn {
    #[error("person holds a separator, control character or escape that is not allowed")]
    Text,
    #[error("person has neither an id nor a family name")]
    IdAndFamilyName,
}

impl Xcn {
    /// Reads a person with an id or a family name.
    ///
    /// The order of the name components and the authority of the id are not
    /// checked: published examples of the Technical Framework differ in them.
    ///
    /// # Errors
    /// [`InvalidXcn`] names the rule that is broken.
    pub fn parse(text: &str) -> Result<Xcn, InvalidXcn> {
        let components = Components::of(text).map_err(|NotOneField| InvalidXcn::Text)?;
        if !components.has(1) && !components.has(2) {
            return Err(InvalidXcn::IdAndFamilyName);
        }
        Ok(Xcn(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Xcn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_redacted("Xcn", f)
    }
}

/// An organisation, an HL7 v2 XON (ITI TF-3: Table 4.2.3.1.7-2).
///
/// `Name`, `Name^^^^^^^^^OID` or `Name^^^^^&OID&ISO^^^^Id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Xon(String);

/// The text is not an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidXon {
    #[error("organisation holds a separator, control character or escape that is not allowed")]
    Text,
    #[error("organisation has no name")]
    Name,
    #[error("organisation has an id that is no OID and no valid authority of it")]
    AssigningAuthority,
    #[error("organisation has components besides name, authority and id")]
    Components,
}

impl Xon {
    /// Reads an organisation; only components 1, 6 and 10 may have content.
    ///
    /// # Errors
    /// [`InvalidXon`] names the component at fault.
    pub fn parse(text: &str) -> Result<Xon, InvalidXon> {
        let components = Components::of(text).map_err(|NotOneField| InvalidXon::Text)?;
        if !components.has(1) {
            return Err(InvalidXon::Name);
        }
        if !components.has_only(&[1, 6, 10]) {
            return Err(InvalidXon::Components);
        }
        let names_itself = !components.has(10) || Oid::parse(components.at(10)).is_ok();
        let has_no_authority = !components.has(6);
        if !(names_itself && has_no_authority || is_universal(components.at(6))) {
            return Err(InvalidXon::AssigningAuthority);
        }
        Ok(Xon(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An authority whose universal id is given; a namespace id alone does not do for XON.6.
fn is_universal(hd: &str) -> bool {
    hd.contains('&') && is_authority(hd)
}

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_person_has_an_id_or_a_family_name() {
        let legal = [
            "^Dopplemeyer^Sherry^^^",
            "11375^Welby^Marcus^J^Jr. MD^Dr^^^&1.2.840.113619.6.197&ISO",
            "D0042",
            "^山田^太郎",
            "^van der Meer&van der&Meer^Jan",
            "^Ward Terminal 3",
        ];
        for text in legal {
            assert_eq!(Xcn::parse(text).map(|xcn| xcn.as_str().to_owned()), Ok(text.to_owned()));
        }
        for text in ["", "^", "^^Sherry", " ^ ", "&^&", "^^^^^^^^&1.2.3&ISO"] {
            assert_eq!(Xcn::parse(text), Err(InvalidXcn::IdAndFamilyName), "{text}");
        }
    }

    #[test]
    fn a_person_is_one_field() {
        for text in ["^A|^B", "^A~^B", "^A\u{7}", "^\\H\\A\\N\\"] {
            assert_eq!(Xcn::parse(text), Err(InvalidXcn::Text), "{text}");
        }
    }

    #[test]
    fn debug_hides_the_person() {
        assert_eq!(format!("{:?}", Xcn::parse("^Hidden").unwrap()), "Xcn(redacted)");
    }

    #[test]
    fn an_organisation_has_a_name_and_at_most_an_identified_id() {
        let legal = [
            "Cleveland Clinic",
            "Parma Community^^^^^^^^^1.2.3",
            "Cleveland Clinic^^^^^&1.2.3&ISO^^^^CleveClin",
            "県立中央病院^^^^^&1.2.392.200119.6.102&ISO^^^^1318814790",
            "Clinic^^^^^&1.2.3&ISO",
            "Clinic^^^^",
        ];
        for text in legal {
            assert_eq!(Xon::parse(text).map(|xon| xon.as_str().to_owned()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn names_the_component_of_an_organisation_at_fault() {
        assert_eq!(Xon::parse(""), Err(InvalidXon::Name));
        assert_eq!(Xon::parse("^^^^^^^^^1.2.3"), Err(InvalidXon::Name));
        assert_eq!(Xon::parse("Clinic^L"), Err(InvalidXon::Components));
        assert_eq!(Xon::parse("Clinic^^^^^^^^^1.2.3^x"), Err(InvalidXon::Components));
        assert_eq!(Xon::parse("Clinic^^^^^^^^^17"), Err(InvalidXon::AssigningAuthority));
        assert_eq!(Xon::parse("Clinic^^^^^NS^^^^17"), Err(InvalidXon::AssigningAuthority));
        assert_eq!(Xon::parse("Clinic^^^^^&x&ISO^^^^17"), Err(InvalidXon::AssigningAuthority));
        assert_eq!(Xon::parse("A~B"), Err(InvalidXon::Text));
    }

    proptest! {
        #[test]
        fn what_is_read_is_kept(text in "[\\^&\\PC]{0,40}") {
            if let Ok(xcn) = Xcn::parse(&text) {
                prop_assert_eq!(xcn.as_str(), &text);
            }
            if let Ok(xon) = Xon::parse(&text) {
                prop_assert_eq!(xon.as_str(), &text);
            }
        }

        #[test]
        fn every_family_name_does(family in "[^\\^&~|\\\\\\pC\\pZ]{1,30}") {
            let xcn = Xcn::parse(&format!("^{family}"));
            prop_assert!(xcn.is_ok());
        }
    }
}

//! Telephone numbers and mail addresses (XTN) of authors and recipients.

use std::fmt;

use crate::component::{Components, NotOneField, write_redacted};

/// A telephone number or mail address, an HL7 v2 XTN (ITI TF-3: Table 4.2.3.1.7-2).
///
/// `^^Internet^address` or `^use^type^^country^area^number^extension`. The text
/// is kept as it was sent; `Debug` hides it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Xtn(String);

/// The text is not a telecommunication address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidXtn {
    #[error("address holds a separator, control character or escape that is not allowed")]
    Text,
    #[error("address is given in an unformatted component")]
    Unformatted,
    #[error("mail address has components besides use, type and address")]
    Mail,
    #[error("telephone has no local number, or holds a mail address")]
    Telephone,
}

impl Xtn {
    /// # Errors
    /// [`InvalidXtn`] names the rule that is broken.
    pub fn parse(text: &str) -> Result<Xtn, InvalidXtn> {
        let components = Components::of(text).map_err(|NotOneField| InvalidXtn::Text)?;
        if components.has(1) || components.has(12) {
            return Err(InvalidXtn::Unformatted);
        }
        let is_mail = matches!(components.at(3), "Internet" | "X.400");
        if is_mail {
            let use_code_fits = matches!(components.at(2), "" | "NET");
            if !use_code_fits || !components.has(4) || !components.has_only(&[2, 3, 4]) {
                return Err(InvalidXtn::Mail);
            }
        } else if components.has(4) || !components.has(7) {
            return Err(InvalidXtn::Telephone);
        }
        Ok(Xtn(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Xtn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_redacted("Xtn", f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mail_and_telephone_are_read() {
        let legal = [
            "^^Internet^author@example.org",
            "^NET^Internet^author@example.org^^^",
            "^^X.400^c=jp;s=author",
            "^WPN^PH^^81^3^12345678^90",
            "^^PH^^^^12345678",
            "^PRN^^^^^12345678",
        ];
        for text in legal {
            assert_eq!(Xtn::parse(text).map(|xtn| xtn.as_str().to_owned()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn names_the_rule_that_is_broken() {
        assert_eq!(Xtn::parse("+81-3-1234"), Err(InvalidXtn::Unformatted));
        assert_eq!(Xtn::parse("^^PH^^^^1^^^^^+81"), Err(InvalidXtn::Unformatted));
        assert_eq!(Xtn::parse("^^Internet^"), Err(InvalidXtn::Mail));
        assert_eq!(Xtn::parse("^WPN^Internet^a@example.org"), Err(InvalidXtn::Mail));
        assert_eq!(Xtn::parse("^^Internet^a@example.org^81"), Err(InvalidXtn::Mail));
        assert_eq!(Xtn::parse(""), Err(InvalidXtn::Telephone));
        assert_eq!(Xtn::parse("^^^a@example.org"), Err(InvalidXtn::Telephone));
        assert_eq!(Xtn::parse("^WPN^PH^^81^3"), Err(InvalidXtn::Telephone));
        assert_eq!(Xtn::parse("^^Internet^a@example.org~^^PH"), Err(InvalidXtn::Text));
    }

    #[test]
    fn debug_hides_the_address() {
        let xtn = Xtn::parse("^^Internet^hidden@example.org").unwrap();
        assert_eq!(format!("{xtn:?}"), "Xtn(redacted)");
    }

    proptest! {
        #[test]
        fn what_is_read_is_kept(text in "(\\^\\^Internet)?[\\^\\PC]{0,40}") {
            if let Ok(xtn) = Xtn::parse(&text) {
                prop_assert_eq!(xtn.as_str(), &text);
            }
        }
    }
}

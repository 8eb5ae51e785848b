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

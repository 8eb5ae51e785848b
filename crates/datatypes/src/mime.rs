//! MIME types of documents.

use std::fmt;

/// Longest MIME type, in characters (ebRIM 3.0 `LongName`).
const MAX_CHARACTERS: usize = 256;

/// `type/subtype` without parameters, as it was sent (ITI TF-3: 4.2.3.2.14).
///
/// Whether the affinity domain allows the type is not decided here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MimeType(String);

/// The text is not a MIME type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a MIME type of the form type/subtype")]
pub struct InvalidMimeType;

impl MimeType {
    /// Reads two tokens of RFC 2045 section 5.1 joined by a slash.
    ///
    /// # Errors
    /// [`InvalidMimeType`] for anything else, parameters included.
    pub fn parse(text: &str) -> Result<MimeType, InvalidMimeType> {
        let (main, sub) = text.split_once('/').ok_or(InvalidMimeType)?;
        if text.len() > MAX_CHARACTERS || !is_token(main) || !is_token(sub) {
            return Err(InvalidMimeType);
        }
        Ok(MimeType(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MimeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !is_special(byte))
}

/// The `tspecials` of RFC 2045, which end a token.
fn is_special(byte: u8) -> bool {
    b"()<>@,;:\\\"/[]?=".contains(&byte)
}

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_tokens_and_nothing_else() {
        for text in ["text/xml", "application/vnd.openxml+xml", "application/dicom", "Text/PLAIN"] {
            assert_eq!(MimeType::parse(text).map(|mime| mime.to_string()), Ok(text.to_owned()));
        }
        let illegal = [
            "",
            "text",
            "/",
            "text/",
            "/xml",
            "a/b/c",
            "text/xml; charset=utf-8",
            "text /xml",
            "文/書",
        ];
        for text in illegal {
            assert_eq!(MimeType::parse(text), Err(InvalidMimeType), "{text}");
        }
    }

    #[test]
    fn has_at_most_256_characters() {
        assert!(MimeType::parse(&format!("a/{}", "b".repeat(254))).is_ok());
        assert!(MimeType::parse(&format!("a/{}", "b".repeat(255))).is_err());
    }

    proptest! {
        #[test]
        fn what_is_read_is_kept(text in "[a-z+.-]{0,9}/[a-z+.;= -]{0,9}|\\PC{0,20}") {
            if let Ok(mime) = MimeType::parse(&text) {
                prop_assert_eq!(mime.as_str(), &text);
            }
        }
    }
}

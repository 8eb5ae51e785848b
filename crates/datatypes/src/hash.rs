//! The SHA-1 hash of a document.

use std::fmt;

/// A SHA-1 hash, 40 hex digits (ITI TF-3: 4.2.3.2.10).
///
/// Read in either case, written in lower case. Says nothing about trust: it finds
/// damage and mix-ups, not forgery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha1Hash([u8; 20]);

/// The text is not a hash of 40 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-1 hash of 40 hex digits")]
pub struct InvalidSha1Hash;

impl Sha1Hash {
    /// # Errors
    /// [`InvalidSha1Hash`] unless the text has exactly 40 hex digits.
    pub fn parse(text: &str) -> Result<Sha1Hash, InvalidSha1Hash> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let mut hash = [0; 20];
        if pairs.len() != hash.len() || !rest.is_empty() {
            return Err(InvalidSha1Hash);
        }
        for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        Ok(Sha1Hash(hash))
    }

    #[must_use]
    pub const fn from_bytes(bytes: [u8; 20]) -> Sha1Hash {
        Sha1Hash(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl fmt::Display for Sha1Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn nibble(digit: u8) -> Result<u8, InvalidSha1Hash> {
    let value = char::from(digit).to_digit(16).ok_or(InvalidSha1Hash)?;
    u8::try_from(value).map_err(|_range| InvalidSha1Hash)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_cases_are_read_and_lower_case_is_written() {
        let hash = Sha1Hash::parse("DA39A3EE5E6B4B0D3255BFEF95601890AFD80709").unwrap();
        assert_eq!(hash.to_string(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(hash.as_bytes().first(), Some(&0xda));
    }

    #[test]
    fn refuses_other_lengths_and_letters() {
        let digits = "da39a3ee5e6b4b0d3255bfef95601890afd8070";
        for text in [
            "",
            "da",
            digits,
            &format!("{digits}g"),
            &format!("{digits}99"),
            &format!("{digits}9ff"),
        ] {
            assert_eq!(Sha1Hash::parse(text), Err(InvalidSha1Hash), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_and_writing_are_inverse(bytes in any::<[u8; 20]>()) {
            let hash = Sha1Hash::from_bytes(bytes);
            prop_assert_eq!(Sha1Hash::parse(&hash.to_string()), Ok(hash));
            prop_assert_eq!(Sha1Hash::parse(&hash.to_string().to_uppercase()), Ok(hash));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9a-f]{38,42}|\\PC{0,40}") {
            prop_assert_eq!(Sha1Hash::parse(&text).is_ok(), text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()));
        }
    }
}

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepts_what_published_test_data_use() {
        for text in ["1.2", "0.0", "2.999", "3.4.5", "1.3.6.1.4.1.21367.2005.3.7", "9.0.1"] {
            assert_eq!(Oid::parse(text).map(|oid| oid.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn refuses_what_is_no_oid() {
        let too_long = format!("1.{}", "2".repeat(63));
        let illegal = [
            "",
            "1",
            ".",
            "1.",
            ".1",
            "1..2",
            "01.2",
            "1.02",
            "1.2 ",
            " 1.2",
            "urn:oid:1.2",
            "1.٢",
            "1,2",
        ];
        for text in illegal.into_iter().chain([too_long.as_str()]) {
            assert_eq!(Oid::parse(text), Err(InvalidOid), "{text}");
        }
    }

    #[test]
    fn takes_64_characters_and_no_more() {
        let longest = format!("1.{}", "2".repeat(62));
        assert!(Oid::parse(&longest).is_ok());
        assert!(Oid::parse(&format!("{longest}2")).is_err());
    }

    #[test]
    fn generates_legal_distinct_oids() {
        let generated = Oid::generate();
        assert!(generated.as_str().starts_with("2.25."));
        assert_eq!(Oid::parse(generated.as_str()), Ok(generated.clone()));
        assert_ne!(generated, Oid::generate());
    }

    proptest! {
        #[test]
        fn reading_and_writing_are_inverse(text in r"(0|[1-9][0-9]{0,9})(\.(0|[1-9][0-9]{0,4})){1,8}") {
            let oid = Oid::parse(&text).unwrap();
            prop_assert_eq!(oid.as_str(), &text);
            prop_assert_eq!(oid.to_string(), text);
        }

        #[test]
        fn nothing_but_digits_and_dots_gets_in(text in "[0-9. a]{0,70}|\\PC{0,20}") {
            if let Ok(oid) = Oid::parse(&text) {
                prop_assert!(oid.as_str().bytes().all(|b| b.is_ascii_digit() || b == b'.'));
                prop_assert!(oid.as_str().len() <= 64);
            }
        }
    }
}

//! Components of HL7 v2 fields, as far as the texts of XDS metadata need them.
//!
//! Messages are not read here; that is the work of the HL7 v2 alphabet.

use std::fmt;

use crate::oid::Oid;

/// Why a text cannot be one HL7 v2 field without repetitions.
pub(crate) struct NotOneField;

/// A field split at `^`, one-based as the standard counts, trailing delimiters ignored.
pub(crate) struct Components<'a>(Vec<&'a str>);

impl<'a> Components<'a> {
    /// Splits a field that must stand alone.
    ///
    /// A field or repetition separator would end the value, and the formatting
    /// escapes `\H\`, `\N\` and `\Z…\` are not allowed (ITI TF-3: 4.2.3.1.7).
    /// Other uses of the backslash are let through: they do harm to no reader,
    /// and clients write user names with it.
    pub(crate) fn of(field: &'a str) -> Result<Components<'a>, NotOneField> {
        let ends_field = |c: char| matches!(c, '|' | '~') || c.is_control();
        if field.contains(ends_field) || has_formatting_escape(field) {
            return Err(NotOneField);
        }
        Ok(Components(field.split('^').collect()))
    }

    /// The component at the one-based position, empty if it is absent or holds only white space.
    pub(crate) fn at(&self, position: usize) -> &'a str {
        let component = position.checked_sub(1).and_then(|index| self.0.get(index));
        component.map_or("", |component| component.trim())
    }

    /// Whether the component has content besides subcomponent delimiters.
    pub(crate) fn has(&self, position: usize) -> bool {
        self.at(position).contains(|c| c != '&')
    }

    /// Whether all components with content are among these positions.
    pub(crate) fn has_only(&self, positions: &[usize]) -> bool {
        (1..=self.0.len()).all(|position| positions.contains(&position) || !self.has(position))
    }
}

/// An HD component: `namespace`, `&universal&type` or all three; not empty.
///
/// A universal id goes with its type, and one of type `ISO` is an OID.
pub(crate) fn is_authority(hd: &str) -> bool {
    let mut parts = hd.split('&');
    let namespace = parts.next().unwrap_or_default();
    let universal = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if parts.next().is_some() {
        return false;
    }
    match universal {
        ("", "") => !namespace.is_empty(),
        ("", _) | (_, "") => false,
        (oid, "ISO") => Oid::parse(oid).is_ok(),
        (_, _) => true,
    }
}

/// `Debug` of a type with personal data: the name of the type and nothing of the value.
pub(crate) fn write_redacted(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{name}(redacted)")
}

fn has_formatting_escape(field: &str) -> bool {
    let n_pieces = field.split('\\').count();
    let mut between_backslashes = field.split('\\').take(n_pieces.saturating_sub(1)).skip(1);
    between_backslashes.any(|escape| match escape.strip_prefix('Z') {
        Some(digits) => !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => matches!(escape, "H" | "N"),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn positions_count_from_one_and_never_miss() {
        let Ok(components) = Components::of("a^ ^&^d^^") else { panic!("one field") };
        assert_eq!((components.at(0), components.at(1), components.at(99)), ("", "a", ""));
        assert_eq!(
            [1, 2, 3, 4, 5].map(|position| components.has(position)),
            [true, false, false, true, false]
        );
        assert!(components.has_only(&[1, 4]));
        assert!(!components.has_only(&[1]));
    }

    #[test]
    fn formatting_escapes_are_not_allowed() {
        for field in ["a\\H\\b\\N\\", "\\N\\", "\\Z0d\\", "a\\T\\b\\H\\"] {
            assert!(Components::of(field).is_err(), "{field}");
        }
    }

    #[test]
    fn other_backslashes_are_let_through() {
        for field in ["a\\T\\b", "WARD\\nurse", "\\", "\\Zoe\\", "\\Z\\", "H\\"] {
            assert!(Components::of(field).is_ok(), "{field}");
        }
    }

    #[test]
    fn a_universal_id_goes_with_its_type() {
        let legal = ["NS", "&1.2.3&ISO", "NS&1.2.3&ISO", "&example.org&DNS", "NS&&"];
        assert!(legal.into_iter().all(is_authority));
        let illegal = ["", "&", "&&", "&1.2.3", "&&ISO", "&1&ISO", "&x&ISO", "&1.2.3&ISO&"];
        assert!(!illegal.into_iter().any(is_authority));
    }

    proptest! {
        #[test]
        fn no_field_makes_it_panic(field in "[\\^&~|\\\\HNZ0-9\\PC\n]{0,40}") {
            if let Ok(components) = Components::of(&field) {
                let n_components = field.split('^').count();
                let positions: Vec<usize> = (1..=n_components).collect();
                prop_assert!(components.has_only(&positions));
                let joined: Vec<&str> = positions.iter().map(|at| components.at(*at)).collect();
                let trimmed: Vec<&str> = field.split('^').map(str::trim).collect();
                prop_assert_eq!(joined, trimmed);
            }
        }
    }
}

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

//! The errors of a registry's or repository's answer as lines for people.

use std::fmt;

use xds::{RegistryError, Severity};

use crate::output::plain;

/// The errors of one answer; a line each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RegistryErrors(pub(crate) Vec<RegistryError>);

impl std::error::Error for RegistryErrors {}

impl fmt::Display for RegistryErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("without saying why");
        }
        for (place, error) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&error_line(error))?;
        }
        Ok(())
    }
}

/// `XDSUnknownPatientId: context (at location)`; warnings are marked.
pub(crate) fn error_line(error: &RegistryError) -> String {
    let mut line = plain(&error.code).into_owned();
    if error.severity == Severity::Warning {
        line.push_str(" (warning)");
    }
    if !error.code_context.is_empty() {
        line.push_str(&format!(": {}", plain(&error.code_context)));
    }
    if let Some(location) = error.location.as_deref().filter(|location| !location.is_empty()) {
        line.push_str(&format!(" (at {})", plain(location)));
    }
    line
}

#[cfg(test)]
mod tests {
    use xds::ErrorCode;

    use super::*;

    #[test]
    fn each_error_is_a_line_with_its_context_and_location() {
        let errors = vec![
            RegistryError::error(ErrorCode::UnknownPatientId, "P^^^&1.2&ISO"),
            RegistryError::warning(ErrorCode::ExtraMetadataNotSaved, ""),
            RegistryError::error(ErrorCode::DocumentUniqueIdError, "gone").at("1.2.3"),
        ];
        let text = RegistryErrors(errors).to_string();
        let expected = "XDSUnknownPatientId: P^^^&1.2&ISO\n\
                        XDSExtraMetadataNotSaved (warning)\n\
                        XDSDocumentUniqueIdError: gone (at 1.2.3)";
        assert_eq!(text, expected);
    }

    #[test]
    fn an_answer_cannot_write_lines_of_its_own() {
        let error = RegistryError::error(ErrorCode::RegistryError, "a\nb\u{1b}[2J");
        assert_eq!(error_line(&error), "XDSRegistryError: a\u{fffd}b\u{fffd}[2J");
    }

    #[test]
    fn a_failure_without_errors_says_so() {
        assert_eq!(RegistryErrors(Vec::new()).to_string(), "without saying why");
    }
}

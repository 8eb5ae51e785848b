//! Codes of document metadata.

/// A coded value with the display name it was sent with (ITI TF-3: 4.2.3.1.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    pub code: String,
    /// The coding scheme; an OID or a local name.
    pub scheme: String,
    /// For people only: it never decides whether two codes are the same.
    pub display: String,
}

impl Code {
    /// Whether both mean the same concept: equal code and equal scheme.
    #[must_use]
    pub fn same_as(&self, other: &Code) -> bool {
        self.code == other.code && self.scheme == other.scheme
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(code: &str, scheme: &str, display: &str) -> Code {
        Code { code: code.to_owned(), scheme: scheme.to_owned(), display: display.to_owned() }
    }

    #[test]
    fn code_and_scheme_make_the_concept() {
        let report = code("11488-4", "2.16.840.1.113883.6.1", "Consultation note");
        assert!(report.same_as(&code("11488-4", "2.16.840.1.113883.6.1", "診察記録")));
        assert!(!report.same_as(&code("11488-4", "local", "Consultation note")));
        assert!(!report.same_as(&code("11488-5", "2.16.840.1.113883.6.1", "Consultation note")));
    }
}

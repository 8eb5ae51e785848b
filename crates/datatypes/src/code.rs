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

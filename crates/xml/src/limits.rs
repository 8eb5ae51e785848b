//! What one document may cost.

/// Limits of one document; every port states its own where the default does not fit.
///
/// The number of namespace declarations in scope is limited as well, by a constant of the
/// reader, because no message needs more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of the decoded document in bytes.
    pub bytes: usize,
    /// Depth of nesting; the root element has depth 1.
    pub depth: usize,
    /// Number of elements in the whole document.
    pub elements: usize,
    /// Number of attributes on one element, namespace declarations included.
    pub attributes_per_element: usize,
    /// Length in bytes of one text content and of one attribute value.
    pub text_bytes: usize,
}

impl Default for Limits {
    /// What a SOAP message without inline documents needs, with a margin of about ten.
    ///
    /// - `bytes` 16 MiB: a submission of one document takes about 17 KiB.
    /// - `depth` 64: the deepest ebXML message has 10 levels, a SAML header about 15.
    /// - `elements` 500 000: one document entry takes about 120 elements.
    /// - `attributes_per_element` 128: envelopes that declare every namespace on the root
    ///   have about 30.
    /// - `text_bytes` 1 MiB: the longest legal slot value is 256 characters, but an encoded
    ///   assertion or certificate may be long; ports that take inline documents raise it.
    fn default() -> Limits {
        Limits {
            bytes: 16 * 1024 * 1024,
            depth: 64,
            elements: 500_000,
            attributes_per_element: 128,
            text_bytes: 1024 * 1024,
        }
    }
}

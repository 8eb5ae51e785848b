//! Why a document was refused: a class and a position, never content.

/// A document that was refused.
///
/// `Display` may go to logs and into faults: it holds no name, no text and no value of the
/// document, because any of them may be personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct XmlError {
    /// The class of the failure.
    pub kind: XmlErrorKind,
    /// Where, in bytes: of the decoded text, or of the raw input for an error of decoding.
    pub offset: usize,
}

/// The class of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XmlErrorKind {
    /// Not UTF-8 or UTF-16, invalid in its encoding, or labels that contradict each other.
    #[error("encoding unsupported, invalid or contradictory")]
    Encoding,
    /// More bytes than [`crate::Limits::bytes`].
    #[error("document too large")]
    TooLarge,
    /// Deeper than [`crate::Limits::depth`].
    #[error("elements nested too deeply")]
    TooDeep,
    /// More elements than [`crate::Limits::elements`].
    #[error("too many elements")]
    TooManyElements,
    /// More attributes on one tag than [`crate::Limits::attributes_per_element`].
    #[error("too many attributes")]
    TooManyAttributes,
    /// More namespace declarations in scope than any honest document needs.
    #[error("too many namespace declarations")]
    TooManyNamespaces,
    /// A text or an attribute value longer than [`crate::Limits::text_bytes`].
    #[error("text too long")]
    TextTooLong,
    /// A document type declaration; SOAP 1.2 part 1, section 5 forbids it.
    #[error("document type declaration")]
    DocType,
    /// A processing instruction; SOAP 1.2 part 1, section 5 forbids it.
    #[error("processing instruction")]
    ProcessingInstruction,
    /// A reference to an entity other than the five predefined ones.
    #[error("unknown entity")]
    Entity,
    /// A character, or a reference to one, that XML 1.0 section 2.2 does not allow.
    #[error("character not allowed")]
    Character,
    /// A prefix without a namespace declaration in scope.
    #[error("unbound prefix")]
    UnboundPrefix,
    /// A reserved prefix or namespace name bound or used wrongly.
    #[error("reserved namespace misused")]
    ReservedNamespace,
    /// Two attributes of one element with the same expanded name.
    #[error("duplicate attribute")]
    DuplicateAttribute,
    /// Not well-formed in any other way.
    #[error("not well-formed")]
    Malformed,
    /// The document ends inside an element, or holds no element.
    #[error("unexpected end of document")]
    UnexpectedEnd,
    /// Text where only elements are allowed.
    #[error("unexpected text")]
    UnexpectedText,
    /// An element where only text, or nothing, is allowed.
    #[error("unexpected element")]
    UnexpectedElement,
}

impl XmlErrorKind {
    pub(crate) const fn at(self, offset: usize) -> XmlError {
        XmlError { kind: self, offset }
    }
}

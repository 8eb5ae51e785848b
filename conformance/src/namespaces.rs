//! The prefixes that paths and fault codes of case files may use, and what they stand for.
//!
//! The prefixes of an answer are never compared: only the names they are bound to count.

/// Prefixes known to case files.
const PREFIXES: &[(&str, &str)] = &[
    ("soap12", SOAP12),
    ("wsa", WSA),
    ("xop", XOP),
    ("rim", "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"),
    ("rs", RS),
    ("lcm", "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"),
    ("query", "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"),
    ("xds", XDS),
    ("hl7", "urn:hl7-org:v3"),
    ("wsse", WSSE),
];

/// SOAP 1.2 envelope.
pub(crate) const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// WS-Addressing 1.0.
pub(crate) const WSA: &str = "http://www.w3.org/2005/08/addressing";
/// WS-Security 1.0, which 1.1 keeps for its header and its faults.
pub(crate) const WSSE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
/// XOP inclusion.
pub(crate) const XOP: &str = "http://www.w3.org/2004/08/xop/include";
/// ebRS 3.0: registry responses and errors.
pub(crate) const RS: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0";
/// XDS.b: documents of ITI-41 and ITI-43.
pub(crate) const XDS: &str = "urn:ihe:iti:xds-b:2007";

/// What the prefix `xml` is bound to without a declaration.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// The namespace a prefix of a case file stands for.
pub(crate) fn namespace_of(prefix: &str) -> Option<&'static str> {
    PREFIXES.iter().find(|(known, _)| *known == prefix).map(|(_, namespace)| *namespace)
}

/// The prefix that case files use for a namespace.
pub(crate) fn prefix_of(namespace: &str) -> Option<&'static str> {
    if namespace == XML {
        return Some("xml");
    }
    PREFIXES.iter().find(|(_, known)| *known == namespace).map(|(prefix, _)| *prefix)
}

/// Declarations of all prefixes, as attributes of a start tag.
pub(crate) fn declarations() -> String {
    let declare = |(prefix, namespace): &(&str, &str)| format!(" xmlns:{prefix}=\"{namespace}\"");
    PREFIXES.iter().map(declare).collect()
}

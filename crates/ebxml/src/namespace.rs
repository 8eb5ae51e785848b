//! Namespaces of the payloads; the envelope's belong to the SOAP crate.

/// ebRS 3.0 life cycle manager: `SubmitObjectsRequest`.
pub const LCM: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0";
/// ebRIM 3.0: the registry objects.
pub const RIM: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0";
/// ebRS 3.0: `RegistryResponse`, `RegistryErrorList`.
pub const RS: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0";
/// ebRS 3.0 query manager: `AdhocQueryRequest`, `AdhocQueryResponse`.
pub const QUERY: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0";
/// IHE XDS.b: provide and register, retrieve.
pub const XDS: &str = "urn:ihe:iti:xds-b:2007";
/// XML-binary Optimized Packaging: `Include`.
pub const XOP: &str = "http://www.w3.org/2004/08/xop/include";
/// The namespace of `xml:lang`.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";

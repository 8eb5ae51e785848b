//! One closed profile of XML signature: an element that is signed by a child of its own.
//!
//! XML Signature Syntax and Processing 1.1, Exclusive XML Canonicalization 1.0, as far as SAML 2.0 core,
//! section 5.4 needs them and no further: one enveloped signature, one reference to the `ID` of its parent,
//! exclusive canonical form without comments, RSA and ECDSA with SHA-2. There is no switch for anything else.
//!
//! The caller names the element, and what [`verify`] hands back is that element of that tree: nobody looks for
//! "what was signed" by an identifier, and nobody reads the text a second time. Keys come from the caller; what
//! the message says about keys at most selects among them.
//!
//! Bytes in, values out. Of OpenSSL only digests, signatures and keys are used, which are functions of bytes.

mod algorithm;
mod canonical;
mod document;
mod key;
mod refusal;
mod sign;
mod signature;
mod verify;

pub use algorithm::SignatureAlgorithm;
pub use document::{Document, Name, Node};
pub use key::{Certificate, InvalidKey, SigningKey, TrustedKey};
pub use refusal::{Cause, Refused};
pub use sign::{SignError, signature};
pub use verify::{Verified, verify};

/// XML Signature.
pub const XML_SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Exclusive canonical form without comments; also the namespace of `InclusiveNamespaces`.
pub const EXCLUSIVE_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// SHA-256, by which the rest of the workspace may name what was signed.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    openssl::sha::sha256(bytes)
}

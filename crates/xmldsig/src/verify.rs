//! From an element to the same element, verified.

use openssl::hash::hash;

use crate::canonical::canonical;
use crate::document::Node;
use crate::key::{Certificate, TrustedKey};
use crate::refusal::{Cause, Refused};
use crate::signature::{Signature, signature_of};

/// An element whose signature was accepted. Holding one is the proof; there is no other way to make one.
#[derive(Debug)]
pub struct Verified<'d> {
    node: Node<'d>,
    signature: Node<'d>,
    signed: String,
    certificate: Certificate,
}

impl<'d> Verified<'d> {
    /// The element that was verified, of the same tree. Its child `ds:Signature` is the only content that was
    /// not signed.
    #[must_use]
    pub fn node(&self) -> Node<'d> {
        self.node
    }

    /// The child elements that were signed.
    pub fn children(&self) -> impl Iterator<Item = Node<'d>> + use<'d> {
        let signature = self.signature.span_start();
        self.node.children().filter(move |child| child.span_start() != signature)
    }

    /// The bytes that were hashed: the element in canonical form without its signature. Whoever does not hold
    /// the key cannot change them, as the signature itself could be (in `KeyInfo`, or by the other value of
    /// an ECDSA signature).
    #[must_use]
    pub fn signed(&self) -> &str {
        &self.signed
    }

    /// The trusted certificate with whose key the signature was verified.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

/// Verifies that a child of `element` signs it with one of the `trusted` keys.
///
/// # Errors
/// [`Refused`], with the first cause.
pub fn verify<'d>(element: Node<'d>, trusted: &[TrustedKey]) -> Result<Verified<'d>, Refused> {
    attempt(element, trusted).map_err(Cause::refused)
}

fn attempt<'d>(element: Node<'d>, trusted: &[TrustedKey]) -> Result<Verified<'d>, Cause> {
    let signature = signature_of(element)?;
    let prefixes: Vec<&str> = signature.signed_info_prefixes.iter().map(String::as_str).collect();
    let signed_info = canonical(signature.signed_info, &prefixes, None);
    // First the signature: until then the reference and its digest are anybody's.
    let key = signing_key(&signature, trusted, signed_info.as_bytes())?;
    let prefixes: Vec<&str> = signature.prefixes.iter().map(String::as_str).collect();
    let signed = canonical(element, &prefixes, Some(signature.node));
    let digest = hash(signature.digest_algorithm.digest(), signed.as_bytes());
    let is_signed = digest.is_ok_and(|digest| *digest == *signature.digest);
    if !is_signed {
        return Err(Cause::Digest);
    }
    let certificate = key.certificate().clone();
    Ok(Verified { node: element, signature: signature.node, signed, certificate })
}

fn signing_key<'k>(
    signature: &Signature<'_>,
    trusted: &'k [TrustedKey],
    signed_info: &[u8],
) -> Result<&'k TrustedKey, Cause> {
    if trusted.is_empty() {
        return Err(Cause::NoTrustedKey);
    }
    let named = |key: &&TrustedKey| {
        signature.certificates.is_empty() || signature.certificates.iter().any(|der| key.is_of(der))
    };
    let mut candidates = trusted.iter().filter(named).peekable();
    candidates.peek().ok_or(Cause::ForeignCertificate)?;
    let mut candidates = candidates.filter(|key| key.is_for(signature.algorithm)).peekable();
    candidates.peek().ok_or(Cause::KeyKind)?;
    candidates
        .find(|key| key.has_signed(signed_info, &signature.value, signature.algorithm))
        .ok_or(Cause::Signature)
}

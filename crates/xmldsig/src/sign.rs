//! Making a signature of the profile.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::hash;
use xml::{Limits, Writer};

use crate::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::document::{Document, Node};
use crate::key::SigningKey;
use crate::refusal::Cause;
use crate::signature::{ENVELOPED, id_of};
use crate::{EXCLUSIVE_C14N, XML_SIGNATURE};

/// Why something cannot be signed: a fault of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    #[error("the element has no ID that a signature could refer to, or one that is not unique")]
    Id,
    #[error("the key does not fit the algorithm")]
    KeyKind,
    #[error("what was written cannot be read again")]
    Unreadable,
    #[error("OpenSSL could not sign")]
    OpenSsl,
}

/// The `ds:Signature` to be put into `element` as a child.
///
/// `inclusive_prefixes` are those that stand in values (`xsi:type`): the canonical form would leave their
/// declarations out. Where among the children it is put makes no difference; nothing else may be added.
///
/// # Errors
/// [`SignError`].
pub fn signature(
    element: Node<'_>,
    inclusive_prefixes: &[&str],
    key: &SigningKey,
    algorithm: SignatureAlgorithm,
) -> Result<String, SignError> {
    if !key.takes(algorithm) {
        return Err(SignError::KeyKind);
    }
    let id = id_of(element).map_err(|_cause: Cause| SignError::Id)?;
    let digest_algorithm = match algorithm {
        SignatureAlgorithm::RsaSha256 | SignatureAlgorithm::EcdsaSha256 => DigestAlgorithm::Sha256,
        SignatureAlgorithm::RsaSha384 | SignatureAlgorithm::EcdsaSha384 => DigestAlgorithm::Sha384,
        SignatureAlgorithm::RsaSha512 => DigestAlgorithm::Sha512,
    };
    let signed = element.canonical(inclusive_prefixes);
    let digest =
        hash(digest_algorithm.digest(), signed.as_bytes()).map_err(|_error| SignError::OpenSsl)?;
    let mut writer = Writer::new();
    writer.start("ds:SignedInfo", &[("xmlns:ds", XML_SIGNATURE)]);
    writer.empty("ds:CanonicalizationMethod", &[("Algorithm", EXCLUSIVE_C14N)]);
    writer.empty("ds:SignatureMethod", &[("Algorithm", algorithm.uri())]);
    writer.start("ds:Reference", &[("URI", &format!("#{id}"))]).start("ds:Transforms", &[]);
    writer.empty("ds:Transform", &[("Algorithm", ENVELOPED)]);
    writer.start("ds:Transform", &[("Algorithm", EXCLUSIVE_C14N)]);
    if !inclusive_prefixes.is_empty() {
        let names = inclusive_prefixes.iter();
        let names = names.map(|prefix| if prefix.is_empty() { "#default" } else { prefix });
        let list = names.collect::<Vec<&str>>().join(" ");
        let attributes = [("xmlns:ec", EXCLUSIVE_C14N), ("PrefixList", &*list)];
        writer.empty("ec:InclusiveNamespaces", &attributes);
    }
    writer.end().end();
    writer.empty("ds:DigestMethod", &[("Algorithm", digest_algorithm.uri())]);
    writer.start("ds:DigestValue", &[]).text(&STANDARD.encode(digest)).end();
    let signed_info = writer.finish();

    let value = key
        .sign(canonical_text(&signed_info)?.as_bytes(), algorithm)
        .map_err(|_error| SignError::OpenSsl)?;
    let mut writer = Writer::new();
    writer.start("ds:Signature", &[("xmlns:ds", XML_SIGNATURE)]).raw(&signed_info);
    writer.start("ds:SignatureValue", &[]).text(&STANDARD.encode(value)).end();
    writer.start("ds:KeyInfo", &[]).start("ds:X509Data", &[]);
    writer.start("ds:X509Certificate", &[]).text(&STANDARD.encode(key.certificate().der()));
    Ok(writer.finish())
}

/// What a verifier will make of `SignedInfo`: the same whatever stands around it, because its prefixes are its own.
fn canonical_text(signed_info: &str) -> Result<String, SignError> {
    let document =
        Document::read(signed_info, Limits::default()).map_err(|_error| SignError::Unreadable)?;
    document.root().map(|root| root.canonical(&[])).ok_or(SignError::Unreadable)
}

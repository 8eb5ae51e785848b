//! A `ds:Signature` in the one form that is accepted.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::document::{Node, trim};
use crate::refusal::Cause;
use crate::{EXCLUSIVE_C14N, XML_SIGNATURE};

/// The only transform beside the canonical form.
pub(crate) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// An RSA signature of 8192 bits has 1024 bytes; longer values are not looked at.
const MAX_VALUE_BYTES: usize = 2048;
/// Certificates in circulation have below 3 KiB, chains below 6 members.
const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;
const MAX_CERTIFICATES: usize = 16;
/// Signers list the prefixes of one assertion, below ten.
const MAX_PREFIXES: usize = 64;
/// An ID is a UUID with something before it.
const MAX_ID_BYTES: usize = 256;

/// What a signature says; nothing of it is checked yet but its form.
#[derive(Debug)]
pub(crate) struct Signature<'d> {
    pub(crate) node: Node<'d>,
    pub(crate) signed_info: Node<'d>,
    pub(crate) signed_info_prefixes: Vec<String>,
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) prefixes: Vec<String>,
    pub(crate) digest_algorithm: DigestAlgorithm,
    pub(crate) digest: Vec<u8>,
    pub(crate) value: Vec<u8>,
    /// The certificates in `KeyInfo`, as DER; never a reason to trust.
    pub(crate) certificates: Vec<Vec<u8>>,
}

/// The signature that is a child of `signed`, and refers to it and nothing else.
pub(crate) fn signature_of<'d>(signed: Node<'d>) -> Result<Signature<'d>, Cause> {
    let mut signatures = signed.children().filter(|child| child.is(XML_SIGNATURE, "Signature"));
    let node = signatures.next().ok_or(Cause::Unsigned)?;
    if signatures.next().is_some() {
        return Err(Cause::SeveralSignatures);
    }
    let id = id_of(signed)?;
    let (signed_info, value, key_info) = parts(node)?;
    let [canonicalization, method, reference] =
        exactly(signed_info, ["CanonicalizationMethod", "SignatureMethod", "Reference"])?;
    let signed_info_prefixes = exclusive(canonicalization).ok_or(Cause::CanonicalizationMethod)?;
    let algorithm = algorithm(method).ok_or(Cause::SignatureMethod)?;
    let algorithm = SignatureAlgorithm::from_uri(&algorithm).ok_or(Cause::SignatureMethod)?;
    if !has_only(reference, &["URI", "Id"])
        || reference.attribute("URI").is_none_or(|uri| uri.strip_prefix('#') != Some(&id))
    {
        return Err(Cause::Reference);
    }
    let [transforms, digest_method, digest_value] =
        exactly(reference, ["Transforms", "DigestMethod", "DigestValue"])?;
    let prefixes = prefixes(transforms)?;
    let digest_algorithm = self::algorithm(digest_method).ok_or(Cause::DigestMethod)?;
    let digest_algorithm =
        DigestAlgorithm::from_uri(&digest_algorithm).ok_or(Cause::DigestMethod)?;
    Ok(Signature {
        node,
        signed_info,
        signed_info_prefixes,
        algorithm,
        prefixes,
        digest_algorithm,
        digest: binary(digest_value, MAX_VALUE_BYTES)?,
        value: binary(value, MAX_VALUE_BYTES)?,
        certificates: key_info.map_or(Ok(Vec::new()), certificates)?,
    })
}

/// The ID of the element, which no other attribute called id may have. In the form that needs no escaping and
/// that no pointer syntax has (`#xpointer(...)`).
pub(crate) fn id_of(signed: Node<'_>) -> Result<String, Cause> {
    let id = signed.attribute("ID").ok_or(Cause::Id)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    if id.is_empty() || id.len() > MAX_ID_BYTES || !id.bytes().all(is_plain) {
        return Err(Cause::Id);
    }
    match signed.document().n_ids(&id) {
        1 => Ok(id.into_owned()),
        _ => Err(Cause::DuplicateId),
    }
}

/// `SignedInfo`, `SignatureValue` and `KeyInfo`, if there is one. SAML 2.0 core, section 5.4 forbids `Object`, in
/// which wrapping attacks keep the original.
fn parts<'d>(signature: Node<'d>) -> Result<(Node<'d>, Node<'d>, Option<Node<'d>>), Cause> {
    let with_key = ["SignedInfo", "SignatureValue", "KeyInfo"];
    let (signed_info, value, key_info) = match signature.children().count() {
        3 => {
            let [signed_info, value, key_info] = exactly(signature, with_key)?;
            (signed_info, value, Some(key_info))
        }
        _ => {
            let [signed_info, value] = exactly(signature, ["SignedInfo", "SignatureValue"])?;
            (signed_info, value, None)
        }
    };
    let only_id = [signature, signed_info, value].into_iter().chain(key_info);
    if only_id.into_iter().all(|node| has_only(node, &["Id"])) {
        Ok((signed_info, value, key_info))
    } else {
        Err(Cause::Structure)
    }
}

/// The children, if they are these elements and nothing else.
fn exactly<'d, const N: usize>(parent: Node<'d>, names: [&str; N]) -> Result<[Node<'d>; N], Cause> {
    let children: Vec<Node<'d>> = parent.children().collect();
    let children: [Node<'d>; N] = children.try_into().map_err(|_other| Cause::Structure)?;
    let as_named = |(child, name): (&Node<'d>, &str)| child.is(XML_SIGNATURE, name);
    if children.iter().zip(names).all(as_named) && trim(&parent.text()).is_empty() {
        Ok(children)
    } else {
        Err(Cause::Structure)
    }
}

fn has_only(node: Node<'_>, names: &[&str]) -> bool {
    node.attributes().all(|found| found.namespace.is_empty() && names.contains(&found.local))
}

/// The algorithm of an element that holds nothing else: no key size, no output length, no parameters.
fn algorithm(method: Node<'_>) -> Option<String> {
    let is_bare = method.children().next().is_none() && trim(&method.text()).is_empty();
    let algorithm = method.attribute("Algorithm").filter(|_| is_bare);
    algorithm.filter(|_| has_only(method, &["Algorithm"])).map(|found| found.into_owned())
}

/// The prefixes of an exclusive canonical form without comments; `None` if it is another form.
fn exclusive(method: Node<'_>) -> Option<Vec<String>> {
    let is_exclusive = has_only(method, &["Algorithm"])
        && method.attribute("Algorithm")? == EXCLUSIVE_C14N
        && trim(&method.text()).is_empty();
    let mut children = method.children();
    let inclusive = children.next();
    if !is_exclusive || children.next().is_some() {
        return None;
    }
    let Some(inclusive) = inclusive else { return Some(Vec::new()) };
    let is_list = inclusive.is(EXCLUSIVE_C14N, "InclusiveNamespaces")
        && has_only(inclusive, &["PrefixList"])
        && inclusive.children().next().is_none()
        && trim(&inclusive.text()).is_empty();
    let list = inclusive.attribute("PrefixList").filter(|_| is_list)?;
    let prefixes = list.split_ascii_whitespace();
    let prefixes = prefixes.map(|prefix| if prefix == "#default" { "" } else { prefix });
    let prefixes: Vec<String> = prefixes.map(str::to_owned).collect();
    (prefixes.len() <= MAX_PREFIXES).then_some(prefixes)
}

/// The prefixes of the canonical form, if the transforms are the two that the profile has.
fn prefixes(transforms: Node<'_>) -> Result<Vec<String>, Cause> {
    let [enveloped, canonical] =
        exactly(transforms, ["Transform"; 2]).map_err(|_structure| Cause::Transforms)?;
    let is_enveloped = algorithm(enveloped).is_some_and(|found| found == ENVELOPED);
    if !is_enveloped || !has_only(transforms, &[]) {
        return Err(Cause::Transforms);
    }
    exclusive(canonical).ok_or(Cause::Transforms)
}

/// Base64 with white space anywhere (XML Schema part 2, section 3.2.16), and nothing else that is loose.
fn binary(node: Node<'_>, max_bytes: usize) -> Result<Vec<u8>, Cause> {
    if node.children().next().is_some() {
        return Err(Cause::Structure);
    }
    let text = node.text();
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let packed: String = text.chars().filter(|character| !is_space(*character)).collect();
    if packed.len() > max_bytes.saturating_mul(2) {
        return Err(Cause::Encoding);
    }
    STANDARD.decode(packed).map_err(|_error| Cause::Encoding)
}

/// The certificates among what is said about the key. Everything else that may stand there is ignored.
fn certificates(key_info: Node<'_>) -> Result<Vec<Vec<u8>>, Cause> {
    let data = key_info.children().filter(|child| child.is(XML_SIGNATURE, "X509Data"));
    let found = data.flat_map(|data| data.children());
    let found = found.filter(|child| child.is(XML_SIGNATURE, "X509Certificate"));
    let found = found.take(MAX_CERTIFICATES.saturating_add(1));
    let certificates: Vec<Vec<u8>> =
        found.map(|node| binary(node, MAX_CERTIFICATE_BYTES)).collect::<Result<_, _>>()?;
    if certificates.len() > MAX_CERTIFICATES { Err(Cause::Structure) } else { Ok(certificates) }
}

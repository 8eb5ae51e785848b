//! Signatures that a trusted key, or another one, really made: in a form or with an algorithm that is none of ours.

use openssl::hash::MessageDigest;
use xmldsig::{Cause as Signature, EXCLUSIVE_C14N};

use super::{Attack, parts, with};
use crate::forgery::{ENVELOPED, Forgery, algorithm, certificates};
use crate::keys::{Pair, p256, p384, rsa, stranger};
use crate::support::{ISSUER, OTHER_ISSUER, Outcome};

const MORE: &str = "http://www.w3.org/2001/04/xmldsig-more#";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

pub(super) fn attacks() -> Vec<Attack> {
    [canonical_forms(), transforms(), algorithms(), structure(), keys(), numbers()]
        .into_iter()
        .flatten()
        .collect()
}

fn refused(cause: Signature) -> Outcome {
    Outcome::Refused(saml::Cause::Signature(cause))
}

fn forged(forgery: &Forgery<'_>) -> String {
    with(&forgery.sign(&parts().0))
}

fn canonical_forms() -> Vec<Attack> {
    let form = |uri: &str| {
        let canonicalization = algorithm("CanonicalizationMethod", uri);
        forged(&Forgery { canonicalization, ..Forgery::default() })
    };
    let text = |canonicalization: &str| {
        let canonicalization = canonicalization.to_owned();
        forged(&Forgery { canonicalization, ..Forgery::default() })
    };
    let expected = || refused(Signature::CanonicalizationMethod);
    vec![
        ("c14n 1.0", form("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"), expected()),
        (
            "c14n 1.0 with comments",
            form("http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"),
            expected(),
        ),
        ("c14n 1.1", form("http://www.w3.org/2006/12/xml-c14n11"), expected()),
        (
            "exclusive c14n with comments",
            form("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
            expected(),
        ),
        ("no canonical form", form(""), expected()),
        ("a canonical form of a stranger", form("urn:evil"), expected()),
        (
            "an XSLT as canonical form",
            form("http://www.w3.org/TR/1999/REC-xslt-19991116"),
            expected(),
        ),
        ("a canonical form without algorithm", text("<ds:CanonicalizationMethod/>"), expected()),
        (
            "a canonical form with parameters",
            text(&format!(
                "<ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE_C14N}\"><x/></ds:CanonicalizationMethod>"
            )),
            expected(),
        ),
        (
            "a canonical form with two lists",
            text(&format!(
                "<ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE_C14N}\" xmlns:ec=\"{EXCLUSIVE_C14N}\">\
                 <ec:InclusiveNamespaces PrefixList=\"\"/><ec:InclusiveNamespaces PrefixList=\"\"/></ds:CanonicalizationMethod>"
            )),
            expected(),
        ),
    ]
}

fn transforms() -> Vec<Attack> {
    let enveloped = algorithm("Transform", ENVELOPED);
    let exclusive = algorithm("Transform", EXCLUSIVE_C14N);
    let of = |transforms: &[&str]| {
        forged(&Forgery { transforms: transforms.concat(), ..Forgery::default() })
    };
    let other = |uri: &str| of(&[&enveloped, &algorithm("Transform", uri)]);
    let first = |uri: &str| of(&[&algorithm("Transform", uri), &exclusive]);
    let expected = || refused(Signature::Transforms);
    let xpath = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>false()</ds:XPath></ds:Transform>";
    let xslt = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><x:stylesheet \
                xmlns:x=\"http://www.w3.org/1999/XSL/Transform\"/></ds:Transform>";
    vec![
        ("transforms: none", of(&[]), expected()),
        ("transforms: enveloped only", of(&[&enveloped]), expected()),
        ("transforms: exclusive only", of(&[&exclusive]), expected()),
        ("transforms: in the other order", of(&[&exclusive, &enveloped]), expected()),
        ("transforms: enveloped twice", of(&[&enveloped, &enveloped]), expected()),
        ("transforms: one more", of(&[&enveloped, &exclusive, &exclusive]), expected()),
        ("transforms: XPath between", of(&[&enveloped, xpath, &exclusive]), expected()),
        ("transforms: XPath instead", of(&[xpath, &exclusive]), expected()),
        ("transforms: XSLT", of(&[&enveloped, xslt]), expected()),
        ("transforms: base64", first("http://www.w3.org/2000/09/xmldsig#base64"), expected()),
        (
            "transforms: XPath filter 2",
            first("http://www.w3.org/2002/06/xmldsig-filter2"),
            expected(),
        ),
        (
            "transforms: the one of WS-Security",
            other(
                "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform",
            ),
            expected(),
        ),
        (
            "transforms: c14n 1.0",
            other("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
            expected(),
        ),
        (
            "transforms: with comments",
            other("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
            expected(),
        ),
        ("transforms: c14n 1.1", other("http://www.w3.org/2006/12/xml-c14n11"), expected()),
        (
            "transforms: enveloped with content",
            of(&[
                &format!("<ds:Transform Algorithm=\"{ENVELOPED}\"><x/></ds:Transform>"),
                &exclusive,
            ]),
            expected(),
        ),
        (
            "transforms: of another namespace",
            of(&[
                &enveloped,
                &format!("<x:Transform xmlns:x=\"urn:x\" Algorithm=\"{EXCLUSIVE_C14N}\"/>"),
            ]),
            expected(),
        ),
        (
            "transforms: a long list of prefixes",
            of(&[
                &enveloped,
                &format!(
                    "<ds:Transform Algorithm=\"{EXCLUSIVE_C14N}\"><ec:InclusiveNamespaces xmlns:ec=\"{EXCLUSIVE_C14N}\" \
                 PrefixList=\"{}\"/></ds:Transform>",
                    "x ".repeat(100)
                ),
            ]),
            expected(),
        ),
    ]
}

fn algorithms() -> Vec<Attack> {
    let method = |uri: &str, signature_digest| {
        let method = algorithm("SignatureMethod", uri);
        forged(&Forgery { method, signature_digest, ..Forgery::default() })
    };
    let digest = |uri: &str, digest| {
        let digest_method = algorithm("DigestMethod", uri);
        forged(&Forgery { digest_method, digest, ..Forgery::default() })
    };
    let hmac = |uri: &str, signature_digest| {
        let method = algorithm("SignatureMethod", uri);
        let forgery = Forgery { method, signature_digest, ..Forgery::default() };
        with(&forgery.sign_by_public_key(&parts().0))
    };
    let by_method = || refused(Signature::SignatureMethod);
    let by_digest = || refused(Signature::DigestMethod);
    let sha256 = MessageDigest::sha256;
    vec![
        ("RSA with SHA-1", method(&format!("{DSIG}rsa-sha1"), MessageDigest::sha1()), by_method()),
        ("RSA with MD5", method(&format!("{MORE}rsa-md5"), MessageDigest::md5()), by_method()),
        (
            "RSA with SHA-224",
            method(&format!("{MORE}rsa-sha224"), MessageDigest::sha224()),
            by_method(),
        ),
        (
            "RSA-PSS",
            method("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", sha256()),
            by_method(),
        ),
        ("DSA", method("http://www.w3.org/2009/xmldsig11#dsa-sha256", sha256()), by_method()),
        (
            "ECDSA with SHA-1",
            method(&format!("{MORE}ecdsa-sha1"), MessageDigest::sha1()),
            by_method(),
        ),
        ("an unknown algorithm", method("urn:none", sha256()), by_method()),
        ("no algorithm", method("", sha256()), by_method()),
        ("an algorithm in capitals", method(&format!("{MORE}RSA-SHA256"), sha256()), by_method()),
        (
            "an algorithm with white space",
            method(&format!(" {MORE}rsa-sha256"), sha256()),
            by_method(),
        ),
        (
            "HMAC-SHA-256 by the public key",
            hmac(&format!("{MORE}hmac-sha256"), sha256()),
            by_method(),
        ),
        (
            "HMAC-SHA-1 by the public key",
            hmac(&format!("{DSIG}hmac-sha1"), MessageDigest::sha1()),
            by_method(),
        ),
        (
            "HMAC that says RSA",
            hmac(&format!("{MORE}rsa-sha256"), sha256()),
            refused(Signature::Signature),
        ),
        (
            "an output length",
            forged(&Forgery {
                method: format!(
                    "<ds:SignatureMethod Algorithm=\"{MORE}rsa-sha256\"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>"
                ),
                ..Forgery::default()
            }),
            by_method(),
        ),
        ("a digest by SHA-1", digest(&format!("{DSIG}sha1"), MessageDigest::sha1()), by_digest()),
        ("a digest by MD5", digest(&format!("{MORE}md5"), MessageDigest::md5()), by_digest()),
        (
            "a digest by SHA-224",
            digest(&format!("{MORE}sha224"), MessageDigest::sha224()),
            by_digest(),
        ),
        ("a digest by nothing", digest("", sha256()), by_digest()),
        (
            "a digest by another one than it says",
            digest("http://www.w3.org/2001/04/xmlenc#sha512", sha256()),
            refused(Signature::Digest),
        ),
        (
            "a signature by another digest than it says",
            method(&format!("{MORE}rsa-sha512"), sha256()),
            refused(Signature::Signature),
        ),
    ]
}

fn structure() -> Vec<Attack> {
    let id = "_7d8e48d6";
    let reference = format!("<ds:Reference URI=\"#{id}\"/>");
    let expected = || refused(Signature::Structure);
    vec![
        (
            "a second reference",
            forged(&Forgery { more_info: reference.clone(), ..Forgery::default() }),
            expected(),
        ),
        (
            "a second reference to the body",
            forged(&Forgery {
                more_info: "<ds:Reference URI=\"#_body\"/>".to_owned(),
                ..Forgery::default()
            }),
            expected(),
        ),
        (
            "a manifest",
            forged(&Forgery {
                more: format!("<ds:Object><ds:Manifest>{reference}</ds:Manifest></ds:Object>"),
                ..Forgery::default()
            }),
            expected(),
        ),
        (
            "KeyInfo twice",
            forged(&Forgery { more: certificates(&[rsa()]).repeat(2), ..Forgery::default() }),
            expected(),
        ),
        (
            "a signature with something else in it",
            forged(&Forgery { more: "<x/>".to_owned(), ..Forgery::default() }),
            expected(),
        ),
        (
            "too many certificates",
            forged(&Forgery { key_info: certificates(&[rsa(); 20]), ..Forgery::default() }),
            expected(),
        ),
        (
            "a certificate of a mebibyte",
            forged(&Forgery {
                key_info: format!(
                    "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
                    "A".repeat(1_000_000)
                ),
                ..Forgery::default()
            }),
            refused(Signature::Encoding),
        ),
        (
            "an empty reference, really signed",
            forged(&Forgery { reference: Some("URI=\"\"".to_owned()), ..Forgery::default() }),
            refused(Signature::Reference),
        ),
        (
            "an external reference, really signed",
            forged(&Forgery {
                reference: Some("URI=\"http://evil.example/\"".to_owned()),
                ..Forgery::default()
            }),
            refused(Signature::Reference),
        ),
    ]
}

fn keys() -> Vec<Attack> {
    let by = |pair: &'static Pair, key_info: String| {
        forged(&Forgery { pair, key_info, ..Forgery::default() })
    };
    let signature = || refused(Signature::Signature);
    let foreign = || refused(Signature::ForeignCertificate);
    let ecdsa = algorithm("SignatureMethod", &format!("{MORE}ecdsa-sha256"));
    let key_value = "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AAAA</ds:Modulus><ds:Exponent>AQAB</ds:Exponent>\
                     </ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>";
    let retrieval =
        "<ds:KeyInfo><ds:RetrievalMethod URI=\"http://evil.example/key\"/></ds:KeyInfo>";
    let other_issuer =
        |forgery: &Forgery<'_>| with(&forgery.sign(&parts().0.replace(ISSUER, OTHER_ISSUER)));
    vec![
        ("a stranger's key", by(stranger(), String::new()), signature()),
        ("a stranger's key and certificate", by(stranger(), certificates(&[stranger()])), foreign()),
        ("a stranger's key and the trusted certificate", by(stranger(), certificates(&[rsa()])), signature()),
        ("a stranger's key and both certificates", by(stranger(), certificates(&[stranger(), rsa()])), signature()),
        ("a stranger's key and its value", by(stranger(), key_value.to_owned()), signature()),
        ("a stranger's key by reference", by(stranger(), retrieval.to_owned()), signature()),
        ("the trusted key and a stranger's certificate", by(rsa(), certificates(&[stranger()])), foreign()),
        (
            "a certificate that is none",
            by(rsa(), "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo>".to_owned()),
            foreign(),
        ),
        (
            "the key of another trusted issuer",
            forged(&Forgery { pair: p256(), method: ecdsa.clone(), ..Forgery::default() }),
            refused(Signature::KeyKind),
        ),
        (
            "the key and certificate of another trusted issuer",
            forged(&Forgery {
                pair: p256(),
                method: ecdsa,
                key_info: certificates(&[p256()]),
                ..Forgery::default()
            }),
            foreign(),
        ),
        ("in the name of another trusted issuer", other_issuer(&Forgery::default()), refused(Signature::KeyKind)),
        (
            "in the name of another trusted issuer, with certificate",
            other_issuer(&Forgery { key_info: certificates(&[rsa()]), ..Forgery::default() }),
            foreign(),
        ),
    ]
}

/// ECDSA in the name of the issuer with the EC key, whose values are two numbers of 32 bytes.
fn numbers() -> Vec<Attack> {
    let by = |pair: &'static Pair, hash: &str, value: fn(Vec<u8>) -> Vec<u8>| {
        let method = algorithm("SignatureMethod", &format!("{MORE}ecdsa-{hash}"));
        let forgery = Forgery { pair, method, value, ..Forgery::default() };
        with(&forgery.sign(&parts().0.replace(ISSUER, OTHER_ISSUER)))
    };
    let signature = || refused(Signature::Signature);
    vec![
        ("ECDSA: as DER", by(p256(), "sha256", |der| der), signature()),
        ("ECDSA: nothing", by(p256(), "sha256", |_| Vec::new()), signature()),
        ("ECDSA: 63 bytes", by(p256(), "sha256", |der| raw(&der)[..63].to_vec()), signature()),
        (
            "ECDSA: 65 bytes",
            by(p256(), "sha256", |der| [&[0][..], &raw(&der)].concat()),
            signature(),
        ),
        (
            "ECDSA: one byte more",
            by(p256(), "sha256", |der| [&raw(&der)[..], &[0]].concat()),
            signature(),
        ),
        (
            "ECDSA: numbers padded to 48 bytes",
            by(p256(), "sha256", |der| {
                let raw = raw(&der);
                [&[0; 16][..], &raw[..32], &[0; 16], &raw[32..]].concat()
            }),
            signature(),
        ),
        (
            "ECDSA: a zero before the second number",
            by(p256(), "sha256", |der| {
                let raw = raw(&der);
                [&raw[..32], &[0], &raw[32..]].concat()
            }),
            signature(),
        ),
        ("ECDSA: half", by(p256(), "sha256", |der| raw(&der)[..32].to_vec()), signature()),
        ("ECDSA: zeros", by(p256(), "sha256", |_| vec![0; 64]), signature()),
        (
            "ECDSA: swapped numbers",
            by(p256(), "sha256", |der| {
                let raw = raw(&der);
                [&raw[32..], &raw[..32]].concat()
            }),
            signature(),
        ),
        ("ECDSA: a key of another curve", by(p384(), "sha256", |der| raw(&der)), signature()),
        ("ECDSA: another hash than it says", by(p256(), "sha384", |der| raw(&der)), signature()),
        (
            "ECDSA: by SHA-512",
            by(p256(), "sha512", |der| raw(&der)),
            refused(Signature::SignatureMethod),
        ),
    ]
}

/// The two numbers as a signature of the profile has them.
pub(crate) fn raw(der: &[u8]) -> Vec<u8> {
    let signature = openssl::ecdsa::EcdsaSig::from_der(der).unwrap();
    let length = if signature.r().num_bytes() > 32 { 48 } else { 32 };
    let number = |number: &openssl::bn::BigNumRef| number.to_vec_padded(length).unwrap();
    [number(signature.r()), number(signature.s())].concat()
}

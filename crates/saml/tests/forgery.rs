//! Signatures of any form, made with any key: what an attacker, or a careless provider, could send.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::PKey;
use openssl::sign::Signer;
use xml::Limits;
use xmldsig::{Document, EXCLUSIVE_C14N, XML_SIGNATURE};

use crate::keys::{Pair, rsa};

pub(crate) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
pub(crate) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub(crate) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// A signature part by part; what is left as it is makes an acceptable one.
pub(crate) struct Forgery<'f> {
    pub(crate) canonicalization: String,
    pub(crate) method: String,
    /// The attributes of the reference; `None` for the honest one.
    pub(crate) reference: Option<String>,
    pub(crate) transforms: String,
    pub(crate) digest_method: String,
    /// By which the assertion is really hashed.
    pub(crate) digest: MessageDigest,
    /// By which `SignedInfo` is really signed.
    pub(crate) signature_digest: MessageDigest,
    pub(crate) pair: &'f Pair,
    /// What is done with the bytes of the signature.
    pub(crate) value: fn(Vec<u8>) -> Vec<u8>,
    pub(crate) key_info: String,
    /// More children of the signature.
    pub(crate) more: String,
    /// More children of `SignedInfo`.
    pub(crate) more_info: String,
}

impl Default for Forgery<'_> {
    fn default() -> Self {
        Forgery {
            canonicalization: algorithm("CanonicalizationMethod", EXCLUSIVE_C14N),
            method: algorithm("SignatureMethod", RSA_SHA256),
            reference: None,
            transforms: [algorithm("Transform", ENVELOPED), algorithm("Transform", EXCLUSIVE_C14N)]
                .concat(),
            digest_method: algorithm("DigestMethod", SHA256),
            digest: MessageDigest::sha256(),
            signature_digest: MessageDigest::sha256(),
            pair: rsa(),
            value: |value| value,
            key_info: String::new(),
            more: String::new(),
            more_info: String::new(),
        }
    }
}

pub(crate) fn algorithm(element: &str, uri: &str) -> String {
    format!("<ds:{element} Algorithm=\"{uri}\"/>")
}

/// The text without its signature, and the signature.
pub(crate) fn split(signed: &str) -> (String, String) {
    let (before, rest) = signed.split_once("<ds:Signature").unwrap();
    let (signature, after) = rest.split_once("</ds:Signature>").unwrap();
    ([before, after].concat(), format!("<ds:Signature{signature}</ds:Signature>"))
}

/// A text with something put in after the issuer.
pub(crate) fn after_issuer(text: &str, piece: &str) -> String {
    text.replacen("</saml:Issuer>", &format!("</saml:Issuer>{piece}"), 1)
}

impl Forgery<'_> {
    /// Signs an assertion that is not signed.
    pub(crate) fn sign(&self, unsigned: &str) -> String {
        let document = Document::read(unsigned, Limits::default()).unwrap();
        let root = document.root().unwrap();
        let id = root.attribute("ID").unwrap_or_default();
        let reference = self.reference.clone().unwrap_or_else(|| format!("URI=\"#{id}\""));
        let digest = STANDARD.encode(hash(self.digest, root.canonical(&[]).as_bytes()).unwrap());
        let info = format!(
            "<ds:SignedInfo xmlns:ds=\"{XML_SIGNATURE}\">{}{}<ds:Reference {reference}><ds:Transforms>{}</ds:Transforms>\
             {}<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>{}</ds:SignedInfo>",
            self.canonicalization, self.method, self.transforms, self.digest_method, self.more_info
        );
        let document = Document::read(&info, Limits::default()).unwrap();
        let canonical = document.root().unwrap().canonical(&[]);
        let key = PKey::private_key_from_pem(&self.pair.key).unwrap();
        let mut signer = Signer::new(self.signature_digest, &key).unwrap();
        let value = signer.sign_oneshot_to_vec(canonical.as_bytes()).unwrap();
        self.put_in(unsigned, &info, &value)
    }

    /// Signs with an HMAC of the public key, which everybody has.
    pub(crate) fn sign_by_public_key(&self, unsigned: &str) -> String {
        let signed = self.sign(unsigned);
        let start = signed.find("<ds:SignedInfo").unwrap();
        let end = signed.find("</ds:SignedInfo>").unwrap() + "</ds:SignedInfo>".len();
        let info = &signed[start..end];
        let document = Document::read(info, Limits::default()).unwrap();
        let canonical = document.root().unwrap().canonical(&[]);
        let key = PKey::hmac(&self.pair.certificate).unwrap();
        let mut signer = Signer::new(self.signature_digest, &key).unwrap();
        let value = signer.sign_oneshot_to_vec(canonical.as_bytes()).unwrap();
        self.put_in(unsigned, info, &value)
    }

    fn put_in(&self, unsigned: &str, info: &str, value: &[u8]) -> String {
        let value = STANDARD.encode((self.value)(value.to_vec()));
        let signature = format!(
            "<ds:Signature xmlns:ds=\"{XML_SIGNATURE}\">{info}<ds:SignatureValue>{value}</ds:SignatureValue>{}{}\
             </ds:Signature>",
            self.key_info, self.more
        );
        after_issuer(unsigned, &signature)
    }
}

/// `KeyInfo` with certificates.
pub(crate) fn certificates(pairs: &[&Pair]) -> String {
    let certificates = pairs.iter().map(|pair| {
        let der = STANDARD.encode(pair.certificate().der());
        format!("<ds:X509Certificate>{der}</ds:X509Certificate>")
    });
    let certificates: String = certificates.collect();
    format!("<ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>")
}

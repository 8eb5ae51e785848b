//! Certificates, the keys that are trusted, and the key that signs.

use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKey, PKeyRef, Private, Public};
use openssl::sign::{Signer, Verifier};
use openssl::x509::X509;

use crate::algorithm::{KeyKind, SignatureAlgorithm};

/// CRYPTREC and NIST SP 800-131A: shorter RSA keys are no keys any more.
const LEAST_RSA_BITS: u32 = 2048;
/// Longer ones only cost time.
const MOST_RSA_BITS: u32 = 8192;

/// A certificate, of which only key and bytes mean something here.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
}

/// A key that the caller trusts for an issuer.
#[derive(Clone)]
pub struct TrustedKey {
    certificate: Certificate,
    key: PKey<Public>,
    kind: KeyKind,
}

/// A key with which we sign, and the certificate that goes with the signature.
#[derive(Clone)]
pub struct SigningKey {
    key: PKey<Private>,
    kind: KeyKind,
    certificate: Certificate,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    #[error("the certificate cannot be read")]
    Certificate,
    #[error("the key cannot be read")]
    Key,
    #[error("neither RSA nor ECDSA on P-256 or P-384")]
    Kind,
    #[error("RSA keys have {LEAST_RSA_BITS} to {MOST_RSA_BITS} bits")]
    Size,
    #[error("key and certificate do not belong together")]
    Mismatch,
}

impl Certificate {
    /// # Errors
    /// [`InvalidKey::Certificate`].
    pub fn from_der(der: &[u8]) -> Result<Certificate, InvalidKey> {
        let certificate = X509::from_der(der).map_err(|_error| InvalidKey::Certificate)?;
        Certificate::of(&certificate)
    }

    /// The first certificate of a PEM file.
    ///
    /// # Errors
    /// [`InvalidKey::Certificate`].
    pub fn from_pem(pem: &[u8]) -> Result<Certificate, InvalidKey> {
        let certificate = X509::from_pem(pem).map_err(|_error| InvalidKey::Certificate)?;
        Certificate::of(&certificate)
    }

    /// Written again, so that equal certificates are equal bytes.
    fn of(certificate: &X509) -> Result<Certificate, InvalidKey> {
        let der = certificate.to_der().map_err(|_error| InvalidKey::Certificate)?;
        Ok(Certificate { der })
    }

    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether the key is the RSA key of this modulus and exponent, both big-endian (`ds:RSAKeyValue`).
    #[must_use]
    pub fn has_rsa_key(&self, modulus: &[u8], exponent: &[u8]) -> bool {
        let same = |ours: &openssl::bn::BigNumRef, theirs: &[u8]| {
            BigNum::from_slice(theirs).is_ok_and(|theirs| theirs == *ours)
        };
        let rsa = self.public_key().ok().and_then(|key| key.rsa().ok());
        rsa.is_some_and(|rsa| same(rsa.n(), modulus) && same(rsa.e(), exponent))
    }

    fn public_key(&self) -> Result<PKey<Public>, InvalidKey> {
        let certificate = X509::from_der(&self.der).map_err(|_error| InvalidKey::Certificate)?;
        certificate.public_key().map_err(|_error| InvalidKey::Key)
    }
}

/// A certificate names a person or an institution.
impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificate(..)")
    }
}

impl std::fmt::Debug for TrustedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TrustedKey({:?})", self.kind)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({:?})", self.kind)
    }
}

impl TrustedKey {
    /// Trusts the key of `certificate`. Its validity and its issuer are not looked at: whoever trusts it has
    /// chosen it.
    ///
    /// # Errors
    /// [`InvalidKey`] for a key with which nothing could be verified.
    pub fn new(certificate: Certificate) -> Result<TrustedKey, InvalidKey> {
        let key = certificate.public_key()?;
        let kind = kind(&key)?;
        Ok(TrustedKey { certificate, key, kind })
    }

    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Whether `der` is the certificate, or another one for the same key.
    pub(crate) fn is_of(&self, der: &[u8]) -> bool {
        let same_key = |certificate: Certificate| certificate.public_key().ok();
        self.certificate.der == der
            || Certificate::from_der(der)
                .ok()
                .and_then(same_key)
                .is_some_and(|key| key.public_eq(&self.key))
    }

    pub(crate) fn is_for(&self, algorithm: SignatureAlgorithm) -> bool {
        algorithm.takes(self.kind)
    }

    /// Whether the key has signed `bytes`. False as well if OpenSSL cannot tell.
    pub(crate) fn has_signed(
        &self,
        bytes: &[u8],
        signature: &[u8],
        algorithm: SignatureAlgorithm,
    ) -> bool {
        let signature = match self.kind {
            KeyKind::Rsa => Some(signature.to_vec()),
            KeyKind::Ec { number_bytes } => to_der(signature, number_bytes),
        };
        let verify = |signature: &[u8]| {
            let mut verifier = Verifier::new(algorithm.digest(), &self.key)?;
            verifier.verify_oneshot(signature, bytes)
        };
        self.is_for(algorithm) && signature.is_some_and(|value| verify(&value).unwrap_or(false))
    }
}

impl SigningKey {
    /// Reads key and certificate as PEM.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn from_pem(key: &[u8], certificate: &[u8]) -> Result<SigningKey, InvalidKey> {
        let key = PKey::private_key_from_pem(key).map_err(|_error| InvalidKey::Key)?;
        let certificate = Certificate::from_pem(certificate)?;
        if !certificate.public_key()?.public_eq(&key) {
            return Err(InvalidKey::Mismatch);
        }
        Ok(SigningKey { kind: kind(&key)?, key, certificate })
    }

    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The algorithm with which this key signs: the strongest of the profile that is usual for its size.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        match self.kind {
            KeyKind::Rsa => SignatureAlgorithm::RsaSha256,
            KeyKind::Ec { number_bytes: P384_BYTES } => SignatureAlgorithm::EcdsaSha384,
            KeyKind::Ec { .. } => SignatureAlgorithm::EcdsaSha256,
        }
    }

    pub(crate) fn takes(&self, algorithm: SignatureAlgorithm) -> bool {
        algorithm.takes(self.kind)
    }

    pub(crate) fn sign(
        &self,
        bytes: &[u8],
        algorithm: SignatureAlgorithm,
    ) -> Result<Vec<u8>, ErrorStack> {
        let mut signer = Signer::new(algorithm.digest(), &self.key)?;
        let signature = signer.sign_oneshot_to_vec(bytes)?;
        match self.kind {
            KeyKind::Rsa => Ok(signature),
            KeyKind::Ec { number_bytes } => from_der(&signature, number_bytes),
        }
    }
}

const P256_BYTES: usize = 32;
const P384_BYTES: usize = 48;

fn kind<T: HasPublic>(key: &PKeyRef<T>) -> Result<KeyKind, InvalidKey> {
    match key.id() {
        Id::RSA if (LEAST_RSA_BITS..=MOST_RSA_BITS).contains(&key.bits()) => Ok(KeyKind::Rsa),
        Id::RSA => Err(InvalidKey::Size),
        Id::EC => {
            let key = key.ec_key().map_err(|_error| InvalidKey::Key)?;
            match key.group().curve_name() {
                Some(Nid::X9_62_PRIME256V1) => Ok(KeyKind::Ec { number_bytes: P256_BYTES }),
                Some(Nid::SECP384R1) => Ok(KeyKind::Ec { number_bytes: P384_BYTES }),
                _ => Err(InvalidKey::Kind),
            }
        }
        _ => Err(InvalidKey::Kind),
    }
}

/// The two numbers of an ECDSA signature, each of the length of the curve (RFC 9231, section 2.3.6), as OpenSSL
/// wants them. `None` for any other length.
fn to_der(raw: &[u8], number_bytes: usize) -> Option<Vec<u8>> {
    let (r, s) = raw.split_at_checked(number_bytes)?;
    if s.len() != number_bytes {
        return None;
    }
    let (r, s) = (BigNum::from_slice(r).ok()?, BigNum::from_slice(s).ok()?);
    EcdsaSig::from_private_components(r, s).ok()?.to_der().ok()
}

fn from_der(der: &[u8], number_bytes: usize) -> Result<Vec<u8>, ErrorStack> {
    let signature = EcdsaSig::from_der(der)?;
    let length = i32::try_from(number_bytes).unwrap_or_default();
    let r = signature.r().to_vec_padded(length)?;
    let s = signature.s().to_vec_padded(length)?;
    Ok([r, s].concat())
}

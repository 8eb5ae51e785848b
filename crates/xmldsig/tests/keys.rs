//! Keys and certificates, made once a run.

use std::sync::OnceLock;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509NameBuilder};
use xmldsig::{Certificate, SigningKey, TrustedKey};

/// A key with its certificate, as PEM.
pub(crate) struct Pair {
    pub(crate) key: Vec<u8>,
    pub(crate) certificate: Vec<u8>,
}

impl Pair {
    pub(crate) fn signing(&self) -> SigningKey {
        SigningKey::from_pem(&self.key, &self.certificate).unwrap()
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::from_pem(&self.certificate).unwrap()
    }

    pub(crate) fn trusted(&self) -> TrustedKey {
        TrustedKey::new(self.certificate()).unwrap()
    }
}

pub(crate) fn pair(key: PKey<Private>) -> Pair {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, "provider").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(3650).unwrap()).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    Pair {
        key: key.private_key_to_pem_pkcs8().unwrap(),
        certificate: builder.build().to_pem().unwrap(),
    }
}

pub(crate) fn rsa_of(bits: u32) -> Pair {
    pair(PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap())
}

pub(crate) fn ec_of(curve: Nid) -> Pair {
    let group = EcGroup::from_curve_name(curve).unwrap();
    pair(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap())
}

pub(crate) fn rsa() -> &'static Pair {
    static PAIR: OnceLock<Pair> = OnceLock::new();
    PAIR.get_or_init(|| rsa_of(2048))
}

pub(crate) fn p256() -> &'static Pair {
    static PAIR: OnceLock<Pair> = OnceLock::new();
    PAIR.get_or_init(|| ec_of(Nid::X9_62_PRIME256V1))
}

pub(crate) fn p384() -> &'static Pair {
    static PAIR: OnceLock<Pair> = OnceLock::new();
    PAIR.get_or_init(|| ec_of(Nid::SECP384R1))
}

/// Another key than those of the provider.
pub(crate) fn stranger() -> &'static Pair {
    static PAIR: OnceLock<Pair> = OnceLock::new();
    PAIR.get_or_init(|| rsa_of(2048))
}

//! A CA of the test, and what sender and receiver show of it.

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

pub(super) struct Certificates {
    ca: X509,
    ca_key: PKey<Private>,
}

fn new_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn begun(name: &str, serial: u32, key: &PKey<Private>) -> X509Builder {
    let mut names = X509NameBuilder::new().unwrap();
    names.append_entry_by_text("CN", name).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&names.build()).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
}

impl Certificates {
    pub(super) fn new() -> Certificates {
        let ca_key = new_key();
        let mut builder = begun("Test CA", 1, &ca_key);
        let name = X509NameBuilder::new().map(|mut names| {
            names.append_entry_by_text("CN", "Test CA").unwrap();
            names.build()
        });
        builder.set_issuer_name(&name.unwrap()).unwrap();
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        builder.sign(&ca_key, MessageDigest::sha256()).unwrap();
        Certificates { ca: builder.build(), ca_key }
    }

    fn node(&self, name: &str, serial: u32) -> (X509, PKey<Private>) {
        let key = new_key();
        let mut builder = begun(name, serial, &key);
        builder.set_issuer_name(self.ca.subject_name()).unwrap();
        let address = SubjectAlternativeName::new()
            .dns("localhost")
            .build(&builder.x509v3_context(Some(&self.ca), None))
            .unwrap();
        builder.append_extension(address).unwrap();
        builder.sign(&self.ca_key, MessageDigest::sha256()).unwrap();
        (builder.build(), key)
    }

    fn trusted(&self) -> X509Store {
        let mut store = X509StoreBuilder::new().unwrap();
        store.add_cert(self.ca.clone()).unwrap();
        store.build()
    }

    /// The receiver demands a certificate of the CA.
    pub(super) fn acceptor(&self) -> SslAcceptor {
        let (certificate, key) = self.node("receiver", 2);
        let mut tls = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        tls.set_certificate(&certificate).unwrap();
        tls.set_private_key(&key).unwrap();
        tls.set_verify_cert_store(self.trusted()).unwrap();
        tls.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        tls.build()
    }

    pub(super) fn connector(&self) -> SslConnector {
        let (certificate, key) = self.node("sender", 3);
        let mut tls = SslConnector::builder(SslMethod::tls_client()).unwrap();
        tls.set_certificate(&certificate).unwrap();
        tls.set_private_key(&key).unwrap();
        tls.set_cert_store(self.trusted());
        tls.build()
    }

    /// A sender that the receiver must refuse.
    pub(super) fn connector_without_certificate(&self) -> SslConnector {
        let mut tls = SslConnector::builder(SslMethod::tls_client()).unwrap();
        tls.set_cert_store(self.trusted());
        tls.build()
    }
}

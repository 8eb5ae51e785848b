//! Test certificates: CAs, and nodes for 127.0.0.1 that they sign.
#![expect(clippy::unwrap_used, reason = "a test without its certificates cannot go on")]

use std::path::{Path, PathBuf};

use net::{TlsFiles, Transport};
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, CrlNumber, ExtendedKeyUsage, KeyUsage,
    SubjectAlternativeName, SubjectKeyIdentifier,
};
use openssl::x509::{
    X509, X509Builder, X509CrlBuilder, X509Name, X509NameBuilder, X509RevokedBuilder,
};

/// A CA in a folder of its own.
pub(crate) struct Authority {
    pub(crate) folder: PathBuf,
    pub(crate) certificate: X509,
    pub(crate) key: PKey<Private>,
}

const DAY: i64 = 86_400;

impl Authority {
    pub(crate) fn new(folder: &Path, name: &str) -> Authority {
        let folder = folder.join(name);
        std::fs::create_dir(&folder).unwrap();
        let key = new_key();
        let mut builder = builder(name, &key);
        let issuer = subject(name);
        builder.set_issuer_name(&issuer).unwrap();
        let constraints = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(constraints).unwrap();
        let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build().unwrap();
        builder.append_extension(usage).unwrap();
        let id = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None)).unwrap();
        builder.append_extension(id).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let certificate = builder.build();
        std::fs::write(folder.join("ca.pem"), certificate.to_pem().unwrap()).unwrap();
        Authority { folder, certificate, key }
    }

    /// Certificate and key of a node, which trusts this authority.
    pub(crate) fn node(&self, name: &str) -> TlsFiles {
        self.node_of(name, new_key(), (0, 2 * DAY))
    }

    /// The same with a key, valid between two times, in seconds from now.
    pub(crate) fn node_of(
        &self,
        name: &str,
        key: PKey<Private>,
        (begin, end): (i64, i64),
    ) -> TlsFiles {
        let mut builder = builder(name, &key);
        builder.set_not_before(&from_now(begin)).unwrap();
        builder.set_not_after(&from_now(end)).unwrap();
        builder.set_issuer_name(self.certificate.subject_name()).unwrap();
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let names = SubjectAlternativeName::new()
            .dns("localhost")
            .ip("127.0.0.1")
            .uri(&format!("urn:example:{name}"))
            .build(&context)
            .unwrap();
        let issuer = AuthorityKeyIdentifier::new().keyid(true).build(&context).unwrap();
        let usage = ExtendedKeyUsage::new().server_auth().client_auth().build().unwrap();
        builder.append_extension(names).unwrap();
        builder.append_extension(issuer).unwrap();
        builder.append_extension(usage).unwrap();
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        let file = |name: &str| self.folder.join(name);
        let named = (format!("{name}.pem"), format!("{name}.key"));
        let files = TlsFiles::new(file(&named.0), file(&named.1), file("ca.pem"));
        std::fs::write(&files.certificate, builder.build().to_pem().unwrap()).unwrap();
        std::fs::write(&files.key, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        files
    }

    /// Writes the revocation list with these nodes, valid until then, in seconds from now.
    pub(crate) fn revoke(&self, names: &[&str], end: i64) -> PathBuf {
        let mut list = X509CrlBuilder::new().unwrap();
        list.set_issuer_name(self.certificate.subject_name()).unwrap();
        list.set_last_update(&from_now(-DAY)).unwrap();
        list.set_next_update(&from_now(end)).unwrap();
        let any = X509::builder().unwrap();
        let context = any.x509v3_context(Some(&self.certificate), None);
        let issuer = AuthorityKeyIdentifier::new().keyid(true).build(&context).unwrap();
        list.append_extension(issuer).unwrap();
        let number = CrlNumber::new(BigNum::from_u32(1).unwrap()).unwrap();
        list.append_extension(number.build().unwrap()).unwrap();
        for name in names {
            let pem = std::fs::read(self.folder.join(format!("{name}.pem"))).unwrap();
            let certificate = X509::from_pem(&pem).unwrap();
            let mut revoked = X509RevokedBuilder::new().unwrap();
            revoked.set_serial_number(certificate.serial_number()).unwrap();
            revoked.set_revocation_date(&from_now(-60)).unwrap();
            list.add_revoked(revoked.build()).unwrap();
        }
        list.sort().unwrap();
        list.sign(&self.key, MessageDigest::sha256()).unwrap();
        let (file, new) = (self.folder.join("lists.pem"), self.folder.join("lists.new"));
        std::fs::write(&new, list.build().unwrap().to_pem().unwrap()).unwrap();
        std::fs::rename(new, &file).unwrap();
        file
    }

    pub(crate) fn transport(&self, name: &str) -> Transport {
        Transport::from(self.node(name))
    }
}

fn from_now(seconds: i64) -> Asn1Time {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Asn1Time::from_unix(i64::try_from(now.as_secs()).unwrap() + seconds).unwrap()
}

pub(crate) fn new_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn subject(name: &str) -> X509Name {
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    subject.build()
}

fn builder(name: &str, key: &PKey<Private>) -> X509Builder {
    let mut serial = BigNum::new().unwrap();
    serial.rand(127, MsbOption::MAYBE_ZERO, false).unwrap();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject(name)).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
}

//! The certificate authority of a development community.

use datatypes::HomeCommunityId;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Name, X509NameRef};

use super::{Issued, client_uri, member_client_uri, node_uri};
use crate::actor::Actor;

/// Days the CA is valid: a development community outlives a project year.
const CA_DAYS: u32 = 3_650;

/// Days a certificate is valid; browsers refuse more than 825.
const LEAF_DAYS: u32 = 825;

/// The least that may sign assertions, and what every stack verifies.
const ISSUER_RSA_BITS: u32 = 2048;

/// RFC 5280: 4.1.2.2 allows 20 octets; 127 random bits are unique and positive.
const SERIAL_BITS: i32 = 127;

/// Every subject carries it, so that no log mistakes the certificate for a real one.
const ORGANIZATION: &str = "Renkei development, not for production";

/// The CA's certificate with its key.
pub struct Authority {
    pub(super) certificate: X509,
    pub(super) key: PKey<Private>,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Server and client, since actors call each other; on this machine.
    Node,
    Client,
}

impl Authority {
    /// A new CA for a community; the OID in its name tells several apart.
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn generate(community: &HomeCommunityId) -> Result<Authority, ErrorStack> {
        let key = new_key()?;
        // X.520 limits a common name to 64 characters; an OID alone may have as many.
        let name = subject("Renkei development CA", Some(community.oid().as_str()))?;
        let mut builder = new_certificate(&name, &name, &key, CA_DAYS)?;
        builder.append_extension(BasicConstraints::new().critical().ca().pathlen(0).build()?)?;
        let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build()?;
        builder.append_extension(usage)?;
        let key_id = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
        builder.append_extension(key_id)?;
        builder.sign(&key, MessageDigest::sha256())?;
        Ok(Authority { certificate: builder.build(), key })
    }

    /// A certificate for an actor, valid for `localhost` and the loopback addresses.
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn issue_node(
        &self,
        community: &HomeCommunityId,
        actor: Actor,
    ) -> Result<Issued, ErrorStack> {
        self.issue(actor.as_str(), &node_uri(community, actor), Purpose::Node)
    }

    /// A certificate for a client, of a member if its institution code is given; both names were checked by the
    /// caller.
    pub(super) fn issue_client(
        &self,
        community: &HomeCommunityId,
        name: &str,
        member: Option<&str>,
    ) -> Result<Issued, ErrorStack> {
        let uri = match member {
            Some(code) => member_client_uri(community, code, name),
            None => client_uri(community, name),
        };
        self.issue(name, &uri, Purpose::Client)
    }

    fn issue(&self, common_name: &str, uri: &str, purpose: Purpose) -> Result<Issued, ErrorStack> {
        let key = new_key()?;
        let issuer = self.certificate.subject_name();
        let subject = subject(common_name, None)?;
        let mut builder = new_certificate(&subject, issuer, &key, LEAF_DAYS)?;
        builder.append_extension(BasicConstraints::new().critical().build()?)?;
        builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
        let mut usage = ExtendedKeyUsage::new();
        usage.client_auth();
        let mut names = SubjectAlternativeName::new();
        names.uri(uri);
        if purpose == Purpose::Node {
            usage.server_auth();
            names.dns("localhost").ip("127.0.0.1").ip("::1");
        }
        builder.append_extension(usage.build()?)?;
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let names = names.build(&context)?;
        let key_id = SubjectKeyIdentifier::new().build(&context)?;
        let issuer_id = AuthorityKeyIdentifier::new().keyid(true).build(&context)?;
        builder.append_extension(names)?;
        builder.append_extension(key_id)?;
        builder.append_extension(issuer_id)?;
        builder.sign(&self.key, MessageDigest::sha256())?;
        Ok(Issued { certificate: builder.build(), key })
    }
}

/// An issuer of assertions. It has signed its own certificate: one of the CA would open the ports of the
/// community to it.
pub(super) fn new_issuer() -> Result<Issued, ErrorStack> {
    let key = PKey::from_rsa(Rsa::generate(ISSUER_RSA_BITS)?)?;
    let name = subject("development-issuer", None)?;
    let mut builder = new_certificate(&name, &name, &key, LEAF_DAYS)?;
    builder.append_extension(BasicConstraints::new().critical().build()?)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
    let key_id = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
    builder.append_extension(key_id)?;
    builder.sign(&key, MessageDigest::sha256())?;
    Ok(Issued { certificate: builder.build(), key })
}

fn new_key() -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

/// The fields that every certificate has.
fn new_certificate(
    subject: &X509NameRef,
    issuer: &X509NameRef,
    key: &PKey<Private>,
    days: u32,
) -> Result<X509Builder, ErrorStack> {
    let mut serial = BigNum::new()?;
    serial.rand(SERIAL_BITS, MsbOption::MAYBE_ZERO, false)?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*Asn1Integer::from_bn(&serial)?)?;
    builder.set_subject_name(subject)?;
    builder.set_issuer_name(issuer)?;
    builder.set_not_before(&*Asn1Time::days_from_now(0)?)?;
    builder.set_not_after(&*Asn1Time::days_from_now(days)?)?;
    builder.set_pubkey(key)?;
    Ok(builder)
}

fn subject(common_name: &str, unit: Option<&str>) -> Result<X509Name, ErrorStack> {
    let mut name = X509Name::builder()?;
    name.append_entry_by_nid(Nid::ORGANIZATIONNAME, ORGANIZATION)?;
    if let Some(unit) = unit {
        name.append_entry_by_nid(Nid::ORGANIZATIONALUNITNAME, unit)?;
    }
    name.append_entry_by_nid(Nid::COMMONNAME, common_name)?;
    Ok(name.build())
}

//! Certificates made for a run: those that a server must refuse, and what is needed to see that it is for the right
//! reason.

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use openssl::x509::{X509, X509Builder, X509Name, X509NameRef};
use std::ops::Range;

/// A certificate with its key.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) key: PKey<Private>,
    pub(crate) certificate: X509,
}

/// Days from now.
const VALID: Range<i64> = -1..2;

const DAY_S: i64 = 24 * 60 * 60;

/// Who is named by a certificate, and when it is valid.
pub(crate) struct Wanted<'a> {
    pub(crate) subject: &'a X509NameRef,
    /// In days from now.
    pub(crate) valid: Range<i64>,
}

impl<'a> Wanted<'a> {
    pub(crate) fn now(subject: &'a X509NameRef) -> Wanted<'a> {
        Wanted { subject, valid: VALID }
    }
}

/// A name with nothing but a common name.
pub(crate) fn common_name(text: &str) -> Result<X509Name, ErrorStack> {
    let mut name = X509Name::builder()?;
    name.append_entry_by_nid(Nid::COMMONNAME, text)?;
    Ok(name.build())
}

/// A certificate for a key, by the key itself.
pub(crate) fn self_signed(subject: &X509NameRef, key: &PKey<Private>) -> Result<X509, ErrorStack> {
    let mut builder = begun(&Wanted::now(subject), key)?;
    builder.set_issuer_name(subject)?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}

/// A certificate with a new key, by its own key.
pub(crate) fn on_its_own(subject: &X509NameRef) -> Result<Identity, ErrorStack> {
    let key = new_key()?;
    Ok(Identity { certificate: self_signed(subject, &key)?, key })
}

/// A certificate with a new key, by an authority.
pub(crate) fn issued(wanted: &Wanted<'_>, by: &Identity) -> Result<Identity, ErrorStack> {
    let key = new_key()?;
    let mut builder = begun(wanted, &key)?;
    builder.set_issuer_name(by.certificate.subject_name())?;
    builder.sign(&by.key, MessageDigest::sha256())?;
    Ok(Identity { certificate: builder.build(), key })
}

/// An authority that has the name of another one, and a key of its own.
pub(crate) fn authority(name: &X509NameRef) -> Result<Identity, ErrorStack> {
    let key = new_key()?;
    let mut builder = X509Builder::new()?;
    fill(&mut builder, &Wanted::now(name), &key)?;
    builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
    builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
    builder.set_issuer_name(name)?;
    builder.sign(&key, MessageDigest::sha256())?;
    Ok(Identity { certificate: builder.build(), key })
}

fn new_key() -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

/// Everything of a client's certificate but who issued it.
fn begun(wanted: &Wanted<'_>, key: &PKey<Private>) -> Result<X509Builder, ErrorStack> {
    let mut builder = X509Builder::new()?;
    fill(&mut builder, wanted, key)?;
    builder.append_extension(BasicConstraints::new().critical().build()?)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
    builder.append_extension(ExtendedKeyUsage::new().client_auth().build()?)?;
    Ok(builder)
}

fn fill(
    builder: &mut X509Builder,
    wanted: &Wanted<'_>,
    key: &PKey<Private>,
) -> Result<(), ErrorStack> {
    let now = jiff::Timestamp::now().as_second();
    let at = |days: i64| Asn1Time::from_unix(now.saturating_add(days.saturating_mul(DAY_S)));
    let mut serial = BigNum::new()?;
    serial.rand(120, MsbOption::MAYBE_ZERO, false)?;
    let serial: Asn1Integer = serial.to_asn1_integer()?;
    builder.set_version(2)?;
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(wanted.subject)?;
    builder.set_not_before(&*at(wanted.valid.start)?)?;
    builder.set_not_after(&*at(wanted.valid.end)?)?;
    builder.set_pubkey(key)
}

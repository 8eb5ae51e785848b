//! Checks the certificate files of a node as a peer will: key, chain, dates, purpose.

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509Ref, X509StoreContext, X509VerifyResult};

/// What is wrong with the certificate files of a node.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFault {
    #[error("not a certificate in PEM")]
    NotCertificate,
    #[error("not an unencrypted private key in PEM")]
    NotKey,
    #[error("the key does not belong to the certificate")]
    KeyMismatch,
    #[error("a peer will refuse the certificate: {0}")]
    Refused(X509VerifyResult),
    #[error("OpenSSL failed")]
    OpenSsl(#[from] ErrorStack),
}

/// Whether a node can use the three PEM texts as server and as client.
///
/// The same decision as `openssl verify -x509_strict -purpose sslserver -CAfile CA`, and
/// once more with `sslclient`; the time is the system's.
///
/// # Errors
/// The first thing that a peer would refuse.
pub fn verify_node(certificate: &[u8], key: &[u8], ca: &[u8]) -> Result<(), CertificateFault> {
    let chain = parse_certificates(certificate)?;
    let leaf = chain.first().ok_or(CertificateFault::NotCertificate)?;
    let key = parse_key(key)?;
    if !leaf.public_key()?.public_eq(&key) {
        return Err(CertificateFault::KeyMismatch);
    }
    let authorities = parse_certificates(ca)?;
    verify(leaf, &chain, &authorities, X509PurposeId::SSL_SERVER)?;
    verify(leaf, &chain, &authorities, X509PurposeId::SSL_CLIENT)
}

fn verify(
    leaf: &X509Ref,
    chain: &[X509],
    authorities: &[X509],
    purpose: X509PurposeId,
) -> Result<(), CertificateFault> {
    let store = store(authorities, purpose)?;
    let mut intermediates = Stack::new()?;
    for certificate in chain.iter().skip(1) {
        intermediates.push(certificate.clone())?;
    }
    let mut context = X509StoreContext::new()?;
    let result = context.init(&store, leaf, &intermediates, |context| {
        let accepted = context.verify_cert()?;
        Ok(if accepted { X509VerifyResult::OK } else { context.error() })
    })?;
    if result == X509VerifyResult::OK { Ok(()) } else { Err(CertificateFault::Refused(result)) }
}

fn store(authorities: &[X509], purpose: X509PurposeId) -> Result<X509Store, ErrorStack> {
    let mut builder = X509StoreBuilder::new()?;
    for authority in authorities {
        builder.add_cert(authority.clone())?;
    }
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_flags(X509VerifyFlags::X509_STRICT)?;
    parameters.set_purpose(purpose)?;
    builder.set_param(&parameters)?;
    Ok(builder.build())
}

fn parse_certificates(pem: &[u8]) -> Result<Vec<X509>, CertificateFault> {
    // The error of OpenSSL names its own source files and nothing an operator could use.
    let certificates = X509::stack_from_pem(pem).unwrap_or_default();
    if certificates.is_empty() { Err(CertificateFault::NotCertificate) } else { Ok(certificates) }
}

fn parse_key(pem: &[u8]) -> Result<PKey<Private>, CertificateFault> {
    // A callback instead of the prompt on the terminal that OpenSSL has for encrypted keys.
    PKey::private_key_from_pem_callback(pem, |_password| Ok(0))
        .map_err(|_no_key| CertificateFault::NotKey)
}

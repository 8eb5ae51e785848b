//! A certificate with its key, and the forms in which it is written.

use openssl::error::ErrorStack;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::stack::Stack;
use openssl::x509::{X509, X509Ref};

/// A certificate with its key.
pub struct Issued {
    pub(super) certificate: X509,
    pub(super) key: PKey<Private>,
}

impl Issued {
    /// # Errors
    /// What OpenSSL says.
    pub fn certificate_pem(&self) -> Result<Vec<u8>, ErrorStack> {
        self.certificate.to_pem()
    }

    /// The key as unencrypted PKCS#8 in PEM.
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn key_pem(&self) -> Result<Vec<u8>, ErrorStack> {
        self.key.private_key_to_pem_pkcs8()
    }

    /// Certificate, key and the CA's certificate as PKCS#12, for browsers and Java.
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn pkcs12(&self, name: &str, password: &str, ca: &X509Ref) -> Result<Vec<u8>, ErrorStack> {
        let mut chain = Stack::new()?;
        chain.push(ca.to_owned())?;
        let mut builder = Pkcs12::builder();
        builder.name(name).pkey(&self.key).cert(&self.certificate).ca(chain);
        builder.build2(password)?.to_der()
    }
}

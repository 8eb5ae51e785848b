//! Signing with the key of this node.

use std::path::Path;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use super::signed_text;
use crate::chain::{Hash, Head, digest};
use crate::store::checkpoint::CheckpointRow;

/// The node's key, and which certificate belongs to it.
pub struct Signer {
    key: PKey<Private>,
    certificate_sha256: Hash,
}

/// Why checkpoints cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    #[error("key or certificate of the node cannot be read")]
    File(#[from] std::io::Error),
    #[error("key or certificate of the node cannot be used")]
    OpenSsl(#[from] ErrorStack),
}

impl Signer {
    /// Reads the PEM files.
    ///
    /// # Errors
    /// [`SignerError`]
    pub fn open(certificate: &Path, key: &Path) -> Result<Signer, SignerError> {
        let certificate = X509::from_pem(&std::fs::read(certificate)?)?;
        let pem = std::fs::read(key)?;
        // A callback instead of the prompt on the terminal that OpenSSL has for encrypted keys.
        let key = PKey::private_key_from_pem_callback(&pem, |_password| Ok(0))?;
        Ok(Signer { key, certificate_sha256: digest(&certificate.to_der()?) })
    }

    /// A checkpoint behind the one with this number and digest of its signature.
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn sign(
        &self,
        head: &Head,
        signed_at: i64,
        (number, previous): (i64, &Hash),
    ) -> Result<CheckpointRow, ErrorStack> {
        let mut row = CheckpointRow {
            number: number.saturating_add(1),
            sequence: head.sequence,
            hash: head.hash.to_vec(),
            signed_at,
            certificate_sha256: self.certificate_sha256.to_vec(),
            signature: Vec::new(),
        };
        let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), &self.key)?;
        row.signature = signer.sign_oneshot_to_vec(signed_text(&row, previous).as_bytes())?;
        Ok(row)
    }
}

//! The digests of the S3 protocol, computed by OpenSSL, the house's one crypto stack.

use object_store::client::{
    CryptoProvider, DigestAlgorithm, DigestContext, HmacContext, Signer, SigningAlgorithm,
};
use object_store::{Error, Result};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sha::Sha256;

#[derive(Debug)]
pub(super) struct OpensslDigests;

impl CryptoProvider for OpensslDigests {
    fn digest(&self, algorithm: DigestAlgorithm) -> Result<Box<dyn DigestContext>> {
        match algorithm {
            DigestAlgorithm::Sha256 => {
                Ok(Box::new(Digest { running: Sha256::new(), result: [0; 32] }))
            }
            _ => Err(unsupported()),
        }
    }

    fn hmac(&self, algorithm: DigestAlgorithm, secret: &[u8]) -> Result<Box<dyn HmacContext>> {
        match algorithm {
            DigestAlgorithm::Sha256 => {
                let key = PKey::hmac(secret).map_err(failed)?;
                Ok(Box::new(Hmac { key, message: Vec::new(), result: Vec::new() }))
            }
            _ => Err(unsupported()),
        }
    }

    /// Signatures with a private key are another vendor's.
    fn sign(&self, _algorithm: SigningAlgorithm, _pem: &[u8]) -> Result<Box<dyn Signer>> {
        Err(unsupported())
    }
}

struct Digest {
    running: Sha256,
    result: [u8; 32],
}

impl DigestContext for Digest {
    fn update(&mut self, data: &[u8]) {
        self.running.update(data);
    }

    fn finish(&mut self) -> Result<&[u8]> {
        self.result = std::mem::take(&mut self.running).finish();
        Ok(&self.result)
    }
}

/// What is authenticated are texts of a few hundred bytes.
struct Hmac {
    key: PKey<Private>,
    message: Vec<u8>,
    result: Vec<u8>,
}

impl HmacContext for Hmac {
    fn update(&mut self, data: &[u8]) {
        self.message.extend_from_slice(data);
    }

    fn finish(&mut self) -> Result<&[u8]> {
        let sign = || {
            let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), &self.key)?;
            signer.sign_oneshot_to_vec(&self.message)
        };
        self.result = sign().map_err(failed)?;
        Ok(&self.result)
    }
}

fn unsupported() -> Error {
    Error::NotSupported { source: "no algorithm of the S3 protocol".into() }
}

fn failed(error: openssl::error::ErrorStack) -> Error {
    Error::Generic { store: "S3", source: error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::hex;

    /// RFC 4231, test case 2.
    #[test]
    fn a_message_in_pieces_has_the_digests_of_the_whole() {
        let mut hmac = OpensslDigests.hmac(DigestAlgorithm::Sha256, b"Jefe").unwrap();
        let mut digest = OpensslDigests.digest(DigestAlgorithm::Sha256).unwrap();
        for piece in ["what do ya want ", "for nothing?"] {
            hmac.update(piece.as_bytes());
            digest.update(piece.as_bytes());
        }
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(hmac.finish().unwrap()), expected);
        let whole = openssl::sha::sha256(b"what do ya want for nothing?");
        assert_eq!(digest.finish().unwrap(), whole);
    }
}

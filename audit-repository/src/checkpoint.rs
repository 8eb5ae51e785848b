//! Checkpoints: states of the chain, signed with the key of this node.
//!
//! The chain shows what was changed in the middle; that records are missing at the end, only somebody who
//! knows how long it was can tell. A checkpoint is that knowledge, signed: number, sequence and hash of the
//! last record, time, the certificate, and the digest of the signature before it, so that checkpoints are a
//! chain themselves. They stand in a table and, one line of JSON each, in a file that can be copied to where
//! this machine cannot write.

mod file;
mod signer;
mod task;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{HasPublic, PKeyRef};
use openssl::sign::Verifier;

use crate::chain::{Hash, digest, hex};
use crate::store::checkpoint::CheckpointRow;

pub(crate) use file::Lines;
pub use file::{CheckpointFile, FileError, parse_line, render_line};
pub use signer::{Signer, SignerError};
pub use task::{CheckpointTask, Checkpoints};

/// What is signed, as text: everything that a checkpoint says, and the one before it.
pub(crate) fn signed_text(row: &CheckpointRow, previous: &Hash) -> String {
    format!(
        "renkei audit checkpoint 1\n{}\n{}\n{}\n{}\n{}\n{}\n",
        row.number,
        row.sequence,
        hex(&row.hash),
        row.signed_at,
        hex(&row.certificate_sha256),
        hex(previous),
    )
}

/// The digest by which the next checkpoint refers to this one; zeros stand before the first.
pub(crate) fn digest_of(row: Option<&CheckpointRow>) -> Hash {
    row.map(|row| digest(&row.signature)).unwrap_or_default()
}

/// Whether the holder of the key signed this.
pub(crate) fn is_signed_by<T: HasPublic>(
    key: &PKeyRef<T>,
    row: &CheckpointRow,
    previous: &Hash,
) -> Result<bool, ErrorStack> {
    let mut verifier = Verifier::new(MessageDigest::sha256(), key)?;
    // A signature that is none of this kind of key is an error to OpenSSL and a wrong one to us.
    let text = signed_text(row, previous);
    Ok(verifier.verify_oneshot(&row.signature, text.as_bytes()).unwrap_or(false))
}

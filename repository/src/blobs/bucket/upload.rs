//! How a document gets into the S3 store: in one request, or in parts, and never half.

use std::io::{self, Read};

use bytes::Bytes;
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStoreExt as _};
use openssl::sha::Sha256;

use super::Bucket;
use crate::blobs::{BlobError, address_path};

/// Bytes of one request, and what a transfer holds in memory: the least that S3 allows for a part that is not the
/// last. Of at most 10,000 parts, a document is below 48 GiB.
const PART: u64 = 5 * 1024 * 1024;

/// What is still to be read, digested on the way.
struct Source<'r> {
    reader: &'r mut dyn Read,
    rest: u64,
    digest: Sha256,
}

impl Source<'_> {
    fn next_part(&mut self) -> io::Result<Bytes> {
        let n_bytes = self.rest.min(PART);
        let mut part = Vec::with_capacity(usize::try_from(n_bytes).unwrap_or_default());
        self.reader.take(n_bytes).read_to_end(&mut part)?;
        if u64::try_from(part.len()) != Ok(n_bytes) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.rest = self.rest.saturating_sub(n_bytes);
        self.digest.update(&part);
        Ok(part.into())
    }

    /// What is uploaded is what arrived, also if the disk of the spool has forgotten some of it.
    fn check(&self, sha256: &[u8; 32]) -> io::Result<()> {
        if self.digest.clone().finish() == *sha256 {
            return Ok(());
        }
        let text = "the bytes of a document have changed since they arrived";
        Err(io::Error::new(io::ErrorKind::InvalidData, text))
    }
}

impl Bucket {
    pub(super) fn upload(
        &self,
        reader: &mut dyn Read,
        size: u64,
        sha256: &[u8; 32],
    ) -> Result<(), BlobError> {
        let key = self.key(&address_path(sha256));
        let mut source = Source { reader, rest: size, digest: Sha256::new() };
        let uploaded = if size <= PART {
            self.upload_whole(&key, &mut source, sha256)
        } else {
            self.upload_parts(&key, &mut source, sha256)
        };
        uploaded.map_err(BlobError::Write)?;
        let stored = self.wait(self.store.head(&key)).map_err(BlobError::Write)?;
        if stored.size != size {
            let text = "the S3 store has another size of a document than was uploaded";
            return Err(BlobError::Write(io::Error::new(io::ErrorKind::InvalidData, text)));
        }
        Ok(())
    }

    fn upload_whole(
        &self,
        key: &Key,
        source: &mut Source<'_>,
        sha256: &[u8; 32],
    ) -> io::Result<()> {
        let bytes = source.next_part()?;
        source.check(sha256)?;
        self.wait(self.store.put(key, bytes.into())).map(drop)
    }

    fn upload_parts(
        &self,
        key: &Key,
        source: &mut Source<'_>,
        sha256: &[u8; 32],
    ) -> io::Result<()> {
        let mut upload = self.wait(self.store.put_multipart(key))?;
        let uploaded = self.parts(upload.as_mut(), source, sha256);
        if uploaded.is_err()
            && let Err(error) = self.wait(upload.abort())
        {
            // Nothing is visible of it, but the store may keep the parts until its life-cycle rule removes them.
            tracing::warn!(%error, "parts of a document that was not stored were left in the S3 store");
        }
        uploaded
    }

    fn parts(
        &self,
        upload: &mut dyn MultipartUpload,
        source: &mut Source<'_>,
        sha256: &[u8; 32],
    ) -> io::Result<()> {
        while source.rest > 0 {
            let part = source.next_part()?;
            self.wait(upload.put_part(part.into()))?;
        }
        source.check(sha256)?;
        self.wait(upload.complete()).map(drop)
    }
}

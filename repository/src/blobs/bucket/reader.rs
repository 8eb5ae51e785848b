//! An object's bytes, read where blocking is allowed.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use object_store::ObjectStoreExt as _;
use object_store::path::Path as Key;

use super::Bucket;

/// Asked for by the first read. A connection that breaks is taken up where it broke, if the object is still the
/// same.
pub(in crate::blobs) struct ObjectReader {
    bucket: Bucket,
    key: Key,
    body: Option<BoxStream<'static, object_store::Result<Bytes>>>,
    piece: Bytes,
}

impl ObjectReader {
    pub(super) fn new(bucket: Bucket, key: Key) -> ObjectReader {
        ObjectReader { bucket, key, body: None, piece: Bytes::new() }
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let body = match &mut self.body {
            Some(body) => body,
            None => {
                let answer = self.bucket.wait(self.bucket.store.get(&self.key))?;
                self.body.insert(answer.into_stream())
            }
        };
        while self.piece.is_empty() && !buffer.is_empty() {
            let next = async { body.next().await.transpose() };
            match self.bucket.wait(next)? {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let n_bytes = buffer.len().min(self.piece.len());
        self.piece.split_to(n_bytes).copy_to_slice(buffer.get_mut(..n_bytes).unwrap_or_default());
        Ok(n_bytes)
    }
}

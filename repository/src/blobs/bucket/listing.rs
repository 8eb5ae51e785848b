//! What lies in the S3 store, by the first level of its names: 256 listings, each read page by page.

use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use object_store::path::Path as Key;
use object_store::{ObjectMeta, ObjectStore as _};

use super::Bucket;
use crate::blobs::listing::{address, is_level_name};
use crate::blobs::{BlobError, Listing, StoredBytes, address_path};

impl Bucket {
    pub(in crate::blobs) fn folders(&self) -> Result<(Vec<PathBuf>, Listing), BlobError> {
        let root = self.key("");
        let found =
            self.wait(self.store.list_with_delimiter(Some(&root))).map_err(BlobError::Read)?;
        let objects = found.objects.iter().map(|object| self.below(&object.location));
        let mut foreign: Vec<PathBuf> = objects.collect();
        let prefixes = found.common_prefixes.iter().map(|prefix| self.below(prefix));
        let is_level = |folder: &PathBuf| is_level_name(folder.as_os_str().as_encoded_bytes());
        let (mut folders, others): (Vec<_>, Vec<_>) = prefixes.partition(is_level);
        foreign.extend(others);
        folders.sort_unstable();
        Ok((folders, Listing { stored: Vec::new(), foreign }))
    }

    pub(in crate::blobs) fn listing(&self, folder: &Path) -> Result<Listing, BlobError> {
        let folder = self.key(folder.to_str().unwrap_or_default());
        let mut objects = self.store.list(Some(&folder));
        let mut listing = Listing::default();
        loop {
            let next = async { objects.next().await.transpose() };
            let Some(object) = self.wait(next).map_err(BlobError::Read)? else { break };
            match self.stored(&object) {
                Some(stored) => listing.stored.push(stored),
                None => listing.foreign.push(self.below(&object.location)),
            }
        }
        listing.stored.sort_unstable_by_key(|bytes| bytes.sha256);
        Ok(listing)
    }

    /// `None` if it is not under the name of a document.
    fn stored(&self, object: &ObjectMeta) -> Option<StoredBytes> {
        let sha256 = address(object.location.filename()?)?;
        let is_here = self.key(&address_path(&sha256)) == object.location;
        is_here.then(|| StoredBytes {
            sha256,
            size: object.size,
            modified: object.last_modified.into(),
        })
    }

    /// Without the prefix.
    fn below(&self, key: &Key) -> PathBuf {
        let key = key.as_ref();
        let below = key.strip_prefix(&self.prefix).and_then(|key| key.strip_prefix('/'));
        PathBuf::from(below.unwrap_or(key))
    }
}

//! What lies in the content-addressed store, folder by folder, so that nobody holds all names at once.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{BlobError, FAN_OUT, Folder, hex};

/// Bytes under the address that their name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBytes {
    pub sha256: [u8; 32],
    /// Bytes.
    pub size: u64,
    /// When they arrived.
    pub modified: SystemTime,
}

/// What lies in one folder, or above the last folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Ordered by address.
    pub stored: Vec<StoredBytes>,
    /// What the store has not put there, or not under this name.
    pub foreign: Vec<PathBuf>,
}

impl Folder {
    /// The folders that hold documents, in the order of their addresses, and what else lies beside them.
    /// Blocking.
    ///
    /// # Errors
    /// [`BlobError::Read`].
    pub(super) fn folders(&self) -> Result<(Vec<PathBuf>, Listing), BlobError> {
        let mut foreign = Vec::new();
        let mut folders = vec![self.root.clone()];
        for _level in 0..2 {
            let mut below = Vec::new();
            for folder in folders {
                let (folders, others) = levels(&folder)?;
                below.extend(folders);
                foreign.extend(others);
            }
            folders = below;
        }
        folders.sort_unstable();
        Ok((folders, Listing { stored: Vec::new(), foreign }))
    }

    /// What lies in one of these folders. Blocking.
    ///
    /// # Errors
    /// [`BlobError::Read`].
    pub(super) fn listing(&self, folder: &Path) -> Result<Listing, BlobError> {
        let mut listing = Listing::default();
        for entry in entries(folder)? {
            let path = entry.path();
            let found = match entry.metadata() {
                Ok(found) => found,
                // Released since the folder was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(BlobError::Read(error)),
            };
            let address = entry.file_name().to_str().and_then(address);
            match address.filter(|address| found.is_file() && self.place(address) == path) {
                Some(sha256) => listing.stored.push(StoredBytes {
                    sha256,
                    size: found.len(),
                    modified: found.modified().map_err(BlobError::Read)?,
                }),
                None => listing.foreign.push(path),
            }
        }
        listing.stored.sort_unstable_by_key(|bytes| bytes.sha256);
        Ok(listing)
    }
}

fn entries(folder: &Path) -> Result<Vec<DirEntry>, BlobError> {
    fs::read_dir(folder).and_then(Iterator::collect).map_err(BlobError::Read)
}

/// The folders of the next level, and what is none.
fn levels(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), BlobError> {
    let (mut below, mut foreign) = (Vec::new(), Vec::new());
    for entry in entries(folder)? {
        let is_level = is_folder(&entry)? && is_level_name(entry.file_name().as_encoded_bytes());
        let list = if is_level { &mut below } else { &mut foreign };
        list.push(entry.path());
    }
    Ok((below, foreign))
}

fn is_folder(entry: &DirEntry) -> Result<bool, BlobError> {
    entry.file_type().map(|kind| kind.is_dir()).map_err(BlobError::Read)
}

/// Whether a folder, by its name, is one of the store's.
pub(super) fn is_level_name(name: &[u8]) -> bool {
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    name.len() == FAN_OUT && name.iter().all(is_hex)
}

/// The digest that a file is named by.
pub(super) fn address(name: &str) -> Option<[u8; 32]> {
    let mut sha256 = [0; 32];
    let digits = name.as_bytes();
    for (byte, pair) in sha256.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    // Capitals, signs and names of another length are not ours.
    (hex(&sha256) == name).then_some(sha256)
}

#[cfg(test)]
mod tests {
    use super::super::Blobs;
    use super::*;

    #[test]
    fn what_lies_there_is_found_and_what_is_foreign_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("documents");
        let blobs = Blobs::open(&root).unwrap();
        assert_eq!(blobs.folders().unwrap(), (Vec::new(), Listing::default()));
        let mut expected = Vec::new();
        for bytes in [b"a".as_slice(), b"bb", b"ccc"] {
            let sha256 = openssl::sha::sha256(bytes);
            blobs.put(folder.path(), bytes, &sha256).unwrap();
            expected.push((sha256, u64::try_from(bytes.len()).unwrap()));
        }
        expected.sort_unstable();
        let (folders, above) = blobs.folders().unwrap();
        assert_eq!(above, Listing::default());
        let listings: Vec<_> = folders.iter().map(|f| blobs.listing(f).unwrap()).collect();
        let found: Vec<_> =
            listings.iter().flat_map(|l| &l.stored).map(|b| (b.sha256, b.size)).collect();
        assert_eq!(found, expected);
        let leaf = folders.first().unwrap();
        let name = "0".repeat(64);
        let foreign = [root.join("note"), root.join("ab"), leaf.join("x"), leaf.join(&name)];
        for path in &foreign {
            fs::write(path, "x").unwrap();
        }
        let (again, above) = blobs.folders().unwrap();
        assert_eq!(again, folders);
        let mut found = above.foreign;
        found.extend(blobs.listing(leaf).unwrap().foreign);
        found.sort();
        let mut foreign = foreign.to_vec();
        foreign.sort();
        assert_eq!(found, foreign);
        assert_eq!(blobs.relative(&leaf.join("x")).components().count(), 3);
    }

    #[test]
    fn only_what_hex_writes_is_an_address() {
        let name = hex(&[0xab; 32]);
        assert_eq!(address(&name), Some([0xab; 32]));
        let (short, signed) = ("ab".repeat(31), format!("+a{}", "ab".repeat(31)));
        for wrong in ["", "ab", &name.to_uppercase(), &format!("{name}00"), &short, &signed] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }
}

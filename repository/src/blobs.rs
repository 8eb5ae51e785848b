//! The content-addressed store: documents as files, named by the SHA-256 of their bytes.
//!
//! A document becomes part of the store in this order, so that a power failure leaves either nothing or
//! all of it: the bytes are written to a spool file on the same file system and synced (`net` does that
//! while they arrive), the file is renamed to its name here, the folder is synced. A failed sync is fatal
//! for the document it happened to: it is never tried again and called good.
//!
//! On their way out the bytes are held against their name (`blobs/stored_file.rs`): disks forget and files are
//! changed, but nothing that is not what was stored is handed out as if it were.
//!
//! This module knows bytes and their names; which document they are stands in `store`.

mod listing;
mod stored_file;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

pub use listing::{Listing, StoredBytes};
pub use stored_file::StoredFile;

/// Characters of each of the two levels of folders below the root: 65,536 folders at most.
const FAN_OUT: usize = 2;

/// The folder of all documents' bytes.
#[derive(Clone, Debug)]
pub struct Blobs {
    root: PathBuf,
}

/// Why bytes are not in the store. `Display` names no path: paths are for the operator's log only.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("the document store cannot be written")]
    Write(#[source] io::Error),
    #[error("the document store cannot be read")]
    Read(#[source] io::Error),
    #[error("a stored document is no file, or of another size than when it was stored")]
    Damaged,
}

impl Blobs {
    /// Opens the store, making its folder if needed.
    ///
    /// # Errors
    /// [`BlobError::Write`] if the folder cannot be made.
    pub fn open(root: &Path) -> Result<Blobs, BlobError> {
        create_private(root).map_err(BlobError::Write)?;
        sync_folder(root)?;
        Ok(Blobs { root: root.to_owned() })
    }

    /// The store that a folder is said to hold; nothing is made.
    pub fn existing(root: &Path) -> Blobs {
        Blobs { root: root.to_owned() }
    }

    /// Takes a synced file over. The same bytes may be there already: the fresh ones take their place.
    ///
    /// Blocking. What lies there may have been damaged at rest; the digest of the fresh file was computed while
    /// it arrived. Whoever is reading the old file reads it to its end.
    ///
    /// # Errors
    /// [`BlobError::Write`]; the document is then not stored, whatever lies where.
    pub fn keep(&self, file: &Path, sha256: &[u8; 32]) -> Result<(), BlobError> {
        let place = self.place(sha256);
        let folder = place.parent().unwrap_or(&self.root);
        self.make_folder(folder)?;
        fs::rename(file, &place).map_err(BlobError::Write)?;
        sync_folder(folder)
    }

    /// Stores bytes that came inside the envelope. Blocking.
    ///
    /// # Errors
    /// [`BlobError::Write`]; the document is then not stored.
    pub fn put(&self, spool: &Path, bytes: &[u8], sha256: &[u8; 32]) -> Result<(), BlobError> {
        // The ending is the one by which start-up knows what a crash left in the spool.
        let file = spool.join(format!("{}.part", uuid::Uuid::new_v4()));
        let written = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        let kept = written.map_err(BlobError::Write).and_then(|()| self.keep(&file, sha256));
        if kept.is_err() {
            // A failed removal leaves a file that the next start removes.
            let _left_for_start_up = fs::remove_file(&file);
        }
        kept
    }

    /// Where the bytes of a document are. Blocking.
    ///
    /// # Errors
    /// [`BlobError::Read`] if they are not there, [`BlobError::Damaged`] if they are of another size.
    pub fn locate(&self, sha256: &[u8; 32], size: u64) -> Result<PathBuf, BlobError> {
        let place = self.place(sha256);
        let found = fs::metadata(&place).map_err(BlobError::Read)?;
        if found.is_file() && found.len() == size { Ok(place) } else { Err(BlobError::Damaged) }
    }

    /// The bytes of a document, to be read once. Blocking. Whether they are the right ones shows at their end.
    ///
    /// # Errors
    /// As [`Blobs::locate`]; also if they are there and may not be read.
    pub fn open_document(&self, sha256: &[u8; 32], size: u64) -> Result<StoredFile, BlobError> {
        let place = self.locate(sha256, size)?;
        // Closed again at once: an answer with a thousand documents would hold as many files open.
        File::open(&place).map_err(BlobError::Read)?;
        Ok(StoredFile::new(place, *sha256, size))
    }

    /// The file of a document as it lies there, whatever is in it. Blocking.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open_file(&self, sha256: &[u8; 32]) -> io::Result<File> {
        File::open(self.place(sha256))
    }

    /// Removes bytes that no document names any more. Blocking; bytes that are not there are no error.
    ///
    /// # Errors
    /// [`BlobError::Write`].
    pub fn remove(&self, sha256: &[u8; 32]) -> Result<(), BlobError> {
        match fs::remove_file(self.place(sha256)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(BlobError::Write(error)),
            _ => Ok(()),
        }
    }

    /// `root/ab/cd/abcd…`.
    fn place(&self, sha256: &[u8; 32]) -> PathBuf {
        let name = hex(sha256);
        let mut place = self.root.clone();
        for level in 0..2 {
            let start = level * FAN_OUT;
            place.push(name.get(start..start.saturating_add(FAN_OUT)).unwrap_or_default());
        }
        place.push(name);
        place
    }

    /// Makes a folder of the store; each new level is synced into the one above it.
    fn make_folder(&self, folder: &Path) -> Result<(), BlobError> {
        if folder.is_dir() {
            return Ok(());
        }
        create_private(folder).map_err(BlobError::Write)?;
        if let Some(above) = folder.parent() {
            sync_folder(above)?;
        }
        sync_folder(&self.root)
    }
}

/// The name of a document in the store, by which an operator finds it.
pub fn hex(sha256: &[u8]) -> String {
    sha256.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a folder with those above it; patient data is for nobody else on the machine.
///
/// # Errors
/// Those of the file system.
pub fn create_private(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes the entries of a folder durable.
fn sync_folder(folder: &Path) -> Result<(), BlobError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(BlobError::Write)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spool(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn digest(bytes: &[u8]) -> [u8; 32] {
        openssl::sha::sha256(bytes)
    }

    #[test]
    fn kept_bytes_are_found_under_their_digest() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("documents")).unwrap();
        let file = spool(folder.path(), "a.part", b"bytes");
        blobs.keep(&file, &digest(b"bytes")).unwrap();
        assert!(!file.exists());
        let path = blobs.locate(&digest(b"bytes"), 5).unwrap();
        assert_eq!(fs::read(path).unwrap(), b"bytes");
    }

    #[test]
    fn the_same_bytes_lie_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("documents")).unwrap();
        for name in ["a.part", "b.part"] {
            let file = spool(folder.path(), name, b"same");
            blobs.keep(&file, &digest(b"same")).unwrap();
            assert!(!file.exists());
        }
        blobs.remove(&digest(b"same")).unwrap();
        assert!(matches!(blobs.locate(&digest(b"same"), 4), Err(BlobError::Read(_))));
        blobs.remove(&digest(b"same")).unwrap();
    }

    #[test]
    fn torn_bytes_are_not_handed_out_and_are_healed_by_intact_ones() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("documents")).unwrap();
        let sha256 = digest(b"whole");
        blobs.keep(&spool(folder.path(), "a.part", b"whole"), &sha256).unwrap();
        fs::write(blobs.locate(&sha256, 5).unwrap(), b"who").unwrap();
        assert!(matches!(blobs.locate(&sha256, 5), Err(BlobError::Damaged)));
        blobs.keep(&spool(folder.path(), "b.part", b"whole"), &sha256).unwrap();
        assert_eq!(fs::read(blobs.locate(&sha256, 5).unwrap()).unwrap(), b"whole");
    }
}

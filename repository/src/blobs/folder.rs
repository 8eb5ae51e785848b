//! Documents as files below one folder.
//!
//! A document becomes part of it in this order, so that a power failure leaves either nothing or all of it: the
//! bytes are written to a spool file on the same file system and synced (`net` does that while they arrive), the
//! file is renamed to its name here, the folder is synced. A failed sync is fatal for the document it happened to:
//! it is never tried again and called good. Nobody uses a folder that somebody else has made and not synced yet.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::{BlobError, address_path, create_private};

/// The folder of all documents' bytes.
#[derive(Clone, Debug)]
pub struct Folder {
    pub(super) root: PathBuf,
    /// Held exclusively while a folder is made, until it is durable.
    making: Arc<RwLock<()>>,
}

impl Folder {
    /// Opens the store, making its folder if needed. What a process made that was killed before it could sync
    /// it is synced now.
    ///
    /// # Errors
    /// [`BlobError::Write`] if the folder cannot be made, or not synced.
    pub(super) fn open(root: &Path) -> Result<Folder, BlobError> {
        create_private(root).map_err(BlobError::Write)?;
        if let Some(above) = root.parent().filter(|above| above.is_dir()) {
            sync_folder(above)?;
        }
        sync_folder(root)?;
        for entry in fs::read_dir(root).map_err(BlobError::Read)? {
            let path = entry.map_err(BlobError::Read)?.path();
            if path.is_dir() {
                sync_folder(&path)?;
            }
        }
        Ok(Folder::existing(root))
    }

    /// The store that a folder is said to hold; nothing is made.
    pub(super) fn existing(root: &Path) -> Folder {
        Folder { root: root.to_owned(), making: Arc::default() }
    }

    /// Takes a synced file over. The same bytes may be there already: the fresh ones take their place.
    ///
    /// Blocking. What lies there may have been damaged at rest; the digest of the fresh file was computed while
    /// it arrived. Whoever is reading the old file reads it to its end.
    ///
    /// # Errors
    /// [`BlobError::Write`]; the document is then not stored, whatever lies where.
    pub(super) fn keep(&self, file: &Path, sha256: &[u8; 32]) -> Result<(), BlobError> {
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
    pub(super) fn put(
        &self,
        spool: &Path,
        bytes: &[u8],
        sha256: &[u8; 32],
    ) -> Result<(), BlobError> {
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
    pub(super) fn locate(&self, sha256: &[u8; 32], size: u64) -> Result<PathBuf, BlobError> {
        let place = self.place(sha256);
        let found = fs::metadata(&place).map_err(BlobError::Read)?;
        if found.is_file() && found.len() == size { Ok(place) } else { Err(BlobError::Damaged) }
    }

    /// Removes bytes that no document names any more. Blocking; bytes that are not there are no error.
    ///
    /// # Errors
    /// [`BlobError::Write`].
    pub(super) fn remove(&self, sha256: &[u8; 32]) -> Result<(), BlobError> {
        match fs::remove_file(self.place(sha256)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(BlobError::Write(error)),
            _ => Ok(()),
        }
    }

    /// `root/ab/cd/abcd…`.
    pub(super) fn place(&self, sha256: &[u8; 32]) -> PathBuf {
        self.root.join(address_path(sha256))
    }

    /// Makes a folder of the store; each new level is synced into the one above it.
    fn make_folder(&self, folder: &Path) -> Result<(), BlobError> {
        {
            let _nobody_makes_it = self.making.read().unwrap_or_else(PoisonError::into_inner);
            if folder.is_dir() {
                return Ok(());
            }
        }
        let _alone = self.making.write().unwrap_or_else(PoisonError::into_inner);
        create_private(folder).map_err(BlobError::Write)?;
        let above = folder.parent().unwrap_or(&self.root);
        let synced = sync_folder(above).and_then(|()| sync_folder(&self.root));
        if synced.is_err() {
            // Whoever finds it must not take it for durable; it is empty.
            let _gone = fs::remove_dir(folder);
        }
        synced
    }
}

/// Makes the entries of a folder durable.
fn sync_folder(folder: &Path) -> Result<(), BlobError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(BlobError::Write)
}

#[cfg(test)]
mod tests {
    use super::super::Blobs;
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

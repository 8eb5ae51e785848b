//! The content-addressed store: documents named by the SHA-256 of their bytes, in a folder or in an S3 store.
//!
//! Both keep the same promises and the same names, `ab/cd/abcd…`: what is kept is durable and whole before `keep`
//! returns, or not there at all. How, is said in `blobs/folder.rs` and `blobs/bucket.rs`.
//!
//! On their way out the bytes are held against their name (`blobs/stored_file.rs`): disks forget and files are
//! changed, but nothing that is not what was stored is handed out as if it were.
//!
//! This module knows bytes and their names; which document they are stands in `store`. Everything in it blocks.

#[cfg(feature = "s3")]
mod bucket;
mod folder;
mod listing;
mod raw_bytes;
mod stored_file;

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use config::actor::RepositoryConfig;

#[cfg(feature = "s3")]
pub use bucket::Bucket;
pub use folder::Folder;
pub use listing::{Listing, StoredBytes};
pub use raw_bytes::RawBytes;
pub use stored_file::StoredFile;

/// Characters of each of the two levels of folders below the root: 65,536 folders at most.
const FAN_OUT: usize = 2;

/// Where all documents' bytes are.
#[derive(Clone, Debug)]
pub enum Blobs {
    Folder(Folder),
    #[cfg(feature = "s3")]
    Bucket(Bucket),
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

/// Why there is no store. `Display` names no secret.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Blobs(#[from] BlobError),
    #[error(
        "repository.toml names a bucket in [s3], but this program was built without the feature s3"
    )]
    NotBuiltIn,
    #[error(
        "the credentials of the S3 store are not in their file or in the environment, or others may read them"
    )]
    Credentials,
    #[error("the client of the S3 store cannot be made")]
    Client(#[source] io::Error),
    #[error("the S3 store does not answer, or not as it should: endpoint, bucket, credentials")]
    Bucket(#[source] io::Error),
    #[error("the opening was interrupted")]
    Interrupted,
}

impl Blobs {
    /// Opens the store of a configured repository: makes its folder if needed, or asks the S3 store whether it is
    /// there. Blocking; needs a tokio runtime, on which the S3 store's connections live.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn of(config: &RepositoryConfig) -> Result<Blobs, OpenError> {
        if config.s3.is_none() {
            return Ok(Blobs::open(&config.documents)?);
        }
        let blobs = Blobs::existing(config)?;
        #[cfg(feature = "s3")]
        if let Blobs::Bucket(bucket) = &blobs {
            bucket.ask().map_err(OpenError::Bucket)?;
        }
        Ok(blobs)
    }

    /// Opens a folder as a store, making it if needed.
    ///
    /// # Errors
    /// [`BlobError::Write`] if the folder cannot be made.
    pub fn open(root: &Path) -> Result<Blobs, BlobError> {
        Folder::open(root).map(Blobs::Folder)
    }

    /// The store that a repository is said to have; nothing is made, and nobody is asked. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`OpenError`], none for a folder.
    pub fn existing(config: &RepositoryConfig) -> Result<Blobs, OpenError> {
        let Some(s3) = &config.s3 else {
            return Ok(Blobs::Folder(Folder::existing(&config.documents)));
        };
        #[cfg(feature = "s3")]
        return Bucket::new(s3).map(Blobs::Bucket);
        #[cfg(not(feature = "s3"))]
        {
            tracing::debug!(bucket = s3.bucket, "no S3 store can be opened");
            Err(OpenError::NotBuiltIn)
        }
    }

    /// Takes a synced file over. The same bytes may be there already: the fresh ones take their place.
    ///
    /// Blocking. What lies there may have been damaged at rest; the digest of the fresh file was computed while
    /// it arrived. Whoever is reading the old bytes from a file reads them to their end.
    ///
    /// # Errors
    /// [`BlobError::Write`]; the document is then not stored, whatever lies where.
    pub fn keep(&self, file: &Path, sha256: &[u8; 32]) -> Result<(), BlobError> {
        match self {
            Blobs::Folder(folder) => folder.keep(file, sha256),
            #[cfg(feature = "s3")]
            Blobs::Bucket(bucket) => bucket.keep(file, sha256),
        }
    }

    /// Stores bytes that came inside the envelope. Blocking.
    ///
    /// # Errors
    /// [`BlobError::Write`]; the document is then not stored.
    pub fn put(&self, spool: &Path, bytes: &[u8], sha256: &[u8; 32]) -> Result<(), BlobError> {
        match self {
            Blobs::Folder(folder) => folder.put(spool, bytes, sha256),
            #[cfg(feature = "s3")]
            Blobs::Bucket(bucket) => bucket.put(bytes, sha256),
        }
    }

    /// Where the bytes of a document are: a file, or the key of an object. Blocking.
    ///
    /// # Errors
    /// [`BlobError::Read`] if they are not there, [`BlobError::Damaged`] if they are of another size.
    pub fn locate(&self, sha256: &[u8; 32], size: u64) -> Result<PathBuf, BlobError> {
        match self {
            Blobs::Folder(folder) => folder.locate(sha256, size),
            #[cfg(feature = "s3")]
            Blobs::Bucket(bucket) => bucket.locate(sha256, size),
        }
    }

    /// The bytes of a document, to be read once. Blocking. Whether they are the right ones shows at their end.
    ///
    /// # Errors
    /// As [`Blobs::locate`]; also if they are there and may not be read.
    pub fn open_document(&self, sha256: &[u8; 32], size: u64) -> Result<StoredFile, BlobError> {
        let place = self.locate(sha256, size)?;
        if matches!(self, Blobs::Folder(_)) {
            // Closed again at once: an answer with a thousand documents would hold as many files open.
            fs::File::open(place).map_err(BlobError::Read)?;
        }
        Ok(StoredFile::new(self.bytes(sha256), *sha256, size))
    }

    /// All bytes of a document, known to be those that were stored. Blocking.
    ///
    /// # Errors
    /// As [`Blobs::locate`]; [`BlobError::Read`] also if they are damaged.
    pub fn read_document(&self, sha256: &[u8; 32], size: u64) -> Result<Vec<u8>, BlobError> {
        self.locate(sha256, size)?;
        StoredFile::new(self.bytes(sha256), *sha256, size).into_bytes().map_err(BlobError::Read)
    }

    /// The bytes of a document as they lie there, whatever they are; nothing is opened before the first read.
    pub fn bytes(&self, sha256: &[u8; 32]) -> RawBytes {
        match self {
            Blobs::Folder(folder) => RawBytes::of_file(folder.place(sha256)),
            #[cfg(feature = "s3")]
            Blobs::Bucket(bucket) => RawBytes::of_object(bucket.reader(sha256)),
        }
    }

    /// Removes bytes that no document names any more. Blocking; bytes that are not there are no error.
    ///
    /// # Errors
    /// [`BlobError::Write`].
    pub fn remove(&self, sha256: &[u8; 32]) -> Result<(), BlobError> {
        match self {
            Blobs::Folder(folder) => folder.remove(sha256),
            #[cfg(feature = "s3")]
            Blobs::Bucket(bucket) => bucket.remove(sha256),
        }
    }

    /// The folders that hold documents, in the order of their addresses, and what else lies beside them.
    /// Blocking.
    ///
    /// # Errors
    /// [`BlobError::Read`].
    pub fn folders(&self) -> Result<(Vec<PathBuf>, Listing), BlobError> {
        match self {
            Blobs::Folder(folder) => folder.folders(),
            #[cfg(feature = "s3")]
            Blobs::Bucket(bucket) => bucket.folders(),
        }
    }

    /// What lies in one of these folders. Blocking.
    ///
    /// # Errors
    /// [`BlobError::Read`].
    pub fn listing(&self, folder: &Path) -> Result<Listing, BlobError> {
        match self {
            Blobs::Folder(root) => root.listing(folder),
            #[cfg(feature = "s3")]
            Blobs::Bucket(bucket) => bucket.listing(folder),
        }
    }

    /// Below the store's own folder, for people.
    pub fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        match self {
            Blobs::Folder(folder) => path.strip_prefix(&folder.root).unwrap_or(path),
            // Keys are listed without the prefix.
            #[cfg(feature = "s3")]
            Blobs::Bucket(_) => path,
        }
    }
}

/// The name of a document in the store, by which an operator finds it.
pub fn hex(sha256: &[u8]) -> String {
    sha256.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name with the folders above it: `ab/cd/abcd…`.
fn address_path(sha256: &[u8; 32]) -> String {
    let name = hex(sha256);
    let level = |number: usize| {
        let start = number.saturating_mul(FAN_OUT);
        name.get(start..start.saturating_add(FAN_OUT)).unwrap_or_default()
    };
    format!("{}/{}/{name}", level(0), level(1))
}

/// Makes a folder with those above it; patient data is for nobody else on the machine.
///
/// # Errors
/// Those of the file system.
pub fn create_private(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

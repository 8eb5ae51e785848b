//! A file that becomes a document: measured once, sent from the same open file.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use datatypes::{Dtm, Sha1Hash};
use openssl::sha::Sha1;

/// Bytes read at once.
const BLOCK_BYTES: usize = 256 * 1024;

/// An open file with what its metadata need; it stands at its beginning.
#[derive(Debug)]
pub(crate) struct DocumentFile {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    /// Bytes; never 0.
    pub(crate) size: u64,
    pub(crate) hash: Sha1Hash,
    /// When the content changed last, in UTC; `None` where the file system does not say.
    pub(crate) modified: Option<Dtm>,
}

/// Why a file cannot be submitted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentFileError {
    #[error("{} could not be read", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is not a file", path.display())]
    NotAFile { path: PathBuf },
    /// Size 0 with the hash of nothing announces a document that is assembled later
    /// (ITI TF-3: 4.1.3); a forgotten one must not look like it.
    #[error("{} is empty", path.display())]
    Empty { path: PathBuf },
}

impl DocumentFile {
    /// Opens and measures a file; the hash is that of the bytes as they are now.
    pub(crate) fn open(path: &Path) -> Result<DocumentFile, DocumentFileError> {
        let unreadable = |source| DocumentFileError::Read { path: path.to_owned(), source };
        // Opening a pipe would wait for a writer.
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(DocumentFileError::NotAFile { path: path.to_owned() });
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let (size, hash) = measure(&mut file).map_err(unreadable)?;
        if size == 0 {
            return Err(DocumentFileError::Empty { path: path.to_owned() });
        }
        file.rewind().map_err(unreadable)?;
        let modified = modified(&file);
        Ok(DocumentFile { path: path.to_owned(), file, size, hash, modified })
    }

    /// All bytes in memory.
    pub(crate) fn into_bytes(mut self) -> Result<Vec<u8>, DocumentFileError> {
        let mut bytes = Vec::new();
        match self.file.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(source) => Err(DocumentFileError::Read { path: self.path, source }),
        }
    }
}

fn modified(file: &File) -> Option<Dtm> {
    let modified = file.metadata().and_then(|metadata| metadata.modified()).ok()?;
    let seconds = modified.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Dtm::from_unix_seconds(i64::try_from(seconds).ok()?).ok()
}

fn measure(file: &mut File) -> io::Result<(u64, Sha1Hash)> {
    let (mut size, mut sha1) = (0_u64, Sha1::new());
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let n_read = file.read(&mut block)?;
        let Some(bytes) = block.get(..n_read).filter(|bytes| !bytes.is_empty()) else { break };
        sha1.update(bytes);
        size = size.saturating_add(u64::try_from(n_read).unwrap_or(u64::MAX));
    }
    Ok((size, Sha1Hash::from_bytes(sha1.finish())))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_file_is_measured_and_can_be_read_from_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.bin");
        let content = vec![b'a'; 1_000_000];
        std::fs::write(&path, &content).unwrap();
        let time = UNIX_EPOCH + Duration::from_secs(1_709_210_096);
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        let document = DocumentFile::open(&path).unwrap();
        assert_eq!(document.size, 1_000_000);
        // FIPS 180: the hash of a million letters a.
        assert_eq!(document.hash.to_string(), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
        assert_eq!(document.modified.as_ref().unwrap().as_str(), "20240229123456");
        assert_eq!(document.into_bytes().unwrap(), content);
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |path: &Path| DocumentFile::open(path).unwrap_err();
        assert!(matches!(refused(folder.path()), DocumentFileError::NotAFile { .. }));
        let absent = folder.path().join("absent");
        assert!(matches!(refused(&absent), DocumentFileError::Read { .. }));
        let empty = folder.path().join("empty.pdf");
        std::fs::write(&empty, b"").unwrap();
        assert!(matches!(refused(&empty), DocumentFileError::Empty { .. }));
    }
}

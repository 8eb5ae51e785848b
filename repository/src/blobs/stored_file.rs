//! The bytes of a stored document on their way out, held against the digest they are named by.

use std::io::{self, Read};

use openssl::sha::Sha256;

use super::{RawBytes, hex};

/// A stored document that is being read; it is opened by the first read.
///
/// The bytes with which it ends are given out only after all of them are known to be those that were
/// stored: who waits for the length that was announced never has a damaged document in full.
pub struct StoredFile {
    bytes: RawBytes,
    sha256: [u8; 32],
    progress: Progress,
}

enum Progress {
    Reading {
        /// Bytes still to come.
        rest: u64,
        digest: Sha256,
    },
    /// At the end, and everything was right.
    Whole,
    Damaged,
}

/// Neither content nor length: both stay out of logs.
impl std::fmt::Debug for StoredFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StoredFile").finish_non_exhaustive()
    }
}

impl StoredFile {
    pub(super) fn new(bytes: RawBytes, sha256: [u8; 32], size: u64) -> StoredFile {
        let progress = Progress::Reading { rest: size, digest: Sha256::new() };
        StoredFile { bytes, sha256, progress }
    }

    /// Reads to the end and keeps nothing. Blocking.
    ///
    /// # Errors
    /// Those of reading, among them `InvalidData` if the document is damaged.
    pub fn verify(mut self) -> io::Result<()> {
        io::copy(&mut self, &mut io::sink()).map(drop)
    }

    /// All bytes at once, of a document of which none was read yet. Blocking.
    ///
    /// # Errors
    /// Those of reading, among them `InvalidData` if the document is damaged.
    pub fn into_bytes(mut self) -> io::Result<Vec<u8>> {
        let size = match self.progress {
            Progress::Reading { rest, .. } => rest,
            Progress::Whole | Progress::Damaged => 0,
        };
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        // One more than there should be, to see that nothing follows.
        self.bytes.append_to(&mut bytes, size.saturating_add(1))?;
        match self.progress.after(&bytes, 1, &self.sha256) {
            Progress::Whole => Ok(bytes),
            Progress::Reading { .. } | Progress::Damaged => Err(damaged(&self.sha256)),
        }
    }
}

fn damaged(sha256: &[u8; 32]) -> io::Error {
    let text = format!("the stored document {} is damaged", hex(sha256));
    io::Error::new(io::ErrorKind::InvalidData, text)
}

impl Read for StoredFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_wanted = buffer.len();
        let n_read = self.bytes.read(buffer)?;
        let bytes = buffer.get(..n_read).unwrap_or_default();
        let progress = std::mem::replace(&mut self.progress, Progress::Damaged);
        self.progress = progress.after(bytes, n_wanted, &self.sha256);
        match self.progress {
            Progress::Reading { .. } | Progress::Whole => Ok(n_read),
            Progress::Damaged => Err(damaged(&self.sha256)),
        }
    }
}

impl Progress {
    fn after(self, bytes: &[u8], n_wanted: usize, sha256: &[u8; 32]) -> Progress {
        let (rest, mut digest) = match self {
            Progress::Reading { rest, digest } => (rest, digest),
            Progress::Whole if bytes.is_empty() => return Progress::Whole,
            Progress::Whole | Progress::Damaged => return Progress::Damaged,
        };
        digest.update(bytes);
        let has_ended = bytes.is_empty() && n_wanted > 0;
        match rest.checked_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX)) {
            Some(0) => {
                let is_right = digest.finish() == *sha256;
                if is_right { Progress::Whole } else { Progress::Damaged }
            }
            Some(rest) if !has_ended => Progress::Reading { rest, digest },
            Some(_) | None => Progress::Damaged,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored(folder: &tempfile::TempDir, bytes: &[u8], as_stored: &[u8]) -> StoredFile {
        let path = folder.path().join("document");
        std::fs::write(&path, bytes).unwrap();
        let size = u64::try_from(as_stored.len()).unwrap();
        StoredFile::new(RawBytes::of_file(path), openssl::sha::sha256(as_stored), size)
    }

    /// What a reader gets that takes the bytes in blocks, and whether it came to the end.
    fn taken(mut file: StoredFile, block: usize) -> (Vec<u8>, io::Result<()>) {
        let (mut all, mut buffer) = (Vec::new(), vec![0; block]);
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return (all, Ok(())),
                Ok(n_read) => all.extend_from_slice(&buffer[..n_read]),
                Err(error) => return (all, Err(error)),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 2))]

        #[test]
        fn only_what_was_stored_comes_to_its_end(
            as_stored in prop::collection::vec(any::<u8>(), 0..600),
            other in prop::collection::vec(any::<u8>(), 0..600),
            place in any::<prop::sample::Index>(),
            block in 1_usize..700,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let (bytes, outcome) = taken(stored(&folder, &as_stored, &as_stored), block);
            prop_assert!(outcome.is_ok());
            prop_assert_eq!(&bytes, &as_stored);
            prop_assert_eq!(&stored(&folder, &as_stored, &as_stored).into_bytes().unwrap(), &as_stored);
            let mut flipped = as_stored.clone();
            if let Some(byte) = flipped.get_mut(place.index(as_stored.len().max(1))) {
                *byte ^= 1;
            }
            for damaged in [flipped, other].into_iter().filter(|bytes| *bytes != as_stored) {
                let (bytes, outcome) = taken(stored(&folder, &damaged, &as_stored), block);
                prop_assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::InvalidData);
                let at_once = stored(&folder, &damaged, &as_stored).into_bytes();
                prop_assert_eq!(at_once.unwrap_err().kind(), io::ErrorKind::InvalidData);
                // Bytes that follow a whole document are no part of it, but it has ended before them.
                let is_longer = damaged.starts_with(&as_stored);
                prop_assert!(bytes.len() < as_stored.len() || is_longer && bytes == as_stored);
            }
        }
    }

    #[test]
    fn a_failure_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = stored(&folder, b"dose: 90 mg", b"dose: 10 mg");
        for _ in 0..3 {
            assert!(file.read(&mut [0; 100]).is_err());
        }
    }

    #[test]
    fn nothing_is_opened_before_the_first_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = stored(&folder, b"bytes", b"bytes");
        std::fs::remove_file(folder.path().join("document")).unwrap();
        assert_eq!(file.verify().unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}

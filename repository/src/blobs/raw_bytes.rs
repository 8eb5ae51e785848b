//! Stored bytes as they lie there, whatever they are: a file, or an object of an S3 store.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

#[cfg(feature = "s3")]
use super::bucket::ObjectReader;

/// Opened by the first read; `NotFound` means that there is nothing under the name, and nothing else.
pub struct RawBytes(Source);

enum Source {
    Closed(PathBuf),
    File(File),
    #[cfg(feature = "s3")]
    Object(Box<ObjectReader>),
}

/// Neither content nor place.
impl std::fmt::Debug for RawBytes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RawBytes").finish_non_exhaustive()
    }
}

impl RawBytes {
    pub(super) fn of_file(path: PathBuf) -> RawBytes {
        RawBytes(Source::Closed(path))
    }

    #[cfg(feature = "s3")]
    pub(super) fn of_object(object: ObjectReader) -> RawBytes {
        RawBytes(Source::Object(Box::new(object)))
    }
}

impl RawBytes {
    /// Appends what is left, at most `limit` bytes. For a file that is cheaper than [`Read::read_to_end`]: the
    /// memory is not cleared first.
    pub(super) fn append_to(&mut self, buffer: &mut Vec<u8>, limit: u64) -> io::Result<usize> {
        self.open()?;
        match &mut self.0 {
            Source::File(file) => file.take(limit).read_to_end(buffer),
            #[cfg(feature = "s3")]
            Source::Object(object) => object.take(limit).read_to_end(buffer),
            // Opened above.
            Source::Closed(_) => Ok(0),
        }
    }

    fn open(&mut self) -> io::Result<()> {
        if let Source::Closed(path) = &self.0 {
            self.0 = Source::File(File::open(path)?);
        }
        Ok(())
    }
}

impl Read for RawBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.open()?;
        match &mut self.0 {
            Source::File(file) => file.read(buffer),
            #[cfg(feature = "s3")]
            Source::Object(object) => object.read(buffer),
            // Opened above.
            Source::Closed(_) => Ok(0),
        }
    }
}

//! Attachments on their way into files: streamed, hashed, made durable.
//!
//! Bytes are gathered in memory up to one block; a block is written and hashed
//! on a thread for blocking work, so that the worker goes on with other
//! connections, and no thread waits for a slow sender.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use openssl::sha::{Sha1, Sha256};
use uuid::Uuid;

/// Bytes gathered before they are written; large enough that switching threads
/// costs little, small enough for many uploads at a time.
const BLOCK_BYTES: usize = 256 * 1024;

/// Ending of our files' names, by which [`remove_leftovers`] knows them.
const EXTENSION: &str = "part";

/// Patient data: nobody else on the machine may read it.
const MODE: u32 = 0o600;

/// A document as it was received, in a file that is removed unless it is kept.
#[derive(Debug)]
pub struct Spooled {
    path: TemporaryPath,
    /// Length in bytes.
    pub size: u64,
    /// SHA-1 of the content, as `DocumentEntry.hash` has it.
    pub sha1: [u8; 20],
    /// SHA-256 of the content, the name in a content-addressed store.
    pub sha256: [u8; 32],
}

impl Spooled {
    /// Where the bytes are; they are on stable storage, the folder's entry is not yet.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path.path
    }

    /// Hands the file over: it is no longer removed on drop.
    #[must_use]
    pub fn keep(mut self) -> PathBuf {
        std::mem::take(&mut self.path.path)
    }
}

/// Removes a file on drop, unless the path was taken out.
#[derive(Debug)]
struct TemporaryPath {
    path: PathBuf,
}

impl Drop for TemporaryPath {
    fn drop(&mut self) {
        if self.path.as_os_str().is_empty() {
            return;
        }
        // On this thread: the file must be gone even when the runtime is just stopping.
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "spooled attachment could not be removed");
        }
    }
}

/// Removes files that a crash left behind; to be called before the first request.
///
/// # Errors
/// The folder cannot be read or a file in it not be removed.
pub fn remove_leftovers(spool: &Path) -> io::Result<usize> {
    let mut n_removed: usize = 0;
    for entry in std::fs::read_dir(spool)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            std::fs::remove_file(path)?;
            n_removed = n_removed.saturating_add(1);
        }
    }
    Ok(n_removed)
}

/// A file that is being written.
pub struct SpoolWriter {
    block: Vec<u8>,
    state: State,
}

enum State {
    /// Created with the first block, so that a small part costs one switch of threads.
    Folder(PathBuf),
    Open(Box<OpenFile>),
    /// A block could not be written.
    Broken,
}

struct OpenFile {
    file: File,
    path: TemporaryPath,
    size: u64,
    sha1: Sha1,
    sha256: Sha256,
}

impl SpoolWriter {
    /// Nothing is created before there is something to write.
    #[must_use]
    pub fn new(folder: &Path) -> SpoolWriter {
        SpoolWriter { block: Vec::new(), state: State::Folder(folder.to_owned()) }
    }

    /// Takes bytes into memory; [`SpoolWriter::settle`] must follow before the next ones.
    pub fn gather(&mut self, bytes: &[u8]) {
        self.block.extend_from_slice(bytes);
    }

    /// Writes what was gathered once a block is full.
    ///
    /// # Errors
    /// The file could not be created or written; the writer must not be used any more.
    pub async fn settle(&mut self) -> io::Result<()> {
        if self.block.len() < BLOCK_BYTES {
            return Ok(());
        }
        let block = std::mem::take(&mut self.block);
        let state = std::mem::replace(&mut self.state, State::Broken);
        let (file, mut block) = blocking(move || {
            let mut file = state.open()?;
            file.write(&block)?;
            Ok((file, block))
        })
        .await?;
        block.clear();
        self.block = block;
        self.state = State::Open(file);
        Ok(())
    }

    /// Writes the rest and waits until everything is on stable storage.
    ///
    /// # Errors
    /// The file could not be created, written or synced; it is removed.
    pub async fn finish(self) -> io::Result<Spooled> {
        blocking(move || {
            let mut file = self.state.open()?;
            file.write(&self.block)?;
            file.file.sync_all()?;
            Ok(file.close())
        })
        .await
    }

    /// Ends content that need not survive a crash: small content stays in memory.
    ///
    /// # Errors
    /// The file could not be written; it is removed.
    pub async fn finish_volatile(self) -> io::Result<Content> {
        if matches!(self.state, State::Folder(_)) {
            return Ok(Content::Memory(self.block));
        }
        blocking(move || {
            let mut file = self.state.open()?;
            file.write(&self.block)?;
            Ok(Content::File(file.close()))
        })
        .await
    }
}

/// Content that came over the wire and need not survive a crash.
#[derive(Debug)]
pub enum Content {
    /// Up to about a block.
    Memory(Vec<u8>),
    /// Larger content, in a file that is removed with this value.
    File(Spooled),
}

impl Content {
    /// Length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Content::Memory(bytes) => bytes.len().try_into().unwrap_or(u64::MAX),
            Content::File(file) => file.size,
        }
    }

    /// All bytes in memory, whatever their number.
    ///
    /// # Errors
    /// The file could not be read.
    pub async fn into_bytes(self) -> io::Result<Vec<u8>> {
        match self {
            Content::Memory(bytes) => Ok(bytes),
            Content::File(file) => blocking(move || std::fs::read(file.path())).await,
        }
    }
}

impl State {
    fn open(self) -> io::Result<Box<OpenFile>> {
        match self {
            State::Open(file) => Ok(file),
            State::Folder(folder) => OpenFile::create(&folder),
            State::Broken => Err(io::Error::other("an earlier block could not be written")),
        }
    }
}

impl OpenFile {
    fn create(folder: &Path) -> io::Result<Box<OpenFile>> {
        let path = folder.join(Uuid::new_v4().to_string()).with_extension(EXTENSION);
        let file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&path)?;
        let path = TemporaryPath { path };
        Ok(Box::new(OpenFile { file, path, size: 0, sha1: Sha1::new(), sha256: Sha256::new() }))
    }

    fn close(self) -> Spooled {
        let OpenFile { path, size, sha1, sha256, .. } = self;
        Spooled { path, size, sha1: sha1.finish(), sha256: sha256.finish() }
    }

    fn write(&mut self, block: &[u8]) -> io::Result<()> {
        self.file.write_all(block)?;
        self.sha1.update(block);
        self.sha256.update(block);
        self.size = self.size.saturating_add(block.len().try_into().unwrap_or(u64::MAX));
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(io::Error::other(error)),
    }
}

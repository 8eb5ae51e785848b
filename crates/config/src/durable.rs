//! Writing of files that must survive a crash.
//!
//! A file counts as written once its bytes and its name in the folder are on stable
//! storage; renaming is what makes the change from old to new atomic.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::ConfigError;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrecy {
    Public,
    /// Mode 0600: keys, and configuration that may hold a password.
    OwnerOnly,
}

impl Secrecy {
    fn mode(self) -> u32 {
        match self {
            Secrecy::Public => 0o644,
            Secrecy::OwnerOnly => 0o600,
        }
    }
}

/// Creates a file; one that exists is left alone and is an error.
pub(crate) fn create(path: &Path, bytes: &[u8], secrecy: Secrecy) -> Result<(), ConfigError> {
    let written = write_new(path, bytes, secrecy).and_then(|()| sync_folder_of(path));
    written.map_err(|source| {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::AlreadyExists {
            return ConfigError::Exists { path };
        }
        ConfigError::Write { path, source }
    })
}

/// Puts a file in the place of another one: readers see the old or the new text, never a part.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), ConfigError> {
    let temporary = temporary_beside(path)?;
    let written = write_new(&temporary, bytes, Secrecy::Public)
        .and_then(|()| fs::rename(&temporary, path))
        .and_then(|()| sync_folder_of(path));
    written.map_err(|source| {
        // Only tidiness: the next write chooses another name and does not need this one gone.
        drop(fs::remove_file(&temporary));
        ConfigError::Write { path: path.to_owned(), source }
    })
}

/// Creates a folder that only its owner may enter, and those above it.
pub(crate) fn create_private_folder(path: &Path) -> Result<(), ConfigError> {
    let created = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .and_then(|()| sync_folder_of(path));
    created.map_err(|source| ConfigError::Write { path: path.to_owned(), source })
}

fn write_new(path: &Path, bytes: &[u8], secrecy: Secrecy) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(secrecy.mode()).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// A name that nobody uses; `.tmp` lets people see what a crash left behind.
///
/// Random rather than the process id, which repeats after a restart in a container.
fn temporary_beside(path: &Path) -> Result<PathBuf, ConfigError> {
    let mut random = [0_u8; 8];
    openssl::rand::rand_bytes(&mut random).map_err(ConfigError::Random)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}.tmp", u64::from_ne_bytes(random)));
    Ok(path.with_file_name(name))
}

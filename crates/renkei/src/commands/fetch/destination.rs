//! Where a fetched document goes: never over another file unless that is wanted, never half.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use client::soap::Content;
use datatypes::{MimeType, UniqueId};
use uuid::Uuid;

use crate::submission::media_type;

/// Patient data: nobody else on the machine may read it.
const MODE: u32 = 0o600;

/// Longest file name that is made of a uniqueId, in bytes; file systems take 255.
const MAX_NAME_BYTES: usize = 120;

/// Digits of the hash that tells apart ids which look alike once they are file names.
const HASH_DIGITS: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overwriting {
    Refused,
    Allowed,
}

/// The folder, and the name in it if the user chose one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Destination {
    folder: PathBuf,
    name: Option<PathBuf>,
    overwriting: Overwriting,
}

/// Why a document cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DestinationError {
    #[error("{} exists; --force replaces it", path.display())]
    Exists { path: PathBuf },
    #[error("{} is a file; several documents go into a folder", path.display())]
    NotAFolder { path: PathBuf },
    #[error("{} could not be written", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl Destination {
    /// A path names a folder if it is one, ends in a slash, or several documents go there.
    pub(super) fn new(
        output: Option<&Path>,
        n_documents: usize,
        overwriting: Overwriting,
    ) -> Result<Destination, DestinationError> {
        let Some(output) = output else {
            return Ok(Destination { folder: PathBuf::from("."), name: None, overwriting });
        };
        let ends_in_slash = output.as_os_str().as_encoded_bytes().ends_with(b"/");
        if output.is_dir() {
            return Ok(Destination { folder: output.to_owned(), name: None, overwriting });
        }
        if ends_in_slash || n_documents > 1 {
            if output.exists() {
                return Err(DestinationError::NotAFolder { path: output.to_owned() });
            }
            fs::create_dir_all(output).map_err(failed(output))?;
            return Ok(Destination { folder: output.to_owned(), name: None, overwriting });
        }
        let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty());
        Ok(Destination {
            folder: parent.unwrap_or(Path::new(".")).to_owned(),
            name: Some(output.to_owned()),
            overwriting,
        })
    }

    /// Also takes what is still arriving, so that finishing a file is one step.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of a document.
    ///
    /// # Errors
    /// [`DestinationError::Exists`] before anything is fetched in vain.
    pub(super) fn file(
        &self,
        unique_id: &UniqueId,
        mime_type: &MimeType,
    ) -> Result<PathBuf, DestinationError> {
        let path = match &self.name {
            Some(path) => path.clone(),
            None => self.folder.join(file_name(unique_id, mime_type)),
        };
        // A link that leads nowhere is in the way as well.
        if self.overwriting == Overwriting::Refused && fs::symlink_metadata(&path).is_ok() {
            return Err(DestinationError::Exists { path });
        }
        Ok(path)
    }

    /// Makes the content that file: whole, or not at all.
    pub(super) fn place(&self, content: Content, path: &Path) -> Result<(), DestinationError> {
        let temporary = match content {
            Content::File(spooled) => spooled.keep(),
            Content::Memory(bytes) => {
                let temporary = self.folder.join(format!("{}.part", Uuid::new_v4()));
                write_new(&temporary, &bytes).map_err(failed(&temporary))?;
                temporary
            }
        };
        let placed = self.rename(&temporary, path);
        if placed.is_err() {
            // The failure itself is reported; what is left over here is only in the way.
            drop(fs::remove_file(&temporary));
        }
        placed
    }

    fn rename(&self, temporary: &Path, path: &Path) -> Result<(), DestinationError> {
        if self.overwriting == Overwriting::Refused {
            // Takes the name if nobody has it; what is renamed over is then our own.
            match File::create_new(path) {
                Ok(_taken) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(DestinationError::Exists { path: path.to_owned() });
                }
                Err(error) => return Err(failed(path)(error)),
            }
        }
        fs::rename(temporary, path).map_err(failed(path))
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
    file.write_all(bytes)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> DestinationError {
    let path = path.to_owned();
    |source| DestinationError::Write { path, source }
}

/// The uniqueId as a name that is the same for no other one, with the ending of the type.
fn file_name(unique_id: &UniqueId, mime_type: &MimeType) -> String {
    let is_safe = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    let text = unique_id.as_str();
    let stays =
        text.len() <= MAX_NAME_BYTES && text.chars().all(is_safe) && !text.starts_with(['.', '-']);
    let ending = media_type::ending(mime_type);
    if stays {
        return format!("{text}.{ending}");
    }
    let safe: String = text
        .chars()
        .map(|character| if is_safe(character) { character } else { '_' })
        .take(MAX_NAME_BYTES)
        .collect();
    let hash = openssl::sha::sha1(text.as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let hash: String = hash.chars().take(HASH_DIGITS).collect();
    format!("{}-{hash}.{ending}", safe.trim_start_matches(['.', '-']))
}

#[cfg(test)]
mod tests;

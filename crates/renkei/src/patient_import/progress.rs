//! How far an import is: the position file beside the input, and the list of what was refused.
//!
//! Everything before the position is settled. Behind it some messages may have been taken as well, which are sent
//! again when the import goes on: that changes nothing. What is refused is listed in the order of the file, so that
//! list and position fit together.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use openssl::sha::Sha256;
use serde::{Deserialize, Serialize};

use super::{ImportError, Position};

/// As much of the input tells it from another one.
const HEAD_BYTES: u64 = 64 * 1024;

/// Between two notes of the position.
const NOTE: Duration = Duration::from_millis(500);

/// The position file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Noted {
    offset: u64,
    n_lines: u64,
    n_accepted: u64,
    n_refused: u64,
    /// Length of the list of what was refused.
    refused_bytes: u64,
    /// SHA-256 of the beginning of the input, up to the position.
    head: String,
}

/// An import on its way.
pub(crate) struct Progress {
    input: PathBuf,
    noted: Noted,
    last: Instant,
    refused: Option<File>,
}

/// `patients.csv.position`.
fn beside(input: &Path, ending: &str) -> PathBuf {
    let mut name = input.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

impl Progress {
    /// From where an import goes on; from the beginning if there is no position file, or none is wanted.
    ///
    /// # Errors
    /// The position file is not one, or of another input.
    pub(crate) fn open(input: &Path, is_restart: bool) -> Result<Progress, ImportError> {
        let path = beside(input, POSITION);
        let unreadable = |source| ImportError::Read { path: path.clone(), source };
        let noted = match std::fs::read(&path) {
            Ok(_) if is_restart => Noted::default(),
            Ok(json) => {
                let other = |_| ImportError::OtherFile { path: path.clone() };
                serde_json::from_slice(&json).map_err(other)?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Noted::default(),
            Err(source) => return Err(unreadable(source)),
        };
        let head = head(input, noted.offset)
            .map_err(|source| ImportError::Read { path: input.to_owned(), source })?;
        if noted.offset > 0 && head.as_ref() != Some(&noted.head) {
            return Err(ImportError::OtherFile { path });
        }
        let progress =
            Progress { input: input.to_owned(), noted, last: Instant::now(), refused: None };
        progress.cut_refused()?;
        Ok(progress)
    }

    pub(crate) fn position(&self) -> Position {
        Position { offset: self.noted.offset, n_lines: self.noted.n_lines }
    }

    pub(crate) fn n_accepted(&self) -> u64 {
        self.noted.n_accepted
    }

    pub(crate) fn n_refused(&self) -> u64 {
        self.noted.n_refused
    }

    /// Where what was refused is listed.
    pub(crate) fn refused_path(&self) -> PathBuf {
        beside(&self.input, REFUSED)
    }

    pub(super) fn accepted(&mut self, end: Position) -> Result<(), ImportError> {
        self.noted.n_accepted = self.noted.n_accepted.saturating_add(1);
        self.advance(end)
    }

    pub(super) fn refused(
        &mut self,
        (line, why): (u64, &str),
        end: Position,
    ) -> Result<(), ImportError> {
        let path = self.refused_path();
        let text = format!("{line}\t{}\n", why.replace('\n', "; "));
        let written = self.refused_file().and_then(|file| file.write_all(text.as_bytes()));
        written.map_err(|source| ImportError::Write { path, source })?;
        let n_bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.noted.refused_bytes = self.noted.refused_bytes.saturating_add(n_bytes);
        self.noted.n_refused = self.noted.n_refused.saturating_add(1);
        self.advance(end)
    }

    fn advance(&mut self, end: Position) -> Result<(), ImportError> {
        (self.noted.offset, self.noted.n_lines) = (end.offset, end.n_lines);
        if self.last.elapsed() < NOTE {
            return Ok(());
        }
        self.last = Instant::now();
        self.note()
    }

    /// Writes the position file: a reader sees the old or the new one.
    pub(super) fn note(&mut self) -> Result<(), ImportError> {
        let path = beside(&self.input, POSITION);
        let unwritable = |source| ImportError::Write { path: path.clone(), source };
        let head = head(&self.input, self.noted.offset)
            .map_err(|source| ImportError::Read { path: self.input.clone(), source })?;
        self.noted.head = head.unwrap_or_default();
        let json = serde_json::to_vec(&self.noted).map_err(io::Error::other);
        let new = beside(&self.input, ".position.new");
        json.and_then(|json| std::fs::write(&new, json))
            .and_then(|()| std::fs::rename(&new, &path))
            .map_err(unwritable)
    }

    /// All is settled: the next import of this file begins at its beginning.
    pub(super) fn finish(&self) -> Result<(), ImportError> {
        let path = beside(&self.input, POSITION);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|source| ImportError::Write { path, source }),
        }
    }

    fn refused_file(&mut self) -> io::Result<&mut File> {
        let path = self.refused_path();
        if self.refused.is_none() {
            let file = OpenOptions::new().create(true).append(true).open(path)?;
            self.refused = Some(file);
        }
        self.refused.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Lines of an import before this one, and those behind the position, are not of this one.
    fn cut_refused(&self) -> Result<(), ImportError> {
        let path = self.refused_path();
        let cut = match (self.noted.refused_bytes, OpenOptions::new().write(true).open(&path)) {
            (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            (_, Err(error)) => Err(error),
            (0, Ok(_)) => std::fs::remove_file(&path),
            (n_bytes, Ok(file)) => file.set_len(n_bytes),
        };
        cut.map_err(|source| ImportError::Write { path, source })
    }
}

const POSITION: &str = ".position";
const REFUSED: &str = ".refused";

/// `None` if the input is shorter than the position.
fn head(input: &Path, offset: u64) -> io::Result<Option<String>> {
    let file = File::open(input)?;
    if file.metadata()?.len() < offset {
        return Ok(None);
    }
    let mut head = Vec::new();
    file.take(offset.min(HEAD_BYTES)).read_to_end(&mut head)?;
    let mut hash = Sha256::new();
    hash.update(&head);
    Ok(Some(hash.finish().iter().map(|byte| format!("{byte:02x}")).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64) -> Position {
        Position { offset, n_lines: 1 }
    }

    #[test]
    fn an_import_goes_on_where_it_was_and_only_with_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("list.csv");
        std::fs::write(&input, "id\n1\n2\n").unwrap();
        let mut progress = Progress::open(&input, false).unwrap();
        assert_eq!(progress.position(), Position::default());
        progress.accepted(at(3)).unwrap();
        progress.refused((2, "bad"), at(5)).unwrap();
        progress.note().unwrap();
        // Behind the position, and cut off.
        progress.refused((3, "lost"), at(7)).unwrap();
        let progress = Progress::open(&input, false).unwrap();
        assert_eq!(progress.position(), at(5));
        assert_eq!((progress.n_accepted(), progress.n_refused()), (1, 1));
        assert_eq!(std::fs::read_to_string(progress.refused_path()).unwrap(), "2\tbad\n");
        // More at its end is the same file.
        std::fs::write(&input, "id\n1\n2\n3\n").unwrap();
        assert_eq!(Progress::open(&input, false).unwrap().position(), at(5));
        for other in ["id\n9\n2\n3\n", "id\n"] {
            std::fs::write(&input, other).unwrap();
            let refused = Progress::open(&input, false).err().unwrap();
            assert!(matches!(refused, ImportError::OtherFile { .. }));
        }
        let progress = Progress::open(&input, true).unwrap();
        assert_eq!((progress.position(), progress.n_refused()), (Position::default(), 0));
        assert!(!progress.refused_path().exists());
        progress.finish().unwrap();
        progress.finish().unwrap();
    }
}

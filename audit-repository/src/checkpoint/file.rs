//! The file of checkpoints: one line of JSON each, appended and synced.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::chain::{hex, unhex};
use crate::store::checkpoint::CheckpointRow;

/// Longest line that is read; a checkpoint with an RSA signature has some 1 400 bytes.
const MAX_LINE_BYTES: u64 = 16 * 1024;

/// A checkpoint as a line says it; digests and signature in hexadecimal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    number: i64,
    sequence: i64,
    hash: String,
    /// In UTC with microseconds.
    time: String,
    certificate_sha256: String,
    signature: String,
}

/// Why the file of checkpoints is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the file of checkpoints cannot be read or written")]
    Io(#[from] io::Error),
    #[error("line {line} of the file of checkpoints is no checkpoint")]
    Line { line: u64 },
}

/// One line, without line end.
#[must_use]
pub fn render_line(row: &CheckpointRow) -> String {
    let line = Line {
        number: row.number,
        sequence: row.sequence,
        hash: hex(&row.hash),
        time: format!("{:.6}", Timestamp::from_microsecond(row.signed_at).unwrap_or_default()),
        certificate_sha256: hex(&row.certificate_sha256),
        signature: hex(&row.signature),
    };
    // Numbers and texts: nothing that JSON could not say.
    serde_json::to_string(&line).unwrap_or_default()
}

/// Undoes [`render_line`].
#[must_use]
pub fn parse_line(line: &str) -> Option<CheckpointRow> {
    let line: Line = serde_json::from_str(line).ok()?;
    Some(CheckpointRow {
        number: line.number,
        sequence: line.sequence,
        hash: unhex(&line.hash)?,
        signed_at: line.time.parse::<Timestamp>().ok()?.as_microsecond(),
        certificate_sha256: unhex(&line.certificate_sha256)?,
        signature: unhex(&line.signature)?,
    })
}

/// The open file; one process appends.
pub struct CheckpointFile {
    path: PathBuf,
    file: File,
    /// Of the last line.
    number: i64,
    /// Where it ends, in bytes; what stands behind it is what a failed write left.
    end: u64,
}

impl CheckpointFile {
    /// Opens or makes the file. What a crash left of a last line is cut off: the table has it whole.
    ///
    /// # Errors
    /// [`FileError`]; a file with a line that is none is left alone.
    pub fn open(path: &Path) -> Result<CheckpointFile, FileError> {
        // Nothing personal, and to be copied by others: readable for everybody.
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).create(true).mode(0o644).open(path)?;
        let mut number = 0;
        let mut end = 0;
        for line in Lines::of(&file)? {
            let (row, line_end) = line?;
            number = row.number;
            end = line_end;
        }
        file.set_len(end)?;
        file.seek(SeekFrom::End(0))?;
        file.sync_all()?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(CheckpointFile { path: path.to_owned(), file, number, end })
    }

    /// Number of the last line, 0 for an empty file.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.number
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one line and syncs it.
    ///
    /// # Errors
    /// Those of the file.
    pub fn append(&mut self, row: &CheckpointRow) -> Result<(), io::Error> {
        let mut line = render_line(row);
        line.push('\n');
        if self.file.metadata()?.len() != self.end {
            self.file.set_len(self.end)?;
        }
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()?;
        self.end = self.end.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        self.number = row.number;
        Ok(())
    }
}

/// The checkpoints of a file, each with the byte behind its line; what follows the last line end is left out.
pub(crate) struct Lines {
    reader: BufReader<File>,
    n_lines: u64,
    end: u64,
}

impl Lines {
    /// # Errors
    /// Those of the file.
    pub(crate) fn open(path: &Path) -> io::Result<Lines> {
        Lines::of(&File::open(path)?)
    }

    fn of(file: &File) -> io::Result<Lines> {
        let mut file = file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Lines { reader: BufReader::new(file), n_lines: 0, end: 0 })
    }
}

impl Iterator for Lines {
    type Item = Result<(CheckpointRow, u64), FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        let read = io::Read::take(&mut self.reader, MAX_LINE_BYTES).read_until(b'\n', &mut line);
        let n_bytes = match read {
            Ok(n_bytes) => u64::try_from(n_bytes).unwrap_or(u64::MAX),
            Err(error) => return Some(Err(error.into())),
        };
        self.n_lines = self.n_lines.saturating_add(1);
        let Some(content) = line.strip_suffix(b"\n") else {
            // Longer than any line, or what a crash left.
            let is_long = n_bytes >= MAX_LINE_BYTES;
            return is_long.then_some(Err(FileError::Line { line: self.n_lines }));
        };
        self.end = self.end.saturating_add(n_bytes);
        let row = std::str::from_utf8(content).ok().and_then(parse_line);
        Some(row.map(|row| (row, self.end)).ok_or(FileError::Line { line: self.n_lines }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: i64) -> CheckpointRow {
        CheckpointRow {
            number,
            sequence: 10 * number,
            hash: vec![7; 32],
            signed_at: 1_775_003_400_123_456,
            certificate_sha256: vec![8; 32],
            signature: vec![9; 70],
        }
    }

    #[test]
    fn a_line_is_read_back() {
        assert_eq!(parse_line(&render_line(&row(1))), Some(row(1)));
        assert!(parse_line("{}").is_none() && parse_line("").is_none());
    }

    #[test]
    fn a_torn_line_is_cut_off_and_a_wrong_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoints");
        let mut file = CheckpointFile::open(&path).unwrap();
        file.append(&row(1)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let torn = [whole.as_slice(), b"{\"number\":2"].concat();
        std::fs::write(&path, torn).unwrap();
        let mut file = CheckpointFile::open(&path).unwrap();
        assert_eq!((file.number(), std::fs::read(&path).unwrap()), (1, whole));
        file.append(&row(2)).unwrap();
        assert_eq!(Lines::open(&path).unwrap().count(), 2);
        std::fs::write(&path, "no checkpoint\n").unwrap();
        assert!(matches!(CheckpointFile::open(&path), Err(FileError::Line { line: 1 })));
        assert_eq!(std::fs::read(&path).unwrap(), b"no checkpoint\n");
    }
}

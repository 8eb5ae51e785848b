//! How far one destination is: a small file beside the journal.
//!
//! It names the newest line that has arrived, so that a start finds out whether it still speaks of this
//! journal. Losing it costs duplicates, which receivers know by their identical bytes, and never a record.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Destination;
use crate::journal::{MAX_LINE_BYTES, line_view};

/// Larger than any position; whatever is longer is none.
const MAX_POSITION_BYTES: u64 = 4096;

/// The newest line that has arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) lane: String,
    pub(super) sequence: u64,
    /// Where the line begins in the file.
    pub(super) offset: u64,
    /// Where the next one begins.
    pub(super) end: u64,
    /// Hash of the line, as it stands in it.
    pub(super) hash: String,
}

/// Why a position says nothing about this journal.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("the file cannot be read")]
    File(#[source] io::Error),
    #[error("the file holds no position")]
    Format(#[source] serde_json::Error),
    #[error("the journal has another line at that place, or none")]
    OtherLine,
}

/// The file of a destination, `<journal>.forwarded-<destination>`.
pub(super) struct PositionFile {
    path: PathBuf,
}

impl PositionFile {
    pub(super) fn beside(journal: &Path, destination: &Destination) -> PositionFile {
        let mut path = journal.as_os_str().to_owned();
        path.push(".forwarded-");
        path.push(destination.key());
        PositionFile { path: path.into() }
    }

    /// Where to go on; `None` is the beginning of the journal.
    pub(super) fn load(&self, journal: &File, synced_bytes: u64) -> Option<Position> {
        let path = self.path.display();
        match self.read(journal, synced_bytes) {
            Ok(position) => position,
            Err(error) => {
                let reason: &dyn std::error::Error = &error;
                tracing::error!(%path, reason, "audit records are sent again from the beginning");
                None
            }
        }
    }

    fn read(&self, journal: &File, synced_bytes: u64) -> Result<Option<Position>, Unusable> {
        let length = match fs::metadata(&self.path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Unusable::File(error)),
        };
        if length > MAX_POSITION_BYTES {
            return Err(Unusable::File(io::ErrorKind::FileTooLarge.into()));
        }
        let bytes = fs::read(&self.path).map_err(Unusable::File)?;
        let position: Position = serde_json::from_slice(&bytes).map_err(Unusable::Format)?;
        if !position.is_in(journal, synced_bytes) {
            return Err(Unusable::OtherLine);
        }
        Ok(Some(position))
    }

    /// Replaces the file; after a crash it holds the old position or the new one.
    pub(super) fn save(&self, position: &Position) -> io::Result<()> {
        let mut fresh = self.path.as_os_str().to_owned();
        fresh.push(".new");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        serde_json::to_writer(&mut file, position)?;
        file.flush()?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Position {
    /// Whether the journal has this line at this place.
    fn is_in(&self, journal: &File, synced_bytes: u64) -> bool {
        let Some(n_bytes) = self.end.checked_sub(self.offset) else { return false };
        let n_bytes = usize::try_from(n_bytes).unwrap_or(usize::MAX);
        if self.end > synced_bytes || n_bytes > MAX_LINE_BYTES.saturating_add(1) {
            return false;
        }
        let mut line = vec![0; n_bytes];
        if journal.read_exact_at(&mut line, self.offset).is_err() {
            return false;
        }
        let Some(line) = line.strip_suffix(b"\n") else { return false };
        line_view(line).is_ok_and(|view| {
            view.lane == self.lane && view.sequence == self.sequence && view.hash == self.hash
        })
    }
}

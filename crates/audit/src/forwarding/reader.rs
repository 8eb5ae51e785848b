//! Reading the journal forward, line by line, in pieces.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use super::position::Position;
use crate::journal::{MAX_LINE_BYTES, line_view};

/// Bytes read at once; with the longest line before it this is all that a destination holds in memory.
const PIECE_BYTES: u64 = 1 << 20;

/// What stands at one place of the journal.
pub(super) enum Line {
    /// A record, as JSON, and how far the reader is after it.
    Record { json: String, place: Position },
    /// A line that was changed, or is no line. Its number is not known.
    Broken { offset: u64, end: u64 },
}

/// A place in the journal, and what was read behind it.
pub(super) struct Reader {
    journal: Arc<File>,
    buffer: Vec<u8>,
    /// How much of the buffer was handed out.
    n_taken: usize,
    /// Place in the file of what is handed out next.
    offset: u64,
}

impl Reader {
    pub(super) fn new(journal: Arc<File>, offset: u64) -> Reader {
        Reader { journal, buffer: Vec::new(), n_taken: 0, offset }
    }

    /// Goes back to a place.
    pub(super) fn go_to(&mut self, offset: u64) {
        self.buffer.clear();
        (self.n_taken, self.offset) = (0, offset);
    }

    /// The next line, `None` if there is none before byte `synced_bytes` of the file: what lies behind may
    /// still be taken back.
    pub(super) async fn next(&mut self, synced_bytes: u64) -> io::Result<Option<Line>> {
        loop {
            let rest = self.buffer.get(self.n_taken..).unwrap_or_default();
            if let Some(length) = rest.iter().position(|byte| *byte == b'\n') {
                return Ok(Some(self.take(length)));
            }
            let n_rest = u64::try_from(rest.len()).unwrap_or(u64::MAX);
            if rest.len() > MAX_LINE_BYTES {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line without an end"));
            }
            let from = self.offset.saturating_add(n_rest);
            let n_more = synced_bytes.saturating_sub(from).min(PIECE_BYTES);
            if n_more == 0 {
                return Ok(None);
            }
            self.read(from, n_more).await?;
        }
    }

    async fn read(&mut self, from: u64, n_bytes: u64) -> io::Result<()> {
        let journal = Arc::clone(&self.journal);
        let n_bytes = usize::try_from(n_bytes).map_err(io::Error::other)?;
        let piece = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; n_bytes];
            journal.read_exact_at(&mut piece, from).map(|()| piece)
        });
        let piece = piece.await.map_err(io::Error::other)??;
        self.buffer.drain(..self.n_taken);
        self.n_taken = 0;
        self.buffer.extend_from_slice(&piece);
        Ok(())
    }

    /// Hands out the line of so many bytes, its end not counted.
    fn take(&mut self, length: usize) -> Line {
        let start = self.n_taken;
        let line = self.buffer.get(start..start.saturating_add(length)).unwrap_or_default();
        let n_bytes = length.saturating_add(1);
        let offset = self.offset;
        let end = offset.saturating_add(u64::try_from(n_bytes).unwrap_or(u64::MAX));
        self.n_taken = start.saturating_add(n_bytes);
        self.offset = end;
        match line_view(line) {
            Ok(view) => Line::Record {
                json: view.record.to_owned(),
                place: Position {
                    lane: view.lane.to_owned(),
                    sequence: view.sequence,
                    offset,
                    end,
                    hash: view.hash,
                },
            },
            Err(_broken) => Line::Broken { offset, end },
        }
    }
}

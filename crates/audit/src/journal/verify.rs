//! Proving a whole journal file offline: `renkei verify audit`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;
use uuid::Uuid;

use super::line::{BrokenLine, Chain};
use super::{JournalError, MAX_LINE_BYTES};

/// What a journal holds, when every line of it follows from the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// The lane, `None` for an empty file.
    pub lane: Option<Uuid>,
    /// Number of lines, which is also the sequence number of the last.
    pub n_records: u64,
    /// Hash of the last line; kept elsewhere, it proves later that no line is missing.
    pub last_hash: Option<String>,
    /// Bytes of an unfinished last line (a crash, or a write that is going on); they are
    /// not part of the journal.
    pub torn_bytes: u64,
    /// The first number between two outbox rows that no line has. A gap is a fault where the numbers have
    /// none: in an embedded database, and in one lane for all its rows.
    pub missing_row: Option<i64>,
}

/// The outbox rows that passed.
#[derive(Default)]
struct Rows {
    last: Option<i64>,
    missing: Option<i64>,
}

#[derive(Deserialize)]
struct RowNumber {
    row: Option<i64>,
}

impl Rows {
    /// Of a line that was found to be whole.
    fn pass(&mut self, line: &[u8]) {
        let Some(row) = serde_json::from_slice::<RowNumber>(line).ok().and_then(|line| line.row)
        else {
            return;
        };
        let expected = self.last.map_or(row, |last| last.saturating_add(1));
        if row > expected {
            self.missing = self.missing.or(Some(expected));
        }
        self.last = self.last.max(Some(row));
    }
}

/// Reads the whole file and checks every line; the file may be in use.
///
/// # Errors
/// [`JournalError::Broken`] names the byte at which the first faulty line begins.
pub fn verify(path: &Path) -> Result<VerifyReport, JournalError> {
    let mut reader = BufReader::new(File::open(path).map_err(JournalError::Open)?);
    let mut chain: Option<Chain> = None;
    let mut offset = 0_u64;
    let mut rows = Rows::default();
    loop {
        let line = read_line(&mut reader)?;
        let n_bytes = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let Some(content) = line.strip_suffix(b"\n") else {
            return finish(chain, line.len(), offset, rows);
        };
        chain =
            Some(follow(chain, content).map_err(|reason| JournalError::Broken { offset, reason })?);
        rows.pass(content);
        offset = offset.saturating_add(n_bytes);
    }
}

/// One line with its line end, or what is left at the end of the file.
fn read_line(reader: &mut impl BufRead) -> Result<Vec<u8>, JournalError> {
    let mut line = Vec::new();
    let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(limit).read_until(b'\n', &mut line).map_err(JournalError::Open)?;
    Ok(line)
}

fn follow(chain: Option<Chain>, line: &[u8]) -> Result<Chain, BrokenLine> {
    match chain {
        None => Chain::first(line).map(|(chain, _id)| chain),
        Some(mut chain) => chain.follow(line).map(|_id| chain),
    }
}

fn finish(
    chain: Option<Chain>,
    n_torn: usize,
    offset: u64,
    rows: Rows,
) -> Result<VerifyReport, JournalError> {
    if n_torn > MAX_LINE_BYTES {
        return Err(JournalError::Broken { offset, reason: BrokenLine::Format });
    }
    Ok(VerifyReport {
        lane: chain.as_ref().map(|chain| chain.lane),
        n_records: chain.as_ref().map_or(0, |chain| chain.sequence),
        last_hash: chain.map(|chain| chain.hash),
        torn_bytes: u64::try_from(n_torn).unwrap_or(u64::MAX),
        missing_row: rows.missing,
    })
}

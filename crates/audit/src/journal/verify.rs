//! Proving a whole journal file offline: `renkei verify audit`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

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
}

/// Reads the whole file and checks every line; the file may be in use.
///
/// # Errors
/// [`JournalError::Broken`] names the byte at which the first faulty line begins.
pub fn verify(path: &Path) -> Result<VerifyReport, JournalError> {
    let mut reader = BufReader::new(File::open(path).map_err(JournalError::Open)?);
    let mut chain: Option<Chain> = None;
    let mut offset = 0_u64;
    loop {
        let line = read_line(&mut reader)?;
        let n_bytes = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let Some(content) = line.strip_suffix(b"\n") else {
            return finish(chain, line.len(), offset);
        };
        chain =
            Some(follow(chain, content).map_err(|reason| JournalError::Broken { offset, reason })?);
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

fn finish(chain: Option<Chain>, n_torn: usize, offset: u64) -> Result<VerifyReport, JournalError> {
    if n_torn > MAX_LINE_BYTES {
        return Err(JournalError::Broken { offset, reason: BrokenLine::Format });
    }
    Ok(VerifyReport {
        lane: chain.as_ref().map(|chain| chain.lane),
        n_records: chain.as_ref().map_or(0, |chain| chain.sequence),
        last_hash: chain.map(|chain| chain.hash),
        torn_bytes: u64::try_from(n_torn).unwrap_or(u64::MAX),
    })
}

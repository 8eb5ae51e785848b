//! Checkpoints: those of the table on the way along the records, then those of a file against both.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use openssl::error::ErrorStack;
use store::AnyConnection;

use super::{Certificate, Fault, Findings, VerifyError};
use crate::chain::{Hash, Head};
use crate::checkpoint::{FileError, Lines, digest_of, is_signed_by};
use crate::store::checkpoint::{self, CheckpointRow};
use crate::store::event::{self, EventRow};

/// Checkpoints that are read at once.
const PAGE: i64 = 500;

/// The table's checkpoints in their order, while records pass by.
pub(super) struct TableWalk<'c> {
    certificates: &'c [Certificate],
    waiting: VecDeque<CheckpointRow>,
    /// Of the last one that was taken from the table.
    number: i64,
    /// Digest of its signature; unknown behind a gap.
    previous: Option<Hash>,
    is_exhausted: bool,
    n_checkpoints: u64,
    /// Record of the last checkpoint that agreed with the chain.
    confirmed: i64,
    last_sequence: i64,
    has_disagreed: bool,
}

impl<'c> TableWalk<'c> {
    pub(super) fn new(certificates: &'c [Certificate]) -> TableWalk<'c> {
        TableWalk {
            certificates,
            waiting: VecDeque::new(),
            number: 0,
            previous: Some(digest_of(None)),
            is_exhausted: false,
            n_checkpoints: 0,
            confirmed: 0,
            last_sequence: 0,
            has_disagreed: false,
        }
    }

    pub(super) fn n_checkpoints(&self) -> u64 {
        self.n_checkpoints
    }

    /// The last record that a checkpoint which was passed covers.
    pub(super) fn last_sequence(&self) -> i64 {
        self.last_sequence
    }

    /// A record passes: the checkpoints that were signed at it must say its hash.
    pub(super) fn pass(
        &mut self,
        connection: &mut AnyConnection,
        row: &EventRow,
        findings: &mut Findings,
    ) -> Result<(), VerifyError> {
        loop {
            self.fill(connection, findings)?;
            let Some(next) = self.waiting.front() else { return Ok(()) };
            if next.sequence > row.sequence {
                return Ok(());
            }
            // One that was signed at a record which is missing says nothing about this one.
            let agrees = next.sequence < row.sequence || next.hash == row.hash;
            let (number, sequence) = (next.number, next.sequence);
            self.waiting.pop_front();
            self.last_sequence = self.last_sequence.max(sequence);
            if agrees {
                self.confirmed = sequence;
            } else if !self.has_disagreed {
                self.has_disagreed = true;
                let first = self.confirmed.saturating_add(1);
                // Where the chain is seen to break, nothing needs to be guessed.
                if !findings.has_break_between(first, sequence) {
                    findings.add(Some(first), Fault::Rewritten { last: sequence, number });
                }
            }
        }
    }

    /// All records have passed: what is left was signed at records that are not there.
    pub(super) fn finish(
        &mut self,
        connection: &mut AnyConnection,
        head: &Head,
        findings: &mut Findings,
    ) -> Result<(), VerifyError> {
        let mut is_first = true;
        loop {
            self.fill(connection, findings)?;
            let Some(next) = self.waiting.pop_front() else { return Ok(()) };
            self.last_sequence = self.last_sequence.max(next.sequence);
            if is_first && next.sequence > head.sequence {
                is_first = false;
                let fault = Fault::Truncated { last: next.sequence, number: next.number };
                findings.add(Some(head.sequence.saturating_add(1)), fault);
            }
        }
    }

    fn fill(
        &mut self,
        connection: &mut AnyConnection,
        findings: &mut Findings,
    ) -> Result<(), VerifyError> {
        while !self.is_exhausted && self.waiting.is_empty() {
            let from = if self.n_checkpoints == 0 { i64::MIN } else { self.number };
            let rows = checkpoint::page_behind(connection, from, PAGE)?;
            self.is_exhausted = rows.is_empty();
            for row in rows {
                // What nobody signed says nothing about records.
                if self.take(&row, findings)? {
                    self.waiting.push_back(row);
                }
            }
        }
        Ok(())
    }

    /// Whether the next checkpoint is genuine, as far as can be told.
    fn take(&mut self, row: &CheckpointRow, findings: &mut Findings) -> Result<bool, VerifyError> {
        self.n_checkpoints = self.n_checkpoints.saturating_add(1);
        let expected = self.number.saturating_add(1);
        if row.number != expected {
            findings.add(None, Fault::CheckpointMissing { number: expected });
            self.previous = None;
        }
        let is_genuine = match self.previous {
            Some(previous) => is_genuine(self.certificates, row, &previous)?,
            None => true,
        };
        if !is_genuine {
            findings.add(None, Fault::CheckpointSignature { number: row.number });
        }
        self.number = row.number;
        self.previous = Some(digest_of(Some(row)));
        Ok(is_genuine)
    }
}

/// Whether one of the certificates is the one it names, and its key signed it.
fn is_genuine(
    certificates: &[Certificate],
    row: &CheckpointRow,
    previous: &Hash,
) -> Result<bool, ErrorStack> {
    let named = certificates
        .iter()
        .find(|certificate| certificate.sha256.as_slice() == row.certificate_sha256);
    named.map_or(Ok(false), |certificate| is_signed_by(&certificate.key, row, previous))
}

/// How complete a file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completeness {
    /// The repository's own: it lacks the newest checkpoint at the most, which a crash leaves to the next
    /// start.
    Own,
    /// Taken at some time.
    Copy,
}

/// What a file is compared with, beside the table.
pub(super) struct Known<'k> {
    pub(super) head: &'k Head,
    pub(super) certificates: &'k [Certificate],
}

/// The file against the table, and where the table has nothing, against the records.
pub(super) fn compare_file(
    connection: &mut AnyConnection,
    path: &Path,
    completeness: Completeness,
    (known, findings): (&Known<'_>, &mut Findings),
) -> Result<(), VerifyError> {
    let newest = checkpoint::newest(connection)?.map_or(0, |newest| newest.number);
    let mut lines = FileWalk { number: 0, previous: Some(digest_of(None)), table: VecDeque::new() };
    let unreadable = |source| VerifyError::CheckpointFile { path: PathBuf::from(path), source };
    match Lines::open(path) {
        Ok(file) => {
            for line in file {
                let (row, _) = line.map_err(unreadable)?;
                lines.take(connection, &row, (known, findings))?;
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // No file is as good as an empty one, for the repository's own.
            if completeness == Completeness::Copy {
                return Err(unreadable(FileError::Io(error)));
            }
        }
        Err(error) => return Err(unreadable(FileError::Io(error))),
    }
    let first_absent = lines.number.saturating_add(1);
    if completeness == Completeness::Own && first_absent < newest {
        findings.add(None, Fault::CheckpointMissing { number: first_absent });
    }
    Ok(())
}

struct FileWalk {
    number: i64,
    previous: Option<Hash>,
    /// Rows of the table from the next number on.
    table: VecDeque<CheckpointRow>,
}

impl FileWalk {
    fn take(
        &mut self,
        connection: &mut AnyConnection,
        line: &CheckpointRow,
        (known, findings): (&Known<'_>, &mut Findings),
    ) -> Result<(), VerifyError> {
        let expected = self.number.saturating_add(1);
        if line.number != expected {
            findings.add(None, Fault::CheckpointMissing { number: expected });
            self.previous = None;
        }
        let row = self.row_of(connection, line.number)?;
        if row.as_ref() != Some(line) {
            let number = line.number;
            findings.add(
                None,
                match row {
                    Some(_) => Fault::CheckpointDiffers { number },
                    None => Fault::CheckpointMissing { number },
                },
            );
            let is_genuine = match self.previous {
                Some(previous) => is_genuine(known.certificates, line, &previous)?,
                None => true,
            };
            if !is_genuine {
                findings.add(None, Fault::CheckpointSignature { number });
            }
            against_records(connection, line, (known, findings))?;
        }
        self.number = line.number;
        self.previous = Some(digest_of(Some(line)));
        Ok(())
    }

    fn row_of(
        &mut self,
        connection: &mut AnyConnection,
        number: i64,
    ) -> Result<Option<CheckpointRow>, VerifyError> {
        self.table.retain(|row| row.number >= number);
        if self.table.is_empty() {
            self.table =
                checkpoint::page_behind(connection, number.saturating_sub(1), PAGE)?.into();
        }
        Ok(self.table.front().filter(|row| row.number == number).cloned())
    }
}

fn against_records(
    connection: &mut AnyConnection,
    line: &CheckpointRow,
    (known, findings): (&Known<'_>, &mut Findings),
) -> Result<(), VerifyError> {
    let (number, last) = (line.number, line.sequence);
    if last > known.head.sequence {
        let first = known.head.sequence.saturating_add(1);
        findings.add(Some(first), Fault::Truncated { last, number });
        return Ok(());
    }
    let row = event::find(connection, last)?;
    if row.is_some_and(|row| row.hash != line.hash) {
        // Which of them, only checkpoints before this one could tell.
        findings.add(Some(last), Fault::Rewritten { last, number });
    }
    Ok(())
}

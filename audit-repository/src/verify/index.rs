//! The index against the texts.
//!
//! Both are added up to a sum of keyed digests that does not depend on the order; only if the sums differ,
//! each record is looked at again to find the first that is wrong.

use openssl::error::ErrorStack;
use openssl::sha::Sha256;
use store::AnyConnection;

use super::{Fault, Findings, VerifyError};
use crate::extract::Extract;
use crate::store::recent::is_indexed_at_once;
use crate::store::term::StoredRow;
use crate::store::{event, raw_message, term};

/// Rows that are read at once.
const PAGE: i64 = 1_000;

/// A set of index rows as one number. The key is new for each verification: nobody can prepare rows that
/// add up.
#[derive(Clone)]
pub(super) struct Fingerprint {
    key: [u8; 32],
    sum: u128,
    n_rows: u64,
}

impl Fingerprint {
    pub(super) fn new() -> Result<Fingerprint, ErrorStack> {
        let mut key = [0; 32];
        openssl::rand::rand_bytes(&mut key)?;
        Ok(Fingerprint { key, sum: 0, n_rows: 0 })
    }

    fn empty(&self) -> Fingerprint {
        Fingerprint { key: self.key, sum: 0, n_rows: 0 }
    }

    pub(super) fn add(&mut self, kind: i16, value: &str, event_time: i64, sequence: i64) {
        let mut digest = Sha256::new();
        digest.update(&self.key);
        digest.update(&kind.to_be_bytes());
        digest.update(&event_time.to_be_bytes());
        digest.update(&sequence.to_be_bytes());
        digest.update(value.as_bytes());
        let digest = digest.finish();
        let number = digest.first_chunk::<16>().copied().map_or(0, u128::from_be_bytes);
        self.sum = self.sum.wrapping_add(number);
        self.n_rows = self.n_rows.saturating_add(1);
    }

    fn add_row(&mut self, row: &StoredRow) {
        self.add(row.kind, &row.value, row.event_time, row.sequence);
    }
}

pub(super) fn compare(
    connection: &mut AnyConnection,
    (expected, n_indexed): (&Fingerprint, i64),
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let mut found = expected.empty();
    each_row(connection, |_, row| {
        found.add_row(row);
        Ok(())
    })?;
    if found.sum == expected.sum && found.n_rows == expected.n_rows {
        return Ok(());
    }
    if let Some(sequence) = first_lacking(connection, n_indexed)? {
        findings.add(Some(sequence), Fault::IndexEntryMissing);
    }
    if let Some(sequence) = first_added(connection, n_indexed)? {
        findings.add(Some(sequence), Fault::IndexEntryAdded);
    }
    Ok(())
}

fn each_row(
    connection: &mut AnyConnection,
    mut look: impl FnMut(&mut AnyConnection, &StoredRow) -> Result<(), VerifyError>,
) -> Result<(), VerifyError> {
    let mut last: Option<StoredRow> = None;
    loop {
        let rows = term::page_behind(connection, last.as_ref(), PAGE)?;
        for row in &rows {
            look(connection, row)?;
        }
        match rows.into_iter().last() {
            Some(row) => last = Some(row),
            None => return Ok(()),
        }
    }
}

/// The first record of which an entry is not there.
fn first_lacking(
    connection: &mut AnyConnection,
    n_indexed: i64,
) -> Result<Option<i64>, VerifyError> {
    let mut next = 1;
    loop {
        let rows = event::page_from(connection, next, PAGE)?;
        let Some(last) = rows.last() else { return Ok(None) };
        next = last.sequence.saturating_add(1);
        for row in &rows {
            let Some(raw) = raw_message::find(connection, row.sequence)? else { continue };
            let extract = Extract::of(&raw);
            let event_time = extract.event_time.unwrap_or(row.received_at);
            if row.sequence > n_indexed && !is_indexed_at_once(extract.terms.len()) {
                continue;
            }
            for term in &extract.terms {
                if !term::exists(connection, (term, event_time, row.sequence))? {
                    return Ok(Some(row.sequence));
                }
            }
        }
    }
}

/// The first record that has an entry which its text does not give.
fn first_added(connection: &mut AnyConnection, n_indexed: i64) -> Result<Option<i64>, VerifyError> {
    let mut first: Option<i64> = None;
    each_row(connection, |connection, row| {
        if first.is_some_and(|first| first <= row.sequence) || is_given(connection, row, n_indexed)?
        {
            return Ok(());
        }
        first = Some(row.sequence);
        Ok(())
    })?;
    Ok(first)
}

fn is_given(
    connection: &mut AnyConnection,
    entry: &StoredRow,
    n_indexed: i64,
) -> Result<bool, VerifyError> {
    let row = event::find(connection, entry.sequence)?;
    let raw = raw_message::find(connection, entry.sequence)?;
    let (Some(row), Some(raw)) = (row, raw) else { return Ok(false) };
    let extract = Extract::of(&raw);
    let event_time = extract.event_time.unwrap_or(row.received_at);
    let is_named = |entry: &StoredRow| {
        extract
            .terms
            .iter()
            .any(|term| term.kind().number() == entry.kind && term.value() == entry.value)
    };
    // The newest records have none yet.
    let is_due = entry.sequence <= n_indexed || is_indexed_at_once(extract.terms.len());
    Ok(is_due && event_time == entry.event_time && is_named(entry))
}

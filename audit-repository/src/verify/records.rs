//! The records one after the other: chain, texts, columns.

use std::collections::BTreeMap;
use std::time::Duration;

use store::AnyConnection;

use super::checkpoints::TableWalk;
use super::index::Fingerprint;
use super::retention::Dropped;
use super::{Fault, Findings, VerifyError};
use crate::chain::{BEGINNING, Head, digest};
use crate::extract::{Extract, VERSION};
use crate::retention::Act;
use crate::store::event::{self, EventRow, raw_key};
use crate::store::raw_message;
use crate::store::recent::{is_indexed_at_once, n_indexed};

/// Records that are read at once.
const PAGE: i64 = 200;

/// Checkpoints may be late by this factor, and a minute: a busy disk, a clock that was set.
const PATIENCE_FACTOR: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(60);

/// What the walk saw.
pub(super) struct Walked {
    /// The last record whose rows are in the index.
    pub(super) n_indexed: i64,
    pub(super) n_records: u64,
    pub(super) n_dropped: u64,
    pub(super) head: Head,
    pub(super) index: Fingerprint,
    pub(super) dropped: Vec<Dropped>,
    pub(super) acts: Vec<(i64, Act)>,
    /// First record behind the last checkpoint that was met, and its time.
    unsigned: Option<(i64, i64)>,
    last_received_at: i64,
}

impl Walked {
    /// The first record that has waited for a checkpoint too long, by the time of the newest record.
    pub(super) fn unsigned_for_longer_than(&self, covered: i64, interval: Duration) -> Option<i64> {
        let patience = interval.saturating_mul(PATIENCE_FACTOR).saturating_add(PATIENCE);
        let patience = i64::try_from(patience.as_micros()).unwrap_or(i64::MAX);
        self.unsigned
            .filter(|(sequence, _)| *sequence > covered)
            .filter(|(_, since)| self.last_received_at.saturating_sub(*since) > patience)
            .map(|(sequence, _)| sequence)
    }
}

pub(super) fn walk(
    connection: &mut AnyConnection,
    table: &mut TableWalk<'_>,
    findings: &mut Findings,
) -> Result<Walked, VerifyError> {
    let n_records = event::head(connection)?.sequence;
    let mut walked = Walked {
        n_indexed: n_indexed(n_records),
        n_records: 0,
        n_dropped: 0,
        head: BEGINNING,
        index: Fingerprint::new()?,
        dropped: Vec::new(),
        acts: Vec::new(),
        unsigned: None,
        last_received_at: i64::MIN,
    };
    let mut next = i64::MIN;
    loop {
        let rows = event::page_from(connection, next, PAGE)?;
        let Some(last) = rows.last() else { break };
        let raws = raw_message::range(connection, next, last.sequence)?;
        let mut raws: BTreeMap<i64, Vec<u8>> = raws.into_iter().collect();
        next = last.sequence.saturating_add(1);
        for row in &rows {
            let raw = raws.remove(&row.sequence);
            walked.record(row, raw.as_deref(), findings);
            table.pass(connection, row, findings)?;
            walked.note_unsigned(row, table.last_sequence());
        }
        for sequence in raws.keys() {
            findings.add(Some(*sequence), Fault::TextWithoutRecord);
        }
    }
    if raw_message::last(connection)? > walked.head.sequence {
        let behind = walked.head.sequence;
        let first = raw_message::first_after(connection, behind)?;
        findings.add(first, Fault::TextWithoutRecord);
    }
    Ok(walked)
}

impl Walked {
    /// Remembers the first record behind the last checkpoint.
    fn note_unsigned(&mut self, row: &EventRow, covered: i64) {
        let is_signed = self.unsigned.is_none_or(|(sequence, _)| sequence <= covered);
        if row.sequence > covered && is_signed {
            self.unsigned = Some((row.sequence, row.received_at));
        }
    }

    fn record(&mut self, row: &EventRow, raw: Option<&[u8]>, findings: &mut Findings) {
        self.n_records = self.n_records.saturating_add(1);
        self.last_received_at = row.received_at;
        let sequence = Some(row.sequence);
        if row.sequence < 1 {
            findings.add(sequence, Fault::Inserted);
            return;
        }
        let expected = self.head.sequence.saturating_add(1);
        if row.sequence > expected {
            let last = row.sequence.saturating_sub(1);
            findings.add(Some(expected), Fault::Missing { last });
        } else if self.head.next(&row.link()).hash.as_slice() != row.hash {
            // Behind a gap nobody knows what it followed from.
            findings.add(sequence, Fault::Chain);
        }
        let hash = row.hash.as_slice().try_into().unwrap_or_default();
        self.head = Head { sequence: row.sequence, hash };
        match raw {
            Some(raw) => self.text(row, raw, findings),
            None => self.dropped(row, findings),
        }
    }

    fn text(&mut self, row: &EventRow, raw: &[u8], findings: &mut Findings) {
        if digest(raw).as_slice() != row.raw_sha256 {
            findings.add(Some(row.sequence), Fault::Text);
            return;
        }
        if row.extraction != VERSION {
            findings.add(Some(row.sequence), Fault::Extraction);
            return;
        }
        let extract = Extract::of(raw);
        let event_time = extract.event_time.unwrap_or(row.received_at);
        let is_indexed = row.sequence <= self.n_indexed || is_indexed_at_once(extract.terms.len());
        for term in extract.terms.iter().filter(|_| is_indexed) {
            self.index.add(term.kind().number(), term.value(), event_time, row.sequence);
        }
        if !is_extracted(row, &extract, event_time) {
            findings.add(Some(row.sequence), Fault::Columns);
        }
        if let Some(act) = Act::of_record(row, raw) {
            self.acts.push((row.sequence, act));
        }
    }

    fn dropped(&mut self, row: &EventRow, findings: &mut Findings) {
        self.n_dropped = self.n_dropped.saturating_add(1);
        let is_empty = row.flags == 0
            && row.event_time.is_none()
            && row.raw_key.is_none()
            && row.event_id.is_none()
            && row.event_types.is_none()
            && row.action.is_none()
            && row.outcome.is_none()
            && row.source_id.is_none();
        if !is_empty {
            findings.add(Some(row.sequence), Fault::Columns);
        }
        Dropped::extend(&mut self.dropped, row.sequence, row.received_at);
    }
}

fn is_extracted(row: &EventRow, extract: &Extract, event_time: i64) -> bool {
    row.flags == extract.flags
        && row.event_time == Some(event_time)
        && row.raw_key == Some(raw_key(&row.raw_sha256))
        && row.event_id == extract.event_id
        && row.event_types == extract.event_types
        && row.action == extract.action
        && row.outcome == extract.outcome
        && row.source_id == extract.source_id
}

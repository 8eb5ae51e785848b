//! The index of the newest records, which table `event_term` does not have yet.
//!
//! Rows of an index belong to pages all over it. Written with each record, they would be most of what is
//! written: a page for each patient and each user, twice, for a record that fills one. So they wait here, in
//! memory, and go into the table in blocks, in the order of its key, which meets each page once.
//!
//! Nothing is lost with the process: which records the table has is a function of their number alone
//! ([`n_indexed`]), and the rows of the others are a function of their texts. `verify` knows both.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::QueryResult;
use store::AnyConnection;

use super::search::Position;
use super::{event, raw_message};
use crate::chain::{BEGINNING, Head};
use crate::extract::{Extract, Term, TermKind};

/// Records whose rows go into the table at once: with fewer, pages are written for a row or two each; with
/// more, others wait longer than half a second for the block.
const MAX_BLOCK: i64 = 16_384;

/// A block is this part of all records: the index of a small store is always complete, and a start reads
/// little again.
const MIN_BLOCKS: i64 = 16;

/// A record that names more is indexed with itself: what waits has a bound.
const MAX_WAITING_TERMS: usize = 16;

/// Records that are read again at once.
const PAGE: i64 = 1_000;

/// How many of so many records have their rows in table `event_term`: all up to the last full block.
#[must_use]
pub(crate) fn n_indexed(n_records: i64) -> i64 {
    let part = u64::try_from(n_records / MIN_BLOCKS).unwrap_or(0).max(1);
    let block = 1_i64.checked_shl(part.ilog2()).unwrap_or(MAX_BLOCK).min(MAX_BLOCK);
    n_records.saturating_sub(n_records % block)
}

/// Whether a record's rows go into the table with the record.
#[must_use]
pub(crate) fn is_indexed_at_once(n_terms: usize) -> bool {
    n_terms > MAX_WAITING_TERMS
}

/// A row of the index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) term: Arc<Term>,
    pub(crate) position: Position,
}

/// The index of the newest records, shared by those who search and the one who appends.
pub struct RecentTerms(Mutex<State>);

struct State {
    /// Of the chain, when the last record was added. Another end in the database means that what was added
    /// here was not kept there.
    head: Head,
    /// What the table lacks, in the order of the records.
    waiting: Vec<Entry>,
    newer: Terms,
    /// What the table has, for those who read a state of it from before.
    older: Terms,
}

#[derive(Default)]
struct Terms {
    positions: BTreeMap<Arc<Term>, BTreeSet<Position>>,
    n_entries: usize,
}

/// Entries after which the older ones go. A reader would have to look at the table before they came, and
/// here after as many came behind them.
const MAX_ENTRIES: usize = 65_536;

impl RecentTerms {
    /// Reads the records again that the table does not have.
    ///
    /// # Errors
    /// Those of the database.
    pub fn load(connection: &mut AnyConnection) -> QueryResult<RecentTerms> {
        let head = event::head(connection)?;
        Ok(RecentTerms(Mutex::new(State::load(connection, head)?)))
    }

    /// Adds what is appended to the chain between two ends; the rows that are due, in the order of the key.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn add(
        &self,
        connection: &mut AnyConnection,
        (from, to): (&Head, &Head),
        entries: Vec<Entry>,
    ) -> QueryResult<Vec<Entry>> {
        if self.state().head != *from {
            let loaded = State::load(connection, *from)?;
            *self.state() = loaded;
        }
        let mut due = self.state().add(*to, entries);
        let first = due.iter().map(|entry| entry.position.sequence).min();
        if let Some(first) = first.filter(|first| *first <= from.sequence) {
            // Retention may have dropped texts meanwhile.
            let dropped = event::stripped(connection, first, from.sequence)?;
            due.retain(|entry| !dropped.contains(&entry.position.sequence));
        }
        due.sort_unstable();
        Ok(due)
    }

    /// Positions of a term, newest first. Who has looked at the table before sees all of them that were
    /// there then, some perhaps twice.
    pub(crate) fn positions(
        &self,
        term: &Term,
        (from, before): (Option<i64>, Option<i64>),
        after: Option<Position>,
        limit: usize,
    ) -> Vec<Position> {
        let first = from.map_or(Unbounded, |event_time| Included(Position::first_of(event_time)));
        let end = before.map(Position::first_of).into_iter().chain(after).min();
        let end = end.map_or(Unbounded, Excluded);
        if is_empty(first, end) {
            return Vec::new();
        }
        let state = self.state();
        let mut found = BTreeSet::new();
        for terms in [&state.newer, &state.older] {
            if let Some(positions) = terms.positions.get(term) {
                found.extend(positions.range((first, end)).rev().take(limit).copied());
            }
        }
        found.into_iter().rev().take(limit).collect()
    }

    pub(crate) fn has(&self, term: &Term, position: Position) -> bool {
        let state = self.state();
        [&state.newer, &state.older].into_iter().any(|terms| {
            terms.positions.get(term).is_some_and(|positions| positions.contains(&position))
        })
    }

    /// The next term of a kind in the order of values.
    pub(crate) fn next(&self, kind: TermKind, value: &str) -> Option<String> {
        let last = Term::stored(kind, value.to_owned());
        let state = self.state();
        let next = |terms: &Terms| {
            let (next, _) =
                terms.positions.range::<Term, _>((Excluded(&last), Unbounded)).next()?;
            (next.kind() == kind).then(|| next.value().to_owned())
        };
        [&state.newer, &state.older].into_iter().filter_map(next).min()
    }

    /// What another thread left half done is noticed by the end of the chain.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn load(connection: &mut AnyConnection, head: Head) -> QueryResult<State> {
        let mut waiting = Vec::new();
        let mut next = n_indexed(head.sequence).saturating_add(1);
        while next <= head.sequence {
            let rows = event::page_from(connection, next, PAGE)?;
            let Some(last) = rows.last() else { break };
            let raws = raw_message::range(connection, next, last.sequence)?;
            let mut raws: BTreeMap<i64, Vec<u8>> = raws.into_iter().collect();
            next = last.sequence.saturating_add(1);
            for row in &rows {
                let Some(raw) = raws.remove(&row.sequence) else { continue };
                let Extract { event_time, terms, .. } = Extract::of(&raw);
                let event_time = event_time.unwrap_or(row.received_at);
                if is_indexed_at_once(terms.len()) {
                    continue;
                }
                let position = Position { event_time, sequence: row.sequence };
                let entry = |term| Entry { term: Arc::new(term), position };
                waiting.extend(terms.into_iter().map(entry));
            }
        }
        let mut newer = Terms::default();
        newer.add(&waiting);
        Ok(State { head, waiting, newer, older: Terms::default() })
    }

    fn add(&mut self, head: Head, entries: Vec<Entry>) -> Vec<Entry> {
        self.head = head;
        self.newer.add(&entries);
        self.waiting.extend(entries);
        let n_indexed = n_indexed(head.sequence);
        let n_due = self.waiting.partition_point(|entry| entry.position.sequence <= n_indexed);
        let waiting = self.waiting.split_off(n_due);
        let due = std::mem::replace(&mut self.waiting, waiting);
        if !due.is_empty() && self.newer.n_entries > MAX_ENTRIES {
            let mut newer = Terms::default();
            newer.add(&self.waiting);
            self.older = std::mem::replace(&mut self.newer, newer);
        }
        due
    }
}

impl Terms {
    fn add(&mut self, entries: &[Entry]) {
        for Entry { term, position } in entries {
            self.positions.entry(Arc::clone(term)).or_default().insert(*position);
        }
        self.n_entries = self.n_entries.saturating_add(entries.len());
    }
}

impl Default for RecentTerms {
    /// Of an empty store.
    fn default() -> RecentTerms {
        let (newer, older) = (Terms::default(), Terms::default());
        RecentTerms(Mutex::new(State { head: BEGINNING, waiting: Vec::new(), newer, older }))
    }
}

/// A range of a set must not end before it begins.
fn is_empty(first: std::ops::Bound<Position>, end: std::ops::Bound<Position>) -> bool {
    matches!((first, end), (Included(first), Excluded(end)) if end <= first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_never_loses_a_record_and_lacks_few() {
        let mut before = 0;
        for n_records in 0..200_000 {
            let n_indexed = n_indexed(n_records);
            let n_waiting = n_records - n_indexed;
            assert!(before <= n_indexed && n_indexed <= n_records, "{n_records}");
            assert!(n_waiting <= n_records / MIN_BLOCKS && n_waiting < MAX_BLOCK, "{n_records}");
            before = n_indexed;
        }
        assert_eq!(n_indexed(31), 31);
        assert_eq!(n_indexed(1_000_001), 999_424);
    }
}

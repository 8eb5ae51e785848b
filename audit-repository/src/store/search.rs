//! Reading records: pages of a search, newest first, and single records.
//!
//! | asked for | index |
//! |---|---|
//! | a patient, a participant, an object | `event_term`, one range of its key per term, and [`RecentTerms`] |
//! | neither | `event_by_time` |
//! | time, with any of these | a part of the same range |
//! | event, type, action, outcome, source | none: compared, row by row, in the order of the page |
//!
//! What is only compared may be rare: a search looks at so many rows, and then says where to go on.

use std::collections::BTreeSet;

use diesel::prelude::*;
use store::AnyConnection;

use super::event::EventRow;
use super::raw_message;
use super::recent::RecentTerms;
use super::schema::{event, event_term};
use crate::extract::{Term, audit_message};

/// Rows that are read at once.
const BLOCK: usize = 200;

/// What is asked for; all of it must hold.
#[derive(Clone, Debug, Default)]
pub struct EventSearch {
    /// Groups of alternatives: of each group, one term at least is named by the record.
    pub terms: Vec<Vec<Term>>,
    /// Event time from this on, in microseconds since 1970, UTC.
    pub from: Option<i64>,
    /// Event time before this.
    pub before: Option<i64>,
    /// EventID codes, one of them.
    pub event_ids: Vec<String>,
    /// EventTypeCode codes, one of them.
    pub event_types: Vec<String>,
    /// EventActionCodes, one of them.
    pub actions: Vec<String>,
    /// EventOutcomeIndicators, one of them.
    pub outcomes: Vec<i16>,
    /// AuditSourceIDs, one of them; what is no audit message has its sender for one.
    pub source_ids: Vec<String>,
    /// No record behind this one.
    pub last_sequence: Option<i64>,
}

/// A place in the order of events; a page begins behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Microseconds since 1970, UTC.
    pub event_time: i64,
    pub sequence: i64,
}

impl Position {
    /// Before all records of this time.
    pub(crate) fn first_of(event_time: i64) -> Position {
        Position { event_time, sequence: i64::MIN }
    }
}

/// Bounds of one page.
#[derive(Clone, Copy, Debug)]
pub struct PageLimits {
    pub records: usize,
    /// Rows that are looked at.
    pub rows: usize,
}

/// Records, newest first.
pub struct Page {
    pub records: Vec<EventRow>,
    /// Where to go on; `None` at the end. A page may be short, or empty, and not be the last.
    pub next: Option<Position>,
}

/// One page of a search: behind `after`, newest first.
///
/// # Errors
/// Those of the database.
pub fn page(
    connection: &mut AnyConnection,
    recent: &RecentTerms,
    search: &EventSearch,
    after: Option<Position>,
    limits: PageLimits,
) -> QueryResult<Page> {
    let mut page = Page { records: Vec::new(), next: None };
    let mut place = after;
    let mut n_rows: usize = 0;
    while n_rows < limits.rows {
        let block = BLOCK.min(limits.rows.saturating_sub(n_rows)).min(block_for(search, limits));
        let positions = positions(connection, (recent, search), place, block)?;
        n_rows = n_rows.saturating_add(positions.len());
        let is_last = positions.len() < block;
        for row in rows(connection, &positions)? {
            if page.records.len() == limits.records {
                page.next = place;
                return Ok(page);
            }
            place =
                row.event_time.map(|time| Position { event_time: time, sequence: row.sequence });
            if search.admits(&row) && names_all(connection, (recent, search), &row)? {
                page.records.push(row);
            }
        }
        if is_last {
            return Ok(page);
        }
        place = positions.last().copied();
    }
    page.next = place;
    Ok(page)
}

/// Where nothing is compared, each row is a record: no more are read than are wanted, and one.
fn block_for(search: &EventSearch, limits: PageLimits) -> usize {
    if search.compares() { BLOCK } else { limits.records.saturating_add(1).max(1) }
}

/// How many records a search has, counted up to `limit`.
///
/// # Errors
/// Those of the database.
pub fn count(
    connection: &mut AnyConnection,
    recent: &RecentTerms,
    search: &EventSearch,
    limit: usize,
) -> QueryResult<usize> {
    let mut n_found: usize = 0;
    let mut after = None;
    loop {
        let limits = PageLimits { records: BLOCK, rows: limit.max(BLOCK) };
        let found = page(connection, recent, search, after, limits)?;
        n_found = n_found.saturating_add(found.records.len());
        after = found.next;
        if after.is_none() || n_found >= limit {
            return Ok(n_found.min(limit));
        }
    }
}

/// A record with its message.
pub struct StoredEvent {
    pub row: EventRow,
    /// `None` if retention has dropped it.
    pub raw: Option<Vec<u8>>,
}

impl StoredEvent {
    /// The audit message, if the bytes are there and are one.
    #[must_use]
    pub fn message(&self) -> Option<atna::AuditMessage> {
        self.raw.as_deref().and_then(audit_message)
    }
}

/// One record with its message.
///
/// # Errors
/// Those of the database.
pub fn stored_event(
    connection: &mut AnyConnection,
    sequence: i64,
) -> QueryResult<Option<StoredEvent>> {
    let Some(row) = super::event::find(connection, sequence)? else { return Ok(None) };
    let raw = raw_message::find(connection, sequence)?;
    Ok(Some(StoredEvent { row, raw }))
}

impl EventSearch {
    fn compares(&self) -> bool {
        let is_compared = |list: &[String]| !list.is_empty();
        self.terms.len() > 1
            || is_compared(&self.event_ids)
            || is_compared(&self.event_types)
            || is_compared(&self.actions)
            || is_compared(&self.source_ids)
            || !self.outcomes.is_empty()
    }

    fn admits(&self, row: &EventRow) -> bool {
        let one_of = |list: &[String], value: &Option<String>| {
            list.is_empty() || value.as_ref().is_some_and(|value| list.contains(value))
        };
        let types = row.event_types.as_deref().unwrap_or_default();
        let has_type = |code: &String| types.contains(&format!("|{code}|"));
        one_of(&self.event_ids, &row.event_id)
            && one_of(&self.actions, &row.action)
            && (self.source_ids.is_empty()
                || self.source_ids.contains(row.source_id.as_ref().unwrap_or(&row.sender)))
            && self.last_sequence.is_none_or(|last| row.sequence <= last)
            && (self.event_types.is_empty() || self.event_types.iter().any(has_type))
            && (self.outcomes.is_empty()
                || row.outcome.is_some_and(|outcome| self.outcomes.contains(&outcome)))
    }
}

/// The next places, newest first: of the first group of terms, or of all events.
fn positions(
    connection: &mut AnyConnection,
    (recent, search): (&RecentTerms, &EventSearch),
    after: Option<Position>,
    limit: usize,
) -> QueryResult<Vec<Position>> {
    let Some(alternatives) = search.terms.first() else {
        return by_time(connection, search, after, limit);
    };
    // The newest of each alternative; what is among the newest of all is among them.
    let mut found = BTreeSet::new();
    for term in alternatives {
        found.extend(by_term(connection, (term, search), after, limit)?);
        // Only now: what goes from there into the table is in one of them at least.
        found.extend(recent.positions(term, (search.from, search.before), after, limit));
    }
    Ok(found.into_iter().rev().take(limit).collect())
}

fn by_time(
    connection: &mut AnyConnection,
    search: &EventSearch,
    after: Option<Position>,
    limit: usize,
) -> QueryResult<Vec<Position>> {
    let mut query = event::table
        .filter(event::event_time.is_not_null())
        .select((event::event_time.assume_not_null(), event::sequence))
        .into_boxed();
    if let Some(from) = search.from {
        query = query.filter(event::event_time.ge(from));
    }
    if let Some(before) = search.before {
        query = query.filter(event::event_time.lt(before));
    }
    if let Some(Position { event_time, sequence }) = after {
        query = query
            .filter(event::event_time.le(event_time))
            .filter(event::event_time.lt(event_time).or(event::sequence.lt(sequence)));
    }
    let query = query.order((event::event_time.desc(), event::sequence.desc()));
    let rows: Vec<(i64, i64)> = query.limit(bound(limit)).load(connection)?;
    Ok(rows.into_iter().map(position).collect())
}

fn by_term(
    connection: &mut AnyConnection,
    (term, search): (&Term, &EventSearch),
    after: Option<Position>,
    limit: usize,
) -> QueryResult<Vec<Position>> {
    let mut query = event_term::table
        .filter(event_term::kind.eq(term.kind().number()))
        .filter(event_term::value.eq(term.value()))
        .select((event_term::event_time, event_term::sequence))
        .into_boxed();
    if let Some(from) = search.from {
        query = query.filter(event_term::event_time.ge(from));
    }
    if let Some(before) = search.before {
        query = query.filter(event_term::event_time.lt(before));
    }
    if let Some(Position { event_time, sequence }) = after {
        query = query
            .filter(event_term::event_time.le(event_time))
            .filter(event_term::event_time.lt(event_time).or(event_term::sequence.lt(sequence)));
    }
    let query = query.order((event_term::event_time.desc(), event_term::sequence.desc()));
    let rows: Vec<(i64, i64)> = query.limit(bound(limit)).load(connection)?;
    Ok(rows.into_iter().map(position).collect())
}

fn position((event_time, sequence): (i64, i64)) -> Position {
    Position { event_time, sequence }
}

fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The rows of these places, in their order.
fn rows(connection: &mut AnyConnection, positions: &[Position]) -> QueryResult<Vec<EventRow>> {
    let sequences = positions.iter().map(|position| position.sequence);
    let mut rows: Vec<EventRow> = event::table
        .filter(event::sequence.eq_any(sequences))
        .filter(event::event_time.is_not_null())
        .select(EventRow::as_select())
        .load(connection)?;
    rows.sort_by_key(|row| std::cmp::Reverse((row.event_time, row.sequence)));
    Ok(rows)
}

/// Whether the record is named by a term of each further group.
fn names_all(
    connection: &mut AnyConnection,
    (recent, search): (&RecentTerms, &EventSearch),
    row: &EventRow,
) -> QueryResult<bool> {
    let Some(event_time) = row.event_time else { return Ok(false) };
    for alternatives in search.terms.iter().skip(1) {
        let mut is_named = false;
        for term in alternatives {
            is_named = is_named
                || super::term::exists(connection, (term, event_time, row.sequence))?
                || recent.has(term, Position { event_time, sequence: row.sequence });
        }
        if !is_named {
            return Ok(false);
        }
    }
    Ok(true)
}

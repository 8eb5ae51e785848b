//! One page of ITI-81: from the index to the records with their texts, within bounds.

use diesel::QueryResult;
use store::AnyConnection;

use super::query::{Query, Wanted};
use crate::extract::Term;
use crate::store::recent::RecentTerms;
use crate::store::search::{EventSearch, Page, PageLimits, Position, StoredEvent, page};
use crate::store::{event, raw_message, term};

/// Rows that one look into the index reads at most, and looks per page: what is rare is found in several pages,
/// each of which ends in time.
const ROWS: usize = 2_000;
const LOOKS: usize = 10;

/// Rows of one look where each text must be read.
const TEXTS: usize = 500;

/// Bytes of texts after which a page ends: one message may have 1 MiB.
const PAGE_BYTES: usize = 8 << 20;

/// Up to which number the records of a search are counted.
const COUNTED: usize = 10_000;

/// Authorities that are tried for a patient number without one.
const MAX_AUTHORITIES: usize = 100;

/// The records of a page with their texts, newest first.
pub struct Found {
    pub records: Vec<StoredEvent>,
    /// Where to go on.
    pub next: Option<Position>,
}

/// A search as the index takes it.
pub struct Resolved<'a> {
    recent: &'a RecentTerms,
    search: EventSearch,
}

impl<'a> Resolved<'a> {
    /// Looks up whom numbers without an authority mean, and bounds the search to the records up to
    /// `last_sequence`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn new(
        connection: &mut AnyConnection,
        recent: &'a RecentTerms,
        query: &Query,
        last_sequence: i64,
    ) -> QueryResult<Resolved<'a>> {
        let mut search = query.search.clone();
        search.last_sequence = Some(last_sequence);
        // The first group is the one that the index serves: whoever has fewest events.
        for group in query.patients.iter().chain(&query.entities).chain(&query.agents) {
            let mut terms = Vec::new();
            for wanted in group {
                terms.extend(resolve(connection, recent, wanted)?);
            }
            search.terms.push(terms);
        }
        Ok(Resolved { recent, search })
    }

    /// The page behind `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn page(
        &self,
        connection: &mut AnyConnection,
        query: &Query,
        after: Option<Position>,
    ) -> QueryResult<Found> {
        let mut found = Found { records: Vec::new(), next: after };
        let mut n_bytes: usize = 0;
        for _look in 0..LOOKS {
            let missing = query.count.saturating_sub(found.records.len());
            let limits = match query.conditions.is_empty() {
                true => PageLimits { records: missing, rows: ROWS },
                false => PageLimits { records: TEXTS, rows: TEXTS },
            };
            let Page { records, next } =
                page(connection, self.recent, &self.search, found.next, limits)?;
            let mut rows = records.into_iter().peekable();
            while let Some(row) = rows.next() {
                let place = row
                    .event_time
                    .map(|event_time| Position { event_time, sequence: row.sequence });
                let raw = raw_message::find(connection, row.sequence)?;
                let stored = StoredEvent { row, raw };
                if !admits(query, &stored) {
                    continue;
                }
                n_bytes = n_bytes.saturating_add(stored.raw.as_ref().map_or(0, Vec::len));
                found.records.push(stored);
                let is_full = found.records.len() >= query.count || n_bytes >= PAGE_BYTES;
                if is_full {
                    found.next = place.filter(|_| rows.peek().is_some() || next.is_some());
                    return Ok(found);
                }
            }
            found.next = next;
            if next.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// How many records the search has; `None` if they cannot be counted in time.
    ///
    /// # Errors
    /// Those of the database.
    pub fn total(
        &self,
        connection: &mut AnyConnection,
        query: &Query,
    ) -> QueryResult<Option<usize>> {
        if !query.conditions.is_empty() {
            return Ok(None);
        }
        let (mut n_found, mut after) = (0_usize, None);
        for _look in 0..LOOKS {
            let limits = PageLimits { records: ROWS, rows: ROWS };
            let Page { records, next } =
                page(connection, self.recent, &self.search, after, limits)?;
            n_found = n_found.saturating_add(records.len());
            match next {
                None => return Ok(Some(n_found)),
                Some(_) if n_found >= COUNTED => return Ok(None),
                next => after = next,
            }
        }
        Ok(None)
    }

    /// Patients who are named, as the index has them: for the record of the question.
    pub fn patients(&self) -> impl Iterator<Item = &str> {
        let terms = self.search.terms.iter().flatten();
        let patients = terms.filter(|term| term.kind() == crate::extract::TermKind::Patient);
        patients.map(Term::value)
    }
}

/// The newest record: what comes later is not on any page of a search that begins now.
///
/// # Errors
/// Those of the database.
pub fn last_sequence(connection: &mut AnyConnection) -> QueryResult<i64> {
    Ok(event::head(connection)?.sequence)
}

fn resolve(
    connection: &mut AnyConnection,
    recent: &RecentTerms,
    wanted: &Wanted,
) -> QueryResult<Vec<Term>> {
    match wanted {
        Wanted::Term(term) => Ok(vec![term.clone()]),
        Wanted::PatientNumber(number) => {
            let mut terms = vec![Term::patient(number)];
            terms.extend(term::patients_numbered(connection, recent, number, MAX_AUTHORITIES)?);
            Ok(terms)
        }
    }
}

fn admits(query: &Query, stored: &StoredEvent) -> bool {
    if query.conditions.is_empty() {
        return true;
    }
    let message = stored.message();
    message.is_some_and(|it| query.conditions.iter().all(|condition| condition.admits(&it)))
}

//! Table `event`: the records and their chain.

use std::collections::BTreeSet;
use std::sync::Arc;

use diesel::prelude::*;
use store::AnyConnection;

use super::recent::{Entry, RecentTerms, is_indexed_at_once};
use super::schema::event;
use super::search::Position;
use super::{ROWS_PER_STATEMENT, raw_message, term};
use crate::chain::{BEGINNING, Hash, Head, Link, Transport, digest};
use crate::extract::{Extract, Term, VERSION, identifies_itself};

/// A message on its way into the store: everything that needs no database has been done.
pub struct Arrival {
    /// Microseconds since 1970, UTC.
    pub received_at: i64,
    pub transport: Transport,
    pub sender: String,
    pub peer: String,
    pub raw: Vec<u8>,
    raw_sha256: Hash,
    /// Without its terms.
    extract: Extract,
    terms: Vec<Arc<Term>>,
    /// Whether the same bytes once more are the same record.
    identifies_itself: bool,
}

impl Arrival {
    /// Digests and reads the message.
    #[must_use]
    pub fn new(
        received_at: i64,
        transport: Transport,
        (sender, peer): (&str, &str),
        raw: Vec<u8>,
    ) -> Arrival {
        let mut extract = Extract::of(&raw);
        let terms = std::mem::take(&mut extract.terms).into_iter().map(Arc::new).collect();
        Arrival {
            received_at,
            transport,
            // PostgreSQL has no NUL in texts.
            sender: sender.replace('\0', " "),
            peer: peer.to_owned(),
            raw_sha256: digest(&raw),
            extract,
            terms,
            // Only over TLS does a sender resend what was not acknowledged.
            identifies_itself: transport == Transport::Tls && identifies_itself(&raw),
            raw,
        }
    }

    fn event_time(&self) -> i64 {
        self.extract.event_time.unwrap_or(self.received_at)
    }

    fn link(&self) -> Link<'_> {
        Link {
            received_at: self.received_at,
            transport: i16::from(self.transport.number()),
            sender: &self.sender,
            peer: &self.peer,
            raw_sha256: &self.raw_sha256,
        }
    }

    fn row(&self, head: &Head) -> NewEvent {
        let extract = self.extract.clone();
        NewEvent {
            sequence: head.sequence,
            received_at: self.received_at,
            transport: i16::from(self.transport.number()),
            sender: self.sender.clone(),
            peer: self.peer.clone(),
            raw_sha256: self.raw_sha256.to_vec(),
            hash: head.hash.to_vec(),
            extraction: VERSION,
            flags: extract.flags,
            event_time: Some(self.event_time()),
            raw_key: Some(raw_key(&self.raw_sha256)),
            event_id: extract.event_id,
            event_types: extract.event_types,
            action: extract.action,
            outcome: extract.outcome,
            source_id: extract.source_id,
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = event)]
#[diesel(treat_none_as_default_value = false)]
struct NewEvent {
    sequence: i64,
    received_at: i64,
    transport: i16,
    sender: String,
    peer: String,
    raw_sha256: Vec<u8>,
    hash: Vec<u8>,
    extraction: i16,
    flags: i16,
    event_time: Option<i64>,
    raw_key: Option<i64>,
    event_id: Option<String>,
    event_types: Option<String>,
    action: Option<String>,
    outcome: Option<i16>,
    source_id: Option<String>,
}

/// A record as it stands in the table, whatever stands there.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = event)]
pub struct EventRow {
    pub sequence: i64,
    /// Microseconds since 1970, UTC.
    pub received_at: i64,
    pub transport: i16,
    pub sender: String,
    pub peer: String,
    pub raw_sha256: Vec<u8>,
    pub hash: Vec<u8>,
    pub extraction: i16,
    pub flags: i16,
    /// Microseconds since 1970, UTC; `None` after retention.
    pub event_time: Option<i64>,
    pub raw_key: Option<i64>,
    pub event_id: Option<String>,
    /// Codes, each between bars.
    pub event_types: Option<String>,
    pub action: Option<String>,
    pub outcome: Option<i16>,
    pub source_id: Option<String>,
}

impl EventRow {
    pub(crate) fn link(&self) -> Link<'_> {
        Link {
            received_at: self.received_at,
            transport: self.transport,
            sender: &self.sender,
            peer: &self.peer,
            raw_sha256: &self.raw_sha256,
        }
    }
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    pub n_stored: u64,
    /// Messages that were there already, byte for byte, and say so themselves.
    pub n_duplicates: u64,
    pub head: Head,
}

/// Appends messages to the chain, in their order; the caller's transaction decides whether they stay.
///
/// # Errors
/// Those of the database; a unique violation if another process appended to the same chain.
pub fn append(
    connection: &mut AnyConnection,
    recent: &RecentTerms,
    arrivals: &[Arrival],
) -> QueryResult<Appended> {
    let before = head(connection)?;
    let mut end = before;
    let mut in_batch = BTreeSet::new();
    let (mut rows, mut raws) = (Vec::new(), Vec::new());
    let (mut entries, mut at_once) = (Vec::new(), Vec::new());
    let mut n_duplicates: u64 = 0;
    for arrival in arrivals {
        if arrival.identifies_itself
            && (!in_batch.insert(arrival.raw_sha256) || is_stored(connection, arrival)?)
        {
            n_duplicates = n_duplicates.saturating_add(1);
            continue;
        }
        end = end.next(&arrival.link());
        rows.push(arrival.row(&end));
        raws.push((end.sequence, arrival.raw.as_slice()));
        let position = Position { event_time: arrival.event_time(), sequence: end.sequence };
        let entry = |term: &Arc<Term>| Entry { term: Arc::clone(term), position };
        let is_at_once = is_indexed_at_once(arrival.terms.len());
        let into = if is_at_once { &mut at_once } else { &mut entries };
        into.extend(arrival.terms.iter().map(entry));
    }
    let n_stored = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    insert(connection, rows)?;
    raw_message::insert(connection, &raws)?;
    at_once.sort_unstable();
    term::insert(connection, &at_once)?;
    let due = recent.add(connection, (&before, &end), entries)?;
    term::insert(connection, &due)?;
    Ok(Appended { n_stored, n_duplicates, head: end })
}

fn insert(connection: &mut AnyConnection, rows: Vec<NewEvent>) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(connection) => rows.into_iter().try_for_each(|row| {
            diesel::insert_into(event::table).values(row).execute(connection).map(drop)
        }),
        AnyConnection::Postgres(connection) => {
            let mut rows = rows.into_iter().peekable();
            while rows.peek().is_some() {
                let rows: Vec<NewEvent> = rows.by_ref().take(ROWS_PER_STATEMENT).collect();
                diesel::insert_into(event::table).values(rows).execute(connection)?;
            }
            Ok(())
        }
    }
}

/// The index leads to records of the same time with the same first bytes of the digest: one, as a rule. No
/// limit: SQLite plans a statement with a bound limit anew each time, and this is asked for each record.
fn is_stored(connection: &mut AnyConnection, arrival: &Arrival) -> QueryResult<bool> {
    let digests: Vec<Vec<u8>> = event::table
        .filter(event::event_time.eq(arrival.event_time()))
        .filter(event::raw_key.eq(raw_key(&arrival.raw_sha256)))
        .select(event::raw_sha256)
        .load(connection)?;
    Ok(digests.iter().any(|digest| *digest == arrival.raw_sha256))
}

pub(crate) fn raw_key(sha256: &[u8]) -> i64 {
    let first = sha256.first_chunk::<8>().copied().unwrap_or_default();
    i64::from_be_bytes(first)
}

/// The end of the chain.
///
/// # Errors
/// Those of the database.
pub fn head(connection: &mut AnyConnection) -> QueryResult<Head> {
    let last: Option<(i64, Vec<u8>)> = event::table
        .select((event::sequence, event::hash))
        .order(event::sequence.desc())
        .first(connection)
        .optional()?;
    let Some((sequence, hash)) = last else { return Ok(BEGINNING) };
    // A hash of another length is no hash: the next record follows from nothing, and verify says so.
    Ok(Head { sequence, hash: hash.try_into().unwrap_or_default() })
}

/// Records from `first` on, ascending, at most `limit`.
///
/// # Errors
/// Those of the database.
pub fn page_from(
    connection: &mut AnyConnection,
    first: i64,
    limit: i64,
) -> QueryResult<Vec<EventRow>> {
    event::table
        .filter(event::sequence.ge(first))
        .select(EventRow::as_select())
        .order(event::sequence.asc())
        .limit(limit)
        .load(connection)
}

/// One record.
///
/// # Errors
/// Those of the database.
pub fn find(connection: &mut AnyConnection, sequence: i64) -> QueryResult<Option<EventRow>> {
    event::table.find(sequence).select(EventRow::as_select()).first(connection).optional()
}

/// Which records of `first..=last` have lost what was extracted from their texts.
///
/// # Errors
/// Those of the database.
pub(crate) fn stripped(
    connection: &mut AnyConnection,
    first: i64,
    last: i64,
) -> QueryResult<BTreeSet<i64>> {
    let sequences: Vec<i64> = event::table
        .filter(event::sequence.between(first, last))
        .filter(event::event_time.is_null())
        .select(event::sequence)
        .load(connection)?;
    Ok(sequences.into_iter().collect())
}

/// Takes everything out of a record that was extracted from its text.
///
/// # Errors
/// Those of the database.
pub(crate) fn strip(connection: &mut AnyConnection, sequence: i64) -> QueryResult<()> {
    diesel::update(event::table.find(sequence))
        .set((
            event::flags.eq(0),
            event::event_time.eq(None::<i64>),
            event::raw_key.eq(None::<i64>),
            event::event_id.eq(None::<String>),
            event::event_types.eq(None::<String>),
            event::action.eq(None::<String>),
            event::outcome.eq(None::<i16>),
            event::source_id.eq(None::<String>),
        ))
        .execute(connection)
        .map(drop)
}

/// The records that may lose their text: from the oldest that has one to the last before the first that was
/// received at `received_before` or later. `None` if nothing but acts of retention is there.
///
/// # Errors
/// Those of the database.
pub(crate) fn old_range(
    connection: &mut AnyConnection,
    received_before: i64,
) -> QueryResult<Option<(i64, i64)>> {
    let mut first = None;
    let mut last = 0;
    let mut next = super::raw_message::first_after(connection, 0)?;
    while let Some(sequence) = next {
        let Some(row) = find(connection, sequence)? else { break };
        if row.received_at >= received_before {
            break;
        }
        if !crate::retention::is_act(&row) {
            first = first.or(Some(sequence));
            last = sequence;
        }
        if first.is_some() {
            last = last_before(connection, sequence, received_before)?.max(last);
            break;
        }
        next = super::raw_message::first_after(connection, sequence)?;
    }
    Ok(first.map(|first| (first, last)))
}

/// The last record behind `sequence` before the first young one.
fn last_before(
    connection: &mut AnyConnection,
    sequence: i64,
    received_before: i64,
) -> QueryResult<i64> {
    let young: Option<i64> = event::table
        .filter(event::sequence.gt(sequence))
        .filter(event::received_at.ge(received_before))
        .select(event::sequence)
        .order(event::sequence.asc())
        .first(connection)
        .optional()?;
    match young {
        Some(young) => Ok(young.saturating_sub(1)),
        None => Ok(head(connection)?.sequence),
    }
}

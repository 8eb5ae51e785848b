//! Table `event_term`: by whom and what records are found.

use diesel::prelude::*;
use store::AnyConnection;

use super::ROWS_PER_STATEMENT;
use super::recent::{Entry, RecentTerms};
use super::schema::event_term;
use crate::extract::{Term, TermKind};

/// A row: term, event time in microseconds, sequence.
pub(crate) type Row<'a> = (&'a Term, i64, i64);

/// Rows of one statement on SQLite, which is prepared once: it saves most of a row's cost.
const AT_ONCE: usize = 8;

/// Adds rows to the index, unless they are there. In the order of the key they meet each page once.
///
/// # Errors
/// Those of the database.
pub(crate) fn insert(connection: &mut AnyConnection, rows: &[Entry]) -> QueryResult<()> {
    let row = |Entry { term, position }: &Entry| {
        (
            event_term::kind.eq(term.kind().number()),
            event_term::value.eq(term.value().to_owned()),
            event_term::event_time.eq(position.event_time),
            event_term::sequence.eq(position.sequence),
        )
    };
    let table = event_term::table;
    match connection {
        AnyConnection::Sqlite(connection) => {
            let (whole, rest) = rows.as_chunks::<AT_ONCE>();
            for rows in whole {
                let rows = rows.each_ref().map(row);
                diesel::insert_or_ignore_into(table).values(rows).execute(connection)?;
            }
            for rest in rest {
                diesel::insert_or_ignore_into(table).values(row(rest)).execute(connection)?;
            }
            Ok(())
        }
        AnyConnection::Postgres(connection) => {
            for rows in rows.chunks(ROWS_PER_STATEMENT) {
                let rows: Vec<_> = rows.iter().map(row).collect();
                let statement = diesel::insert_into(table).values(rows);
                statement.on_conflict_do_nothing().execute(connection)?;
            }
            Ok(())
        }
    }
}

/// Removes the rows of one record; whatever is not there is gone already.
///
/// # Errors
/// Those of the database.
pub(crate) fn remove(connection: &mut AnyConnection, rows: &[Row<'_>]) -> QueryResult<()> {
    for (term, event_time, sequence) in rows {
        let key = (term.kind().number(), term.value(), *event_time, *sequence);
        diesel::delete(event_term::table.find(key)).execute(connection)?;
    }
    Ok(())
}

/// A row as it stands in the table, whatever its kind.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = event_term)]
pub(crate) struct StoredRow {
    pub(crate) kind: i16,
    pub(crate) value: String,
    pub(crate) event_time: i64,
    pub(crate) sequence: i64,
}

/// Rows behind `last` in the order of the key.
///
/// # Errors
/// Those of the database.
pub(crate) fn page_behind(
    connection: &mut AnyConnection,
    last: Option<&StoredRow>,
    limit: i64,
) -> QueryResult<Vec<StoredRow>> {
    use event_term::{event_time, kind, sequence, value};
    let mut query = event_term::table.select(StoredRow::as_select()).into_boxed();
    if let Some(last) = last {
        // As a row comparison would be, each part of which the key serves.
        query = query.filter(
            kind.gt(last.kind)
                .or(kind.eq(last.kind).and(value.gt(last.value.clone())))
                .or(kind
                    .eq(last.kind)
                    .and(value.eq(last.value.clone()))
                    .and(event_time.gt(last.event_time)))
                .or(kind
                    .eq(last.kind)
                    .and(value.eq(last.value.clone()))
                    .and(event_time.eq(last.event_time))
                    .and(sequence.gt(last.sequence))),
        );
        query = query.filter(kind.ge(last.kind));
    }
    query
        .order((kind.asc(), value.asc(), event_time.asc(), sequence.asc()))
        .limit(limit)
        .load(connection)
}

/// Whether a row stands in the table.
///
/// # Errors
/// Those of the database.
pub(crate) fn exists(
    connection: &mut AnyConnection,
    (term, event_time, sequence): Row<'_>,
) -> QueryResult<bool> {
    let key = (term.kind().number(), term.value(), event_time, sequence);
    let found: Option<i64> =
        event_term::table.find(key).select(event_term::sequence).first(connection).optional()?;
    Ok(found.is_some())
}

/// The authorities under which a patient number without one occurs, as terms, at most `limit`.
///
/// # Errors
/// Those of the database.
pub fn patients_numbered(
    connection: &mut AnyConnection,
    recent: &RecentTerms,
    id: &str,
    limit: usize,
) -> QueryResult<Vec<Term>> {
    let prefix = format!("{id}^");
    let mut terms = Vec::new();
    let mut last = prefix.clone();
    while terms.len() < limit {
        // From one value to the next, whatever number of records has each.
        let next: Option<String> = event_term::table
            .filter(event_term::kind.eq(TermKind::Patient.number()))
            .filter(event_term::value.gt(&last))
            .select(event_term::value)
            .order(event_term::value.asc())
            .first(connection)
            .optional()?;
        let next = next.into_iter().chain(recent.next(TermKind::Patient, &last)).min();
        let Some(next) = next.filter(|next| next.starts_with(&prefix)) else { break };
        last.clone_from(&next);
        terms.push(Term::stored(TermKind::Patient, next));
    }
    Ok(terms)
}

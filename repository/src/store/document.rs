//! Table `document`.

use diesel::prelude::*;
use policy::Permit;
use store::AnyConnection;

diesel::table! {
    document (document_no) {
        document_no -> BigInt,
        unique_id -> Text,
        mime_type -> Text,
        sha1 -> Binary,
        sha256 -> Binary,
        size -> BigInt,
        submission_set_id -> Text,
        patient_id -> Text,
        state -> SmallInt,
        stored_at -> BigInt,
    }
}

/// How the submission that brought a document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The registry has been asked and has not answered yet.
    Sent,
    Registered,
    /// The registry may or may not have registered it: it did not answer in a way that tells.
    InDoubt,
}

impl State {
    const fn number(self) -> i16 {
        match self {
            State::Sent => 0,
            State::Registered => 1,
            State::InDoubt => 2,
        }
    }
}

/// A document to be stored; its bytes are in the content-addressed store already.
#[derive(Clone, Debug)]
pub struct NewDocument {
    pub unique_id: String,
    pub mime_type: String,
    pub sha1: [u8; 20],
    pub sha256: [u8; 32],
    /// Bytes.
    pub size: u64,
    /// Whose it is, as CX and as submitted.
    pub patient_id: String,
}

/// A document as ITI-43 needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDocument {
    pub mime_type: String,
    pub sha256: [u8; 32],
    /// Bytes.
    pub size: u64,
    /// Whose it was when it was submitted, as CX. For the audit trail only: the registry knows whose it is.
    pub patient_id: String,
}

/// The rows of one submission, in the order of its documents.
pub type DocumentNumbers = Vec<i64>;

/// Stores the documents of one submission in state [`State::Sent`].
///
/// # Errors
/// Those of the database.
pub fn insert(
    connection: &mut AnyConnection,
    _permit: &Permit,
    (submission_set_id, stored_at): (&str, i64),
    documents: &[NewDocument],
) -> QueryResult<DocumentNumbers> {
    let last: Option<i64> =
        document::table.select(diesel::dsl::max(document::document_no)).get_result(connection)?;
    let mut number = last.unwrap_or(0);
    let mut numbers = Vec::with_capacity(documents.len());
    for new in documents {
        number = number.saturating_add(1);
        diesel::insert_into(document::table)
            .values((
                document::document_no.eq(number),
                document::unique_id.eq(&new.unique_id),
                document::mime_type.eq(&new.mime_type),
                document::sha1.eq(new.sha1.to_vec()),
                document::sha256.eq(new.sha256.to_vec()),
                document::size.eq(i64::try_from(new.size).unwrap_or(i64::MAX)),
                document::submission_set_id.eq(submission_set_id),
                document::patient_id.eq(&new.patient_id),
                document::state.eq(State::Sent.number()),
                document::stored_at.eq(stored_at),
            ))
            .execute(connection)?;
        numbers.push(number);
    }
    Ok(numbers)
}

/// Sets the state of the documents of one submission.
///
/// # Errors
/// Those of the database.
pub fn set_state(connection: &mut AnyConnection, numbers: &[i64], state: State) -> QueryResult<()> {
    for number in numbers {
        diesel::update(document::table.find(number))
            .set(document::state.eq(state.number()))
            .execute(connection)?;
    }
    Ok(())
}

/// Removes the rows of a submission that the registry refused and tells which bytes nobody names any more.
///
/// # Errors
/// Those of the database.
pub fn remove(connection: &mut AnyConnection, numbers: &[i64]) -> QueryResult<Vec<[u8; 32]>> {
    let mut digests: Vec<Vec<u8>> = Vec::new();
    for number in numbers {
        let sha256: Option<Vec<u8>> = document::table
            .find(number)
            .select(document::sha256)
            .get_result(connection)
            .optional()?;
        diesel::delete(document::table.find(number)).execute(connection)?;
        digests.extend(sha256);
    }
    unnamed(connection, digests)
}

/// Which of these bytes no document names.
///
/// # Errors
/// Those of the database.
pub fn unnamed(
    connection: &mut AnyConnection,
    digests: Vec<Vec<u8>>,
) -> QueryResult<Vec<[u8; 32]>> {
    let mut orphans = Vec::new();
    for sha256 in digests {
        if !is_named(connection, &sha256)? {
            orphans.extend(<[u8; 32]>::try_from(sha256));
        }
    }
    Ok(orphans)
}

/// The document with this uniqueId: the one that was stored first, so that the answer never changes.
///
/// # Errors
/// Those of the database.
pub fn find(
    connection: &mut AnyConnection,
    _permit: &Permit,
    unique_id: &str,
) -> QueryResult<Option<StoredDocument>> {
    let in_order = document::table
        .filter(document::unique_id.eq(unique_id))
        .select((document::mime_type, document::sha256, document::size, document::patient_id))
        .order(document::document_no.asc());
    // SQLite plans a statement with a bound LIMIT anew each time, and stops by itself after the row that is
    // taken; PostgreSQL would send all of them.
    let row: QueryResult<(String, Vec<u8>, i64, String)> = match connection {
        AnyConnection::Sqlite(_) => in_order.get_result(connection),
        AnyConnection::Postgres(_) => in_order.first(connection),
    };
    let row = row.optional()?;
    Ok(row.and_then(|(mime_type, sha256, size, patient_id)| {
        Some(StoredDocument {
            mime_type,
            sha256: sha256.try_into().ok()?,
            size: u64::try_from(size).ok()?,
            patient_id,
        })
    }))
}

/// SHA-1 and size of each document that is stored under this uniqueId.
///
/// # Errors
/// Those of the database.
pub fn digests(
    connection: &mut AnyConnection,
    unique_id: &str,
) -> QueryResult<Vec<(Vec<u8>, i64)>> {
    document::table
        .filter(document::unique_id.eq(unique_id))
        .select((document::sha1, document::size))
        .order(document::document_no.asc())
        .load(connection)
}

/// Puts what a crash interrupted between the two commits of ITI-41 in doubt; tells how many documents
/// are in doubt now.
///
/// # Errors
/// Those of the database.
pub fn doubt_interrupted(connection: &mut AnyConnection) -> QueryResult<usize> {
    diesel::update(document::table.filter(document::state.eq(State::Sent.number())))
        .set(document::state.eq(State::InDoubt.number()))
        .execute(connection)?;
    let n_in_doubt: i64 = document::table
        .filter(document::state.eq(State::InDoubt.number()))
        .count()
        .get_result(connection)?;
    Ok(usize::try_from(n_in_doubt).unwrap_or(usize::MAX))
}

/// Whether there are documents of which the registry was asked before a time (microseconds since 1970, UTC), and
/// how that ended was never written down.
///
/// # Errors
/// Those of the database.
pub fn is_sent_before(connection: &mut AnyConnection, time: i64) -> QueryResult<bool> {
    let first: Option<i64> = document::table
        .filter(document::state.eq(State::Sent.number()))
        .filter(document::stored_at.lt(time))
        .select(document::document_no)
        .first(connection)
        .optional()?;
    Ok(first.is_some())
}

/// Puts them in doubt.
///
/// # Errors
/// Those of the database.
pub fn doubt_sent_before(connection: &mut AnyConnection, time: i64) -> QueryResult<usize> {
    diesel::update(
        document::table
            .filter(document::state.eq(State::Sent.number()))
            .filter(document::stored_at.lt(time)),
    )
    .set(document::state.eq(State::InDoubt.number()))
    .execute(connection)
}

/// A document of which nobody knows whether it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentInDoubt {
    pub document_no: i64,
    pub unique_id: String,
    pub sha1: Vec<u8>,
    pub sha256: Vec<u8>,
    /// Microseconds since 1970, UTC.
    pub stored_at: i64,
}

/// Number, uniqueId, SHA-1, SHA-256, and a size or a time.
type AddressedRow = (i64, String, Vec<u8>, Vec<u8>, i64);

/// The first document in doubt after the one with this number.
///
/// # Errors
/// Those of the database.
pub fn next_in_doubt(
    connection: &mut AnyConnection,
    last: i64,
) -> QueryResult<Option<DocumentInDoubt>> {
    let row: Option<AddressedRow> = document::table
        .filter(document::state.eq(State::InDoubt.number()))
        .filter(document::document_no.gt(last))
        .select((
            document::document_no,
            document::unique_id,
            document::sha1,
            document::sha256,
            document::stored_at,
        ))
        .order(document::document_no.asc())
        .first(connection)
        .optional()?;
    Ok(row.map(|(document_no, unique_id, sha1, sha256, stored_at)| DocumentInDoubt {
        document_no,
        unique_id,
        sha1,
        sha256,
        stored_at,
    }))
}

/// Marks a document in doubt as registered; tells whether it still was in doubt.
///
/// Its number alone would not do: that of a row that was removed is given again.
///
/// # Errors
/// Those of the database.
pub fn settle(connection: &mut AnyConnection, doubtful: &DocumentInDoubt) -> QueryResult<bool> {
    let n_settled = diesel::update(
        document::table
            .filter(document::document_no.eq(doubtful.document_no))
            .filter(document::unique_id.eq(&doubtful.unique_id))
            .filter(document::sha256.eq(&doubtful.sha256))
            .filter(document::state.eq(State::InDoubt.number())),
    )
    .set(document::state.eq(State::Registered.number()))
    .execute(connection)?;
    Ok(n_settled > 0)
}

/// Removes the row of a document that is in doubt and not registered, and tells which bytes nobody names any
/// more. `None` if it is not in doubt any longer.
///
/// # Errors
/// Those of the database.
pub fn remove_in_doubt(
    connection: &mut AnyConnection,
    doubtful: &DocumentInDoubt,
) -> QueryResult<Option<Vec<[u8; 32]>>> {
    let n_removed = diesel::delete(
        document::table
            .filter(document::document_no.eq(doubtful.document_no))
            .filter(document::unique_id.eq(&doubtful.unique_id))
            .filter(document::sha256.eq(&doubtful.sha256))
            .filter(document::state.eq(State::InDoubt.number())),
    )
    .execute(connection)?;
    if n_removed == 0 {
        return Ok(None);
    }
    unnamed(connection, vec![doubtful.sha256.clone()]).map(Some)
}

/// A document whose bytes must be there: its submission has had its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptDocument {
    pub document_no: i64,
    pub unique_id: String,
    pub sha1: Vec<u8>,
    pub sha256: Vec<u8>,
    /// Bytes.
    pub size: i64,
}

/// Where a reading of all documents has come to: they are ordered by address, then by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub sha256: Vec<u8>,
    pub document_no: i64,
}

/// The documents after a place, registered or in doubt, at most `limit` of them.
///
/// # Errors
/// Those of the database.
pub fn kept_after(
    connection: &mut AnyConnection,
    _permit: &Permit,
    place: &Place,
    limit: i64,
) -> QueryResult<Vec<KeptDocument>> {
    // One range of the index on sha256; an OR of two ranges would be sorted anew for every piece.
    let is_behind =
        document::sha256.ne(&place.sha256).or(document::document_no.gt(place.document_no));
    let rows: Vec<AddressedRow> = document::table
        .filter(document::sha256.ge(&place.sha256))
        .filter(is_behind)
        .filter(document::state.ne(State::Sent.number()))
        .select((
            document::document_no,
            document::unique_id,
            document::sha1,
            document::sha256,
            document::size,
        ))
        .order((document::sha256.asc(), document::document_no.asc()))
        .limit(limit)
        .load(connection)?;
    let kept = rows.into_iter().map(|(document_no, unique_id, sha1, sha256, size)| KeptDocument {
        document_no,
        unique_id,
        sha1,
        sha256,
        size,
    });
    Ok(kept.collect())
}

/// How many documents from an address on are registered or in doubt.
///
/// # Errors
/// Those of the database.
pub fn count_kept(connection: &mut AnyConnection, from: &[u8]) -> QueryResult<i64> {
    document::table
        .filter(document::sha256.ge(from))
        .filter(document::state.ne(State::Sent.number()))
        .count()
        .get_result(connection)
}

/// Whether any document names these bytes.
///
/// # Errors
/// Those of the database.
pub fn is_named(connection: &mut AnyConnection, sha256: &[u8]) -> QueryResult<bool> {
    let first: Option<i64> = document::table
        .filter(document::sha256.eq(sha256))
        .select(document::document_no)
        .first(connection)
        .optional()?;
    Ok(first.is_some())
}

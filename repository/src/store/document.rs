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
}

/// A document as ITI-43 needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDocument {
    pub mime_type: String,
    pub sha256: [u8; 32],
    /// Bytes.
    pub size: u64,
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
        document::table.select(diesel::dsl::max(document::document_no)).first(connection)?;
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
        let sha256: Option<Vec<u8>> =
            document::table.find(number).select(document::sha256).first(connection).optional()?;
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
        let still_named: Option<i64> = document::table
            .filter(document::sha256.eq(&sha256))
            .select(document::document_no)
            .first(connection)
            .optional()?;
        if still_named.is_none() {
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
    let row: Option<(String, Vec<u8>, i64)> = document::table
        .filter(document::unique_id.eq(unique_id))
        .select((document::mime_type, document::sha256, document::size))
        .order(document::document_no.asc())
        .first(connection)
        .optional()?;
    Ok(row.and_then(|(mime_type, sha256, size)| {
        Some(StoredDocument {
            mime_type,
            sha256: sha256.try_into().ok()?,
            size: u64::try_from(size).ok()?,
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

/// A document of which nobody knows whether it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentInDoubt {
    pub document_no: i64,
    pub unique_id: String,
    pub sha1: Vec<u8>,
}

/// The first document in doubt after the one with this number.
///
/// # Errors
/// Those of the database.
pub fn next_in_doubt(
    connection: &mut AnyConnection,
    last: i64,
) -> QueryResult<Option<DocumentInDoubt>> {
    let row: Option<(i64, String, Vec<u8>)> = document::table
        .filter(document::state.eq(State::InDoubt.number()))
        .filter(document::document_no.gt(last))
        .select((document::document_no, document::unique_id, document::sha1))
        .order(document::document_no.asc())
        .first(connection)
        .optional()?;
    Ok(row.map(|(document_no, unique_id, sha1)| DocumentInDoubt { document_no, unique_id, sha1 }))
}

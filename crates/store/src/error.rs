//! Why the store did not do what it was asked.

use std::io;
use std::sync::Arc;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// PostgreSQL's messages for 40P01 (deadlock_detected) and 55P03 (lock_not_available).
const LOCK_MESSAGES: [&str; 2] = ["deadlock detected", "canceling statement due to lock timeout"];

/// SQLite's message for SQLITE_FULL: a write had no room, so that the end of the transaction is not in the log.
const FULL: &str = "database or disk is full";

/// A failure of the store. `Display` names no value; a source may name a constraint.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL is neither `sqlite://PATH`, a plain path nor `postgres://…`.
    #[error("the database URL is not understood")]
    Url,
    /// The file of an embedded database, or its folder, cannot be reached.
    #[error("the database file cannot be reached")]
    File(#[source] io::Error),
    /// Another process, or another part of this one, has the embedded database open.
    #[error("another process has the database open")]
    InUse,
    /// The linked SQLite has a fault that can corrupt the file.
    #[error("SQLite {version} is not safe to use")]
    UnsafeSqlite {
        /// What the library calls itself.
        version: String,
    },
    /// The database would acknowledge what it can lose.
    #[error("the database does not keep what it acknowledges: {setting}")]
    NotDurable {
        /// The setting that could not be brought about.
        setting: &'static str,
    },
    /// No connection could be made.
    #[error("the database cannot be connected to: {0}")]
    Connection(String),
    /// The schema could not be brought up to date.
    #[error("a migration failed")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The schema holds a migration that this program does not know.
    #[error("the schema was made by a newer or another program: migration {version} is unknown")]
    UnknownMigration {
        /// Version of the migration.
        version: String,
    },
    /// Too many jobs wait for the writer; the requester may try again.
    #[error("too many writes are waiting")]
    Busy,
    /// The writer could not reach the database. Nothing was done.
    #[error("the database is not available for writing")]
    Unavailable,
    /// The commit failed and the job with it. Where the connection broke during the
    /// commit, the database may have kept the work all the same.
    #[error("the commit failed")]
    Commit(#[source] Arc<DieselError>),
    /// A statement failed.
    #[error("a statement failed")]
    Database(#[from] DieselError),
    /// The audit record could not be rendered; nothing was done.
    #[error("the audit record cannot be rendered")]
    AuditRecord(#[source] serde_json::Error),
    /// The job panicked and was undone.
    #[error("the job panicked and was undone")]
    Panicked,
    /// The database has been closed.
    #[error("the database is closed")]
    Closed,
}

impl StoreError {
    /// Whether a row was refused because its key exists already.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self.refusal(), Some((DatabaseErrorKind::UniqueViolation, _)))
    }

    /// Whether the same job may well succeed when it is submitted again: somebody else on
    /// the same PostgreSQL got in its way (serialization failure, deadlock, lock timeout).
    ///
    /// For the last two Diesel passes on no code but only PostgreSQL's message; a server
    /// that speaks another language than English is not understood, and the job fails.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.refusal() {
            Some((DatabaseErrorKind::SerializationFailure, _)) => true,
            Some((DatabaseErrorKind::Unknown, message)) => LOCK_MESSAGES.contains(&message),
            _ => false,
        }
    }

    /// Whether the work may be kept although the commit failed: the connection broke before the answer, or the
    /// log was written and could not be synced. After a restart of the database it may be there; until then it
    /// is not shown.
    #[must_use]
    pub fn may_be_kept(&self) -> bool {
        matches!(self, StoreError::Commit(cause) if is_undecided(cause))
    }

    /// What the database called its refusal, be it of a statement or of the commit.
    fn refusal(&self) -> Option<(&DatabaseErrorKind, &str)> {
        let cause = match self {
            StoreError::Database(cause) => cause,
            StoreError::Commit(cause) => cause.as_ref(),
            StoreError::Url
            | StoreError::File(_)
            | StoreError::InUse
            | StoreError::UnsafeSqlite { .. }
            | StoreError::NotDurable { .. }
            | StoreError::Connection(_)
            | StoreError::Migration(_)
            | StoreError::UnknownMigration { .. }
            | StoreError::Busy
            | StoreError::Unavailable
            | StoreError::AuditRecord(_)
            | StoreError::Panicked
            | StoreError::Closed => return None,
        };
        if let DieselError::DatabaseError(kind, information) = cause {
            Some((kind, information.message()))
        } else {
            None
        }
    }
}

/// Whether a COMMIT that ended so may have taken effect. What is not known to be certain is not.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else there is decides nothing")]
fn is_undecided(cause: &DieselError) -> bool {
    match cause {
        // It was never sent: a job had lost the transaction.
        DieselError::BrokenTransactionManager | DieselError::NotInTransaction => false,
        DieselError::RollbackErrorOnCommit { commit_error, .. } => is_undecided(commit_error),
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, information) => {
            let message = information.message();
            message != FULL && !LOCK_MESSAGES.contains(&message)
        }
        DieselError::DatabaseError(
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::SerializationFailure,
            _,
        ) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: DatabaseErrorKind, message: &str) -> StoreError {
        StoreError::Commit(Arc::new(refused(kind, message)))
    }

    fn refused(kind: DatabaseErrorKind, message: &str) -> DieselError {
        DieselError::DatabaseError(kind, Box::new(message.to_owned()))
    }

    #[test]
    fn a_commit_that_was_surely_refused_leaves_nothing() {
        assert!(!failed(DatabaseErrorKind::Unknown, FULL).may_be_kept());
        assert!(!failed(DatabaseErrorKind::Unknown, "deadlock detected").may_be_kept());
        assert!(!failed(DatabaseErrorKind::SerializationFailure, "x").may_be_kept());
        assert!(!failed(DatabaseErrorKind::ForeignKeyViolation, "x").may_be_kept());
        let never_sent = Arc::new(DieselError::BrokenTransactionManager);
        assert!(!StoreError::Commit(never_sent).may_be_kept());
        assert!(!StoreError::Unavailable.may_be_kept());
        let statement = refused(DatabaseErrorKind::ClosedConnection, "x");
        assert!(!StoreError::Database(statement).may_be_kept());
    }

    #[test]
    fn a_commit_without_a_verdict_may_be_kept() {
        assert!(failed(DatabaseErrorKind::Unknown, "disk I/O error").may_be_kept());
        assert!(failed(DatabaseErrorKind::ClosedConnection, "x").may_be_kept());
        let both = DieselError::RollbackErrorOnCommit {
            rollback_error: Box::new(refused(DatabaseErrorKind::Unknown, FULL)),
            commit_error: Box::new(refused(DatabaseErrorKind::Unknown, "disk I/O error")),
        };
        assert!(StoreError::Commit(Arc::new(both)).may_be_kept());
    }
}

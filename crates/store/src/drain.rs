//! Moving audit records from the outbox into the process's journal.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use audit::outbox::{self, OutboxRow};
use audit::{Journal, JournalError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::connection::AnyConnection;
use crate::database::Database;
use crate::error::StoreError;

/// Rows per round.
const BATCH: i64 = 256;

/// Drains one database's outbox; one task per process runs it.
///
/// A row is removed only after the journal holds it on stable storage, and is appended
/// once: rows whose removal failed are remembered, and those that a crash left behind are
/// found at the end of the journal when it is opened. Several processes that share one
/// PostgreSQL may append the same record to their lanes; its id tells.
pub struct OutboxDrain {
    database: Arc<Database>,
    journal: Arc<Journal>,
    /// Rows that the journal holds and the table still does.
    appended: HashSet<i64>,
}

/// Why a round did not finish; nothing is lost, the next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum DrainError {
    /// The table could not be read or changed.
    #[error("the audit outbox cannot be drained")]
    Store(#[from] StoreError),
    /// The journal did not take the records.
    #[error("the journal did not take the audit outbox")]
    Journal(#[from] JournalError),
}

impl OutboxDrain {
    /// Nothing is moved before [`OutboxDrain::run_once`] is called.
    #[must_use]
    pub fn new(database: Arc<Database>, journal: Arc<Journal>) -> OutboxDrain {
        OutboxDrain { database, journal, appended: HashSet::new() }
    }

    /// Moves the oldest rows, and returns how many were moved; 0 means that it is empty.
    ///
    /// # Errors
    /// [`DrainError`]; the rows then stay in the table and are tried again.
    pub async fn run_once(&mut self) -> Result<usize, DrainError> {
        let database = Arc::clone(&self.database);
        let rows = tokio::task::spawn_blocking(move || database.read(oldest))
            .await
            .map_err(|_panicked| StoreError::Panicked)??;
        if rows.is_empty() {
            return Ok(0);
        }
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let new: Vec<OutboxRow> =
            rows.into_iter().filter(|row| !self.appended.contains(&row.id)).collect();
        self.journal.append_outbox(&new).await?;
        self.appended.extend(&ids);
        let n_moved = ids.len();
        let removed = ids.clone();
        self.database.commit_unaudited(move |connection| remove(connection, &removed)).await?;
        for id in ids {
            self.appended.remove(&id);
        }
        Ok(n_moved)
    }

    async fn until_empty(&mut self) {
        loop {
            match self.run_once().await {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "audit records wait in the outbox");
                    return;
                }
            }
        }
    }
}

/// Pause between rounds that found nothing or failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The task of a process that keeps the outbox of one database short.
pub struct DrainTask {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl DrainTask {
    /// Starts the task; needs a tokio runtime.
    #[must_use]
    pub fn start(mut drain: OutboxDrain) -> DrainTask {
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            // A round after the stop was asked for leaves the outbox empty for whoever looks offline.
            while !*stopped.borrow() {
                drain.until_empty().await;
                let _either = tokio::time::timeout(PAUSE, stopped.changed()).await;
            }
            drain.until_empty().await;
        });
        DrainTask { stop, task }
    }

    /// Moves what is left, then ends. What cannot be moved stays in the table.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the drain of the audit outbox failed");
        }
    }
}

fn oldest(connection: &mut AnyConnection) -> Result<Vec<OutboxRow>, StoreError> {
    Ok(match connection {
        AnyConnection::Sqlite(connection) => outbox::oldest_sqlite(connection, BATCH)?,
        AnyConnection::Postgres(connection) => outbox::oldest_postgres(connection, BATCH)?,
    })
}

fn remove(connection: &mut AnyConnection, ids: &[i64]) -> Result<(), StoreError> {
    match connection {
        AnyConnection::Sqlite(connection) => outbox::remove_sqlite(connection, ids)?,
        AnyConnection::Postgres(connection) => outbox::remove_postgres(connection, ids)?,
    };
    Ok(())
}

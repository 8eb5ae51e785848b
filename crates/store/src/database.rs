//! The database as an actor sees it: open, read, commit, close.

use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use audit::{AuditRecord, OutboxEntry, outbox};
use tokio::sync::oneshot;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::location::Location;
use crate::lock::Lock;
use crate::migrations::{self, Migrations};
use crate::pool::ReadPool;
use crate::savepoint::in_savepoint;
use crate::sqlite;
use crate::writer::{self, CommitOutcome, Job, Writer, WriterState};

/// Bounds of one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Reads at the same time. A read is short and uses the processor, so that more than a
    /// few per core would only wait for each other. Default 8.
    pub connections: u32,
    /// Jobs that may wait for the writer: four full groups by default, 1 024. A longer queue
    /// would only hold more request bodies in memory while the disk stalls.
    pub write_queue: usize,
    /// PostgreSQL schema that holds the tables, made if it is missing, so that the actors of a community
    /// can share one database. `None`: whatever the URL leads to. SQLite has a file per actor instead.
    pub schema: Option<&'static str>,
    /// Who else may write.
    pub sharing: Sharing,
}

/// Whether several processes may write to one database. An embedded database has one process in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Several processes of an actor share a PostgreSQL database.
    Shared,
    /// One process at a time: the writing connection holds a lock on the schema, and a second process is
    /// refused with [`StoreError::InUse`].
    Exclusive,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { connections: 8, write_queue: 1024, schema: None, sharing: Sharing::Shared }
    }
}

/// A state of the database between two commits of its only writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation(u64);

impl Generation {
    /// Grows with every commit; never 0.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// One open database; shared by reference between the workers of an actor.
pub struct Database {
    readers: ReadPool,
    /// `None` only while the database is being dropped.
    queue: Option<SyncSender<Job>>,
    writer: Option<JoinHandle<()>>,
    state: Arc<WriterState>,
    /// Declared last: released after every connection is closed.
    lock: Option<Lock>,
}

impl Database {
    /// Opens the database, brings its schema up to date and starts the writer.
    ///
    /// `url` is `sqlite://PATH`, a plain path, or `postgres://…`; the folder of a file
    /// must exist. Blocking; call it before a port is opened.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if the embedded database is open elsewhere, and whatever
    /// keeps the database from being used safely.
    pub fn open(
        url: &str,
        migrations: Migrations,
        settings: Settings,
    ) -> Result<Database, StoreError> {
        let location = Location::parse(url)?.within(settings.schema);
        let lock = match &location {
            Location::Sqlite(path) => {
                let lock = Lock::take(path)?;
                sqlite::create_file(path)?;
                Some(lock)
            }
            Location::Postgres(_) => None,
        };
        let mut connection = writer::connect_patiently(&location, settings.sharing)?;
        migrations::create_schema(&mut connection, settings.schema)?;
        migrations::run(&mut connection, migrations)?;
        let readers = ReadPool::open(location.clone(), settings.connections)?;
        let (queue, jobs) = sync_channel(settings.write_queue.max(1));
        let state = Arc::new(WriterState::default());
        let writer = Writer::new(location, settings.sharing, connection, Arc::clone(&state));
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(&jobs))
            .map_err(StoreError::File)?;
        Ok(Database { readers, queue: Some(queue), writer: Some(thread), state, lock })
    }

    /// Runs `work` on one snapshot of the database; it cannot write. Blocking.
    ///
    /// # Errors
    /// What `work` says, and [`StoreError::Connection`] if no connection is free in time.
    pub fn read<T, E>(&self, work: impl FnOnce(&mut AnyConnection) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        self.readers.read(work)
    }

    /// Runs `work` on the writing connection and commits it together with its audit
    /// record; the future is ready when both are on stable storage, or neither is there.
    ///
    /// The job is queued by this call itself, and dropping the future does not take it
    /// back. `work` shares its transaction with neighbours but is undone alone when it
    /// returns an error or panics; it must pass on every error of a statement, and must
    /// not wait for anything but the database.
    ///
    /// # Errors
    /// What `work` says; [`StoreError::Busy`] if too much waits already;
    /// [`StoreError::Commit`] if the group as a whole was not kept.
    pub fn commit<T, E, W>(
        &self,
        audit: AuditRecord,
        work: W,
    ) -> impl Future<Output = Result<T, E>> + Send + use<T, E, W>
    where
        W: FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.commit_with(&[audit], work)
    }

    /// As [`Database::commit`], for work that is more than one event of the audit trail.
    ///
    /// # Errors
    /// As [`Database::commit`].
    pub fn commit_with<T, E, W>(
        &self,
        audit: &[AuditRecord],
        work: W,
    ) -> impl Future<Output = Result<T, E>> + Send + use<T, E, W>
    where
        W: FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let entries: Result<Vec<_>, _> = audit.iter().map(OutboxEntry::new).collect();
        let waiting = entries.map_err(StoreError::AuditRecord).and_then(|entries| {
            self.submit(move |connection| {
                let value = work(connection)?;
                for entry in &entries {
                    insert_audit(connection, entry)?;
                }
                Ok(value)
            })
        });
        async move { answer(waiting?).await }
    }

    /// As [`Database::commit`], where the rows themselves are the audit trail: for the Audit Record
    /// Repository. Recording that a record was received would need a record of that, and so on.
    ///
    /// # Errors
    /// As [`Database::commit`].
    pub fn commit_trail<T, E, W>(
        &self,
        work: W,
    ) -> impl Future<Output = Result<T, E>> + Send + use<T, E, W>
    where
        W: FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let waiting = self.submit(work);
        async move { answer(waiting?).await }
    }

    /// As [`Database::commit`], for the outbox's own upkeep, which is not an event.
    pub(crate) fn commit_unaudited<W>(
        &self,
        work: W,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<W>
    where
        W: FnOnce(&mut AnyConnection) -> Result<(), StoreError> + Send + 'static,
    {
        let waiting = self.submit(work);
        async move { answer(waiting?).await }
    }

    /// Whether the writer is connected; false as long as commits are bound to fail.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.state.is_connected()
    }

    /// Jobs and commits since opening, for `/metrics`; their quotient is the size of a group.
    #[must_use]
    pub fn n_jobs_and_commits(&self) -> (u64, u64) {
        self.state.n_jobs_and_commits()
    }

    /// Which state of the database a snapshot that is taken from now on shows at the least; `None` while a
    /// commit is under way, and always where other processes may write as well.
    ///
    /// As long as this answers the same, what was read after the first of the two calls is current.
    #[must_use]
    pub fn generation(&self) -> Option<Generation> {
        // The lock keeps other processes out; without one nobody can say what they do.
        self.lock.as_ref()?;
        self.state.quiet_turn().map(|turn| Generation(turn.saturating_add(1)))
    }

    /// Commits what is queued, then closes every connection and releases the lock.
    ///
    /// Dropping the last reference does the same. Blocking, for one group commit.
    pub fn close(self) {
        drop(self);
    }

    fn submit<T, E, W>(&self, work: W) -> Result<oneshot::Receiver<Result<T, E>>, StoreError>
    where
        W: FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let outcome = in_savepoint(connection, work);
            Box::new(move |committed: &CommitOutcome| {
                let answer = match (outcome, committed) {
                    (Ok(_undone), Err(error)) => Err(StoreError::Commit(Arc::clone(error)).into()),
                    (outcome, _) => outcome,
                };
                // Nobody waits any more: the work is kept all the same.
                let _ = sender.send(answer);
            })
        });
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        Ok(receiver)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.queue = None;
        let Some(writer) = self.writer.take() else { return };
        // A job may hold the last reference; the writer cannot wait for itself.
        if writer.thread().id() == std::thread::current().id() {
            return;
        }
        if writer.join().is_err() {
            tracing::error!("the store's writer ended by a panic");
        }
    }
}

/// Waits for a job's answer; a job that was dropped unrun took its sender with it.
async fn answer<T, E: From<StoreError>>(waiting: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
    waiting.await.unwrap_or_else(|_dropped| Err(StoreError::Unavailable.into()))
}

fn insert_audit(connection: &mut AnyConnection, entry: &OutboxEntry) -> Result<(), StoreError> {
    match connection {
        AnyConnection::Sqlite(connection) => outbox::insert_sqlite(connection, entry)?,
        AnyConnection::Postgres(connection) => outbox::insert_postgres(connection, entry)?,
    }
    Ok(())
}

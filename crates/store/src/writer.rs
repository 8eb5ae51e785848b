//! The one writing thread of a database: group commit.
//!
//! It takes what waits, runs each job in a savepoint of one transaction, commits, and then
//! answers each. There is no timer: the next group grows by itself while this one commits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};
use diesel::result::Error as DieselError;

use crate::connection::AnyConnection;
use crate::database::Sharing;
use crate::error::StoreError;
use crate::location::Location;
use crate::lock;
use crate::savepoint::is_in_group;
use crate::{postgres, sqlite};

/// Jobs per commit. Beyond this the sync is a small part of a group's time, and a longer
/// group only makes its first job wait.
const MAX_GROUP: usize = 256;

/// Pause between attempts to reach a database that cannot be reached.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

type AnyTransactions = <AnyConnection as Connection>::TransactionManager;

/// Work that runs in the group's transaction and hands back how it is to be answered.
/// A job that is dropped unrun answers [`StoreError::Unavailable`].
pub(crate) type Job = Box<dyn FnOnce(&mut AnyConnection) -> Answer + Send>;

/// Tells the waiting caller how the commit went.
pub(crate) type Answer = Box<dyn FnOnce(&CommitOutcome)>;

/// One outcome for the whole group.
pub(crate) type CommitOutcome = Result<(), Arc<DieselError>>;

pub(crate) struct Writer {
    location: Location,
    sharing: Sharing,
    /// `None` after a failure, until a new connection is made.
    connection: Option<AnyConnection>,
    last_attempt: Instant,
    state: Arc<WriterState>,
}

/// What the writer lets [`crate::Database`] know.
#[derive(Debug, Default)]
pub(crate) struct WriterState {
    /// False as soon as the writer has no connection, or has ended.
    is_connected: AtomicBool,
    jobs: AtomicU64,
    commits: AtomicU64,
    /// Counts beginnings and ends of commits: odd while one is under way.
    turns: AtomicU64,
}

impl WriterState {
    pub(crate) fn is_connected(&self) -> bool {
        self.is_connected.load(Ordering::Relaxed)
    }

    pub(crate) fn n_jobs_and_commits(&self) -> (u64, u64) {
        (self.jobs.load(Ordering::Relaxed), self.commits.load(Ordering::Relaxed))
    }

    /// The number of turns, unless a commit is under way.
    pub(crate) fn quiet_turn(&self) -> Option<u64> {
        let turns = self.turns.load(Ordering::SeqCst);
        turns.is_multiple_of(2).then_some(turns)
    }

    fn turn(&self) {
        self.turns.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.state.is_connected.store(false, Ordering::Relaxed);
    }
}

/// Connects for writing.
fn connect(location: &Location, sharing: Sharing) -> Result<AnyConnection, StoreError> {
    Ok(match location {
        Location::Sqlite(path) => AnyConnection::Sqlite(sqlite::connect_writer(path)?),
        Location::Postgres(url) => AnyConnection::Postgres(postgres::connect_writer(url, sharing)?),
    })
}

/// As [`connect`], and waits a little for a holder of the lock that is just going.
pub(crate) fn connect_patiently(
    location: &Location,
    sharing: Sharing,
) -> Result<AnyConnection, StoreError> {
    let patience = Instant::now();
    loop {
        match connect(location, sharing) {
            Err(StoreError::InUse) if patience.elapsed() < lock::PATIENCE => {
                std::thread::sleep(lock::PATIENCE / 10);
            }
            connected => return connected,
        }
    }
}

impl Writer {
    pub(crate) fn new(
        location: Location,
        sharing: Sharing,
        connection: AnyConnection,
        state: Arc<WriterState>,
    ) -> Writer {
        state.is_connected.store(true, Ordering::Relaxed);
        let last_attempt = Instant::now();
        Writer { location, sharing, connection: Some(connection), last_attempt, state }
    }

    /// Serves until the queue is closed and empty.
    pub(crate) fn run(mut self, queue: &Receiver<Job>) {
        let mut waiting = VecDeque::new();
        while let Some(first) = self.next_job(&mut waiting, queue) {
            waiting.push_front(first);
            let n_more = MAX_GROUP.saturating_sub(waiting.len());
            waiting.extend(queue.try_iter().take(n_more));
            self.commit_group(&mut waiting);
        }
    }

    /// The next job, or `None` at the end. While the database cannot be reached, this
    /// keeps trying, so that health returns without anybody having to write.
    fn next_job(&mut self, waiting: &mut VecDeque<Job>, queue: &Receiver<Job>) -> Option<Job> {
        if let Some(job) = waiting.pop_front() {
            return Some(job);
        }
        loop {
            if self.connection.is_some() {
                return queue.recv().ok();
            }
            match queue.recv_timeout(RECONNECT_PAUSE) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Timeout) => self.reconnect(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Runs and commits the jobs at the head of `waiting`, and answers them. Jobs that
    /// were not begun stay there if they can be tried on a new connection.
    fn commit_group(&mut self, waiting: &mut VecDeque<Job>) {
        let Some(mut connection) = self.begin() else {
            // Dropping is the answer.
            waiting.clear();
            return;
        };
        let mut answers = Vec::with_capacity(waiting.len());
        while let Some(job) = waiting.pop_front() {
            answers.push(job(&mut connection));
            if !is_in_group(&mut connection) {
                break;
            }
        }
        self.state.turn();
        let committed = commit(&mut connection);
        match &committed {
            Ok(()) => {
                self.connection = Some(connection);
                self.state.commits.fetch_add(1, Ordering::Relaxed);
                let n_jobs = u64::try_from(answers.len()).unwrap_or(u64::MAX);
                self.state.jobs.fetch_add(n_jobs, Ordering::Relaxed);
            }
            // A connection that failed to commit is not trusted again; dropping it makes
            // the database undo what is left of the transaction.
            Err(error) => {
                tracing::error!(%error, n_jobs = answers.len(), "a group commit failed");
                drop(connection);
                self.reconnect();
            }
        }
        self.state.turn();
        for answer in answers {
            answer(&committed);
        }
    }

    /// Takes the connection, with the group's transaction begun. A stale connection is
    /// replaced once; jobs have not been run yet, so nothing can happen twice.
    fn begin(&mut self) -> Option<AnyConnection> {
        if let Some(mut connection) = self.connection.take() {
            match begin(&mut connection) {
                Ok(()) => return Some(connection),
                Err(error) => tracing::warn!(%error, "the writing connection was lost"),
            }
            self.reconnect();
        } else if self.last_attempt.elapsed() >= RECONNECT_PAUSE {
            self.reconnect();
        }
        let mut connection = self.connection.take()?;
        begin(&mut connection).ok().map(|()| connection)
    }

    fn reconnect(&mut self) {
        self.last_attempt = Instant::now();
        self.connection = match connect(&self.location, self.sharing) {
            Ok(connection) => Some(connection),
            Err(error) => {
                tracing::error!(%error, "the database cannot be written to");
                None
            }
        };
        self.state.is_connected.store(self.connection.is_some(), Ordering::Relaxed);
    }
}

/// SQLite takes its write lock at once: a transaction that reads first and writes later
/// would be refused if another connection wrote in between.
fn begin(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(connection) => {
            AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")
        }
        AnyConnection::Postgres(connection) => {
            AnsiTransactionManager::begin_transaction(connection)
        }
    }
}

/// Commits, unless a job has cost the group its transaction: committing then would keep
/// whatever the job did outside of it.
fn commit(connection: &mut AnyConnection) -> CommitOutcome {
    if !is_in_group(connection) {
        return Err(Arc::new(DieselError::BrokenTransactionManager));
    }
    AnyTransactions::commit_transaction(connection).map_err(Arc::new)
}

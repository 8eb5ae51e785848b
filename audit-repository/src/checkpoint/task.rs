//! The task that signs the end of the chain now and then.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use store::{AnyConnection, Database, StoreError};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::{CheckpointFile, FileError, Signer, SignerError, digest_of};
use crate::chain::Head;
use crate::store::checkpoint::{self, CheckpointRow};
use crate::store::event;

/// Lines that are fetched from the table at once, when the file is behind.
const PAGE: i64 = 500;

/// Why a checkpoint was not made; the next attempt does it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckpointError {
    #[error("the checkpoint cannot be stored")]
    Store(#[from] StoreError),
    #[error("the checkpoint cannot be signed")]
    Sign(#[from] SignerError),
    #[error("the checkpoint cannot be written to its file")]
    File(#[from] FileError),
    #[error("interrupted")]
    Interrupted,
}

impl From<diesel::result::Error> for CheckpointError {
    fn from(error: diesel::result::Error) -> CheckpointError {
        CheckpointError::Store(error.into())
    }
}

/// What checkpoints are made with.
pub struct Checkpoints {
    database: Arc<Database>,
    signer: Signer,
    /// Locked where blocking is allowed, by one turn at a time.
    file: Arc<Mutex<CheckpointFile>>,
}

impl Checkpoints {
    /// Takes the parts; signs nothing yet.
    #[must_use]
    pub fn new(database: Arc<Database>, signer: Signer, file: CheckpointFile) -> Checkpoints {
        Checkpoints { database, signer, file: Arc::new(Mutex::new(file)) }
    }
}

/// Signs the end of the chain if there is anything new; the file gets what it lacks.
async fn checkpoint_now(checkpoints: &Checkpoints) -> Result<(), CheckpointError> {
    let state = |connection: &mut AnyConnection| -> Result<_, StoreError> {
        Ok((event::head(connection)?, checkpoint::newest(connection)?))
    };
    let database = Arc::clone(&checkpoints.database);
    let (head, newest) = tokio::task::spawn_blocking(move || database.read(state))
        .await
        .map_err(|_join| CheckpointError::Interrupted)??;
    let covered = newest.as_ref().map_or(0, |newest| newest.sequence);
    if head.sequence > covered {
        let row = sign(&checkpoints.signer, &head, newest.as_ref())?;
        let work = move |connection: &mut AnyConnection| -> Result<(), StoreError> {
            Ok(checkpoint::insert(connection, row)?)
        };
        checkpoints.database.commit_trail(work).await?;
    }
    let (database, file) = (Arc::clone(&checkpoints.database), Arc::clone(&checkpoints.file));
    tokio::task::spawn_blocking(move || bring_file_up_to_date(&database, &file))
        .await
        .map_err(|_join| CheckpointError::Interrupted)?
}

fn sign(
    signer: &Signer,
    head: &Head,
    newest: Option<&CheckpointRow>,
) -> Result<CheckpointRow, SignerError> {
    let number = newest.map_or(0, |newest| newest.number);
    let now = Timestamp::now().as_microsecond();
    Ok(signer.sign(head, now, (number, &digest_of(newest)))?)
}

/// The table first, then the file: what a crash in between left out is added by the next turn.
fn bring_file_up_to_date(
    database: &Database,
    file: &Mutex<CheckpointFile>,
) -> Result<(), CheckpointError> {
    // Whatever panicked, the file is as long as its last synced line says.
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let number = file.number();
        let rows = database.read(|connection| -> Result<_, StoreError> {
            Ok(checkpoint::page_behind(connection, number, PAGE)?)
        })?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            file.append(row).map_err(FileError::Io)?;
        }
    }
}

/// The running task.
pub struct CheckpointTask {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl CheckpointTask {
    /// Signs after each interval with something new, and whenever `due` says so; needs a tokio runtime.
    #[must_use]
    pub fn start(checkpoints: Checkpoints, interval: Duration, due: Arc<Notify>) -> CheckpointTask {
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            loop {
                // Before the work: a stop during it means one more turn.
                let is_last = *stopped.borrow_and_update();
                if let Err(error) = checkpoint_now(&checkpoints).await {
                    tracing::error!(actor = "audit-repository", %error, "no checkpoint was made");
                }
                if is_last {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(interval) => {}
                    () = due.notified() => {}
                    // One more turn: the last records are covered, too.
                    _ = stopped.changed() => {}
                }
            }
        });
        CheckpointTask { stop, task }
    }

    /// Signs the end, then returns. Call it when nothing more is appended.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(actor = "audit-repository", %error, "the checkpoint task failed");
        }
    }
}

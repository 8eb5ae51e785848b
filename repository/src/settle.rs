//! Settling submissions that are in doubt: the registry is asked whether it has their documents.
//!
//! A document that the registry has is registered, and no longer in doubt. One that it does not have stays
//! in doubt: the submission may still be on its way, and bytes are removed only by a person who looked.

use std::sync::Arc;
use std::time::Duration;

use audit::{AuditRecord, EventAction, Outcome};
use store::AnyConnection;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Repository;
use crate::error::SubmissionError;
use crate::store::document::{self, DocumentInDoubt, State};

/// Between two questions: soon enough for an operator, rare enough for a registry in trouble.
const PAUSE: Duration = Duration::from_secs(30);

/// The task that asks as long as something is in doubt.
pub struct SettleTask {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl SettleTask {
    /// Starts the task; needs a tokio runtime.
    pub fn start(repository: Arc<Repository>) -> SettleTask {
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            while !*stopped.borrow() {
                let settled = tokio::select! {
                    settled = settle(&repository) => settled,
                    // A question is asked again after the next start; a commit is not taken back by this.
                    _ = stopped.changed() => return,
                };
                if let Err(error) = settled {
                    tracing::warn!(actor = "repository", %error, "documents in doubt could not be settled");
                }
                let _either = tokio::time::timeout(PAUSE, stopped.changed()).await;
            }
        });
        SettleTask { stop, task }
    }

    /// Ends the task at once: a registry that does not answer must not keep the process from stopping.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the task that settles doubts failed");
        }
    }
}

/// Asks once for each document in doubt and tells how many are settled.
///
/// One document a question: an answer may not mix patients, and the repository knows none.
///
/// # Errors
/// Those of the store. That the registry does not answer is no error: it will be asked again.
pub async fn settle(repository: &Arc<Repository>) -> Result<usize, SubmissionError> {
    let mut n_settled = 0_usize;
    let mut last = 0;
    while let Some(document) = next_in_doubt(repository, last).await? {
        last = document.document_no;
        let unique_id = std::slice::from_ref(&document.unique_id);
        let Some(found) = repository.registry.registered(unique_id).await else { break };
        if found.iter().any(|(_, hash)| hash.as_bytes().as_slice() == document.sha1.as_slice()) {
            mark_registered(repository, document).await?;
            n_settled = n_settled.saturating_add(1);
        }
    }
    if n_settled > 0 {
        tracing::info!(
            actor = "repository",
            n_settled,
            "documents in doubt are registered after all"
        );
    }
    Ok(n_settled)
}

async fn next_in_doubt(
    repository: &Arc<Repository>,
    last: i64,
) -> Result<Option<DocumentInDoubt>, SubmissionError> {
    let find = move |repository: &Repository| {
        repository.database.read(|connection| -> Result<_, SubmissionError> {
            Ok(document::next_in_doubt(connection, last)?)
        })
    };
    repository.blocking(find).await?
}

async fn mark_registered(
    repository: &Repository,
    document: DocumentInDoubt,
) -> Result<(), SubmissionError> {
    let record = AuditRecord {
        requester: "settle".to_owned(),
        objects: vec![document.unique_id],
        agreement_version: repository.agreement.load().version_in_force(),
        ..AuditRecord::now("settle", "repository", EventAction::Update, Outcome::Success)
    };
    let work = move |connection: &mut AnyConnection| {
        Ok(document::set_state(connection, &[document.document_no], State::Registered)?)
    };
    repository.database.commit(record, work).await
}

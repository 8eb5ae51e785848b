//! Settling submissions that are in doubt: the registry is asked whether it has their documents.
//!
//! A document that the registry has is registered, and no longer in doubt. One that it does not have stays
//! in doubt: the submission may still be on its way. Only an operator's reconciliation
//! (`maintenance/reconcile.rs`) removes it, when it is old enough.

use std::sync::Arc;
use std::time::Duration;

use audit::{AuditRecord, Event, Object, Outcome};
use datatypes::RepositoryUniqueId;
use store::AnyConnection;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Repository;
use crate::error::SubmissionError;
use crate::registry_client::{
    RegisteredDocument, RegisteredDocuments, get_documents, new_message_id,
};
use crate::store::document::{self, DocumentInDoubt};

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
        match ask(repository, &document).await {
            Verdict::NoAnswer => break,
            Verdict::Registered => {
                if mark_registered(repository, document, Event::SETTLE).await? {
                    n_settled = n_settled.saturating_add(1);
                }
            }
            Verdict::NotRegistered | Verdict::Unclear => {}
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

/// What the registry says of a document in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has this document, with these bytes.
    Registered,
    /// It has no document of this repository under this uniqueId.
    NotRegistered,
    /// Its answer contradicts what is stored here, or could not be read in full.
    Unclear,
    NoAnswer,
}

/// Asks the registry (GetDocuments by uniqueId).
///
/// That a document is not in the answer means that it is not registered only because nothing is hidden from
/// the repository: where access rules come to hold for it as well, they must show it all its own documents.
pub(crate) async fn ask(repository: &Repository, document: &DocumentInDoubt) -> Verdict {
    let query = get_documents(std::slice::from_ref(&document.unique_id));
    let content = ebxml::write_adhoc_query_request(&query);
    let message_id = new_message_id();
    let found = repository.registry.registered(&content, &message_id).await;
    let record = AuditRecord {
        own: repository.node.endpoint(),
        peer: repository.registry.party(),
        objects: vec![Object::Query { id: query.query_id, content, home: None }],
        message_id: Some(message_id),
        agreement_version: repository.agreement.load().version_in_force(),
        ..AuditRecord::now(
            Event::STORED_QUERY_AT_REPOSITORY,
            found.as_ref().map_or(Outcome::SeriousFailure, |_| Outcome::Success),
        )
    };
    // What may not be known unrecorded is not known.
    if let Err(error) = repository.journal.append(&record).await {
        tracing::error!(iti = 18, %error, "a question to the registry could not be recorded");
        return Verdict::NoAnswer;
    }
    match found {
        Some(found) => verdict(&found, document, &repository.agreement.load().repository_unique_id),
        None => Verdict::NoAnswer,
    }
}

fn verdict(
    found: &RegisteredDocuments,
    document: &DocumentInDoubt,
    here: &RepositoryUniqueId,
) -> Verdict {
    let is_asked_for = |other: &RegisteredDocument| other.unique_id == document.unique_id;
    let has_its_hash = |other: &RegisteredDocument| {
        other.hash.is_some_and(|hash| hash.as_bytes().as_slice() == document.sha1.as_slice())
    };
    let mut registered = found.documents.iter();
    if registered.any(|other| is_asked_for(other) && has_its_hash(other)) {
        return Verdict::Registered;
    }
    // Other bytes under this uniqueId, in another repository: the registry refuses ours for ever.
    let is_elsewhere = |other: &RegisteredDocument| {
        is_asked_for(other)
            && other.hash.is_some()
            && other.repository.as_ref().is_some_and(|repository| repository != here)
    };
    if found.is_all && found.documents.iter().all(is_elsewhere) {
        Verdict::NotRegistered
    } else {
        Verdict::Unclear
    }
}

pub(crate) async fn next_in_doubt(
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

/// Tells whether it still was in doubt; `event` is the work that found it out.
pub(crate) async fn mark_registered(
    repository: &Repository,
    document: DocumentInDoubt,
    event: &'static Event,
) -> Result<bool, SubmissionError> {
    let description = "registered after all".to_owned();
    let mut record = repository.worked(event, Outcome::Success, description);
    let here = &repository.agreement.load().repository_unique_id;
    record.objects.push(Object::document(&document.unique_id, here.as_str(), None));
    let work = move |connection: &mut AnyConnection| Ok(document::settle(connection, &document)?);
    repository.database.commit(record, work).await
}

#[cfg(test)]
mod tests {
    use datatypes::Sha1Hash;

    use super::*;

    const HERE: &str = "1.2.3";

    fn registered(
        unique_id: &str,
        hash: Option<u8>,
        repository: Option<&str>,
    ) -> RegisteredDocument {
        RegisteredDocument {
            unique_id: unique_id.to_owned(),
            hash: hash.map(|byte| Sha1Hash::from_bytes([byte; 20])),
            repository: repository.map(|oid| RepositoryUniqueId::parse(oid).unwrap()),
        }
    }

    #[track_caller]
    fn check(documents: Vec<RegisteredDocument>, is_all: bool, expected: Verdict) {
        let document = DocumentInDoubt {
            document_no: 1,
            unique_id: "1.2".to_owned(),
            sha1: vec![7; 20],
            sha256: vec![8; 32],
            stored_at: 0,
        };
        let here = RepositoryUniqueId::parse(HERE).unwrap();
        let found = RegisteredDocuments { documents, is_all };
        assert_eq!(verdict(&found, &document, &here), expected, "{found:?}");
    }

    #[test]
    fn only_an_answer_without_a_doubt_says_that_a_document_is_not_registered() {
        check(vec![], true, Verdict::NotRegistered);
        check(vec![], false, Verdict::Unclear);
        for is_all in [true, false] {
            for repository in [Some(HERE), Some("1.2.4"), None] {
                check(vec![registered("1.2", Some(7), repository)], is_all, Verdict::Registered);
            }
        }
        let elsewhere = registered("1.2", Some(9), Some("1.2.4"));
        check(vec![elsewhere.clone()], true, Verdict::NotRegistered);
        check(vec![elsewhere.clone()], false, Verdict::Unclear);
        check(vec![elsewhere, registered("1.2", Some(7), Some(HERE))], true, Verdict::Registered);
        for unclear in [
            registered("1.2", Some(9), Some(HERE)),
            registered("1.2", Some(9), None),
            registered("1.2", None, Some("1.2.4")),
            registered("1.3", Some(7), Some(HERE)),
        ] {
            check(vec![unclear], true, Verdict::Unclear);
        }
    }
}

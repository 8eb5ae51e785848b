//! What nobody knows the state of comes to an end: documents in doubt, and bytes that no document names.
//!
//! The registry decides. What it has is registered. What it does not have is removed, if it is older than the
//! grace period: until then the submission may still be on its way to it. When it does not answer, nothing
//! is removed at all.
//!
//! Bytes are removed under the lock that keeps submissions from bringing any, and after asking once more, so
//! that a submission of the same document or of the same bytes cannot lose them in between.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audit::{AuditRecord, Event, EventAction, Object, Outcome};
use store::AnyConnection;

use super::job::{Finding, FindingKind, Job, Phase};
use super::orphans::unnamed_in;
use super::{MaintenanceError, record_begin, record_end};
use crate::Repository;
use crate::blobs::{StoredBytes, hex};
use crate::error::SubmissionError;
use crate::settle::{Verdict, ask, mark_registered, next_in_doubt};
use crate::store::document::{self, DocumentInDoubt};

/// How long submissions wait for the registry's answer to a question about a removal.
const QUESTION: Duration = Duration::from_secs(5);

/// No call to the registry lasts so long, whatever its deadlines are.
const LONGEST_CALL: Duration = Duration::from_secs(3600);

/// What may be removed.
#[derive(Clone, Debug)]
pub struct ReconcileOptions {
    /// What is younger stays.
    pub grace: Duration,
    /// Only say what would be done.
    pub is_dry_run: bool,
    /// More bytes without a document than this are no leftovers: the database is not the one that belongs to
    /// these documents, or an older copy of it.
    pub max_orphans: u64,
}

/// Reconciles; what is done and what stays stands in the job.
///
/// # Errors
/// [`MaintenanceError`]; what was done until then stays done.
pub async fn reconcile(
    repository: &Arc<Repository>,
    options: ReconcileOptions,
    job: &Job,
) -> Result<Phase, MaintenanceError> {
    let version = repository.agreement.load().version_in_force();
    record_begin(&repository.journal, job.task(), &version).await?;
    let ended = Reconciliation { repository, options, job }.run().await;
    record_end(&repository.journal, job, &version, &ended).await?;
    ended
}

struct Reconciliation<'r> {
    repository: &'r Arc<Repository>,
    options: ReconcileOptions,
    job: &'r Job,
}

/// What became of a document in doubt; `None`: somebody else settled it meanwhile.
type Settled = Option<FindingKind>;

impl Reconciliation<'_> {
    async fn run(&self) -> Result<Phase, MaintenanceError> {
        if !self.options.is_dry_run {
            self.doubt_forgotten().await?;
        }
        let mut last = 0;
        let mut is_answered = true;
        while let Some(document) = next_in_doubt(self.repository, last).await? {
            if self.job.is_stopped() {
                return Ok(Phase::Stopped);
            }
            last = document.document_no;
            self.job.reach(&document.sha256);
            // Who did not answer once is not asked for all the others, but they are listed.
            let settled = if is_answered {
                self.settle(&document).await?
            } else {
                Some(FindingKind::Unanswered)
            };
            is_answered = settled != Some(FindingKind::Unanswered);
            self.job.count(|counts| counts.n_checked = counts.n_checked.saturating_add(1));
            if let Some(kind) = settled {
                let (address, unique_id) = (hex(&document.sha256), Some(document.unique_id));
                self.job.find(Finding { kind, address, unique_id });
            }
        }
        if is_answered { self.orphans().await } else { Ok(Phase::Done) }
    }

    /// The database failed when the registry's answer was to be written down: such documents are in doubt as well,
    /// and not only after the next start.
    async fn doubt_forgotten(&self) -> Result<(), MaintenanceError> {
        let age = self.options.grace.max(LONGEST_CALL);
        let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
        let time = jiff::Timestamp::now().as_microsecond().saturating_sub(age);
        let look = move |repository: &Repository| {
            repository.database.read(|connection| -> Result<_, MaintenanceError> {
                Ok(document::is_sent_before(connection, time)?)
            })
        };
        if !self.blocking(look).await?? {
            return Ok(());
        }
        let record = AuditRecord {
            action: EventAction::Update,
            ..self.record("without a written answer: in doubt", Vec::new())
        };
        let doubt = move |connection: &mut AnyConnection| -> Result<_, MaintenanceError> {
            Ok(document::doubt_sent_before(connection, time)?)
        };
        let n_forgotten = self.repository.database.commit(record, doubt).await?;
        tracing::warn!(
            actor = "repository",
            n_forgotten,
            "documents without a written answer of the registry are in doubt"
        );
        Ok(())
    }

    async fn settle(&self, document: &DocumentInDoubt) -> Result<Settled, MaintenanceError> {
        let verdict = ask(self.repository, document).await;
        if verdict != Verdict::NotRegistered {
            return self.keep(document, verdict).await;
        }
        if !is_older(document, self.options.grace) {
            return Ok(Some(FindingKind::Young));
        }
        if self.options.is_dry_run {
            return Ok(Some(FindingKind::Removed));
        }
        self.remove(document).await
    }

    async fn keep(
        &self,
        document: &DocumentInDoubt,
        verdict: Verdict,
    ) -> Result<Settled, MaintenanceError> {
        Ok(match verdict {
            Verdict::Registered if self.options.is_dry_run => Some(FindingKind::Registered),
            Verdict::Registered => {
                let is_ours =
                    mark_registered(self.repository, document.clone(), Event::RECONCILE).await?;
                is_ours.then_some(FindingKind::Registered)
            }
            Verdict::Unclear => Some(FindingKind::Unclear),
            Verdict::NoAnswer => Some(FindingKind::Unanswered),
            Verdict::NotRegistered => Some(FindingKind::Young),
        })
    }

    /// Asks again while no bytes can come in, and removes only then.
    async fn remove(&self, document: &DocumentInDoubt) -> Result<Settled, MaintenanceError> {
        let _nobody_stores = self.repository.removal.write().await;
        let verdict = tokio::time::timeout(QUESTION, ask(self.repository, document)).await;
        let verdict = verdict.unwrap_or(Verdict::NoAnswer);
        if verdict != Verdict::NotRegistered {
            return self.keep(document, verdict).await;
        }
        let here = self.repository.agreement.load();
        let here = here.repository_unique_id.as_str();
        let removed = vec![Object::document(&document.unique_id, here, None)];
        let record = self.record("in doubt, not registered: removed", removed);
        let doubtful = document.clone();
        let work = move |connection: &mut AnyConnection| -> Result<_, SubmissionError> {
            Ok(document::remove_in_doubt(connection, &doubtful)?)
        };
        let Some(orphans) = self.repository.database.commit(record, work).await? else {
            return Ok(None);
        };
        let remove = move |repository: &Repository| {
            orphans.iter().try_for_each(|sha256| repository.blobs.remove(sha256))
        };
        self.blocking(remove).await??;
        Ok(Some(FindingKind::Removed))
    }

    async fn orphans(&self) -> Result<Phase, MaintenanceError> {
        let folders = self.blocking(|repository| repository.blobs.folders()).await??.0;
        let mut with_orphans = Vec::new();
        let mut n_orphans = 0;
        for folder in folders {
            if self.job.is_stopped() {
                return Ok(Phase::Stopped);
            }
            let orphans = self.orphans_in(&folder).await?;
            n_orphans += orphans.len();
            if self.options.is_dry_run {
                self.list(FindingKind::OrphanRemoved, &orphans);
            } else if !orphans.is_empty() {
                with_orphans.push(folder);
            }
        }
        let found = u64::try_from(n_orphans).unwrap_or(u64::MAX);
        let limit = self.options.max_orphans;
        if found > limit {
            return Err(MaintenanceError::TooManyOrphans { found, limit });
        }
        for folder in with_orphans {
            if self.job.is_stopped() {
                return Ok(Phase::Stopped);
            }
            self.remove_orphans(&folder).await?;
        }
        Ok(Phase::Done)
    }

    /// Looks again while no bytes can come in.
    async fn remove_orphans(&self, folder: &Path) -> Result<(), MaintenanceError> {
        let _nobody_stores = self.repository.removal.write().await;
        let orphans = self.orphans_in(folder).await?;
        if orphans.is_empty() {
            return Ok(());
        }
        let addresses = orphans.iter().map(|bytes| Object::Removed { address: hex(&bytes.sha256) });
        let record = self.record("named by no document: removed", addresses.collect());
        self.repository.journal.append(&record).await?;
        let removed = orphans.clone();
        let remove = move |repository: &Repository| {
            removed.iter().try_for_each(|bytes| repository.blobs.remove(&bytes.sha256))
        };
        self.blocking(remove).await??;
        self.list(FindingKind::OrphanRemoved, &orphans);
        Ok(())
    }

    async fn orphans_in(&self, folder: &Path) -> Result<Vec<StoredBytes>, MaintenanceError> {
        let (folder, grace): (PathBuf, _) = (folder.to_owned(), self.options.grace);
        let look = move |repository: &Repository| {
            unnamed_in(&repository.database, &repository.blobs, &folder, grace)
        };
        Ok(self.blocking(look).await??.orphans)
    }

    fn list(&self, kind: FindingKind, orphans: &[StoredBytes]) {
        for bytes in orphans {
            self.job.find(Finding { kind, address: hex(&bytes.sha256), unique_id: None });
        }
    }

    /// Of something that is removed.
    fn record(&self, description: &str, objects: Vec<Object>) -> AuditRecord {
        let event = self.job.task().event();
        let mut record = self.repository.worked(event, Outcome::Success, description.to_owned());
        record.action = EventAction::Delete;
        record.objects.extend(objects);
        record
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Repository) -> T + Send + 'static,
    ) -> Result<T, MaintenanceError> {
        let done = self.repository.blocking(work).await;
        done.map_err(|crate::Interrupted| MaintenanceError::Interrupted)
    }
}

/// A time in the future is no age.
fn is_older(document: &DocumentInDoubt, grace: Duration) -> bool {
    let now = jiff::Timestamp::now().as_microsecond();
    let age = now.checked_sub(document.stored_at).and_then(|age| u64::try_from(age).ok());
    age.is_some_and(|age| Duration::from_micros(age) >= grace)
}

//! How a job stands: what it has counted and found, and whether it is to go on.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use audit::Event;
use serde::{Deserialize, Serialize};

use super::MaintenanceError;
use crate::blobs::hex;

/// What is listed; more is only counted.
const MAX_FINDINGS: usize = 1_000;

/// A job about which nobody has asked for so long has lost whoever started it.
const LEASE: Duration = Duration::from_secs(60);

/// The kinds of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    VerifyStore,
    Reconcile,
}

impl Task {
    /// The row of the audit table.
    #[must_use]
    pub const fn event(self) -> &'static Event {
        match self {
            Task::VerifyStore => Event::VERIFY,
            Task::Reconcile => Event::RECONCILE,
        }
    }
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Running,
    /// It came to its end.
    Done,
    /// It was told to end before.
    Stopped,
    Failed,
}

/// What was counted; a kind that the job does not look for stays 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Documents to be looked at.
    pub n_documents: u64,
    /// Documents looked at.
    pub n_checked: u64,
    /// Bytes read.
    pub n_bytes: u64,
    pub n_damaged: u64,
    pub n_missing: u64,
    pub n_unreadable: u64,
    /// Files that no document names, older than the grace period; removed ones are not counted here.
    pub n_orphans: u64,
    /// Files that the store has not put there.
    pub n_foreign: u64,
    /// Documents in doubt that the registry has.
    pub n_registered: u64,
    /// Documents in doubt that it does not have.
    pub n_removed: u64,
    /// Files that no document named, removed.
    pub n_orphans_removed: u64,
    /// Documents that stay in doubt.
    pub n_in_doubt: u64,
}

impl Counts {
    /// Whether there is nothing left to act on.
    #[must_use]
    pub fn is_well(&self) -> bool {
        let faults = [
            self.n_damaged,
            self.n_missing,
            self.n_unreadable,
            self.n_orphans,
            self.n_foreign,
            self.n_in_doubt,
        ];
        faults.iter().all(|count| *count == 0)
    }
}

/// For the audit trail: what is 0 is left out.
impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "checked={} bytes={}", self.n_checked, self.n_bytes)?;
        let others = [
            ("damaged", self.n_damaged),
            ("missing", self.n_missing),
            ("unreadable", self.n_unreadable),
            ("orphans", self.n_orphans),
            ("foreign", self.n_foreign),
            ("registered", self.n_registered),
            ("removed", self.n_removed),
            ("orphans_removed", self.n_orphans_removed),
            ("in_doubt", self.n_in_doubt),
        ];
        for (name, count) in others.iter().filter(|(_, count)| *count > 0) {
            write!(formatter, " {name}={count}")?;
        }
        Ok(())
    }
}

/// What was found, or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// Other bytes than were stored.
    Damaged,
    /// No file under the address.
    Missing,
    /// There is something, but it cannot be read.
    Unreadable,
    /// Bytes that no document names, older than the grace period.
    Orphan,
    /// A file that the store has not put there.
    Foreign,
    /// Was in doubt; the registry has it.
    Registered,
    /// Was in doubt; the registry does not have it.
    Removed,
    /// Bytes that no document named, removed.
    OrphanRemoved,
    /// Stays in doubt: its submission may still be on its way.
    Young,
    /// Stays in doubt: what the registry says cannot be, or not in full.
    Unclear,
    /// Stays in doubt: the registry did not answer.
    Unanswered,
}

/// One of them, so that an operator can find it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: FindingKind,
    /// Of the document's bytes, or the path of a foreign file in the store's folder.
    pub address: String,
    /// DocumentEntry.uniqueId, of a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_id: Option<String>,
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub task: Task,
    pub phase: Phase,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub counts: Counts,
    /// The address that is being looked at, where a verification may be taken up again.
    pub address: String,
    /// Not before the end.
    pub findings: Vec<Finding>,
    /// Findings beyond those that are listed.
    pub n_unlisted: u64,
}

/// A job, as it is shared by who does it and who waits for it.
#[derive(Debug)]
pub struct Job {
    task: Task,
    status: Mutex<Status>,
    is_cancelled: AtomicBool,
    lease: Option<Mutex<Instant>>,
}

impl Job {
    /// A job that ends when it is cancelled, and not before.
    #[must_use]
    pub fn new(task: Task) -> Job {
        let status = Status {
            task,
            phase: Phase::Running,
            reason: None,
            counts: Counts::default(),
            address: String::new(),
            findings: Vec::new(),
            n_unlisted: 0,
        };
        Job { task, status: Mutex::new(status), is_cancelled: AtomicBool::new(false), lease: None }
    }

    /// A job that also ends when nobody asks for its [`Job::status`] any more.
    #[must_use]
    pub fn leased(task: Task) -> Job {
        Job { lease: Some(Mutex::new(Instant::now())), ..Job::new(task) }
    }

    /// How it stands; findings come when it has ended.
    pub fn status(&self) -> Status {
        if let Some(lease) = &self.lease {
            *lease.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
        let status = self.lock();
        let findings = match status.phase {
            Phase::Running => Vec::new(),
            Phase::Done | Phase::Stopped | Phase::Failed => status.findings.clone(),
        };
        Status {
            findings,
            reason: status.reason.clone(),
            address: status.address.clone(),
            ..*status
        }
    }

    /// Asks it to end.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    pub(super) fn task(&self) -> Task {
        self.task
    }

    pub(super) fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Whether it is to end now.
    pub(super) fn is_stopped(&self) -> bool {
        let is_over = |lease: &Mutex<Instant>| {
            lease.lock().unwrap_or_else(PoisonError::into_inner).elapsed() > LEASE
        };
        self.is_cancelled.load(Ordering::Relaxed) || self.lease.as_ref().is_some_and(is_over)
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.lock().counts);
    }

    /// Says which address is being looked at.
    pub(super) fn reach(&self, sha256: &[u8]) {
        self.lock().address = hex(sha256);
    }

    pub(super) fn find(&self, finding: Finding) {
        let mut status = self.lock();
        let counts = &mut status.counts;
        let counter = match finding.kind {
            FindingKind::Damaged => &mut counts.n_damaged,
            FindingKind::Missing => &mut counts.n_missing,
            FindingKind::Unreadable => &mut counts.n_unreadable,
            FindingKind::Orphan => &mut counts.n_orphans,
            FindingKind::Foreign => &mut counts.n_foreign,
            FindingKind::Registered => &mut counts.n_registered,
            FindingKind::Removed => &mut counts.n_removed,
            FindingKind::OrphanRemoved => &mut counts.n_orphans_removed,
            FindingKind::Young | FindingKind::Unclear | FindingKind::Unanswered => {
                &mut counts.n_in_doubt
            }
        };
        *counter = counter.saturating_add(1);
        if status.findings.len() < MAX_FINDINGS {
            status.findings.push(finding);
        } else {
            status.n_unlisted = status.n_unlisted.saturating_add(1);
        }
    }

    /// Says how it ended, once.
    pub fn end(&self, ended: Result<Phase, MaintenanceError>) {
        let mut status = self.lock();
        if status.phase != Phase::Running {
            return;
        }
        match ended {
            Ok(phase) => status.phase = phase,
            Err(error) => {
                status.phase = Phase::Failed;
                let cause = std::error::Error::source(&error);
                status.reason = Some(match cause {
                    Some(cause) => format!("{error}: {cause}"),
                    None => error.to_string(),
                });
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

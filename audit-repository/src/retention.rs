//! Retention: what is older than the agreement says loses its text, and the chain says that it did.
//!
//! The skeleton of a record stays: time, sender, digest, hash. Its message, what was extracted from it and
//! its rows in the index go. First the act is recorded in the chain, as an audit message of our own that
//! names range and rule; then the texts go in small batches. A text that is missing without such an act is a
//! fault to [`crate::verify`]. Acts themselves stay for ever.

use std::sync::Arc;
use std::time::Duration;

use atna::syslog::Severity;
use atna::{AuditMessage, Code, EventAction, EventIdentification, Outcome, ParticipantObject};
use config::Agreement;
use jiff::Timestamp;
use store::{AnyConnection, StoreError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::AuditRepository;
use crate::chain::Transport;
use crate::extract::{Extract, audit_message};
use crate::own_record::{Author, SECURITY_RESOURCE, SYSTEM_OBJECT};
use crate::store::event::{self, Arrival, EventRow};
use crate::store::{raw_message, term};
use crate::transactions::record_audit_event::record_audit_event;

/// Records of one commit: others want to write, too.
const BATCH: i64 = 200;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

/// ParticipantObjectDataLifeCycle: permanent erasure.
const PERMANENT_ERASURE: u8 = 15;
/// EventID of an act.
const AUDIT_LOG_USED: &str = "110101";

const FIRST: &str = "First Record";
const LAST: &str = "Last Record";
const RECEIVED_BEFORE: &str = "Received Before";
const RULE: &str = "Rule";
const AGREEMENT: &str = "Agreement Version";

/// That the texts of a range were dropped, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Sequence numbers.
    pub first: i64,
    pub last: i64,
    /// Every record of the range was received before this, in microseconds since 1970, UTC.
    pub received_before: i64,
    /// `retention.audit_days = N`.
    pub rule: String,
    pub agreement_version: String,
}

impl Act {
    fn message(&self, author: &Author) -> AuditMessage {
        let before = Timestamp::from_microsecond(self.received_before).unwrap_or_default();
        let detail = |name: &str, value: String| (name.to_owned(), value.into_bytes());
        let id = format!("{}:records:{}-{}", author.source_id, self.first, self.last);
        let uri = Code::new("12", "RFC-3881", "URI");
        let object = ParticipantObject {
            life_cycle: Some(PERMANENT_ERASURE),
            name: Some("Security Audit Log".to_owned()),
            details: vec![
                detail(FIRST, self.first.to_string()),
                detail(LAST, self.last.to_string()),
                detail(RECEIVED_BEFORE, format!("{before:.6}")),
                detail(RULE, self.rule.clone()),
                detail(AGREEMENT, self.agreement_version.clone()),
            ],
            ..ParticipantObject::new(id, SYSTEM_OBJECT, SECURITY_RESOURCE, uri)
        };
        AuditMessage {
            event: EventIdentification {
                id: Code::dcm(AUDIT_LOG_USED, "Audit Log Used"),
                action: Some(EventAction::Delete),
                time: Timestamp::now(),
                outcome: Outcome::Success,
                types: Vec::new(),
                outcome_description: None,
                purposes_of_use: Vec::new(),
            },
            participants: vec![author.application()],
            source: author.source(),
            objects: vec![object],
        }
    }

    fn arrival(&self, author: &Author) -> Arrival {
        author.arrival(&self.message(author), Severity::Notice)
    }

    /// The act that a record of our own tells of, if it does.
    pub(crate) fn of_record(row: &EventRow, raw: &[u8]) -> Option<Act> {
        is_act(row).then(|| audit_message(raw)).flatten().and_then(|message| Act::of(&message))
    }

    fn of(message: &AuditMessage) -> Option<Act> {
        let object = message.objects.first()?;
        let detail = |name: &str| {
            let (_, value) = object.details.iter().find(|(detail, _)| detail == name)?;
            String::from_utf8(value.clone()).ok()
        };
        Some(Act {
            first: detail(FIRST)?.parse().ok()?,
            last: detail(LAST)?.parse().ok()?,
            received_before: detail(RECEIVED_BEFORE)?.parse::<Timestamp>().ok()?.as_microsecond(),
            rule: detail(RULE)?,
            agreement_version: detail(AGREEMENT)?,
        })
    }
}

/// Whether a record is an act of ours: its transport, which is in the chain, says that we wrote it.
pub(crate) fn is_act(row: &EventRow) -> bool {
    row.transport == i16::from(Transport::Own.number())
        && row.event_id.as_deref() == Some(AUDIT_LOG_USED)
        && row.action.as_deref() == Some(EventAction::Delete.code())
}

/// Drops what the agreement in force says, as of `now`; tells how many records lost their text.
///
/// # Errors
/// [`StoreError`]; the next run goes on.
pub async fn run_once(
    repository: &Arc<AuditRepository>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let agreement = repository.agreement.load_full();
    let Some(act) = due(repository, &agreement, now).await? else { return Ok(0) };
    record_audit_event(repository, vec![act.arrival(&repository.author)]).await?;
    let mut n_dropped: u64 = 0;
    let mut first = act.first;
    while first <= act.last {
        let last = first.saturating_add(BATCH.saturating_sub(1)).min(act.last);
        let work = move |connection: &mut AnyConnection| drop_range(connection, first, last);
        n_dropped = n_dropped.saturating_add(repository.database.commit_trail(work).await?);
        first = last.saturating_add(1);
    }
    tracing::info!(actor = "audit-repository", n_dropped, "dropped the text of old records");
    Ok(n_dropped)
}

/// The act that is due: from the first record with a text to the last before the first young one.
async fn due(
    repository: &Arc<AuditRepository>,
    agreement: &Agreement,
    now: Timestamp,
) -> Result<Option<Act>, StoreError> {
    let Some(days) = agreement.retention.audit_days else { return Ok(None) };
    let age = i64::from(days.get()).saturating_mul(MICROSECONDS_PER_DAY);
    let received_before = now.as_microsecond().saturating_sub(age);
    let repository = Arc::clone(repository);
    let range = tokio::task::spawn_blocking(move || {
        repository.database.read(|connection| -> Result<_, StoreError> {
            Ok(event::old_range(connection, received_before)?)
        })
    });
    let range = range.await.map_err(|_join| StoreError::Closed)??;
    Ok(range.map(|(first, last)| Act {
        first,
        last,
        received_before,
        rule: format!("retention.audit_days = {days}"),
        agreement_version: agreement.version_in_force(),
    }))
}

fn drop_range(connection: &mut AnyConnection, first: i64, last: i64) -> Result<u64, StoreError> {
    let limit = last.saturating_sub(first).saturating_add(1);
    let rows = event::page_from(connection, first, limit)?;
    let mut n_dropped: u64 = 0;
    for row in rows.iter().filter(|row| row.sequence <= last && !is_act(row)) {
        let Some(raw) = raw_message::find(connection, row.sequence)? else { continue };
        if let Some(event_time) = row.event_time {
            let terms = Extract::of(&raw).terms;
            let terms: Vec<term::Row<'_>> =
                terms.iter().map(|term| (term, event_time, row.sequence)).collect();
            term::remove(connection, &terms)?;
        }
        raw_message::remove(connection, row.sequence)?;
        event::strip(connection, row.sequence)?;
        n_dropped = n_dropped.saturating_add(1);
    }
    Ok(n_dropped)
}

/// The task that looks once a day, and at once.
pub(crate) struct RetentionTask {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl RetentionTask {
    pub(crate) fn start(repository: Arc<AuditRepository>) -> RetentionTask {
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    run = run_once(&repository, Timestamp::now()) => if let Err(error) = run {
                        tracing::error!(actor = "audit-repository", %error, "old records were not dropped");
                    },
                    _ = stopped.changed() => return,
                }
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    _ = stopped.changed() => return,
                }
            }
        });
        RetentionTask { stop, task }
    }

    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(actor = "audit-repository", %error, "the retention task failed");
        }
    }
}

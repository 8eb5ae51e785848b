//! ITI-8, ITI-30 and ITI-44 as the Patient Identifier Cross-reference Manager receives them (ITI TF-2:
//! 3.8.4.1.3, 3.30, 3.44.4.1.3), and what an operator decides.

use std::sync::Arc;
use std::time::{Duration, Instant};

use audit::{AuditRecord, Event, EventAction, Outcome, Patient, PatientPart};
use config::agreement::UnknownUpdate;
use datatypes::PatientId;
use identity::{FeedEvent, IdentityManagement, LocalId, PatientIdentityFeed};
use policy::Permit;
use store::AnyConnection;

use super::Origin;
use crate::Manager;
use crate::change::{Change, Effect, Instruction};
use crate::error::{IdPlace, ManagementFault};
use crate::in_force::InForce;
use crate::linking::Linking;
use crate::record::Facts;
use crate::source::{Identified, Source};
use crate::store::announcement;

/// One process can lose to each of a few others once.
const ATTEMPTS: usize = 4;

/// When another process's delivery is first looked for while a feed's answer waits for it; each further look
/// comes after twice the time.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Does what a feed says, durably, before it is acknowledged.
///
/// # Errors
/// [`ManagementFault`]; then nothing has changed.
pub async fn identity_management(
    manager: &Arc<Manager>,
    (event, origin): (&'static Event, &Origin),
    source: &Source<'_>,
    message: IdentityManagement,
) -> Result<(), ManagementFault> {
    let permit = manager.policy.permit_feed(&origin.requester, origin.right);
    let permit = permit.map_err(ManagementFault::Denied)?;
    let action = action(&message);
    let instruction = instruction(source, message)?;
    let mut record = manager.audit_record(event, Outcome::Success, origin);
    record.patients = concerned(&instruction);
    record.action = action;
    let cause = format!("{} {}", event.name(), origin.message_id.as_deref().unwrap_or_default());
    change(manager, (permit, record), (instruction, cause)).await
}

/// What is done to patient records, for the trail.
fn action(message: &IdentityManagement) -> EventAction {
    match message {
        IdentityManagement::Feed(feed) => match feed.event {
            FeedEvent::Admit | FeedEvent::Register | FeedEvent::PreAdmit => EventAction::Create,
            FeedEvent::Update | FeedEvent::Merge => EventAction::Update,
        },
        IdentityManagement::ChangeId { .. }
        | IdentityManagement::Link { .. }
        | IdentityManagement::Unlink { .. } => EventAction::Update,
    }
}

/// Does one instruction and waits until the registry has heard of it, for as long as is agreed.
///
/// # Errors
/// [`ManagementFault`]; then nothing has changed.
pub async fn change(
    manager: &Arc<Manager>,
    (permit, record): (Permit, AuditRecord),
    (instruction, cause): (Instruction, String),
) -> Result<(), ManagementFault> {
    let in_force = manager.in_force.load_full();
    let at = record.time.as_microsecond();
    let is_told = in_force.announcer.tells_registry || !in_force.announcer.consumers.is_empty();
    let work = move |connection: &mut AnyConnection| {
        work(connection, (&permit, &in_force), instruction.clone(), (at, &cause))
    };
    let announced = commit(manager, record, work).await?;
    if is_told {
        manager.wake.notify_waiters();
    }
    if let Some(number) = announced {
        await_announcement(manager, number).await;
    }
    Ok(())
}

/// The unit of work; returns the number of the last announcement to the registry.
fn work(
    connection: &mut AnyConnection,
    (permit, in_force): (&Permit, &InForce),
    instruction: Instruction,
    (at, cause): (i64, &str),
) -> Result<Option<i64>, ManagementFault> {
    let gives_ids = in_force.gives_ids();
    let network_id = |number: i64| gives_ids.then(|| crate::network_id::of(number));
    let linking = Linking { permit, rules: in_force.rules, network_id: &network_id };
    let effect: Effect = Change { linking, at, cause }.run(connection, instruction)?;
    in_force.announcer.announce(connection, permit, &effect, at)
}

/// Commits work with its audit record; a race lost to another process is run again.
async fn commit<T: Send + 'static>(
    manager: &Manager,
    record: AuditRecord,
    work: impl Fn(&mut AnyConnection) -> Result<T, ManagementFault> + Send + Sync + 'static,
) -> Result<T, ManagementFault> {
    let work = Arc::new(work);
    for _ in 1..ATTEMPTS {
        let attempt = Arc::clone(&work);
        let run = move |connection: &mut AnyConnection| attempt(connection);
        match manager.database.commit(record.clone(), run).await {
            Err(fault) if fault.is_contention() => tracing::debug!("lost a race, trying again"),
            outcome => return outcome,
        }
    }
    manager.database.commit(record, move |connection| work(connection)).await
}

/// Waits until the registry has heard of a change, so that whoever made it can use new identifiers and find
/// documents where they belong at once; not for ever, since the change itself is safe.
async fn await_announcement(manager: &Arc<Manager>, number: i64) {
    let deadline = Instant::now() + manager.config.registry.announce_wait;
    let mut look_at = Instant::now() + LOOK_AGAIN;
    let mut pause = LOOK_AGAIN;
    loop {
        let changed = manager.announced.changed();
        if manager.announced.contains(number) || Instant::now() >= deadline {
            return;
        }
        let wait = look_at.min(deadline).saturating_duration_since(Instant::now());
        if tokio::time::timeout(wait, changed).await.is_ok() {
            continue;
        }
        // The process that delivers may be another one, which wakes nobody here.
        if is_settled(manager, number).await {
            return;
        }
        pause = pause.saturating_mul(2);
        look_at = Instant::now() + pause;
    }
}

async fn is_settled(manager: &Arc<Manager>, number: i64) -> bool {
    let manager = Arc::clone(manager);
    let look = move || {
        let found = manager.database.read(|connection| {
            announcement::get(connection, number).map_err(store::StoreError::Database)
        });
        found.is_ok_and(|found| found.is_none_or(|(_, is_refused)| is_refused))
    };
    tokio::task::spawn_blocking(look).await.unwrap_or(false)
}

fn instruction(
    source: &Source<'_>,
    message: IdentityManagement,
) -> Result<Instruction, ManagementFault> {
    let own = |ids: &[LocalId], place: fn(usize) -> IdPlace| {
        source.identify(ids, place).map(|identified| identified.own)
    };
    match message {
        IdentityManagement::Feed(feed) => feed_instruction(source, feed),
        IdentityManagement::ChangeId { new, old } => Ok(Instruction::ChangeId {
            new: own(&new, IdPlace::Patient)?,
            old: own(&old, IdPlace::Prior)?,
        }),
        IdentityManagement::Link { first, second } => Ok(Instruction::Link {
            one: own(&first, IdPlace::Patient)?,
            other: own(&second, IdPlace::Second)?,
        }),
        IdentityManagement::Unlink { first, second } => Ok(Instruction::Unlink {
            one: own(&first, IdPlace::Patient)?,
            other: own(&second, IdPlace::Second)?,
        }),
    }
}

fn feed_instruction(
    source: &Source<'_>,
    feed: PatientIdentityFeed,
) -> Result<Instruction, ManagementFault> {
    let Identified { own: id, strong } = source.identify(&feed.identifiers, IdPlace::Patient)?;
    let may_create = match feed.event {
        FeedEvent::Merge => {
            let prior = source.identify(&feed.prior_identifiers, IdPlace::Prior)?;
            return Ok(Instruction::Merge { subsumed: prior.own, surviving: id });
        }
        FeedEvent::Admit | FeedEvent::Register | FeedEvent::PreAdmit => true,
        FeedEvent::Update => match source.in_force.agreement.linking.unknown_update {
            UnknownUpdate::Create => true,
            UnknownUpdate::Reject => false,
        },
    };
    let facts = Facts { demographics: feed.demographics, strong_ids: strong };
    Ok(Instruction::Register { id, facts, visit: feed.visit, may_create })
}

/// Whom the audit trail names.
#[must_use]
pub fn concerned(instruction: &Instruction) -> Vec<Patient> {
    let patient = |id: &PatientId, part| Patient { id: id.to_cx(), part };
    let both = |one, other| {
        vec![patient(one, PatientPart::Concerned), patient(other, PatientPart::Concerned)]
    };
    match instruction {
        Instruction::Register { id, .. } | Instruction::Isolate { id } => {
            vec![patient(id, PatientPart::Concerned)]
        }
        Instruction::Merge { subsumed, surviving } => vec![
            patient(subsumed, PatientPart::Subsumed),
            patient(surviving, PatientPart::Surviving),
        ],
        Instruction::ChangeId { old, new } => both(old, new),
        Instruction::Link { one, other } | Instruction::Unlink { one, other } => both(one, other),
    }
}

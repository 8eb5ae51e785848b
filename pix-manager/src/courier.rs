//! Delivers announcements: one task per destination, in order, for as long as it takes.
//!
//! What the other side acknowledged is recorded and removed in one commit, and sent again if that was lost;
//! whoever receives it treats the same message once more as what it is. What the other side refuses for good
//! stops only what is about the same persons, until an operator decides.

mod destination;
mod lease;

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audit::{AuditRecord, Event, EventAction, Outcome, Party, Patient, PatientPart};
use net::AnnouncementMetrics;
use policy::Permit;
use store::{AnyConnection, StoreError};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::Manager;
use crate::error::ManagementFault;
use crate::store::announcement::{self, Announcement, REGISTRY};
use crate::store::{person, take_turn};

use lease::Lease;

pub use destination::{Delivery, Destination, Way};

/// Announcements that are sent before their acknowledgements are noted, in one commit.
const BATCH: i64 = 64;

/// How long a process looks for what another one has to tell before it looks again.
const IDLE: Duration = Duration::from_millis(500);

/// Pause between two looks at how many wait.
const SHOW: Duration = Duration::from_secs(5);

/// How often a destination may say "try again later" to the same message before that is a refusal.
const MAX_POSTPONED: u32 = 8;

/// Pauses between attempts.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    pub first: Duration,
    pub longest: Duration,
}

/// The running tasks. Dropping it does not stop them.
pub struct Couriers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Couriers {
    /// Starts one task per destination; must be called inside a tokio runtime.
    #[must_use]
    pub fn start(
        manager: &Arc<Manager>,
        destinations: Vec<Destination>,
        (retry, metrics): (Retry, &AnnouncementMetrics),
    ) -> Couriers {
        let (stop, stopped) = watch::channel(false);
        let holder = uuid::Uuid::new_v4().to_string();
        let start = |destination: Destination| {
            let courier = Courier {
                manager: Arc::clone(manager),
                lease: Lease::new(manager, &destination.name, &holder),
                destination,
                retry,
                metrics: metrics.clone(),
                shown: None,
                stop: stopped.clone(),
                postponed: (0, 0),
            };
            tokio::spawn(courier.run())
        };
        let tasks = destinations.into_iter().map(start).collect();
        Couriers { stop, tasks }
    }

    /// Lets each finish what it is at.
    pub async fn stop(self) {
        // Tasks that have ended hear nothing.
        let _ = self.stop.send(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a courier ended by a panic");
            }
        }
    }
}

struct Courier {
    manager: Arc<Manager>,
    destination: Destination,
    lease: Lease,
    retry: Retry,
    metrics: AnnouncementMetrics,
    /// When the metrics were last brought up to date.
    shown: Option<Instant>,
    stop: watch::Receiver<bool>,
    /// The announcement that was told to wait, and how often.
    postponed: (i64, u32),
}

/// How a round ended.
enum Round {
    /// Nothing is left to tell.
    Idle,
    /// The destination cannot be reached, or the database.
    Failed,
}

/// A batch was not told to its end.
struct Interrupted;

impl Courier {
    async fn run(mut self) {
        let mut pause = self.retry.first;
        while !*self.stop.borrow() {
            // Registered before the look, so that what comes in between wakes.
            let manager = Arc::clone(&self.manager);
            let woken = manager.wake.notified();
            let round = match self.lease.hold().await {
                true => self.round().await,
                false => Round::Idle,
            };
            self.show().await;
            let wait = match round {
                Round::Idle => {
                    pause = self.retry.first;
                    IDLE
                }
                Round::Failed => {
                    let wait = pause;
                    pause = pause.saturating_mul(2).min(self.retry.longest);
                    wait
                }
            };
            let may_be_woken = matches!(round, Round::Idle);
            tokio::select! {
                () = sleep(wait) => {}
                () = woken, if may_be_woken => {}
                _ = self.stop.changed() => {}
            }
        }
        self.lease.release().await;
    }

    /// Counts what is left, now and then.
    async fn show(&mut self) {
        if self.shown.is_some_and(|shown| shown.elapsed() < SHOW) {
            return;
        }
        self.shown = Some(Instant::now());
        let Ok(counts) = self.read(announcement::counts).await else { return };
        let count = |is_refused: bool| {
            let own = |(name, refused, _): &&(String, bool, i64)| {
                *name == self.destination.name && *refused == is_refused
            };
            counts.iter().find(own).map_or(0, |(_, _, n)| *n)
        };
        self.metrics.show(&self.destination.name, count(false), count(true));
    }

    /// Tells everything that can be told now.
    async fn round(&mut self) -> Round {
        let mut after = 0;
        let Ok(mut blocked) = self.blocked().await else { return Round::Failed };
        loop {
            let Ok(batch) = self.waiting(after).await else { return Round::Failed };
            let Some(last) = batch.last() else { return Round::Idle };
            after = last.announcement_no;
            let (delivered, told) = self.tell(batch, &mut blocked).await;
            let noted = self.delivered(delivered).await;
            if noted.is_err() || told.is_err() {
                return Round::Failed;
            }
        }
    }

    /// Sends a batch in order: what arrived of it, and whether all of it was tried.
    async fn tell(
        &mut self,
        batch: Vec<Announcement>,
        blocked: &mut BTreeSet<i64>,
    ) -> (Vec<Announcement>, Result<(), Interrupted>) {
        let mut delivered = Vec::new();
        for told in batch {
            if *self.stop.borrow() || !self.lease.hold().await {
                return (delivered, Err(Interrupted));
            }
            if told.persons.iter().any(|person_no| blocked.contains(person_no)) {
                // Its other persons wait as well: what is told of them later builds on it.
                blocked.extend(told.persons.iter().copied());
                continue;
            }
            match self.send(&told).await {
                Delivery::Acknowledged => delivered.push(told),
                Delivery::Refused(refusal) => {
                    blocked.extend(told.persons.iter().copied());
                    if self.refused(told, refusal).await.is_err() {
                        return (delivered, Err(Interrupted));
                    }
                }
                Delivery::Postponed | Delivery::Unreachable => {
                    return (delivered, Err(Interrupted));
                }
            }
        }
        (delivered, Ok(()))
    }

    async fn send(&mut self, told: &Announcement) -> Delivery {
        let delivery = {
            let mut sending = pin!(self.destination.send(told));
            loop {
                tokio::select! {
                    delivery = &mut sending => break delivery,
                    // Whoever is slow to answer must not be told by two.
                    () = sleep(lease::RENEWAL) => {
                        self.lease.hold().await;
                    }
                }
            }
        };
        if !matches!(delivery, Delivery::Postponed) {
            return delivery;
        }
        let (number, times) = self.postponed;
        let times = if number == told.announcement_no { times.saturating_add(1) } else { 1 };
        self.postponed = (told.announcement_no, times);
        if times >= MAX_POSTPONED {
            return Delivery::Refused("told to try again later, too often".to_owned());
        }
        delivery
    }

    /// Persons about whom something was refused.
    async fn blocked(&self) -> Result<BTreeSet<i64>, ManagementFault> {
        let destination = self.destination.name.clone();
        let refused =
            self.read(move |connection| announcement::refused(connection, &destination, i64::MAX));
        Ok(refused.await?.into_iter().flat_map(|told| told.persons).collect())
    }

    async fn waiting(&self, after: i64) -> Result<Vec<Announcement>, ManagementFault> {
        let destination = self.destination.name.clone();
        self.read(move |connection| announcement::waiting(connection, (&destination, after), BATCH))
            .await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> diesel::QueryResult<T> + Send + 'static,
    ) -> Result<T, ManagementFault> {
        let manager = Arc::clone(&self.manager);
        let read = move || {
            manager.database.read(|connection| work(connection).map_err(StoreError::Database))
        };
        let read = tokio::task::spawn_blocking(read).await;
        read.unwrap_or(Err(StoreError::Unavailable)).map_err(ManagementFault::from)
    }

    /// Notes what arrived; the registry's identifiers may be shown from now on.
    async fn delivered(&self, delivered: Vec<Announcement>) -> Result<(), ManagementFault> {
        if delivered.is_empty() {
            return Ok(());
        }
        let records: Vec<AuditRecord> =
            delivered.iter().filter_map(|told| self.record(told, Outcome::Success)).collect();
        let in_force = self.manager.in_force.load_full();
        let at = jiff::Timestamp::now().as_microsecond();
        let settled: Vec<i64> = delivered.iter().map(|told| told.announcement_no).collect();
        let noted = self.manager.database.commit_with(&records, move |connection| {
            take_turn(connection)?;
            let permit = Permit::maintenance("pix-manager", "tell consumers of identifiers");
            for told in &delivered {
                announcement::remove(connection, told.announcement_no)?;
                if let Some(person_no) = told.announced_no {
                    person::set_announced(connection, person_no)?;
                    in_force.announcer.announce_network_id(connection, &permit, person_no, at)?;
                }
            }
            Ok::<(), ManagementFault>(())
        });
        let noted = noted.await;
        if noted.is_ok() {
            self.settled(settled);
        }
        // Consumers may have something to hear now.
        self.manager.wake.notify_waiters();
        noted
    }

    async fn refused(&self, told: Announcement, refusal: String) -> Result<(), ManagementFault> {
        tracing::error!(
            destination = self.destination.name,
            announcement_no = told.announcement_no,
            refusal,
            "an announcement is refused: what is about the same patients waits for an operator"
        );
        let record = self
            .record(&told, Outcome::MinorFailure)
            .map(|record| AuditRecord { description: Some(refusal.clone()), ..record });
        let number = told.announcement_no;
        let noted = self.note(record, move |connection| {
            Ok(announcement::set_refused(connection, number, &refusal)?)
        });
        noted.await?;
        self.settled([number]);
        Ok(())
    }

    /// Whoever waits for the registry to hear of a change need not wait any longer.
    fn settled(&self, numbers: impl IntoIterator<Item = i64>) {
        if self.destination.name == REGISTRY {
            self.manager.announced.add(numbers);
        }
    }

    fn record(&self, told: &Announcement, outcome: Outcome) -> Option<AuditRecord> {
        let event = Event::of_key(&told.event)?;
        let manager = &self.manager;
        let is_part = |part: PatientPart| move |patient: &Patient| patient.part == part;
        let is_merge = told.patients.iter().any(is_part(PatientPart::Subsumed));
        Some(AuditRecord {
            action: if is_merge { EventAction::Update } else { event.action },
            own: manager.node.called(in_force_name(manager)),
            peer: self.destination.party.clone(),
            patients: told.patients.clone(),
            message_id: Some(told.control_id()),
            agreement_version: manager.in_force.load().agreement.version_in_force(),
            ..AuditRecord::now(event, outcome)
        })
    }

    /// Commits upkeep of the outbox; with a record if it is an event.
    async fn note<T: Send + 'static>(
        &self,
        record: Option<AuditRecord>,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, ManagementFault> + Send + 'static,
    ) -> Result<T, ManagementFault> {
        let records: Vec<AuditRecord> = record.into_iter().collect();
        let work = move |connection: &mut AnyConnection| {
            take_turn(connection)?;
            work(connection)
        };
        self.manager.database.commit_with(&records, work).await
    }
}

/// `facility|application`, as messages of the manager say it.
fn in_force_name(manager: &Manager) -> String {
    let in_force = manager.in_force.load();
    format!("{}|{}", in_force.announcer.facility, in_force.announcer.application)
}

impl Destination {
    /// A side of a transaction for the trail.
    #[must_use]
    pub fn party_of(name: &str, host: &str) -> Party {
        Party { user_id: name.to_owned(), user_name: None, address: host.to_owned() }
    }
}

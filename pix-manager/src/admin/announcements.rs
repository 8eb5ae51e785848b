//! What registry and consumers are still to be told, and what an operator does about what they refuse.

use std::collections::BTreeMap;
use std::sync::Arc;

use audit::{AuditRecord, Event, Outcome};
use serde::{Deserialize, Serialize};
use store::{AnyConnection, StoreError};

use super::{Done, Operator};
use crate::Manager;
use crate::error::AdminFault;
use crate::store::announcement::{self, Announcement};

/// Announcements of one destination and state that are listed, the oldest; the others are counted.
const MAX_LISTED: i64 = 100;

/// One announcement.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnouncementNumber {
    pub number: i64,
}

/// All that is still to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    pub destinations: Vec<DestinationShown>,
}

/// What one destination is still to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationShown {
    /// `registry`, or the name of a consumer.
    pub destination: String,
    pub n_waiting: i64,
    pub n_refused: i64,
    /// The oldest of each kind, those that are refused first.
    pub announcements: Vec<AnnouncementShown>,
}

/// An announcement. `Debug` hides whom it is about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncementShown {
    pub number: i64,
    /// The transaction: `ITI-8`, `ITI-64`, `ITI-10`, `ITI-46`.
    pub transaction: String,
    pub is_refused: bool,
    /// What the destination said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Whom it is about, as `id^^^&oid&ISO`.
    pub patients: Vec<String>,
}

impl std::fmt::Debug for AnnouncementShown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnnouncementShown")
            .field("number", &self.number)
            .field("transaction", &self.transaction)
            .field("is_refused", &self.is_refused)
            .finish_non_exhaustive()
    }
}

impl Overview {
    /// Everybody who is shown.
    pub(super) fn patients(&self) -> impl Iterator<Item = String> {
        let shown = self.destinations.iter().flat_map(|it| &it.announcements);
        shown.flat_map(|it| &it.patients).cloned()
    }
}

impl AnnouncementShown {
    fn of(told: Announcement, is_refused: bool) -> AnnouncementShown {
        AnnouncementShown {
            number: told.announcement_no,
            transaction: transaction(&told),
            is_refused,
            // An announcement that is tried again keeps what was said about it.
            refusal: told.refusal.filter(|_| is_refused),
            patients: told.patients.into_iter().map(|patient| patient.id).collect(),
        }
    }
}

pub(super) async fn overview(manager: &Arc<Manager>) -> Result<Overview, AdminFault> {
    let manager = Arc::clone(manager);
    let read =
        move || manager.database.read(|connection| read(connection).map_err(StoreError::Database));
    let read = tokio::task::spawn_blocking(read).await;
    Ok(read.unwrap_or(Err(StoreError::Unavailable))?)
}

fn read(connection: &mut AnyConnection) -> Result<Overview, diesel::result::Error> {
    let mut counts: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for (destination, is_refused, n) in announcement::counts(connection)? {
        let (n_waiting, n_refused) = counts.entry(destination).or_default();
        match is_refused {
            true => *n_refused = n,
            false => *n_waiting = n,
        }
    }
    let mut destinations = Vec::new();
    for (destination, (n_waiting, n_refused)) in counts {
        let refused = announcement::refused(connection, &destination, MAX_LISTED)?;
        let waiting = announcement::waiting(connection, (&destination, 0), MAX_LISTED)?;
        let refused = refused.into_iter().map(|told| AnnouncementShown::of(told, true));
        let waiting = waiting.into_iter().map(|told| AnnouncementShown::of(told, false));
        let announcements = refused.chain(waiting).collect();
        destinations.push(DestinationShown { destination, n_waiting, n_refused, announcements });
    }
    Ok(Overview { destinations })
}

/// Lets the destination be asked once more.
pub(super) async fn retry(
    manager: &Arc<Manager>,
    operator: &Operator,
    number: i64,
) -> Result<Done, AdminFault> {
    let (told, is_refused) = get(manager, number).await?;
    if !is_refused {
        return Err(AdminFault::WaitsAlready);
    }
    commit(
        manager,
        operator.record(manager, &action("retry", &told), Outcome::Success),
        told,
        announcement::set_waiting,
    )
    .await?;
    Ok(Done { done: "retry".to_owned() })
}

/// Gives an announcement up: the destination will never hear of it, and hears again of the same patients.
pub(super) async fn drop(
    manager: &Arc<Manager>,
    operator: &Operator,
    number: i64,
) -> Result<Done, AdminFault> {
    let (told, _) = get(manager, number).await?;
    commit(
        manager,
        operator.record(manager, &action("drop", &told), Outcome::Success),
        told,
        announcement::remove,
    )
    .await?;
    Ok(Done { done: "drop".to_owned() })
}

fn action(word: &str, told: &Announcement) -> String {
    let transaction = transaction(told);
    format!("{word} announcement {} ({transaction} to {})", told.announcement_no, told.destination)
}

fn transaction(told: &Announcement) -> String {
    match Event::of_key(&told.event) {
        Some(event) => event.name().to_owned(),
        None => told.event.clone(),
    }
}

async fn get(manager: &Arc<Manager>, number: i64) -> Result<(Announcement, bool), AdminFault> {
    let manager = Arc::clone(manager);
    let read = move || {
        let read = |connection: &mut AnyConnection| {
            announcement::get(connection, number).map_err(StoreError::Database)
        };
        manager.database.read(read)
    };
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or(Err(StoreError::Unavailable))?.ok_or(AdminFault::UnknownAnnouncement)
}

async fn commit(
    manager: &Arc<Manager>,
    record: AuditRecord,
    told: Announcement,
    work: fn(&mut AnyConnection, i64) -> diesel::QueryResult<()>,
) -> Result<(), AdminFault> {
    let number = told.announcement_no;
    let record = AuditRecord { patients: told.patients, ..record };
    let work = move |connection: &mut AnyConnection| {
        work(connection, number).map_err(StoreError::Database)
    };
    manager.database.commit(record, work).await?;
    // The courier looks again at once, also at what waited behind it.
    manager.wake.notify_waiters();
    Ok(())
}

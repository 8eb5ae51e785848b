//! Refused connections in the trail: the first of an address at once, then one record a minute with a count.
//!
//! Whoever knocks in vain must not fill the journal, nor hide another one by doing so.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::event::Event;
use crate::journal::Journal;
use crate::node::Node;
use crate::record::{AuditRecord, Outcome, Party};

/// Within it, refusals of one address after the first are counted only.
const WINDOW: Duration = Duration::from_secs(60);

/// Addresses that are told apart in one window; those of all others are counted together.
const MAX_ADDRESSES: usize = 256;

/// Refusals that wait to be recorded; more at once are a flood of which it is enough to know.
const QUEUE_LENGTH: usize = 1_024;

/// The task that records refused connections.
pub struct Refusals {
    queue: mpsc::Sender<Refused>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Tells of refused connections, from any thread and without waiting.
#[derive(Clone)]
pub struct RefusalReporter(mpsc::Sender<Refused>);

struct Refused {
    address: IpAddr,
    reason: String,
}

/// What is known of an address in this window, beyond what is recorded.
#[derive(Default)]
struct Counted {
    n_more: u64,
    reason: String,
}

impl Refusals {
    /// Starts the task; needs a tokio runtime. `agreement_version` says which one is in force.
    pub fn start(
        journal: Arc<Journal>,
        node: Node,
        agreement_version: impl Fn() -> String + Send + Sync + 'static,
    ) -> Refusals {
        Refusals::with_window(journal, node, agreement_version, WINDOW)
    }

    fn with_window(
        journal: Arc<Journal>,
        node: Node,
        agreement_version: impl Fn() -> String + Send + Sync + 'static,
        window: Duration,
    ) -> Refusals {
        let (queue, refused) = mpsc::channel(QUEUE_LENGTH);
        let record = move |address: Option<IpAddr>, description: String| AuditRecord {
            peer: peer(address),
            agreement_version: agreement_version(),
            ..node.alert(Event::NODE_AUTHENTICATION_FAILURE, Outcome::SeriousFailure, description)
        };
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(run(journal, record, (refused, stopped), window));
        Refusals { queue, stop, task }
    }

    /// For the listeners.
    #[must_use]
    pub fn reporter(&self) -> RefusalReporter {
        RefusalReporter(self.queue.clone())
    }

    /// Records what was counted, and ends.
    pub async fn stop(self) {
        // The task is there to hear it, unless it failed, which is said below.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the task that records refused connections failed");
        }
    }
}

impl RefusalReporter {
    /// A connection from `address` was refused.
    pub fn tell(&self, address: IpAddr, reason: &str) {
        let refused = Refused { address, reason: reason.to_owned() };
        if self.0.try_send(refused).is_err() {
            tracing::warn!(%address, "more connections are refused than can be recorded one by one");
        }
    }
}

fn peer(address: Option<IpAddr>) -> Party {
    let address = address.map_or_else(|| "many".to_owned(), |address| address.to_string());
    Party { user_id: address.clone(), user_name: None, address }
}

async fn run(
    journal: Arc<Journal>,
    record: impl Fn(Option<IpAddr>, String) -> AuditRecord,
    (mut refused, mut stopped): (mpsc::Receiver<Refused>, oneshot::Receiver<()>),
    window: Duration,
) {
    let mut counted: HashMap<Option<IpAddr>, Counted> = HashMap::new();
    let mut turn = tokio::time::interval(window);
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let due = tokio::select! {
            // What came before the stop is recorded.
            biased;
            Some(next) = refused.recv() => first(&mut counted, next).into_iter().collect(),
            _ = &mut stopped => break,
            _ = turn.tick() => more(&mut counted),
        };
        append(&journal, &record, due).await;
    }
    append(&journal, &record, more(&mut counted)).await;
}

/// Counts one; gives what is to be recorded at once, if it is the first of its address.
fn first(
    counted: &mut HashMap<Option<IpAddr>, Counted>,
    Refused { address, reason }: Refused,
) -> Option<(Option<IpAddr>, String)> {
    let is_full = counted.len() >= MAX_ADDRESSES;
    let key = Some(address).filter(|address| !is_full || counted.contains_key(&Some(*address)));
    if let Some(known) = counted.get_mut(&key) {
        known.n_more = known.n_more.saturating_add(1);
        known.reason = reason;
        return None;
    }
    counted.insert(key, Counted { n_more: 0, reason: reason.clone() });
    Some((key, format!("connection refused: {reason}")))
}

/// Ends the window: what was counted beyond the first of each address.
fn more(counted: &mut HashMap<Option<IpAddr>, Counted>) -> Vec<(Option<IpAddr>, String)> {
    let ended = counted.drain().filter(|(_, counted)| counted.n_more > 0);
    ended
        .map(|(address, Counted { n_more, reason })| {
            (address, format!("{n_more} more connections refused, the last one: {reason}"))
        })
        .collect()
}

async fn append(
    journal: &Journal,
    record: &impl Fn(Option<IpAddr>, String) -> AuditRecord,
    due: Vec<(Option<IpAddr>, String)>,
) {
    let records: Vec<_> =
        due.into_iter().map(|(address, description)| record(address, description)).collect();
    if records.is_empty() {
        return;
    }
    if let Err(error) = journal.append_all(&records).await {
        tracing::error!(%error, "refused connections could not be recorded");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Object;

    async fn recorded(tell: impl FnOnce(&RefusalReporter)) -> Vec<AuditRecord> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = Arc::new(Journal::open(&path).unwrap());
        let node = Node::new("registry");
        let window = Duration::from_secs(3600);
        let refusals = Refusals::with_window(Arc::clone(&journal), node, || "7".to_owned(), window);
        // The first turn of an interval comes at once.
        tokio::task::yield_now().await;
        tell(&refusals.reporter());
        refusals.stop().await;
        let text = std::fs::read_to_string(path).unwrap();
        let lines =
            text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.map(|line| AuditRecord::from_json(&line["record"].to_string()).unwrap()).collect()
    }

    fn told(record: &AuditRecord) -> (&str, &str) {
        let [Object::Alert { description, .. }] = &record.objects[..] else {
            panic!("{:?}", record.objects);
        };
        (&record.peer.address, description)
    }

    #[tokio::test]
    async fn one_record_at_once_and_one_for_all_others() {
        let records = recorded(|reporter| {
            for reason in ["no certificate", "no certificate", "unknown authority"] {
                reporter.tell([192, 0, 2, 1].into(), reason);
            }
            reporter.tell([192, 0, 2, 2].into(), "expired");
        })
        .await;
        let mut told: Vec<_> = records.iter().map(told).collect();
        told.sort_unstable();
        assert_eq!(
            told,
            [
                ("192.0.2.1", "2 more connections refused, the last one: unknown authority"),
                ("192.0.2.1", "connection refused: no certificate"),
                ("192.0.2.2", "connection refused: expired"),
            ]
        );
        assert!(records.iter().all(|record| record.outcome == Outcome::SeriousFailure));
        assert!(records.iter().all(|record| record.agreement_version == "7"));
    }

    #[tokio::test]
    async fn a_flood_of_addresses_is_counted_together() {
        let records = recorded(|reporter| {
            for number in 0..600_u32 {
                reporter.tell(IpAddr::V4(number.into()), "no certificate");
            }
        })
        .await;
        assert_eq!(records.len(), MAX_ADDRESSES + 2);
        let last = told(records.last().unwrap());
        let n_more = 600 - MAX_ADDRESSES - 1;
        assert_eq!(last.0, "many");
        assert!(last.1.starts_with(&format!("{n_more} more")), "{}", last.1);
    }
}

//! Refused connections, counted: one record per peer and minute, however many there were.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::AuditRepository;
use crate::own_record::Refusal;
use crate::store::event::Arrival;
use crate::transactions::record_audit_event::record_audit_event;

/// Time that one record covers.
const WINDOW: Duration = Duration::from_secs(60);

/// How often is looked for windows that have ended.
const TICK: Duration = Duration::from_secs(1);

/// Peers that are told apart; whoever comes from more addresses at once is counted together.
const MAX_PEERS: usize = 256;

/// Stands for the peers beyond [`MAX_PEERS`].
const OTHERS: &str = "others";

/// What is not recorded yet.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<HashMap<(String, Refusal), Window>>);

#[derive(Clone, Copy, Debug)]
struct Window {
    since: Instant,
    n_refused: u64,
}

impl Refusals {
    pub(crate) fn count(&self, peer: IpAddr, refusal: Refusal) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (peer.to_string(), refusal);
        if counted.len() >= MAX_PEERS && !counted.contains_key(&key) {
            key.0 = OTHERS.to_owned();
        }
        let window = counted.entry(key).or_insert(Window { since: Instant::now(), n_refused: 0 });
        window.n_refused = window.n_refused.saturating_add(1);
    }

    /// Takes the windows that are as old as this.
    fn take(&self, age: Duration) -> Vec<(String, Refusal, u64)> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = counted.extract_if(|_, window| window.since.elapsed() >= age);
        let mut ended: Vec<_> =
            ended.map(|((peer, refusal), window)| (peer, refusal, window.n_refused)).collect();
        ended.sort();
        ended
    }
}

/// The task that records them.
pub(crate) struct RefusalTask {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl RefusalTask {
    pub(crate) fn start(repository: Arc<AuditRepository>, refusals: Arc<Refusals>) -> RefusalTask {
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            loop {
                let is_last = tokio::select! {
                    () = tokio::time::sleep(TICK) => false,
                    _ = stopped.changed() => true,
                };
                let age = if is_last { Duration::ZERO } else { WINDOW };
                record(&repository, refusals.take(age)).await;
                if is_last {
                    return;
                }
            }
        });
        RefusalTask { stop, task }
    }

    /// Records what was counted, then returns.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(actor = "audit-repository", %error, "the task of refusals failed");
        }
    }
}

async fn record(repository: &AuditRepository, refused: Vec<(String, Refusal, u64)>) {
    if refused.is_empty() {
        return;
    }
    let n_lost = refused.len();
    let author = &repository.author;
    let arrivals: Vec<Arrival> = refused
        .into_iter()
        .map(|(peer, refusal, n_refused)| author.refused(&peer, refusal, n_refused))
        .collect();
    if let Err(error) = record_audit_event(repository, arrivals).await {
        tracing::error!(actor = "audit-repository", n_lost, %error, "refused connections are not recorded");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_counted_apart_up_to_a_bound() {
        let refusals = Refusals::default();
        for last in 0..=255_u8 {
            refusals.count(IpAddr::from([192, 0, 2, last]), Refusal::Handshake);
        }
        refusals.count(IpAddr::from([192, 0, 2, 7]), Refusal::Handshake);
        for last in 0..9_u8 {
            refusals.count(IpAddr::from([198, 51, 100, last]), Refusal::Handshake);
        }
        assert!(refusals.take(WINDOW).is_empty());
        let taken = refusals.take(Duration::ZERO);
        assert_eq!(taken.len(), 257);
        assert!(taken.contains(&("192.0.2.7".to_owned(), Refusal::Handshake, 2)));
        assert!(taken.contains(&(OTHERS.to_owned(), Refusal::Handshake, 9)));
        assert!(refusals.take(Duration::ZERO).is_empty());
    }
}

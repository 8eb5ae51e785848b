//! What the registry has acknowledged just now: what the acknowledgement of a change waits for.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Announcements that are remembered. A change that waits while more than these are settled looks into the
/// database.
const MAX_RECENT: usize = 4_096;

/// The announcements to the registry that this process settled last: acknowledged, or refused for good.
#[derive(Debug, Default)]
pub struct Announced {
    recent: Mutex<Recent>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Recent {
    numbers: HashSet<i64>,
    /// In the order in which they came.
    order: VecDeque<i64>,
}

impl Announced {
    /// The registry has these, durably, or will not take them.
    pub fn add(&self, numbers: impl IntoIterator<Item = i64>) {
        let mut recent = self.recent();
        for number in numbers {
            if recent.numbers.insert(number) {
                recent.order.push_back(number);
            }
            if recent.order.len() > MAX_RECENT
                && let Some(oldest) = recent.order.pop_front()
            {
                recent.numbers.remove(&oldest);
            }
        }
        drop(recent);
        self.changed.notify_waiters();
    }

    /// Whether this one is settled; if not, perhaps all the same.
    #[must_use]
    pub fn contains(&self, number: i64) -> bool {
        self.recent().numbers.contains(&number)
    }

    /// Ready when something was added after this call.
    pub fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_numbers_are_remembered() {
        let announced = Announced::default();
        announced.add([1, 2, 2]);
        assert!(announced.contains(1) && announced.contains(2) && !announced.contains(3));
        announced.add(3..=4_098);
        assert!(!announced.contains(2) && announced.contains(3) && announced.contains(4_098));
    }

    #[tokio::test]
    async fn whoever_looked_before_is_woken() {
        let announced = Announced::default();
        let changed = announced.changed();
        announced.add([7]);
        changed.await;
    }
}

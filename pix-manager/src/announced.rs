//! Whose identifiers the registry has acknowledged just now: what the acknowledgement of a feed waits for.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Persons that are remembered. A feed that waits while more than these are announced looks into the database.
const MAX_RECENT: usize = 4_096;

/// The persons that this process announced last.
#[derive(Debug, Default)]
pub struct Announced {
    recent: Mutex<Recent>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Recent {
    persons: HashSet<i64>,
    /// In the order in which they came.
    order: VecDeque<i64>,
}

impl Announced {
    /// The registry knows these persons from now on, durably.
    pub fn add(&self, persons: impl IntoIterator<Item = i64>) {
        let mut recent = self.recent();
        for person_no in persons {
            if recent.persons.insert(person_no) {
                recent.order.push_back(person_no);
            }
            if recent.order.len() > MAX_RECENT
                && let Some(oldest) = recent.order.pop_front()
            {
                recent.persons.remove(&oldest);
            }
        }
        drop(recent);
        self.changed.notify_waiters();
    }

    /// Whether the registry knows this person; if not, perhaps all the same.
    #[must_use]
    pub fn contains(&self, person_no: i64) -> bool {
        self.recent().persons.contains(&person_no)
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
    fn the_last_persons_are_remembered() {
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

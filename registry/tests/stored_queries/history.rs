//! The states that a world has gone through, for those who ask while it changes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::world::World;

/// States by number: 0 at first, and one more with each commit. One writer makes them, one commit after
/// the other; what a commit made is known only after it was acknowledged.
pub(super) struct History {
    n_begun: AtomicUsize,
    states: Mutex<Vec<Arc<World>>>,
}

impl History {
    pub(super) fn new(world: World) -> History {
        History { n_begun: AtomicUsize::new(0), states: Mutex::new(vec![Arc::new(world)]) }
    }

    /// A commit may be seen from now on.
    pub(super) fn begin(&self) {
        self.n_begun.fetch_add(1, Ordering::SeqCst);
    }

    /// The commit was acknowledged: it must be seen from now on.
    pub(super) fn end(&self, world: &World) {
        let mut states = self.states.lock().unwrap();
        states.push(Arc::new(world.clone()));
        assert_eq!(states.len(), self.n_begun.load(Ordering::SeqCst) + 1);
    }

    /// The latest state that was acknowledged, with its number.
    pub(super) fn acknowledged(&self) -> (usize, Arc<World>) {
        let states = self.states.lock().unwrap();
        let latest = states.len() - 1;
        (latest, Arc::clone(&states[latest]))
    }

    /// The number of the latest state that anybody may have seen.
    pub(super) fn begun(&self) -> usize {
        self.n_begun.load(Ordering::SeqCst)
    }

    pub(super) fn state(&self, number: usize) -> Arc<World> {
        Arc::clone(&self.states.lock().unwrap()[number])
    }
}

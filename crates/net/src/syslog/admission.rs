//! How many things of one address there may be, and of all together.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts places that are taken.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    max: usize,
    max_per_address: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    n_all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    address: IpAddr,
    taken: Arc<Mutex<Taken>>,
}

impl Admission {
    pub(super) fn new(max: usize, max_per_address: usize) -> Admission {
        Admission { max, max_per_address, taken: Arc::default() }
    }

    /// `None` if there is no place left, for anybody or for this address.
    pub(super) fn place(&self, address: IpAddr) -> Option<Place> {
        // Numbers stay right whatever panicked.
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let n_of_address = taken.by_address.get(&address).copied().unwrap_or(0);
        if taken.n_all >= self.max || n_of_address >= self.max_per_address {
            return None;
        }
        taken.n_all = taken.n_all.saturating_add(1);
        taken.by_address.insert(address, n_of_address.saturating_add(1));
        Some(Place { address, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.n_all = taken.n_all.saturating_sub(1);
        let n_left = taken.by_address.get(&self.address).map_or(0, |n| n.saturating_sub(1));
        if n_left == 0 {
            taken.by_address.remove(&self.address);
        } else {
            taken.by_address.insert(self.address, n_left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_by_address_and_given_back() {
        let admission = Admission::new(3, 2);
        let [one, other]: [IpAddr; 2] =
            ["192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()];
        let (first, second) = (admission.place(one).unwrap(), admission.place(one).unwrap());
        assert!(admission.place(one).is_none());
        let third = admission.place(other).unwrap();
        assert!(admission.place(other).is_none());
        drop(first);
        assert!(admission.place(one).is_some());
        drop((second, third));
        let taken = admission.taken.lock().unwrap();
        assert_eq!((taken.n_all, taken.by_address.len()), (0, 0));
    }
}

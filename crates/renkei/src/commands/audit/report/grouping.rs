//! Events in groups: first and last, how many, what, which documents.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::audit_trail::{Event, local_time};
use crate::output::plain;

/// Documents that a line names; the others are counted.
const NAMED: usize = 3;

/// What a group of events has in common, told in a line.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) n_events: usize,
    pub(super) n_failures: usize,
    first: Timestamp,
    last: Timestamp,
    what: BTreeMap<String, usize>,
    documents: BTreeSet<String>,
}

/// Groups by a key, in the order of the keys.
pub(super) fn grouped<'e, K: Ord>(
    events: &'e [Event],
    keys: impl Fn(&'e Event) -> Vec<K>,
) -> BTreeMap<K, Group> {
    let mut groups: BTreeMap<K, Group> = BTreeMap::new();
    for event in events {
        for key in keys(event) {
            groups.entry(key).or_insert_with(|| Group::new(event.time)).add(event);
        }
    }
    groups
}

impl Group {
    fn new(time: Timestamp) -> Group {
        Group {
            n_events: 0,
            n_failures: 0,
            first: time,
            last: time,
            what: BTreeMap::new(),
            documents: BTreeSet::new(),
        }
    }

    fn add(&mut self, event: &Event) {
        self.n_events = self.n_events.saturating_add(1);
        self.n_failures = self.n_failures.saturating_add(usize::from(event.is_failure()));
        self.first = self.first.min(event.time);
        self.last = self.last.max(event.time);
        let count = self.what.entry(event.what()).or_default();
        *count = count.saturating_add(1);
        self.documents.extend(event.documents().map(str::to_owned));
    }

    /// First, last, number, failures, what, documents.
    pub(super) fn cells(&self) -> Vec<String> {
        let what: Vec<String> =
            self.what.iter().map(|(what, count)| format!("{count} × {what}")).collect();
        vec![
            local_time(self.first),
            local_time(self.last),
            self.n_events.to_string(),
            self.n_failures.to_string(),
            plain(&what.join(", ")).into_owned(),
            self.documents_cell(),
        ]
    }

    fn documents_cell(&self) -> String {
        if self.documents.is_empty() {
            return "-".to_owned();
        }
        let named: Vec<&str> = self.documents.iter().take(NAMED).map(String::as_str).collect();
        let mut cell = named.join(", ");
        let n_others = self.documents.len().saturating_sub(NAMED);
        if n_others > 0 {
            cell.push_str(&format!(" and {n_others} more"));
        }
        plain(&cell).into_owned()
    }
}

/// The heads of [`Group::cells`].
pub(super) const CELLS: [&str; 6] = ["FIRST", "LAST", "EVENTS", "FAILED", "WHAT", "DOCUMENTS"];

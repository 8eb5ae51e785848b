//! Answers of which more pages may be asked for.
//!
//! What was found is kept as numbers; what is shown of it is read again for each page. A pointer names an answer
//! and a place in it, so that a page whose answer was lost can be asked for once more.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hl7v3::QueryCopy;
use identity::AuthorityName;
use uuid::Uuid;

/// A patient, or a visit, that was found.
#[derive(Clone, PartialEq, Eq)]
pub struct Hit {
    pub patient_no: i64,
    pub person_no: i64,
    pub confidence: u8,
    /// As it is stored, if visits were asked for.
    pub visit: Option<String>,
}

impl std::fmt::Debug for Hit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hit")
            .field("patient_no", &self.patient_no)
            .field("confidence", &self.confidence)
            .finish_non_exhaustive()
    }
}

/// Whose question it is.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The asker, and which of their questions.
    pub owner: String,
    /// What each page of the answer repeats of the question, in HL7 v3.
    pub copy: Option<Arc<QueryCopy>>,
}

/// What was found for a question, as long as pages of it may be asked for.
#[derive(Clone, Debug)]
pub struct Found {
    pub hits: Arc<Vec<Hit>>,
    pub copy: Option<Arc<QueryCopy>>,
    /// The domains that were asked for.
    pub domains: Arc<Vec<AuthorityName>>,
}

/// One page of it: `hits` from `start` on.
#[derive(Clone, Debug)]
pub struct Page {
    pub found: Found,
    pub start: usize,
    pub end: usize,
}

impl Page {
    #[must_use]
    pub fn hits(&self) -> &[Hit] {
        self.found.hits.get(self.start..self.end).unwrap_or_default()
    }

    #[must_use]
    pub fn n_total(&self) -> usize {
        self.found.hits.len()
    }

    #[must_use]
    pub fn n_remaining(&self) -> usize {
        self.found.hits.len().saturating_sub(self.end)
    }
}

/// Hits that are kept in all answers together, about 100 MB: one question may find everybody, and there may be as
/// many questions as continuations.
const MOST_HITS: usize = 2_000_000;

/// The answers that are kept, each for the asker and the question it was given to.
#[derive(Debug)]
pub struct Continuations {
    capacity: usize,
    timeout: Duration,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_id: HashMap<Uuid, Open>,
    /// Ids by the moment at which they end and the order in which they came.
    by_end: BTreeMap<(Instant, u64), Uuid>,
    n_opened: u64,
    n_hits: usize,
}

#[derive(Debug)]
struct Open {
    owner: String,
    found: Found,
    end: (Instant, u64),
    /// Where the next page begins, if the asker does not say.
    next: usize,
}

impl Continuations {
    #[must_use]
    pub fn new(capacity: usize, timeout: Duration) -> Continuations {
        Continuations { capacity: capacity.max(1), timeout, kept: Mutex::default() }
    }

    /// The first page, and its pointer if there are more.
    pub fn open(&self, owner: &str, found: Found, n_most: usize) -> (Page, Option<String>) {
        let end = n_most.max(1).min(found.hits.len());
        let page = Page { found: found.clone(), start: 0, end };
        if page.n_remaining() == 0 {
            return (page, None);
        }
        let mut kept = self.kept(Instant::now());
        let most = MOST_HITS.saturating_sub(found.hits.len());
        while kept.by_id.len() >= self.capacity || (kept.n_hits > most && !kept.by_id.is_empty()) {
            kept.drop_oldest();
        }
        let id = Uuid::new_v4();
        let ends = kept.next_end(self.timeout);
        kept.by_end.insert(ends, id);
        kept.n_hits = kept.n_hits.saturating_add(found.hits.len());
        kept.by_id.insert(id, Open { owner: owner.to_owned(), found, end: ends, next: end });
        (page, Some(pointer(id, end)))
    }

    /// The page that a pointer of the same owner names, and the pointer of the one behind it.
    pub fn at(
        &self,
        owner: &str,
        pointer_text: &str,
        n_most: usize,
    ) -> Option<(Page, Option<String>)> {
        let (id, start) = read_pointer(pointer_text)?;
        let mut kept = self.kept(Instant::now());
        let open = kept.by_id.get(&id).filter(|open| open.owner == owner)?;
        let page = page(open, start, n_most)?;
        kept.renew(id, self.timeout);
        let next = (page.n_remaining() > 0).then(|| pointer(id, page.end));
        Some((page, next))
    }

    /// As [`Continuations::at`], for askers who name an answer by their own question (HL7 v3), and a place in
    /// it or the next one.
    pub fn of_owner(&self, owner: &str, start: Option<usize>, n_most: usize) -> Option<Page> {
        let mut kept = self.kept(Instant::now());
        let (id, open) = kept.by_id.iter_mut().find(|(_, open)| open.owner == owner)?;
        let page = page(open, start.unwrap_or(open.next), n_most)?;
        open.next = page.end;
        let id = *id;
        kept.renew(id, self.timeout);
        Some(page)
    }

    /// Forgets the answers to an owner's question; whether there were any.
    pub fn cancel(&self, owner: &str) -> bool {
        let mut kept = self.kept(Instant::now());
        let ids: Vec<Uuid> =
            kept.by_id.iter().filter(|(_, open)| open.owner == owner).map(|(id, _)| *id).collect();
        for id in &ids {
            kept.remove(*id);
        }
        !ids.is_empty()
    }

    /// Those that have not ended.
    fn kept(&self, now: Instant) -> MutexGuard<'_, Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.by_end.first_key_value().is_some_and(|((end, _), _)| *end <= now) {
            kept.drop_oldest();
        }
        kept
    }
}

impl Kept {
    /// When what is asked for now ends.
    fn next_end(&mut self, timeout: Duration) -> (Instant, u64) {
        self.n_opened = self.n_opened.saturating_add(1);
        (Instant::now() + timeout, self.n_opened)
    }

    /// An answer that is asked for is kept on.
    fn renew(&mut self, id: Uuid, timeout: Duration) {
        let end = self.next_end(timeout);
        if let Some(open) = self.by_id.get_mut(&id) {
            self.by_end.remove(&open.end);
            open.end = end;
            self.by_end.insert(end, id);
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, id)) = self.by_end.first_key_value() {
            self.remove(*id);
        }
    }

    fn remove(&mut self, id: Uuid) {
        if let Some(open) = self.by_id.remove(&id) {
            self.by_end.remove(&open.end);
            self.n_hits = self.n_hits.saturating_sub(open.found.hits.len());
        }
    }
}

fn page(open: &Open, start: usize, n_most: usize) -> Option<Page> {
    let n_hits = open.found.hits.len();
    let end = start.saturating_add(n_most.max(1)).min(n_hits);
    (start < n_hits).then(|| Page { found: open.found.clone(), start, end })
}

fn pointer(id: Uuid, start: usize) -> String {
    format!("{id}.{start}")
}

fn read_pointer(text: &str) -> Option<(Uuid, usize)> {
    let (id, start) = text.split_once('.')?;
    Some((Uuid::try_parse(id).ok()?, start.parse().ok()?))
}

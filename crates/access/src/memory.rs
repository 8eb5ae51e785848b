//! What was shown before: assertions by their ID, messages by theirs, and headers that were verified.
//!
//! Everything is kept only as long as it could be accepted again, and in bounded room; what cannot be remembered
//! is refused, because it could be a replay.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use openssl::sha::sha256;
use saml::Verified;

use crate::cause::Cause;

/// Assertions, and messages, that are remembered at a time. A region of some thousand users at work has one
/// assertion of each, and some hundred thousand submissions in ten minutes would be a flood.
const MAX_REMEMBERED: usize = 500_000;

/// Headers that are found again without being verified, by their digests.
const MAX_KNOWN: usize = 4_096;

/// Bytes of them; one is some kilobytes.
const MAX_KNOWN_BYTES: usize = 16 << 20;

/// Who presents an assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presenter<'a> {
    /// An actor of ours, on behalf of the person.
    OwnActor,
    /// The node with this key, by the fingerprint of its certificate; on plain connections, where nobody shows one,
    /// everybody is one node.
    Node(&'a [u8]),
}

/// Things that are remembered until a time, by the digest of what strangers call them.
struct Until<T> {
    kept: HashMap<[u8; 32], (Timestamp, T)>,
    /// When as many are kept, those whose time is over go.
    next_purge: usize,
}

impl<T> Until<T> {
    const LEAST_PURGE: usize = 1_024;

    fn new() -> Until<T> {
        Until { kept: HashMap::new(), next_purge: Self::LEAST_PURGE }
    }

    fn get(&mut self, key: &str, now: Timestamp) -> Option<&mut T> {
        let (until, value) = self.kept.get_mut(&sha256(key.as_bytes()))?;
        (*until > now).then_some(value)
    }

    fn keep(&mut self, key: &str, until: Timestamp, value: T, now: Timestamp) -> Result<(), Cause> {
        if self.kept.len() >= self.next_purge.min(MAX_REMEMBERED) {
            self.kept.retain(|_, (until, _)| *until > now);
            self.next_purge = self.kept.len().saturating_mul(2).max(Self::LEAST_PURGE);
        }
        if self.kept.len() >= MAX_REMEMBERED {
            return Err(Cause::MemoryFull);
        }
        self.kept.insert(sha256(key.as_bytes()), (until, value));
        Ok(())
    }
}

/// An assertion that was accepted before.
struct Shown {
    digest: [u8; 32],
    /// The node that showed it first; `None` as long as only actors of ours have.
    by: Option<Box<[u8]>>,
}

/// What a door remembers of assertions.
pub(crate) struct Assertions(Until<Shown>);

impl Assertions {
    pub(crate) fn new() -> Assertions {
        Assertions(Until::new())
    }

    /// Takes note of a use, or refuses it as one that only somebody else than the user would make.
    pub(crate) fn used(
        &mut self,
        verified: &Verified,
        presenter: Presenter<'_>,
        now: Timestamp,
    ) -> Result<(), Cause> {
        let assertion = verified.assertion();
        let Some(shown) = self.0.get(&assertion.id, now) else {
            let by = match presenter {
                Presenter::OwnActor => None,
                Presenter::Node(name) => Some(name.into()),
            };
            let shown = Shown { digest: *verified.digest(), by };
            return self.0.keep(&assertion.id, verified.remember_until(), shown, now);
        };
        if shown.digest != *verified.digest() {
            return Err(Cause::SameId);
        }
        match presenter {
            Presenter::OwnActor => Ok(()),
            Presenter::Node(_) if assertion.conditions.one_time_use => Err(Cause::OneTimeUse),
            Presenter::Node(name) => {
                let first = shown.by.get_or_insert_with(|| name.into());
                if **first == *name { Ok(()) } else { Err(Cause::OtherNode) }
            }
        }
    }
}

/// What a door remembers of requests that change something.
pub(crate) struct Messages(Until<()>);

impl Messages {
    pub(crate) fn new() -> Messages {
        Messages(Until::new())
    }

    pub(crate) fn first(
        &mut self,
        message_id: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), Cause> {
        match self.0.get(message_id, now) {
            Some(()) => Err(Cause::MessageIdRepeated),
            None => self.0.keep(message_id, until, (), now),
        }
    }
}

/// Headers that were verified, by the digest of their text.
pub(crate) struct Known<T> {
    kept: HashMap<[u8; 32], Arc<T>>,
    n_bytes: usize,
}

impl<T> Known<T> {
    pub(crate) fn new() -> Known<T> {
        Known { kept: HashMap::new(), n_bytes: 0 }
    }

    pub(crate) fn get(&self, digest: &[u8; 32]) -> Option<Arc<T>> {
        self.kept.get(digest).map(Arc::clone)
    }

    /// When there are too many, all go: those that are in use are verified once more.
    pub(crate) fn keep(&mut self, digest: [u8; 32], value: Arc<T>, n_bytes: usize) {
        self.n_bytes = self.n_bytes.saturating_add(n_bytes);
        if self.kept.len() >= MAX_KNOWN || self.n_bytes > MAX_KNOWN_BYTES {
            self.kept.clear();
            self.n_bytes = n_bytes;
        }
        self.kept.insert(digest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_message_comes_once_in_its_time() {
        let mut messages = Messages::new();
        assert_eq!(messages.first("urn:uuid:1", time(600), time(0)), Ok(()));
        assert_eq!(messages.first("urn:uuid:2", time(600), time(0)), Ok(()));
        assert_eq!(
            messages.first("urn:uuid:1", time(900), time(599)),
            Err(Cause::MessageIdRepeated)
        );
        assert_eq!(messages.first("urn:uuid:1", time(1200), time(600)), Ok(()));
    }

    #[test]
    fn what_is_over_makes_room_and_what_does_not_fit_is_refused() {
        let mut messages = Messages::new();
        for number in 0..MAX_REMEMBERED {
            messages.first(&number.to_string(), time(600), time(0)).unwrap();
        }
        assert_eq!(messages.first("one more", time(600), time(1)), Err(Cause::MemoryFull));
        assert_eq!(messages.first("one more", time(1200), time(600)), Ok(()));
        assert_eq!(messages.0.kept.len(), 1);
    }

    #[test]
    fn known_headers_have_a_bound() {
        let mut known = Known::new();
        for number in 0..=MAX_KNOWN {
            known.keep(sha256(&number.to_le_bytes()), Arc::new(number), 1);
        }
        assert_eq!(known.kept.len(), 1);
        for number in 0..64_usize {
            known.keep(sha256(&number.to_le_bytes()), Arc::new(number), MAX_KNOWN_BYTES / 8);
            assert!(known.kept.len() <= 8);
        }
    }
}

//! What was shown before: assertions by their ID, messages by theirs, and headers that were verified.
//!
//! Everything is kept only as long as it could be accepted again, and in bounded room; what cannot be remembered
//! is refused, because it could be a replay.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use saml::Verified;

use crate::cause::Cause;

/// Assertions, and messages, that are remembered at a time. A region of some thousand users at work has one
/// assertion of each, and some hundred thousand submissions in ten minutes would be a flood.
const MAX_REMEMBERED: usize = 500_000;

/// Headers that are found again without being verified, by their digests; one is some kilobytes.
const MAX_KNOWN: usize = 4_096;

/// Who presents an assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presenter<'a> {
    /// An actor of ours, on behalf of the person.
    OwnActor,
    /// The node with this key, by the fingerprint of its certificate; on plain connections, where nobody shows one,
    /// everybody is one node.
    Node(&'a [u8]),
}

/// Things that are remembered until a time.
struct Until<T> {
    kept: HashMap<Box<str>, (Timestamp, T)>,
    /// When as many are kept, those whose time is over go.
    next_purge: usize,
}

impl<T> Until<T> {
    const LEAST_PURGE: usize = 1_024;

    fn new() -> Until<T> {
        Until { kept: HashMap::new(), next_purge: Self::LEAST_PURGE }
    }

    fn get(&mut self, key: &str, now: Timestamp) -> Option<&mut T> {
        let (until, value) = self.kept.get_mut(key)?;
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
        self.kept.insert(key.into(), (until, value));
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
pub(crate) struct Known<T>(HashMap<[u8; 32], Arc<T>>);

impl<T> Known<T> {
    pub(crate) fn new() -> Known<T> {
        Known(HashMap::new())
    }

    pub(crate) fn get(&self, digest: &[u8; 32]) -> Option<Arc<T>> {
        self.0.get(digest).map(Arc::clone)
    }

    /// When there are too many, `is_current` says which may stay; if that is all, none does.
    pub(crate) fn keep(
        &mut self,
        digest: [u8; 32],
        value: Arc<T>,
        is_current: impl Fn(&T) -> bool,
    ) {
        if self.0.len() >= MAX_KNOWN {
            self.0.retain(|_, value| is_current(value));
        }
        if self.0.len() >= MAX_KNOWN {
            self.0.clear();
        }
        self.0.insert(digest, value);
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
            let digest = openssl::sha::sha256(&number.to_le_bytes());
            known.keep(digest, Arc::new(number), |number| number % 2 == 0);
        }
        assert_eq!(known.0.len(), MAX_KNOWN / 2 + 1);
        for number in 0..=MAX_KNOWN {
            let digest = openssl::sha::sha256(&(number + MAX_KNOWN).to_le_bytes());
            known.keep(digest, Arc::new(number), |_| true);
        }
        assert!(known.0.len() <= MAX_KNOWN);
    }
}

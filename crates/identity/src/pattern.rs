//! A text that is asked for, with wildcards.

/// The literal parts between the wildcards of a [`crate::query::TextPattern`], folded.
///
/// One part: the text must be equal. More: the first begins it, the last ends it, the others lie between
/// in their order.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    first: String,
    /// What follows each wildcard.
    rest: Vec<String>,
}

impl Pattern {
    /// Every `*` is a wildcard, `\*` is an asterisk. Wildcards are found before folding, which would make one
    /// of the full-width asterisk that stands for an unknown character.
    pub(crate) fn parse(text: &str, fold: impl Fn(&str) -> String) -> Pattern {
        let mut parts = Vec::new();
        let mut part = String::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '*' => parts.push(std::mem::take(&mut part)),
                '\\' if characters.next_if_eq(&'*').is_some() => part.push('*'),
                literal => part.push(literal),
            }
        }
        parts.push(part);
        let mut parts = parts.iter().map(|part| fold(part));
        Pattern { first: parts.next().unwrap_or_default(), rest: parts.collect() }
    }

    /// What every text matches.
    pub(crate) fn anything() -> Pattern {
        Pattern { first: String::new(), rest: vec![String::new()] }
    }

    /// Without any wildcard.
    pub(crate) fn is_exact(&self) -> bool {
        self.rest.is_empty()
    }

    /// With what a text that matches begins.
    pub(crate) fn beginning(&self) -> &str {
        &self.first
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some((last, between)) = self.rest.split_last() else {
            return text == self.first;
        };
        let Some(mut tail) = text.strip_prefix(self.first.as_str()) else {
            return false;
        };
        // The earliest place of each part leaves the most room for the next.
        for part in between {
            let Some((_, behind)) = tail.split_once(part.as_str()) else {
                return false;
            };
            tail = behind;
        }
        tail.ends_with(last.as_str())
    }

    /// Whether a part of the text matches.
    pub(crate) fn is_within(&self, text: &str) -> bool {
        let mut tail = text;
        for part in std::iter::once(&self.first).chain(&self.rest) {
            let Some((_, behind)) = tail.split_once(part.as_str()) else {
                return false;
            };
            tail = behind;
        }
        true
    }

    /// What matches this and then the other.
    pub(crate) fn followed_by(&self, other: &Pattern) -> Pattern {
        let mut joined = self.clone();
        joined.rest.last_mut().unwrap_or(&mut joined.first).push_str(&other.first);
        joined.rest.extend_from_slice(&other.rest);
        joined
    }

    /// With each literal part changed.
    pub(crate) fn map(&self, change: impl Fn(&str) -> String) -> Pattern {
        let rest = self.rest.iter().map(|part| change(part)).collect();
        Pattern { first: change(&self.first), rest }
    }
}

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fold::fold;

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(
            Pattern::parse(pattern, fold).matches(&fold(text)),
            expected,
            "{pattern} {text}"
        );
    }

    #[test]
    fn a_text_without_wildcard_is_equal_or_not() {
        check("れんけい", "レンケイ", true);
        check("れんけ", "レンケイ", false);
        check("", "", true);
        check("", "レ", false);
    }

    #[test]
    fn a_wildcard_stands_for_anything_and_nothing() {
        check("レン*", "レンケイ", true);
        check("レンケイ*", "レンケイ", true);
        check("*ケイ", "レンケイ", true);
        check("レ*イ", "レンケイ", true);
        check("*", "", true);
        check("**", "レ", true);
        check("レンケイ*ケイ", "レンケイ", false);
        check("ン*", "レンケイ", false);
    }

    #[test]
    fn an_asterisk_can_be_asked_for() {
        check("\\*", "*", true);
        check("\\*", "ア", false);
        check("ア\\**", "ア*イ", true);
        check("＊", "ア", false);
        check("\\ア", "\\ア", true);
    }

    #[test]
    fn a_mark_behind_a_wildcard_is_folded_alike() {
        check("*-ル", "プール", true);
        check("プ-*", "プール", true);
    }

    /// By trying every length of every wildcard; the pattern has no escapes.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, first) => first.is_none(),
            (Some(('*', behind)), None) => naive(behind, text),
            (Some(('*', behind)), Some((_, tail))) => naive(behind, text) || naive(pattern, tail),
            (Some(_), None) => false,
            (Some((asked, behind)), Some((first, tail))) => asked == first && naive(behind, tail),
        }
    }

    proptest! {
        #[test]
        fn matching_is_what_trying_everything_finds(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            let as_characters = |text: &str| text.chars().collect::<Vec<char>>();
            let expected = naive(&as_characters(&pattern), &as_characters(&text));
            let parsed = Pattern::parse(&pattern, str::to_owned);
            prop_assert_eq!(parsed.matches(&text), expected);
            prop_assert_eq!(parsed.is_exact(), !pattern.contains('*'));
            prop_assert!(!expected || text.starts_with(parsed.beginning()));

            let within = Pattern::parse(&format!("*{pattern}*"), str::to_owned).matches(&text);
            prop_assert_eq!(parsed.is_within(&text), within);
        }

        #[test]
        fn patterns_are_joined_like_their_texts(one in "[ab*]{0,6}", other in "[ab*]{0,6}", text in "[ab]{0,8}") {
            let parse = |text: &str| Pattern::parse(text, str::to_owned);
            let joined = parse(&one).followed_by(&parse(&other));
            prop_assert_eq!(joined.matches(&text), parse(&(one + &other)).matches(&text));
        }
    }
}

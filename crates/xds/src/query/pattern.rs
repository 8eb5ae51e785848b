//! Patterns of `LIKE` parameters.

use std::fmt;

/// A pattern with `%` for any run of characters and `_` for one character.
///
/// There is no escape character (ITI TF-2: 3.18.4.1.2.3.5); matching is
/// case-sensitive and covers the whole text. `Debug` hides the pattern, which holds
/// a person's name.
#[derive(Clone, PartialEq, Eq)]
pub struct LikePattern {
    /// No two runs follow each other.
    elements: Vec<Element>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    AnyRun,
    AnyCharacter,
    Character(char),
}

impl LikePattern {
    /// A pattern for texts in normal form C ([`datatypes::normalized`]), in which it is put itself.
    #[must_use]
    pub fn new(pattern: &str) -> LikePattern {
        let mut elements: Vec<Element> = datatypes::normalized(pattern)
            .chars()
            .map(|character| match character {
                '%' => Element::AnyRun,
                '_' => Element::AnyCharacter,
                _ => Element::Character(character),
            })
            .collect();
        elements
            .dedup_by(|next, previous| *next == Element::AnyRun && *previous == Element::AnyRun);
        LikePattern { elements }
    }

    /// Whether the pattern covers the whole text.
    ///
    /// Takes at most pattern length times text length steps: when a run has taken too
    /// little, only the latest run is made longer. Whatever an earlier run could
    /// leave for the rest, it has left the most already.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let mut elements = self.elements.as_slice();
        let mut rest = text.chars();
        let mut latest_run = None;
        loop {
            let mut after_one = rest.clone();
            let fits = match (elements.split_first(), after_one.next()) {
                (None, None) => return true,
                (Some((Element::AnyRun, after)), _) => {
                    if after.is_empty() {
                        return true;
                    }
                    elements = after;
                    latest_run = Some((after, rest.clone()));
                    continue;
                }
                (Some((Element::AnyCharacter, after)), Some(_)) => Some(after),
                (Some((Element::Character(wanted), after)), Some(found)) if *wanted == found => {
                    Some(after)
                }
                (Some((Element::AnyCharacter | Element::Character(_), _)), _) | (None, Some(_)) => {
                    None
                }
            };
            if let Some(after) = fits {
                elements = after;
                rest = after_one;
                continue;
            }
            let Some((after_run, run_end)) = &mut latest_run else { return false };
            if run_end.next().is_none() {
                return false;
            }
            elements = after_run;
            rest = run_end.clone();
        }
    }
}

impl fmt::Debug for LikePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LikePattern(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, word by word; exponential.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            (['%', pattern @ ..], _) => {
                (0..=text.len()).any(|taken| naive(pattern, &text[taken..]))
            }
            (['_', pattern @ ..], [_, text @ ..]) => naive(pattern, text),
            ([wanted, pattern @ ..], [found, text @ ..]) => wanted == found && naive(pattern, text),
            (_, []) => false,
        }
    }

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(LikePattern::new(pattern).matches(text), expected, "{pattern} on {text}");
    }

    #[test]
    fn covers_the_whole_text() {
        check("%Yamada%", "12^Yamada^Taro^^^", true);
        check("Yamada%", "12^Yamada^Taro^^^", false);
        check("%Taro", "12^Yamada^Taro^^^", false);
        check("^Yamada^Taro", "^Yamada^Taro", true);
        check("", "", true);
        check("", "a", false);
        check("%", "", true);
        check("%%%", "a", true);
        check("_", "", false);
    }

    #[test]
    fn one_character_is_one_of_unicode() {
        check("^山_^太郎", "^山田^太郎", true);
        check("^山_^太郎", "^山^太郎", false);
        check("_", "郎", true);
        check("__", "郎", false);
        check("%郎", "^山田^太郎", true);
    }

    #[test]
    fn letters_have_their_case_and_nothing_is_an_escape() {
        check("%yamada%", "^Yamada", false);
        check(r"\%", r"\a", true);
        check(r"\_", "_", false);
        check("[a]", "a", false);
    }

    #[test]
    fn no_pattern_explodes() {
        let pattern = LikePattern::new(&"%a".repeat(500));
        assert!(!pattern.matches(&format!("{}b", "a".repeat(2000))));
        let pattern = LikePattern::new(&format!("%{}b", "a".repeat(500)));
        assert!(!pattern.matches(&"a".repeat(4000)));
        assert!(!LikePattern::new(&format!("{}b", "%_".repeat(500))).matches(&"a".repeat(4000)));
    }

    #[test]
    fn debug_hides_the_name() {
        assert_eq!(format!("{:?}", LikePattern::new("%Yamada%")), "LikePattern(redacted)");
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab郎%_]{0,8}", text in "[ab郎]{0,10}") {
            let (pattern_chars, text_chars): (Vec<char>, Vec<char>) =
                (pattern.chars().collect(), text.chars().collect());
            let expected = naive(&pattern_chars, &text_chars);
            prop_assert_eq!(LikePattern::new(&pattern).matches(&text), expected);
        }

        #[test]
        fn a_text_with_characters_left_out_matches_itself(
            text in "[^%_]{0,40}",
            holes in proptest::collection::vec(any::<Option<bool>>(), 160),
        ) {
            // Patterns are made for normalised texts.
            let text = datatypes::normalized(&text);
            let pattern: String = text.chars().zip(holes).map(|(character, hole)| match hole {
                None => character,
                Some(true) => '%',
                Some(false) => '_',
            }).collect();
            prop_assert!(LikePattern::new(&pattern).matches(&text));
        }
    }
}

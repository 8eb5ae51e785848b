//! The name of a sending system in HL7 v2, as a pattern in a configuration.

use std::fmt;

/// HL7 v2.5 gives MSH-3 and MSH-4 so many characters.
const MAX_CHARACTERS: usize = 227;

/// What stands for any text.
const ANY: &str = "*";

/// Which senders are meant, by MSH-3 and MSH-4.
///
/// The fields are compared as they were sent, components included, upper and lower case too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderPattern {
    /// MSH-3, Sending Application; `None`, written `*`, is any.
    pub application: Option<String>,
    /// MSH-4, Sending Facility; `None`, written `*`, is any.
    pub facility: Option<String>,
}

impl SenderPattern {
    /// Reads the form `APPLICATION|FACILITY`; `None` for what no message can have there.
    #[must_use]
    pub fn parse(text: &str) -> Option<SenderPattern> {
        let (application, facility) = text.split_once('|')?;
        // Of a sender without any name nothing is known.
        if application.is_empty() && facility.is_empty() {
            return None;
        }
        Some(SenderPattern { application: part(application)?, facility: part(facility)? })
    }

    /// Whether the sender with these fields is meant.
    #[must_use]
    pub fn matches(&self, application: &str, facility: &str) -> bool {
        let fits =
            |part: &Option<String>, sent: &str| part.as_ref().is_none_or(|part| part == sent);
        fits(&self.application, application) && fits(&self.facility, facility)
    }

    /// Whether there can be a sender that both mean.
    pub(crate) fn overlaps(&self, other: &SenderPattern) -> bool {
        let meet = |one: &Option<String>, other: &Option<String>| {
            one.is_none() || other.is_none() || one == other
        };
        meet(&self.application, &other.application) && meet(&self.facility, &other.facility)
    }

    /// Whether this one means every sender that `other` means.
    pub(crate) fn covers(&self, other: &SenderPattern) -> bool {
        let holds = |one: &Option<String>, other: &Option<String>| one.is_none() || one == other;
        holds(&self.application, &other.application) && holds(&self.facility, &other.facility)
    }
}

impl fmt::Display for SenderPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = |part: &Option<String>| part.clone().unwrap_or_else(|| ANY.to_owned());
        write!(f, "{}|{}", written(&self.application), written(&self.facility))
    }
}

/// One field of a pattern: outer `None` for a text that no field can have.
pub(crate) fn part(text: &str) -> Option<Option<String>> {
    if text == ANY {
        return Some(None);
    }
    // A star inside would look as if it stood for something.
    let is_refused = |character: char| character.is_control() || "*|".contains(character);
    let fits = text.chars().count() <= MAX_CHARACTERS;
    let is_field = fits && text.trim() == text && !text.contains(is_refused);
    is_field.then(|| Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> SenderPattern {
        SenderPattern::parse(text).unwrap()
    }

    #[test]
    fn a_star_is_any_and_the_rest_is_compared_exactly() {
        assert!(pattern("HIS|NORTH").matches("HIS", "NORTH"));
        assert!(!pattern("HIS|NORTH").matches("HIS", "north"));
        assert!(!pattern("HIS|NORTH").matches("HIS^1.2.3^ISO", "NORTH"));
        assert!(pattern("HIS^1.2.3^ISO|").matches("HIS^1.2.3^ISO", ""));
        assert!(!pattern("HIS|").matches("HIS", "NORTH"));
        assert!(pattern("*|NORTH").matches("", "NORTH"));
        assert!(pattern("HIS|*").matches("HIS", ""));
        assert!(pattern("*|*").matches("", ""));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "|", "HIS", "A|B|C", "HI*|NORTH", " HIS|NORTH", "HIS|NORTH ", "A\r|B"] {
            assert_eq!(SenderPattern::parse(text), None, "{text:?}");
        }
        assert_eq!(SenderPattern::parse(&format!("{}|", "A".repeat(228))), None);
        assert!(SenderPattern::parse(&format!("{}|", "A".repeat(227))).is_some());
    }

    #[test]
    fn patterns_that_one_sender_fits_overlap() {
        for (one, other) in [("A|*", "*|B"), ("A|B", "A|B"), ("*|*", "A|B"), ("A|", "*|")] {
            assert!(pattern(one).overlaps(&pattern(other)), "{one} {other}");
        }
        for (one, other) in [("A|*", "B|*"), ("A|B", "A|C"), ("A|", "A|B"), ("*|B", "A|C")] {
            assert!(!pattern(one).overlaps(&pattern(other)), "{one} {other}");
        }
    }

    fn any_part() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["*", "A", "B", ""])
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(text in "[A-Z*^&. ]{0,4}\\|[A-Z*^&. ]{0,4}") {
            if let Some(pattern) = SenderPattern::parse(&text) {
                prop_assert_eq!(pattern.to_string(), text);
            }
        }

        /// Three texts, of which one stands nowhere, show every difference.
        #[test]
        fn overlap_and_cover_are_what_they_say(parts in [any_part(), any_part(), any_part(), any_part()]) {
            let [a, b, c, d] = parts;
            let (one, other) =
                (SenderPattern::parse(&format!("{a}|{b}")), SenderPattern::parse(&format!("{c}|{d}")));
            if let (Some(one), Some(other)) = (one, other) {
                let sent = ["", "A", "B", "C"];
                let senders: Vec<_> =
                    sent.iter().flat_map(|a| sent.iter().map(move |f| (*a, *f))).collect();
                let both = senders.iter().any(|(a, f)| one.matches(a, f) && other.matches(a, f));
                let all = senders.iter().all(|(a, f)| one.matches(a, f) || !other.matches(a, f));
                prop_assert_eq!(one.overlaps(&other), both);
                prop_assert_eq!(other.overlaps(&one), both);
                prop_assert_eq!(one.covers(&other), all);
            }
        }
    }
}

//! What a feed says about a person besides the identifiers.

use std::fmt;

use datatypes::Dtm;

use crate::contact::{Address, Telecom};
use crate::local_id::LocalId;

/// What can be asked for, linked by or shown of a person; everything else of a PID segment is not kept.
///
/// Empty where the sender said nothing or deleted the value. `Debug` tells only
/// what is there, and there is no `Display`.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Demographics {
    pub names: Vec<PersonName>,
    pub birth_date: Option<Dtm>,
    pub sex: Option<Sex>,
    /// PID-6.
    pub mothers_maiden_names: Vec<PersonName>,
    /// PID-11.
    pub addresses: Vec<Address>,
    /// PID-13 and PID-14.
    pub telecoms: Vec<Telecom>,
    /// PID-18.
    pub account_number: Option<LocalId>,
}

impl fmt::Debug for Demographics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demographics")
            .field("n_names", &self.names.len())
            .field("has_birth_date", &self.birth_date.is_some())
            .field("has_sex", &self.sex.is_some())
            .field("n_addresses", &self.addresses.len())
            .field("n_telecoms", &self.telecoms.len())
            .finish_non_exhaustive()
    }
}

/// One name of a person in one script.
///
/// A Japanese person has up to three that belong together: ideographic, phonetic
/// and alphabetic. A sender that cannot split a name puts all of it into
/// `family`. `Debug` hides both parts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName {
    /// May be empty if `given` is not.
    pub family: String,
    /// May be empty if `family` is not.
    pub given: String,
    /// Absent if the sender does not say; then the script of the text tells.
    pub representation: Option<NameRepresentation>,
    pub kind: NameKind,
}

impl PersonName {
    /// The name a person goes by in law and at the reception desk.
    #[must_use]
    pub fn legal(
        family: &str,
        given: &str,
        representation: Option<NameRepresentation>,
    ) -> PersonName {
        PersonName {
            family: family.to_owned(),
            given: given.to_owned(),
            representation,
            kind: NameKind::Legal,
        }
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonName")
            .field("representation", &self.representation)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// In which script a name is written (HL7 v2.5 table 0465).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameRepresentation {
    /// `I`: kanji.
    Ideographic,
    /// `P`: kana.
    Phonetic,
    /// `A`: Latin letters.
    Alphabetic,
}

/// What a name is used for, as far as it matters to finding the person (HL7 v2.5 table 0200).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// Legal or display name, or the sender does not say.
    Legal,
    /// The name at birth or before a marriage: true, but not the name in use.
    Birth,
    /// Alias, nickname, pseudonym and the like: no ground for linking two records.
    Other,
}

/// Administrative sex (HL7 v2.5 table 0001).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    Female,
    Male,
    Other,
    Unknown,
    Ambiguous,
    NotApplicable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_nothing_about_the_person() {
        let demographics = Demographics {
            names: vec![PersonName::legal("連携", "太郎", Some(NameRepresentation::Ideographic))],
            birth_date: Some(Dtm::parse("19600203").unwrap()),
            sex: Some(Sex::Male),
            ..Demographics::default()
        };
        let shown = format!("{demographics:?} {:?}", demographics.names);
        for secret in ["連携", "太郎", "1960", "Male"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert!(shown.contains("Ideographic"), "{shown}");
    }
}

//! When two patients of different domains are one person without anybody deciding it.
//!
//! The rules look at pairs only; who may be linked at all (never two of one domain) and what follows from
//! several links is decided by [`crate::cluster()`]. Only whole values that are equal after [`crate::fold()`]
//! count here, never variants.

use std::collections::{BTreeMap, BTreeSet};

use datatypes::PatientId;

use crate::demographics::{Demographics, NameKind, NameRepresentation, PersonName, Sex};
use crate::fold::{fold, name_script, representation};
use crate::index::{birth_key, compared, day, name_text, strong_id_key};
use crate::placeholder::is_placeholder;
use crate::telephone::telephone;

/// What two patients must have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkRules {
    /// Name in any one representation, birth date and sex. For communities of invented patients.
    Development,
    /// Phonetic name, birth date, sex and one of postal code and telephone; or a strong identifier,
    /// birth date and sex.
    Production,
}

/// What the rules know of a patient.
#[derive(Clone, Copy, Debug)]
pub struct LinkFacts<'a> {
    pub demographics: &'a Demographics,
    /// Identifiers of domains that follow the person: an insurer's number, the individual number.
    pub strong_ids: &'a [PatientId],
}

impl LinkRules {
    /// Whether the two are one person. It does not matter which is which.
    #[must_use]
    pub fn matches(self, a: &LinkFacts<'_>, b: &LinkFacts<'_>) -> bool {
        let (Some(a), Some(b)) = (Evidence::new(a), Evidence::new(b)) else {
            return false;
        };
        if (a.day, a.sex) != (b.day, b.sex) {
            return false;
        }
        match self {
            LinkRules::Development => a.shares_name(&b) && !a.contradicts(&b),
            LinkRules::Production => a.is_sure_of(&b),
        }
    }

    /// Two patients that match share one of these keys at least. All are [`crate::search_keys`] or
    /// [`crate::strong_id_key`]s; a patient that cannot be linked has none.
    #[must_use]
    pub fn keys(self, facts: &LinkFacts<'_>) -> BTreeSet<String> {
        let Some(evidence) = Evidence::new(facts) else {
            return BTreeSet::new();
        };
        let is_of_use = |representation: NameRepresentation| match self {
            LinkRules::Development => true,
            LinkRules::Production => representation == NameRepresentation::Phonetic,
        };
        let names = compared(&facts.demographics.names).filter(|name| is_true(name));
        let mut keys: BTreeSet<String> = names
            .map(|name| (representation(name), name_text(name)))
            .filter(|(representation, _)| is_of_use(*representation))
            .map(|(representation, text)| birth_key(evidence.day, representation, &text))
            .collect();
        match self {
            LinkRules::Development => {}
            LinkRules::Production => keys.extend(facts.strong_ids.iter().map(strong_id_key)),
        }
        keys
    }
}

/// A patient with what every link needs: the day of birth and the sex.
struct Evidence<'a> {
    day: &'a str,
    sex: Sex,
    /// Legal names and names at birth; what has no letter is no name.
    names: Vec<ComparedName>,
    demographics: &'a Demographics,
    strong_ids: &'a [PatientId],
}

/// A name, folded.
struct ComparedName {
    representation: NameRepresentation,
    kind: NameKind,
    family: String,
    given: String,
    /// The parts are told apart, if only by a space.
    is_divided: bool,
}

impl ComparedName {
    fn new(name: &PersonName) -> ComparedName {
        let is_spaced = |text: &str| text.trim().contains(char::is_whitespace);
        let (family, given) = (fold(&name.family), fold(&name.given));
        ComparedName {
            representation: representation(name),
            kind: name.kind,
            is_divided: !family.is_empty() && !given.is_empty()
                || is_spaced(&name.family)
                || is_spaced(&name.given),
            family,
            given,
        }
    }

    fn is_split(&self) -> bool {
        !self.family.is_empty() && !self.given.is_empty()
    }

    fn whole(&self) -> String {
        [self.family.as_str(), &self.given].concat()
    }

    /// Whether nothing says that the given names differ; the family name may have changed.
    fn may_share_given(&self, other: &ComparedName) -> bool {
        match (self.is_split(), other.is_split()) {
            (true, true) => self.given == other.given,
            (true, false) => other.whole().ends_with(&self.given),
            (false, true) => self.whole().ends_with(&other.given),
            (false, false) => self.whole() == other.whole(),
        }
    }

    /// Part by part if both are split, else as a whole.
    fn equals(&self, other: &ComparedName) -> bool {
        if self.representation != other.representation {
            return false;
        }
        if self.is_split() && other.is_split() {
            return (&self.family, &self.given) == (&other.family, &other.given);
        }
        self.whole() == other.whole()
    }
}

impl<'a> Evidence<'a> {
    /// Nothing if the day of birth or the sex is not known.
    fn new(facts: &LinkFacts<'a>) -> Option<Evidence<'a>> {
        let demographics = facts.demographics;
        let day = demographics.birth_date.as_ref().and_then(day)?;
        let sex = demographics.sex.filter(|sex| is_known(*sex))?;
        let names = compared(&demographics.names).filter(|name| is_true(name));
        let names = names.map(ComparedName::new).collect();
        Some(Evidence { day, sex, names, demographics, strong_ids: facts.strong_ids })
    }

    fn pairs<'b>(
        &'b self,
        other: &'b Evidence<'a>,
    ) -> impl Iterator<Item = (&'b ComparedName, &'b ComparedName)> {
        let others = |name| other.names.iter().map(move |other| (name, other));
        self.names.iter().flat_map(others).filter(|(a, b)| a.representation == b.representation)
    }

    fn shares_name(&self, other: &Evidence<'_>) -> bool {
        self.pairs(other).any(|(a, b)| a.equals(b))
    }

    /// Whether both have legal names in one representation and none in common there.
    fn contradicts(&self, other: &Evidence<'_>) -> bool {
        let pairs = self.pairs(other);
        let legal = pairs.filter(|(a, b)| (a.kind, b.kind) == (NameKind::Legal, NameKind::Legal));
        disagree(legal, ComparedName::equals)
    }

    fn is_sure_of(&self, other: &Evidence<'_>) -> bool {
        if self.has_placeholder() || other.has_placeholder() {
            return false;
        }
        // Twins may share an insurer's number that has no number of the member: their given names differ.
        if self.shares_strong_id(other)
            && !disagree(self.pairs(other), ComparedName::may_share_given)
        {
            return true;
        }
        // A family name alone, written into one field, is no full name.
        let is_full_name = |a: &ComparedName, b: &ComparedName| {
            a.representation == NameRepresentation::Phonetic
                && (a.is_divided || b.is_divided)
                && a.equals(b)
        };
        self.pairs(other).any(|(a, b)| is_full_name(a, b))
            && self.shares_contact(other)
            && !self.contradicts(other)
    }

    fn has_placeholder(&self) -> bool {
        self.names.iter().any(|name| {
            let parts = [name.family.as_str(), &name.given, &name.whole()];
            parts.into_iter().any(is_placeholder)
        })
    }

    fn shares_strong_id(&self, other: &Evidence<'_>) -> bool {
        self.strong_ids.iter().any(|id| other.strong_ids.contains(id))
    }

    fn shares_contact(&self, other: &Evidence<'_>) -> bool {
        let (one, other) = (contacts(self.demographics), contacts(other.demographics));
        !one.is_disjoint(&other)
    }
}

/// Whether there is a representation in which names are compared and no pair of them agrees.
fn disagree<'a>(
    pairs: impl Iterator<Item = (&'a ComparedName, &'a ComparedName)>,
    agree: impl Fn(&ComparedName, &ComparedName) -> bool,
) -> bool {
    let mut agreed: BTreeMap<NameRepresentation, bool> = BTreeMap::new();
    for (a, b) in pairs {
        let is_agreed = agreed.entry(a.representation).or_default();
        *is_agreed = *is_agreed || agree(a, b);
    }
    agreed.values().any(|is_agreed| !is_agreed)
}

/// A name in law, now or before, with a letter at least; an alias is no ground for linking.
fn is_true(name: &PersonName) -> bool {
    match name.kind {
        NameKind::Legal | NameKind::Birth => name_script(name).is_some(),
        NameKind::Other => false,
    }
}

fn is_known(sex: Sex) -> bool {
    match sex {
        Sex::Female | Sex::Male | Sex::Other => true,
        Sex::Unknown | Sex::Ambiguous | Sex::NotApplicable => false,
    }
}

/// Postal codes and telephone numbers, as far as they are more than a filler.
fn contacts(demographics: &Demographics) -> BTreeSet<String> {
    let codes = demographics.addresses.iter().map(|address| postal_code(&address.postal_code));
    let codes = codes.filter(|code| code.len() >= LEAST_POSTAL_CODE && !is_filler(code));
    let numbers = demographics.telecoms.iter().filter_map(|telecom| telephone(&telecom.number));
    let numbers = numbers.filter(|number| {
        let subscriber = number.len().saturating_sub(SUBSCRIBER_DIGITS);
        number.len() >= LEAST_TELEPHONE && !number.get(subscriber..).is_none_or(is_filler)
    });
    let codes = codes.map(|code| format!("postal code {code}"));
    codes.chain(numbers).collect()
}

/// Digits of the shortest postal code in use; Japan has 7.
const LEAST_POSTAL_CODE: usize = 4;
/// Digits of the shortest telephone number with area code; Japan has 10.
const LEAST_TELEPHONE: usize = 9;
/// The digits that are looked at for a filler such as 03-0000-0000.
const SUBSCRIBER_DIGITS: usize = 7;

fn postal_code(text: &str) -> String {
    fold(text).chars().filter(char::is_ascii_digit).collect()
}

/// One digit all over.
fn is_filler(digits: &str) -> bool {
    let mut digits = digits.chars();
    let first = digits.next();
    digits.all(|digit| Some(digit) == first)
}

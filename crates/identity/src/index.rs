//! Keys under which an index finds patients by name and birth date.
//!
//! A key is `N|<representation>|<name>`, `B|<yyyymmdd>|<representation>|<name>`, `B|<yyyymmdd>|` of a patient
//! without name, or `S|<oid>|<id>`. The free text stands last: no separator in it can make two keys equal that
//! are not. Keys find candidates, [`crate::meets`] and [`crate::LinkRules::matches`] decide: a key may
//! be too short to tell two patients apart, but never miss one. Keys are compared byte by byte.

use std::collections::BTreeSet;
use std::fmt;

use datatypes::{Dtm, PatientId};

use crate::demographics::{Demographics, NameRepresentation, PersonName};
use crate::fold::{base_forms, fold, name_script, representation, script};
use crate::pattern::Pattern;
use crate::query::{Criterion, NameCriterion};

/// Longest name in a key, in characters. Longer ones are cut on both sides alike, therefore still found.
const MAX_NAME_CHARACTERS: usize = 64;

/// So many names of a patient are searched and compared, more than anybody has: a message may repeat
/// the field hundreds of times, and each name costs rows.
const MAX_NAMES: usize = 32;

/// Where in the index every patient is found that meets a query. `Debug` hides the key.
#[derive(Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Under this key.
    Key(String),
    /// Under a key that begins so.
    Prefix(String),
    /// Under a key that begins in one or the other way: family and given name in either order.
    EitherPrefix(String, String),
    /// The index does not help.
    Everything,
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lookup::Key(_) => "Key(hidden)",
            Lookup::Prefix(_) => "Prefix(hidden)",
            Lookup::EitherPrefix(..) => "EitherPrefix(hidden)",
            Lookup::Everything => "Everything",
        })
    }
}

/// What an index over (key, record) holds of a patient: two keys a name, name alone and with birth date.
#[must_use]
pub fn search_keys(demographics: &Demographics) -> BTreeSet<String> {
    let day = demographics.birth_date.as_ref().and_then(day);
    let mut keys = BTreeSet::new();
    for name in compared(&demographics.names) {
        let text = name_text(name);
        if text.is_empty() {
            continue;
        }
        for representation in representations(name) {
            keys.insert(name_key(representation, &text));
            keys.extend(day.map(|day| birth_key(day, representation, &text)));
        }
    }
    if let Some(day) = day
        && !keys.iter().any(|key| key.starts_with("B|"))
    {
        keys.insert(birth_prefix(day));
    }
    keys
}

/// The key of an identifier that follows a person from domain to domain.
#[must_use]
pub fn strong_id_key(id: &PatientId) -> String {
    format!("S|{}|{}", id.authority(), id.id())
}

/// The most selective place of the index that every patient is under who meets the criteria.
#[must_use]
pub fn lookup(criteria: &[Criterion]) -> Lookup {
    let day = criteria.iter().find_map(birth_day);
    let names = || criteria.iter().filter_map(asked_name);
    let best = names().filter_map(NameRange::new).max_by_key(NameRange::selectivity);
    match (day, best) {
        (Some(day), Some(range)) => {
            range.lookup(|representation, text| birth_key(day, representation, text))
        }
        (Some(day), None) => Lookup::Prefix(birth_prefix(day)),
        (None, Some(range)) => range.lookup(name_key),
        (None, None) => Lookup::Everything,
    }
}

/// The day of birth, if it is known to the day.
pub(crate) fn day(birth_date: &Dtm) -> Option<&str> {
    birth_date.as_str().get(..8)
}

/// The names that count; what is beyond the limit is shown and nothing else.
pub(crate) fn compared(names: &[PersonName]) -> impl Iterator<Item = &PersonName> {
    names.iter().take(MAX_NAMES)
}

/// In which representations a name is searched: as it is stated, and by its script.
///
/// Both, because senders put the Latin name of a foreigner where the kanji belong.
pub(crate) fn representations(name: &PersonName) -> BTreeSet<NameRepresentation> {
    BTreeSet::from_iter(name_script(name).into_iter().chain([representation(name)]))
}

/// In which representation a question is asked; in any, if it has no letters.
pub(crate) fn asked_representation(criterion: &NameCriterion) -> Option<NameRepresentation> {
    let parts = criterion.family.iter().chain(&criterion.given);
    let text: String = parts.map(String::as_str).collect();
    criterion.representation.or_else(|| script(&text))
}

pub(crate) fn birth_key(day: &str, representation: NameRepresentation, text: &str) -> String {
    format!("B|{day}|{}|{}", letter(representation), cut(text))
}

/// The text of a name in a key.
pub(crate) fn name_text(name: &PersonName) -> String {
    base_forms(&(fold(&name.family) + &fold(&name.given)))
}

fn name_key(representation: NameRepresentation, text: &str) -> String {
    format!("N|{}|{}", letter(representation), cut(text))
}

fn birth_prefix(day: &str) -> String {
    format!("B|{day}|")
}

fn letter(representation: NameRepresentation) -> char {
    match representation {
        NameRepresentation::Ideographic => 'I',
        NameRepresentation::Phonetic => 'P',
        NameRepresentation::Alphabetic => 'A',
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_NAME_CHARACTERS).collect()
}

fn birth_day(criterion: &Criterion) -> Option<&str> {
    let Criterion::BirthDate { from: Some(from), to: Some(to) } = criterion else {
        return None;
    };
    day(from).filter(|first| day(to) == Some(*first))
}

fn asked_name(criterion: &Criterion) -> Option<&NameCriterion> {
    if let Criterion::Name(name) = criterion { Some(name) } else { None }
}

/// What the keys of the names begin with that meet a criterion.
struct NameRange {
    representation: NameRepresentation,
    beginning: Beginning,
    /// If the order of family and given name is open.
    swapped: Option<Beginning>,
}

/// The beginning of a name in a key, or all of it. Not empty.
struct Beginning {
    text: String,
    is_whole: bool,
}

impl NameRange {
    /// Nothing if the beginning of the family name is not asked for.
    fn new(criterion: &NameCriterion) -> Option<NameRange> {
        let representation = asked_representation(criterion)?;
        let family = Pattern::parse(criterion.family.as_ref()?, fold);
        let Some(given) = &criterion.given else {
            let beginning = Beginning::new(family.beginning().to_owned(), false)?;
            return Some(NameRange { representation, beginning, swapped: None });
        };
        let given = Pattern::parse(given, fold);
        let beginning = Beginning::of(&family, &given)?;
        let swapped = if criterion.is_fuzzy { Some(Beginning::of(&given, &family)?) } else { None };
        Some(NameRange { representation, beginning, swapped })
    }

    fn selectivity(&self) -> (bool, usize) {
        (self.swapped.is_none(), self.beginning.text.len())
    }

    fn lookup(self, key: impl Fn(NameRepresentation, &str) -> String) -> Lookup {
        let first = key(self.representation, &self.beginning.text);
        match self.swapped {
            Some(swapped) => Lookup::EitherPrefix(first, key(self.representation, &swapped.text)),
            None if self.beginning.is_whole => Lookup::Key(first),
            None => Lookup::Prefix(first),
        }
    }
}

impl Beginning {
    fn new(folded: String, is_whole: bool) -> Option<Beginning> {
        let text = base_forms(&folded);
        (!text.is_empty()).then_some(Beginning { text, is_whole })
    }

    /// Of names whose first part meets the one pattern and the second the other.
    fn of(first: &Pattern, second: &Pattern) -> Option<Beginning> {
        if first.is_exact() {
            let joined = first.beginning().to_owned() + second.beginning();
            return Beginning::new(joined, second.is_exact());
        }
        Beginning::new(first.beginning().to_owned(), false)
    }
}

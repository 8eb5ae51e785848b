//! The answer by a walk over everything that was submitted, condition by condition.

use std::collections::HashSet;

use datatypes::{Code, Dtm};
use xds::query::ReturnType;
use xds::{AvailabilityStatus, DocumentEntry, EntryType, Identified};

use super::corpus::{Corpus, Held};
use super::question::{Bounds, Coded, Conditions, Named, Question, SINGLE};

/// The entries in the order of the answer, or the code of the error.
pub(super) fn answer<'c>(
    corpus: &'c Corpus,
    question: &Question,
    return_type: ReturnType,
) -> Result<Vec<&'c Held>, &'static str> {
    let mut found = match question {
        Question::FindDocuments(conditions) => {
            let statuses = statuses(conditions);
            if statuses.is_empty() {
                return Err("XDSStoredQueryMissingParam");
            }
            let wanted = |held: &&Held| {
                Some(&corpus.patients[held.patient]) == conditions.patient.as_ref()
                    && statuses.contains(&held.status)
                    && is_wanted(conditions, &held.entry)
            };
            corpus.entries.iter().filter(wanted).collect::<Vec<_>>()
        }
        Question::GetDocuments(named) => {
            let wanted = |held: &&Held| match named {
                Named::Uuids(uuids) => uuids.contains(&held.uuid),
                Named::UniqueIds(ids) => {
                    ids.iter().any(|id| id == held.entry.unique_id.value.as_str())
                }
            };
            let found: Vec<&Held> = corpus.entries.iter().filter(wanted).collect();
            let patients: HashSet<usize> = found.iter().map(|held| held.patient).collect();
            if return_type == ReturnType::LeafClass && patients.len() > 1 {
                return Err("XDSResultNotSinglePatient");
            }
            found
        }
    };
    // Oldest first; of several patients, who was known first.
    found.sort_by_key(|held| held.patient);
    Ok(found)
}

fn statuses(conditions: &Conditions) -> Vec<AvailabilityStatus> {
    let all = [AvailabilityStatus::Approved, AvailabilityStatus::Deprecated];
    all.into_iter().filter(|status| conditions.statuses.iter().any(|s| s == status.urn())).collect()
}

fn is_wanted(conditions: &Conditions, entry: &DocumentEntry) -> bool {
    let singles = SINGLE.iter().zip(&conditions.singles);
    let mut singles = singles.map(|((_, of), wanted)| wanted.is_empty() || any(wanted, of(entry)));
    let times = [&entry.creation_time, &entry.service_start_time, &entry.service_stop_time];
    is_of_type(conditions, entry)
        && singles.all(|is_met| is_met)
        && all_met(&conditions.confidentiality, &entry.confidentiality_codes)
        && all_met(&conditions.events, &entry.event_codes)
        && times.into_iter().zip(&conditions.times).all(|(time, bounds)| is_within(bounds, time))
        && has_person(conditions, entry)
        && conditions.reference_ids.iter().all(|wanted| has_reference_id(wanted, entry))
}

fn is_of_type(conditions: &Conditions, entry: &DocumentEntry) -> bool {
    match &conditions.types {
        None => entry.entry_type == EntryType::Stable,
        Some(types) => types.iter().any(|urn| urn.to_lowercase() == entry.entry_type.urn()),
    }
}

fn is_equal(left: &str, right: &str) -> bool {
    datatypes::normalized(left) == datatypes::normalized(right)
}

fn any(wanted: &[Coded], code: &Code) -> bool {
    wanted.iter().any(|(text, scheme)| is_equal(text, &code.code) && is_equal(scheme, &code.scheme))
}

fn all_met(conditions: &[Vec<Coded>], codes: &[Identified<Code>]) -> bool {
    conditions.iter().all(|wanted| codes.iter().any(|code| any(wanted, &code.value)))
}

/// `From <= time < To`, all of them filled up to 14 digits; no time is no restriction.
fn is_within(bounds: &Bounds, time: &Option<Dtm>) -> bool {
    let Some(time) = time else { return true };
    let time = filled(time.as_str());
    bounds.from.as_ref().is_none_or(|from| filled(from) <= time)
        && bounds.to.as_ref().is_none_or(|to| time < filled(to))
}

/// The start of the period that a time names.
fn filled(time: &str) -> String {
    let lowest: String = "00000101000000".chars().skip(time.len()).collect();
    format!("{time}{lowest}")
}

fn has_person(conditions: &Conditions, entry: &DocumentEntry) -> bool {
    let mut persons = entry.authors.iter().flat_map(|author| &author.persons);
    conditions.persons.is_empty()
        || persons.any(|person| conditions.persons.iter().any(|p| is_like(p, person.as_str())))
}

/// SQL's LIKE by its definition: which prefixes of the text does the pattern cover so far?
fn is_like(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = datatypes::normalized(text).chars().collect();
    let mut covered = vec![false; text.len() + 1];
    covered[0] = true;
    for element in datatypes::normalized(pattern).chars() {
        let mut next = vec![false; text.len() + 1];
        for n in 0..=text.len() {
            next[n] = match element {
                '%' => covered[..=n].contains(&true),
                '_' => n > 0 && covered[n - 1],
                _ => n > 0 && covered[n - 1] && text[n - 1] == element,
            };
        }
        covered = next;
    }
    covered[text.len()]
}

fn has_reference_id(wanted: &[String], entry: &DocumentEntry) -> bool {
    entry.reference_ids.iter().any(|id| wanted.iter().any(|text| is_equal(text, id.as_str())))
}

//! Random conditions, made from what the documents hold.

use datatypes::{Code, Dtm, EntryUuid, PatientId};
use xds::{AvailabilityStatus, DocumentEntry, EntryType};

use super::corpus::{Corpus, Held};
use crate::dice::Dice;

#[derive(Debug)]
pub(super) enum Question {
    FindDocuments(Box<Conditions>),
    GetDocuments(Named),
}

#[derive(Debug)]
pub(super) enum Named {
    Uuids(Vec<EntryUuid>),
    UniqueIds(Vec<String>),
}

/// Code and scheme.
pub(super) type Coded = (String, String);

/// The conditions of FindDocuments as a person would state them; an empty list states none.
#[derive(Default)]
pub(super) struct Conditions {
    pub(super) patient: Option<PatientId>,
    /// As sent: some name no status at all.
    pub(super) statuses: Vec<String>,
    /// As sent.
    pub(super) types: Option<Vec<String>>,
    /// In the order of [`SINGLE`].
    pub(super) singles: [Vec<Coded>; 5],
    pub(super) confidentiality: Vec<Vec<Coded>>,
    pub(super) events: Vec<Vec<Coded>>,
    /// creationTime, serviceStartTime, serviceStopTime.
    pub(super) times: [Bounds; 3],
    pub(super) persons: Vec<String>,
    pub(super) reference_ids: Vec<Vec<String>>,
}

/// From and To of a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

/// What names a patient or a person stays out of the output of a failed test: the seed repeats it.
impl std::fmt::Debug for Conditions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Conditions")
            .field("statuses", &self.statuses)
            .field("types", &self.types)
            .field("singles", &self.singles)
            .field("confidentiality", &self.confidentiality)
            .field("events", &self.events)
            .field("times", &self.times)
            .field("persons", &self.persons)
            .field("reference_ids", &self.reference_ids)
            .finish_non_exhaustive()
    }
}

/// The parameter of each single code, and where an entry holds it.
pub(super) type SingleCode = (&'static str, fn(&DocumentEntry) -> &Code);

pub(super) const SINGLE: [SingleCode; 5] = [
    ("$XDSDocumentEntryClassCode", |entry| &entry.class_code.value),
    ("$XDSDocumentEntryTypeCode", |entry| &entry.type_code.value),
    ("$XDSDocumentEntryFormatCode", |entry| &entry.format_code.value),
    ("$XDSDocumentEntryHealthcareFacilityTypeCode", |entry| {
        &entry.healthcare_facility_type_code.value
    }),
    ("$XDSDocumentEntryPracticeSettingCode", |entry| &entry.practice_setting_code.value),
];

pub(super) fn random(corpus: &Corpus, dice: &mut Dice) -> Question {
    if dice.chance(15) {
        return Question::GetDocuments(named(corpus, dice));
    }
    let mut asking = Asking { corpus, dice };
    Question::FindDocuments(Box::new(asking.conditions()))
}

struct Asking<'a> {
    corpus: &'a Corpus,
    dice: &'a mut Dice,
}

impl Asking<'_> {
    fn conditions(&mut self) -> Conditions {
        let patient = self.dice.chance(97).then(|| self.dice.pick(&self.corpus.patients).clone());
        let mut conditions =
            Conditions { patient, statuses: self.statuses(), ..Conditions::default() };
        if self.dice.chance(25) {
            conditions.types = Some(self.types());
        }
        // A few conditions at a time: many together find nothing.
        for _ in 0..=self.dice.below(3) {
            self.add_one(&mut conditions);
        }
        conditions
    }

    fn add_one(&mut self, conditions: &mut Conditions) {
        match self.dice.below(8) {
            0 | 1 => {
                let place = self.dice.below(SINGLE.len());
                conditions.singles[place] = self.codes();
            }
            2 => conditions.confidentiality = self.code_conditions(),
            3 => conditions.events = self.code_conditions(),
            4 | 5 => {
                let place = self.dice.below(3);
                conditions.times[place] = self.bounds();
            }
            6 => conditions.persons = (0..=self.dice.below(2)).map(|_| self.pattern()).collect(),
            _ => {
                let n = 1 + self.dice.below(2);
                conditions.reference_ids = (0..n).map(|_| self.reference_ids()).collect();
            }
        }
    }

    fn entry(&mut self) -> &DocumentEntry {
        let held: &Held = self.dice.pick(&self.corpus.entries);
        &held.entry
    }

    fn statuses(&mut self) -> Vec<String> {
        let known = [AvailabilityStatus::Approved, AvailabilityStatus::Deprecated];
        let known = known.map(|status| status.urn().to_owned());
        // A frequent mistake of clients, which means nothing.
        let unknown = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Approved".to_owned();
        match self.dice.below(20) {
            0 => vec![unknown],
            1 => vec![unknown, known[1].clone()],
            2..=4 => vec![known[1].clone()],
            5..=9 => known.to_vec(),
            _ => vec![known[0].clone()],
        }
    }

    fn types(&mut self) -> Vec<String> {
        let [stable, on_demand] =
            [EntryType::Stable, EntryType::OnDemand].map(|entry_type| entry_type.urn().to_owned());
        match self.dice.below(6) {
            0 => vec!["urn:uuid:00000000-0000-0000-0000-000000000000".to_owned()],
            1 => vec![stable],
            2 => vec![stable.to_uppercase().replace("URN:UUID", "urn:uuid"), on_demand],
            3 => vec![on_demand, stable],
            _ => vec![on_demand],
        }
    }

    /// A code that some document holds, perhaps in another spelling, or nobody's.
    fn code(&mut self) -> Coded {
        let (_, of) = *self.dice.pick(&SINGLE);
        let Code { code, scheme, .. } = of(self.entry()).clone();
        match self.dice.below(10) {
            0 => (code, "nobody's".to_owned()),
            1 => (scheme, code),
            2..=5 => (other_form(&code), other_form(&scheme)),
            _ => (code, scheme),
        }
    }

    fn codes(&mut self) -> Vec<Coded> {
        (0..=self.dice.below(5)).map(|_| self.code()).collect()
    }

    fn code_conditions(&mut self) -> Vec<Vec<Coded>> {
        (0..=self.dice.below(3)).map(|_| self.codes()).collect()
    }

    fn bounds(&mut self) -> Bounds {
        let mut bound = |percent| self.dice.chance(percent).then(|| self.time());
        Bounds { from: bound(70), to: bound(70) }
    }

    /// A time that some document has, with more or fewer digits.
    fn time(&mut self) -> String {
        let entry = self.entry();
        let times = [&entry.creation_time, &entry.service_start_time, &entry.service_stop_time]
            .map(|time| time.as_ref().map_or_else(|| "1999".to_owned(), |time| time.to_string()));
        let mut time = self.dice.pick(&times).clone();
        match self.dice.below(3) {
            0 => {
                let n_pairs = 2 + self.dice.below(time.len() / 2 - 1);
                time.truncate(2 * n_pairs);
            }
            1 => {
                while time.len() < 14 && self.dice.chance(70) {
                    time.push_str(if time.len() < 8 { "01" } else { "00" });
                }
                if time.len() == 14 && self.dice.chance(50) {
                    time.replace_range(12.., "01");
                }
            }
            _ => {}
        }
        Dtm::parse(&time).unwrap().to_string()
    }

    /// A name with holes, or another name.
    fn pattern(&mut self) -> String {
        let persons: Vec<String> = self
            .entry()
            .authors
            .iter()
            .flat_map(|author| &author.persons)
            .map(|person| person.as_str().to_owned())
            .collect();
        let Some(person) = self.dice.pick_any(&persons).cloned() else { return "%".to_owned() };
        let person = if self.dice.chance(50) { other_form(&person) } else { person };
        let mut pattern = String::new();
        for character in datatypes::normalized(&person).chars() {
            match self.dice.below(8) {
                0 => pattern.push('_'),
                1 => pattern.push('%'),
                2 if self.dice.chance(10) => pattern.extend(character.to_uppercase()),
                _ => pattern.push(character),
            }
        }
        match self.dice.below(4) {
            0 => format!("%{pattern}"),
            1 => pattern.chars().take(2).chain(['%']).collect(),
            2 => other_form(&pattern),
            _ => pattern,
        }
    }

    fn reference_ids(&mut self) -> Vec<String> {
        let mut ids = Vec::new();
        for _ in 0..=self.dice.below(4) {
            let held: Vec<String> =
                self.entry().reference_ids.iter().map(|id| id.as_str().to_owned()).collect();
            ids.extend(self.dice.pick_any(&held).map(|id| other_form(id)));
        }
        if ids.is_empty() || self.dice.chance(10) {
            // Not of the form of a reference id: names nothing.
            ids.push("%".to_owned());
        }
        ids
    }
}

fn named(corpus: &Corpus, dice: &mut Dice) -> Named {
    let patient = dice.below(corpus.patients.len());
    let of_anybody = dice.chance(30);
    let entries = corpus.entries.iter().filter(|held| of_anybody || held.patient == patient);
    let entries: Vec<&Held> = entries.collect();
    let picked = dice.some(&entries, 6);
    if dice.chance(50) {
        let stray = dice.chance(20).then(EntryUuid::generate);
        return Named::Uuids(picked.iter().map(|held| held.uuid).chain(stray).collect());
    }
    let stray = dice.chance(20).then(|| "nobody's".to_owned());
    let ids = picked.iter().map(|held| held.entry.unique_id.value.as_str().to_owned());
    Named::UniqueIds(ids.chain(stray).collect())
}

/// The same text in another Unicode form: composed where it was decomposed, and the other way round.
fn other_form(text: &str) -> String {
    const COMPOSED: &str = "が";
    const DECOMPOSED: &str = "か\u{3099}";
    let apart: Vec<String> =
        text.split(COMPOSED).map(|part| part.replace(DECOMPOSED, COMPOSED)).collect();
    apart.join(DECOMPOSED)
}

//! Documents of a few patients, registered, and beside them the values that were submitted.

use std::sync::Arc;

use datatypes::{Code, EntryUuid, ObjectId, PatientId};
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use registry::Registry;
use xds::{AssociationType, AvailabilityStatus, DocumentEntry, EntryType, Identified};

use crate::dice::Dice;
use crate::feed::Feed;
use crate::open_registry::Place;
use crate::requests::{patient, register_directly};
use crate::{generate, metadata};

const N_PATIENTS: usize = 4;
const N_SUBMISSIONS: usize = 110;
/// Different codes of one attribute.
const N_CODES: usize = 4;

/// A registered entry.
pub(super) struct Held {
    /// Place of its patient.
    pub(super) patient: usize,
    pub(super) uuid: EntryUuid,
    pub(super) entry: DocumentEntry,
    pub(super) status: AvailabilityStatus,
}

pub(super) struct Corpus {
    /// In the order in which they became known.
    pub(super) patients: Vec<PatientId>,
    /// In the order in which they were registered.
    pub(super) entries: Vec<Held>,
}

/// Makes generated values from a seed.
struct Maker {
    runner: TestRunner,
}

impl Maker {
    fn make<T: std::fmt::Debug>(&mut self, strategy: &impl Strategy<Value = T>) -> T {
        strategy.new_tree(&mut self.runner).unwrap().current()
    }
}

impl Corpus {
    pub(super) fn register(
        place: &Place,
        registry: &Arc<Registry>,
        dice: &mut Dice,
        seed: u64,
    ) -> Corpus {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &dice.bytes::<32>());
        let mut maker = Maker { runner: TestRunner::new_with_rng(Config::default(), rng) };
        let patients = (0..N_PATIENTS).map(|n| patient(&format!("{seed}-it's-{n}"))).collect();
        let mut corpus = Corpus { patients, entries: Vec::new() };
        Feed::new(registry).announce(place, &corpus.patients);
        let codes = pool_of_codes(&mut maker, dice);
        for _ in 0..N_SUBMISSIONS {
            corpus.submit(place, registry, (&mut maker, dice), &codes);
        }
        corpus
    }

    /// One to three documents of one patient; one of them may replace an older one.
    fn submit(
        &mut self,
        place: &Place,
        registry: &Arc<Registry>,
        (maker, dice): (&mut Maker, &mut Dice),
        codes: &[Code],
    ) {
        let patient = dice.below(self.patients.len());
        let is_on_demand = dice.chance(8);
        let strategy = generate::document_entry(self.patients[patient].clone());
        let mut entries: Vec<DocumentEntry> =
            (0..=dice.below(3)).map(|_| maker.make(&strategy)).collect();
        for entry in &mut entries {
            entry.id = ObjectId::Uuid(EntryUuid::generate());
            recode(entry, codes, dice);
            if is_on_demand {
                entry.entry_type = EntryType::OnDemand;
                (entry.creation_time, entry.hash, entry.size) = (None, None, None);
            }
        }
        // Not two of them: a uniqueId stands once in a message.
        if !is_on_demand && dice.chance(25) {
            self.repeat_an_older_document(&mut entries[0], dice);
        }
        let set = maker.make(&generate::submission_set(self.patients[patient].clone()));
        let mut submission = metadata::submission(set, entries.clone(), Vec::new());
        let approved = |held: &&mut Held| {
            held.patient == patient && held.status == AvailabilityStatus::Approved
        };
        let mut candidates: Vec<&mut Held> = self.entries.iter_mut().filter(approved).collect();
        if dice.chance(25) && !candidates.is_empty() {
            let replaced = candidates.swap_remove(dice.below(candidates.len()));
            replaced.status = AvailabilityStatus::Deprecated;
            let ends = (&entries[0].id, &replaced.entry.id);
            metadata::relate(&mut submission, AssociationType::Replace, ends);
        }
        if is_on_demand {
            register_directly(place, registry, &submission);
        } else {
            place.register(registry, &submission).unwrap();
        }
        self.entries.extend(entries.into_iter().map(|entry| Held {
            patient,
            uuid: entry.id.uuid().unwrap(),
            entry,
            status: AvailabilityStatus::Approved,
        }));
    }

    /// The same uniqueId with the same bytes is another entry, of whatever patient.
    fn repeat_an_older_document(&self, entry: &mut DocumentEntry, dice: &mut Dice) {
        let stable = |held: &&Held| held.entry.entry_type == EntryType::Stable;
        let older: Vec<&Held> = self.entries.iter().filter(stable).collect();
        if let Some(older) = dice.pick_any(&older) {
            entry.unique_id.value = older.entry.unique_id.value.clone();
            (entry.hash, entry.size) = (older.entry.hash, older.entry.size);
        }
    }
}

/// Few codes for all attributes, so that queries meet them: each text in two schemes, each code under two
/// display names.
fn pool_of_codes(maker: &mut Maker, dice: &mut Dice) -> Vec<Code> {
    let mut text = || maker.make(&generate::text()).replace('^', "-");
    let schemes = [text(), text()];
    let mut codes = Vec::new();
    for _ in 0..N_CODES {
        let code = text();
        for scheme in &schemes {
            for display in [text(), text()] {
                codes.push(Code { code: code.clone(), scheme: scheme.clone(), display });
            }
        }
    }
    dice.shuffle(&mut codes);
    codes
}

fn recode(entry: &mut DocumentEntry, codes: &[Code], dice: &mut Dice) {
    let singles = [
        &mut entry.class_code,
        &mut entry.type_code,
        &mut entry.format_code,
        &mut entry.healthcare_facility_type_code,
        &mut entry.practice_setting_code,
    ];
    let lists = [&mut entry.confidentiality_codes, &mut entry.event_codes];
    let listed = lists.into_iter().flatten();
    for Identified { value, .. } in singles.into_iter().chain(listed) {
        *value = dice.pick(codes).clone();
    }
}

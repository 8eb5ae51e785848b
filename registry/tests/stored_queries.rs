//! All stored queries of ITI-18 and ITI-51 against an oracle that works by brute force.
//!
//! A world of a few patients grows by random submissions, feeds, merges and link changes; what each of them does is
//! simulated beside the registry, and random queries are answered by both: by turns here, and at the same
//! time in `at_once`. `RENKEI_QUERY_CASES` sets the number of queries, `RENKEI_QUERY_SEED` the first seed.

mod asking;
mod at_once;
mod effects;
mod history;
mod link_changes;
mod oracle;
mod questions;
mod submissions;
mod vocabulary;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::sync::Arc;

use datatypes::{Dtm, EntryUuid, ObjectId, Oid, PatientId};
use ebxml::AdhocQueryResponse;
use registry::Registry;
use registry::patient_sets::PatientSets;
use xds::query::{AdhocQueryRequest, RawParameter};
use xds::{AvailabilityStatus, ResponseStatus};

use crate::dice::Dice;
use crate::feed::{Acknowledged, Feed, patient_message};
use crate::metadata;
use crate::open_registry::{DOMAIN, Place, ask, ask_in, on_each_backend, references};
use effects::last_update_time;
use history::History;
use link_changes::{Change, Locals};
use oracle::Expected;
use vocabulary::moment;
use world::World;

const N_PATIENTS: usize = 6;
const STEPS_PER_WORLD: usize = 48;
const QUERIES_PER_STEP: usize = 7;

/// Bytes of patients in memory: none, so few that somebody is always put out, and enough for all. Worlds and
/// processes take them by turns.
const CACHE_BYTES: [u64; 4] = [0, 48 * 1024, 64 * 1024 * 1024, 64 * 1024 * 1024];

#[test]
fn every_query_answers_what_brute_force_finds() {
    let n_wanted = number_of("RENKEI_QUERY_CASES").unwrap_or(3_000);
    let first_seed = number_of("RENKEI_QUERY_SEED").unwrap_or(1);
    on_each_backend(|place| {
        let mut tally = Tally::default();
        let mut seed = first_seed;
        while tally.n_asked < n_wanted {
            let registries = processes(place, seed);
            let mut run = Run::new(place, &registries, seed);
            for _ in 0..STEPS_PER_WORLD {
                run.step();
                for _ in 0..QUERIES_PER_STEP {
                    run.query(&mut tally);
                }
            }
            tally.n_links_changed += run.n_links_changed;
            tally.n_hidden += run.n_hidden;
            seed += 1;
        }
        if n_wanted >= 2_000 {
            tally.must_be_telling();
        }
    });
}

/// One process, or two on a database that can be shared, so that each has sets that the other made stale.
fn processes(place: &Place, seed: u64) -> Vec<Arc<Registry>> {
    let sizes = CACHE_BYTES.into_iter().cycle().skip(usize::try_from(seed % 4).unwrap());
    let open = |bytes| place.open_with(|registry| registry.patient_sets = PatientSets::new(bytes));
    sizes.take(if place.is_shared() { 2 } else { 1 }).map(open).collect()
}

fn number_of(variable: &str) -> Option<u64> {
    Some(env::var(variable).ok()?.parse().expect("a number"))
}

/// What the queries were like: a test that only asks for nothing shows nothing.
#[derive(Default)]
struct Tally {
    n_asked: u64,
    /// By name of the query: how often something was found.
    found: BTreeMap<&'static str, u64>,
    /// By name of the query: how often several patients were.
    not_single: BTreeMap<&'static str, u64>,
    n_links_changed: u64,
    n_hidden: u64,
}

impl Tally {
    fn must_be_telling(&self) {
        let few = self.found.iter().filter(|(_, n_found)| **n_found < 20).collect::<Vec<_>>();
        assert!(self.found.len() == 18 && few.is_empty(), "hardly ever found: {:?}", self.found);
        let [n_changed, n_hidden] = [self.n_links_changed, self.n_hidden];
        assert!(
            n_changed >= 20 && n_hidden >= 5,
            "{n_changed} link changes, hidden after {n_hidden}"
        );
        let not_single = [
            "GetDocuments",
            "GetDocumentsAndAssociations",
            "GetFolders",
            "GetSubmissionSetAndContents",
            "GetSubmissionSets",
        ];
        for query in not_single {
            assert!(self.not_single.contains_key(query), "{query}: {:?}", self.not_single);
        }
    }
}

/// One world beside the registry.
struct Run<'a> {
    place: &'a Place,
    /// The processes on one database; each step and each query goes to any of them.
    registries: &'a [Arc<Registry>],
    feeds: Vec<Feed>,
    world: World,
    dice: Dice,
    seed: u64,
    /// Tells others who ask at the same time what happens.
    history: Option<&'a History>,
    /// The last link change that was sent, and whether it was accepted.
    last_change: Option<(Change, String, bool)>,
    n_links_changed: u64,
    /// Link changes after which some Association is hidden.
    n_hidden: u64,
}

impl<'a> Run<'a> {
    fn new(place: &'a Place, registries: &'a [Arc<Registry>], seed: u64) -> Run<'a> {
        let mut dice = Dice::new(seed);
        let domain = Oid::parse(DOMAIN).unwrap();
        let mut ids: Vec<PatientId> = (0..N_PATIENTS)
            .map(|n| PatientId::new(&format!("{seed}-it's-{n}"), domain.clone()).unwrap())
            .collect();
        // Merges must not depend on who was known first.
        dice.shuffle(&mut ids);
        // Some queries ask for what all patients have: the world before this one ends here.
        for table in ["object", "object_code", "object_reference"] {
            place.execute(&registries[0], format!("DELETE FROM {table}"));
        }
        let world = World::new(ids, Locals::of_seed(seed));
        let feeds = registries.iter().map(Feed::new).collect();
        let mut run = Run {
            place,
            registries,
            feeds,
            world,
            dice,
            seed,
            history: None,
            last_change: None,
            n_links_changed: 0,
            n_hidden: 0,
        };
        for patient in [0, 1, 2, 3] {
            run.announce(patient);
        }
        run
    }

    fn step(&mut self) {
        match self.dice.below(100) {
            0..67 => self.submit(),
            67..74 => self.mistake(),
            74..88 => self.change_link(),
            88..96 => {
                let [subsumed, surviving] = [(), ()].map(|()| self.dice.below(N_PATIENTS));
                self.merge(subsumed, surviving);
            }
            _ => {
                let patient = self.dice.below(N_PATIENTS);
                self.announce(patient);
            }
        }
    }

    fn registry(&mut self) -> &'a Arc<Registry> {
        self.dice.pick(self.registries)
    }

    /// What a commit did to the world is known only once it was acknowledged.
    fn begin(&self) {
        if let Some(history) = self.history {
            history.begin();
        }
    }

    fn end(&self) {
        if let Some(history) = self.history {
            history.end(&self.world);
        }
    }

    /// A04, also for those who are known or were merged away: it brings nobody back.
    fn announce(&mut self, patient: usize) {
        let message = patient_message("A04", &self.world.patients[patient].id.to_cx());
        let feed = self.dice.pick(&self.feeds);
        self.begin();
        let ack = self.place.runtime.block_on(feed.send(message));
        assert_eq!(ack, Acknowledged::accepted());
        self.world.patients[patient].is_known = true;
        self.end();
    }

    fn merge(&mut self, subsumed: usize, surviving: usize) {
        let [from, into] =
            [subsumed, surviving].map(|patient| self.world.patients[patient].id.clone());
        let feed = self.dice.pick(&self.feeds);
        self.begin();
        let ack = self.place.runtime.block_on(feed.merge(&from, &into));
        let expected = self.world.merge(subsumed, surviving);
        assert_eq!(ack, expected, "seed {}: merge {subsumed} into {surviving}", self.seed);
        self.end();
    }

    fn submit(&mut self) {
        let Some(patient) = self.dice.pick_any(&self.world.active()).copied() else { return };
        let submission = submissions::submission(&self.world, &mut self.dice, patient);
        let before = now();
        let registry = self.registry();
        self.begin();
        let registered = self.place.register(registry, &submission);
        assert_eq!(registered, Ok(()), "seed {}: {submission:#?}", self.seed);
        let gained = self.world.register(registry, &submission);
        let updated = self.check_folders(&before, &gained);
        self.end();
        for folder in updated {
            self.date_back(folder);
        }
    }

    /// New folders and those that gained a member were updated now, and no others. Returns the updated.
    fn check_folders(&mut self, before: &str, gained: &BTreeSet<EntryUuid>) -> Vec<EntryUuid> {
        let after = now();
        let registry = self.registry();
        let mut updated = Vec::new();
        for held in &mut self.world.folders {
            let time = last_update_time(registry, held.uuid);
            match &held.object.last_update_time {
                Some(earlier) if !gained.contains(&held.uuid) => assert_eq!(time, earlier.as_str()),
                _ => {
                    assert!(before <= time.as_str() && time <= after, "{before} {time} {after}");
                    held.object.last_update_time = Some(Dtm::parse(&time).unwrap());
                    updated.push(held.uuid);
                }
            }
        }
        updated
    }

    /// Gives an updated folder another time, so that the next update is seen and the times differ.
    fn date_back(&mut self, folder: EntryUuid) {
        let moment = moment(&mut self.dice);
        let registry = self.registry();
        let mut folders = self.world.folders.iter_mut();
        let held = folders.find(|held| held.uuid == folder).unwrap();
        held.object.last_update_time = Some(Dtm::parse(&moment).unwrap());
        let unique_id = &held.object.unique_id.value;
        let sql = format!(
            "UPDATE object SET last_update_time = '{moment}' WHERE unique_id = '{unique_id}'"
        );
        self.begin();
        self.place.execute(registry, sql);
        self.end();
    }

    fn mistake(&mut self) {
        let mistaken = submissions::mistaken(&self.world, &mut self.dice);
        let Some((submission, code)) = mistaken else { return };
        let refused = self.place.register(self.registry(), &submission).unwrap_err();
        let seed = self.seed;
        assert!(refused.iter().any(|found| found == code), "seed {seed}: {refused:?}, not {code}");
    }

    fn query(&mut self, tally: &mut Tally) {
        let question = asking::question(&self.world, &mut self.dice);
        let expected = oracle::answer(&self.world, &question);
        let (name, _) = question.query();
        tally.n_asked += 1;
        *tally.found.entry(name).or_default() += u64::from(!expected.ids().is_empty());
        let request = question.request(&mut self.dice, "ObjectRef");
        let transaction = question.transaction();
        let answer = ask_in(transaction, self.registry(), &request).map(|a| references(&a));
        assert_eq!(answer, Ok(must_refer(&expected)), "{}", self.told(&request));

        let request = question.request(&mut self.dice, "LeafClass");
        let answer = ask_in(transaction, self.registry(), &request).map(|a| shown(&a));
        if oracle::is_not_single_patient(&self.world, &question, &expected) {
            *tally.not_single.entry(name).or_default() += 1;
            let code = "XDSResultNotSinglePatient".to_owned();
            assert_eq!(answer, Err(code), "{}", self.told(&request));
        } else {
            assert_eq!(answer, Ok(must_show(&self.world, &expected)), "{}", self.told(&request));
        }
    }

    /// What repeats a failure.
    fn told(&self, request: &AdhocQueryRequest) -> String {
        format!("RENKEI_QUERY_SEED={} {}", self.seed, told(request))
    }
}

fn told(request: &AdhocQueryRequest) -> String {
    let slots = request.parameters.iter().map(|slot| format!("\n{} {:?}", slot.name, slot.values));
    let slots: String = slots.collect();
    format!("{} {}{slots}", request.query_id, request.return_type)
}

/// The ids of an ObjectRef answer.
fn must_refer(expected: &Expected) -> Vec<String> {
    expected.ids().iter().map(EntryUuid::to_string).collect()
}

/// The objects of a LeafClass answer, a line each.
fn must_show(world: &World, expected: &Expected) -> Vec<String> {
    let mut lines = Vec::new();
    for held in world.entries.iter().filter(|held| expected.entries.contains(&held.uuid)) {
        let id = held.object.unique_id.value.as_str();
        let (patient, source) = (world.shown_id(held.patient), world.shown_source(held.uuid));
        lines.push(line("entry", held.uuid, held.status, &[id, &patient, &source]));
    }
    for held in world.sets.iter().filter(|held| expected.sets.contains(&held.uuid)) {
        let id = held.object.unique_id.value.as_str();
        let patient = world.shown_id(held.patient);
        lines.push(line("set", held.uuid, held.status, &[id, &patient]));
    }
    for held in world.folders.iter().filter(|held| expected.folders.contains(&held.uuid)) {
        let id = held.object.unique_id.value.as_str();
        let time = held.object.last_update_time.as_ref().unwrap();
        let patient = world.shown_id(held.patient);
        lines.push(line("folder", held.uuid, held.status, &[id, &patient, time.as_str()]));
    }
    for link in world.links.iter().filter(|link| expected.links.contains(&link.uuid)) {
        let ends = [link.kind.urn(), &link.source.to_string(), &link.target.to_string()];
        lines.push(line("association", link.uuid, AvailabilityStatus::Approved, &ends));
    }
    lines.sort();
    lines
}

/// The objects of an answer in the same form.
fn shown(answer: &AdhocQueryResponse) -> Vec<String> {
    assert_eq!(answer.response.status, ResponseStatus::Success);
    let mut lines = Vec::new();
    for stored in &answer.entries {
        let entry = &stored.object;
        let [patient, source] = [&entry.patient_id.value, &entry.source_patient_id];
        let texts = [entry.unique_id.value.as_str(), &patient.to_cx(), &source.to_cx()];
        lines.push(line("entry", uuid(&entry.id), stored.status.unwrap(), &texts));
    }
    for stored in &answer.submission_sets {
        let set = &stored.object;
        let texts = [set.unique_id.value.as_str(), &set.patient_id.value.to_cx()];
        lines.push(line("set", uuid(&set.id), stored.status.unwrap(), &texts));
    }
    for stored in &answer.folders {
        let folder = &stored.object;
        let patient = folder.patient_id.value.to_cx();
        let time = folder.last_update_time.as_ref().unwrap();
        let texts = [folder.unique_id.value.as_str(), &patient, time.as_str()];
        lines.push(line("folder", uuid(&folder.id), stored.status.unwrap(), &texts));
    }
    for stored in &answer.associations {
        let association = &stored.object;
        let [source, target] =
            [&association.source, &association.target].map(|end| end.to_string());
        let texts = [association.kind.urn(), &source, &target];
        lines.push(line("association", uuid(&association.id), stored.status.unwrap(), &texts));
    }
    lines.sort();
    lines
}

fn uuid(id: &ObjectId) -> EntryUuid {
    id.uuid().expect("a registered object has a UUID")
}

fn line(kind: &str, uuid: EntryUuid, status: AvailabilityStatus, texts: &[&str]) -> String {
    format!("{kind} {uuid} {status:?} {}", texts.join(" "))
}

/// The clock as the registry writes it.
fn now() -> String {
    Dtm::from_unix_seconds(jiff::Timestamp::now().as_second()).unwrap().as_str().to_owned()
}

/// A limit on the objects of a LeafClass answer; references are what to ask for instead.
#[test]
fn too_many_results_are_refused_as_objects_only() {
    on_each_backend(|place| {
        let registry = place.open_with(|registry| registry.max_leaf_class_results = 3);
        let patient = PatientId::new("many", Oid::parse(DOMAIN).unwrap()).unwrap();
        Feed::new(&registry).announce(place, [&patient]);
        let ask_for_all = |return_type| {
            let approved = format!("('{}')", AvailabilityStatus::Approved.urn());
            let slots = [
                ("$XDSDocumentEntryPatientId", format!("'{}'", patient.to_cx())),
                ("$XDSDocumentEntryStatus", approved),
            ];
            let slots = slots.each_ref().map(|(name, value)| (*name, value.as_str()));
            let find_documents = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
            ask(&registry, &request(find_documents, return_type, &slots))
        };
        for n_documents in 1..=4 {
            place.register(&registry, &metadata::document(&patient)).unwrap();
            let objects = ask_for_all("LeafClass").map(|answer| answer.entries.len());
            let too_many = Err("XDSTooManyResults".to_owned());
            assert_eq!(objects, if n_documents > 3 { too_many } else { Ok(n_documents) });
            assert_eq!(ask_for_all("ObjectRef").unwrap().object_refs.len(), n_documents);
        }
    });
}

fn request(query_id: &str, return_type: &str, slots: &[(&str, &str)]) -> AdhocQueryRequest {
    let parameters = slots.iter().map(|(name, value)| RawParameter {
        name: (*name).to_owned(),
        values: vec![(*value).to_owned()],
    });
    AdhocQueryRequest {
        query_id: query_id.to_owned(),
        home: None,
        return_type: return_type.to_owned(),
        parameters: parameters.collect(),
    }
}

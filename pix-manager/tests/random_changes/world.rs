//! A database that is told random instructions, and the naive view of it.

use std::collections::{BTreeMap, BTreeSet};

use datatypes::{Dtm, Oid, PatientId};
use identity::{
    Address, Demographics, LinkFacts, LinkRules, Links, LocalId, Member, NameRepresentation,
    PersonName, Sex, Visit, cluster,
};
use pix_manager::change::{Change, Effect, Instruction};
use pix_manager::error::ManagementFault;
use pix_manager::linking::Linking;
use pix_manager::network_id;
use pix_manager::record::Facts;
use pix_manager::store::MIGRATIONS;
use policy::Permit;
use proptest::prelude::*;
use store::{AnyConnection, Database, Settings};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::open_manager::oid;
use crate::rows::{self, PatientRow};

/// Domain and id, both small numbers.
pub(crate) type Id = (usize, usize);

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Register { id: Id, facts: Invented, visit: Option<usize> },
    Merge { subsumed: Id, surviving: Id },
    ChangeId { old: Id, new: Id },
    Link(Id, Id),
    Unlink(Id, Id),
    Isolate(Id),
}

/// Who somebody is, by a few values so that they meet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invented {
    name: usize,
    day: usize,
    postal_code: usize,
    insured: Option<usize>,
}

impl Invented {
    fn facts(self) -> Facts {
        let family = ["レンケイ", "タナカ", "スズキ"][self.name];
        let names = vec![PersonName::legal(family, "タロウ", Some(NameRepresentation::Phonetic))];
        let postal_code = ["1050001", "4228033"][self.postal_code].to_owned();
        let strong = |number: usize| {
            PatientId::new(&number.to_string(), Oid::parse(oid('S')).unwrap()).unwrap()
        };
        Facts {
            demographics: Demographics {
                names,
                birth_date: Some(Dtm::parse(["19600203", "19610304"][self.day]).unwrap()),
                sex: Some(Sex::Male),
                addresses: vec![Address { postal_code, ..Address::default() }],
                ..Demographics::default()
            },
            strong_ids: self.insured.map(strong).into_iter().collect(),
        }
    }
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let id = || (0..4usize, 0..3usize);
    let facts = (0..3usize, 0..2usize, 0..2usize, prop::option::weighted(0.3, 0..2usize));
    let facts = facts.prop_map(|(name, day, postal_code, insured)| Invented {
        name,
        day: day * usize::from(name == 0),
        postal_code,
        insured,
    });
    let visit = prop::option::weighted(0.2, 0..3usize);
    // Mostly within one domain, as it must be.
    let near = || {
        (0..4usize, 0..3usize, 0..4usize, 0..4usize).prop_map(|(domain, one, far, other)| {
            ((domain, one), (if far == 3 { (domain + 1) % 4 } else { domain }, other))
        })
    };
    let step = prop_oneof![
        10 => (id(), facts, visit).prop_map(|(id, facts, visit)| Step::Register { id, facts, visit }),
        3 => near().prop_map(|(subsumed, surviving)| Step::Merge { subsumed, surviving }),
        1 => near().prop_map(|(old, new)| Step::ChangeId { old, new }),
        3 => (id(), id()).prop_map(|(one, other)| Step::Link(one, other)),
        3 => (id(), id()).prop_map(|(one, other)| Step::Unlink(one, other)),
        1 => id().prop_map(Step::Isolate),
    ];
    prop::collection::vec(step, 1..40)
}

pub(crate) struct World {
    database: Database,
    runtime: Runtime,
    rules: LinkRules,
    _folder: TempDir,
}

fn patient_id((domain, id): Id) -> PatientId {
    let letter = ['A', 'B', 'C', 'D'][domain];
    PatientId::new(&id.to_string(), Oid::parse(oid(letter)).unwrap()).unwrap()
}

impl World {
    pub(crate) fn new(rules: LinkRules) -> World {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("random.sqlite").display().to_string();
        let database = Database::open(&url, MIGRATIONS, Settings::default()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        World { database, runtime, rules, _folder: folder }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    pub(crate) fn run(&mut self, step: &Step) -> Result<Effect, ManagementFault> {
        let (instruction, rules) = (instruction(step), self.rules);
        let work = move |connection: &mut AnyConnection| {
            let permit = Permit::maintenance("test", "random changes");
            let network_id = |number: i64| Some(network_id::of(number));
            let linking = Linking { permit: &permit, rules, network_id: &network_id };
            Change { linking, at: 0, cause: "test" }.run(connection, instruction)
        };
        self.runtime.block_on(self.database.commit_trail(work))
    }

    fn active(&self) -> Vec<PatientRow> {
        rows::patients(&self.database).into_iter().filter(PatientRow::is_active).collect()
    }

    /// The person of each active patient.
    pub(crate) fn persons(&self) -> BTreeMap<i64, i64> {
        self.active().into_iter().map(|row| (row.patient_no, row.person_no)).collect()
    }

    pub(crate) fn classes(&self) -> BTreeSet<Vec<i64>> {
        let mut classes: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (number, person) in self.persons() {
            classes.entry(person).or_default().push(number);
        }
        classes.into_values().collect()
    }

    /// From all facts and decisions at once, each pair compared.
    pub(crate) fn classes_from_scratch(&self) -> BTreeSet<Vec<i64>> {
        let known: Vec<(PatientRow, Facts)> = self
            .active()
            .into_iter()
            .map(|row| {
                let facts = Facts::read(&row.facts).unwrap();
                (row, facts)
            })
            .collect();
        let mut links = Links::default();
        for (pair, verdict) in rows::decisions(&self.database) {
            let list = if verdict == 3 { &mut links.forbidden } else { &mut links.forced };
            list.push(pair);
        }
        for (one, a) in &known {
            for (other, b) in &known {
                let facts = |it: &'_ Facts| (it.demographics.clone(), it.strong_ids.clone());
                let ((a, a_ids), (b, b_ids)) = (facts(a), facts(b));
                let a = LinkFacts { demographics: &a, strong_ids: &a_ids };
                let b = LinkFacts { demographics: &b, strong_ids: &b_ids };
                if one.oid != other.oid && self.rules.matches(&a, &b) {
                    links.automatic.push((one.patient_no, other.patient_no));
                }
            }
        }
        let domain = |row: &PatientRow| i64::from(u32::from(crate::open_manager::letter(&row.oid)));
        let members: Vec<Member> = known
            .iter()
            .map(|(row, _)| Member { number: row.patient_no, domain: domain(row) })
            .collect();
        cluster(&members, &links).into_iter().collect()
    }

    fn number(&self, id: Id) -> i64 {
        let id = patient_id(id);
        let rows = rows::patients(&self.database);
        let found = rows.iter().find(|row| row.id == id.id() && row.oid == id.authority().as_str());
        found.unwrap().patient_no
    }

    /// Decisions change only by what decides, and only as it says.
    pub(crate) fn check_decisions(&self, step: &Step, before: &BTreeMap<(i64, i64), i16>) {
        let mut expected = before.clone();
        let pair = |one: i64, other: i64| (one.min(other), one.max(other));
        let decided = rows::decisions(&self.database);
        match step {
            Step::Register { .. } | Step::ChangeId { .. } => {}
            Step::Link(one, other) => {
                expected.insert(pair(self.number(*one), self.number(*other)), 1);
            }
            Step::Unlink(one, other) => {
                expected.insert(pair(self.number(*one), self.number(*other)), 3);
            }
            Step::Isolate(id) => {
                let number = self.number(*id);
                let is_about = |pair: &(i64, i64)| pair.0 == number || pair.1 == number;
                assert!(decided.iter().all(|(pair, verdict)| !is_about(pair) || *verdict == 3));
                expected.retain(|pair, _| !is_about(pair));
                let others = decided.iter().filter(|(pair, _)| is_about(pair));
                expected.extend(others.map(|(pair, verdict)| (*pair, *verdict)));
            }
            Step::Merge { subsumed, surviving } => {
                // Only what was decided about the two is rewritten; the survivor's own stays.
                let subsumed = self.number(*subsumed);
                let surviving = self.number(*surviving);
                expected.retain(|pair, _| pair.0 != subsumed && pair.1 != subsumed);
                for (pair, verdict) in &decided {
                    if pair.0 == surviving || pair.1 == surviving {
                        expected.entry(*pair).or_insert(*verdict);
                    }
                }
            }
        }
        assert_eq!(decided, expected, "decisions after {step:?}");
    }
}

fn instruction(step: &Step) -> Instruction {
    let id = patient_id;
    match step.clone() {
        Step::Register { id: at, facts, visit } => Instruction::Register {
            id: id(at),
            facts: facts.facts(),
            visit: visit.map(|number| Visit {
                number: Some(LocalId {
                    id: number.to_string(),
                    namespace: None,
                    universal_id: None,
                }),
                class: "I".to_owned(),
                ..Visit::default()
            }),
            may_create: true,
        },
        Step::Merge { subsumed, surviving } => {
            Instruction::Merge { subsumed: id(subsumed), surviving: id(surviving) }
        }
        Step::ChangeId { old, new } => Instruction::ChangeId { old: id(old), new: id(new) },
        Step::Link(one, other) => Instruction::Link { one: id(one), other: id(other) },
        Step::Unlink(one, other) => Instruction::Unlink { one: id(one), other: id(other) },
        Step::Isolate(at) => Instruction::Isolate { id: id(at) },
    }
}

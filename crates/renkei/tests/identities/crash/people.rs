//! Some people, what is told of them until nobody answers any more, and what must be so afterwards.

use std::collections::{BTreeMap, BTreeSet};

use crate::crash::Chance;
use crate::harness::community::Community;
use crate::harness::http::Connection;
use crate::harness::manager::{
    EAST, Facts, NETWORK, NORTH, SOUTH, cx, documents, listener, network_id, pair, provide,
    registration, replacing, tell,
};
use crate::harness::pix;

/// Patients of one sender; so many make every kind of link and merge, and few enough that they meet.
const PATIENTS: usize = 10;

/// Whoever has the same one is linked by the rules.
const FAMILIES: [&str; 4] = ["ando", "baba", "chiba", "doi"];

const BIRTH: &str = "19700401";

/// Connections of one sender.
pub(super) struct Doors {
    manager: Connection,
    repository: Connection,
}

impl Doors {
    pub(super) fn open(community: &Community) -> Doors {
        Doors { manager: listener(community), repository: community.repository() }
    }
}

#[derive(Clone, Debug)]
struct Patient {
    id: String,
    domain: &'static str,
    /// Into whom it was merged.
    survivor: Option<usize>,
}

/// What is told, by places in the list of patients.
#[derive(Clone, Debug)]
enum Said {
    Registered { patient: Patient, family: usize },
    Corrected { patient: usize, family: usize },
    Merged { from: usize, into: usize },
    Renamed { patient: usize, id: String },
    Linked { one: usize, other: usize },
    Unlinked { one: usize, other: usize },
}

#[derive(Debug)]
struct Document {
    unique_id: String,
    patient: usize,
    /// `false` if no answer came.
    is_acknowledged: bool,
}

/// Of what was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    registered: usize,
    corrected: usize,
    merged: usize,
    renamed: usize,
    linked: usize,
    unlinked: usize,
    refused: usize,
    unheard: usize,
    submitted: usize,
    /// Persons with patients of more than one hospital, when all was looked at.
    cross_referenced: usize,
}

impl Counts {
    pub(super) fn add(&mut self, more: &Counts) {
        self.registered += more.registered;
        self.corrected += more.corrected;
        self.merged += more.merged;
        self.renamed += more.renamed;
        self.linked += more.linked;
        self.unlinked += more.unlinked;
        self.refused += more.refused;
        self.unheard += more.unheard;
        self.submitted += more.submitted;
        self.cross_referenced += more.cross_referenced;
    }

    /// Something of everything.
    pub(super) fn is_lively(&self) -> bool {
        let told = [self.registered, self.merged, self.renamed, self.linked, self.unlinked];
        let seen = [self.unheard, self.submitted, self.cross_referenced];
        told.into_iter().chain(seen).all(|n| n > 0)
    }
}

pub(super) struct People {
    name: String,
    chance: Chance,
    patients: Vec<Patient>,
    documents: Vec<Document>,
    /// Whether two patients were linked or unlinked last, neither of whom was merged since.
    decided: BTreeMap<(usize, usize), bool>,
    /// Identifiers that are not used any more.
    gone: Vec<String>,
    /// Identifiers in the affinity domain that were shown, and for which one of a hospital.
    network_ids: BTreeSet<(String, String)>,
    /// What got no answer.
    unheard: Option<Said>,
    /// What was told and submitted, for whoever looks for a fault.
    history: Vec<String>,
    counts: Counts,
}

impl People {
    pub(super) fn new(name: &str, chance: Chance) -> People {
        People {
            name: name.to_owned(),
            chance,
            patients: Vec::new(),
            documents: Vec::new(),
            decided: BTreeMap::new(),
            gone: Vec::new(),
            network_ids: BTreeSet::new(),
            unheard: None,
            history: Vec::new(),
            counts: Counts::default(),
        }
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// One message; `None` if no answer comes.
    pub(super) fn step(&mut self, doors: &mut Doors) -> Option<()> {
        if let Some(said) = self.unheard.take() {
            return self.say(&mut doors.manager, said);
        }
        let active: Vec<usize> =
            (0..self.patients.len()).filter(|it| self.is_active(*it)).collect();
        if active.len() < 2 || active.len() < PATIENTS && self.below(5) == 0 {
            let said = self.registration();
            return self.say(&mut doors.manager, said);
        }
        let (one, other) = (self.any(&active), self.any(&active));
        let is_pair = one != other;
        let is_one_domain = self.domain(one) == self.domain(other);
        let said = match self.below(8) {
            0 => {
                let family = self.below(FAMILIES.len());
                Said::Corrected { patient: one, family }
            }
            1 if is_pair && is_one_domain => Said::Merged { from: one, into: other },
            2 => {
                let n_gone = self.gone.len();
                let id = cx(&format!("{}n{n_gone}", self.name), self.domain(one));
                Said::Renamed { patient: one, id }
            }
            3 | 4 if !is_one_domain => Said::Linked { one, other },
            5 if !is_one_domain => self.unlinking((one, other)),
            _ => return self.submit(doors, one),
        };
        self.say(&mut doors.manager, said)
    }

    /// Two who were linked, if there are any.
    fn unlinking(&mut self, (one, other): (usize, usize)) -> Said {
        let linked: Vec<(usize, usize)> = self
            .decided
            .iter()
            .filter(|(_, is_linked)| **is_linked)
            .map(|(pair, _)| *pair)
            .collect();
        if linked.is_empty() {
            return Said::Unlinked { one, other };
        }
        let place = self.below(linked.len());
        let (one, other) = *linked.get(place).unwrap();
        Said::Unlinked { one, other }
    }

    fn registration(&mut self) -> Said {
        let domain = match self.below(3) {
            0 => NORTH,
            1 => SOUTH,
            _ => EAST,
        };
        let id = cx(&format!("{}p{}", self.name, self.patients.len()), domain);
        let family = self.below(FAMILIES.len());
        Said::Registered { patient: Patient { id, domain, survivor: None }, family }
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.chance.below(u64::try_from(n).unwrap())).unwrap()
    }

    fn any(&mut self, active: &[usize]) -> usize {
        let place = self.below(active.len());
        *active.get(place).unwrap()
    }

    fn is_active(&self, patient: usize) -> bool {
        self.patient(patient).survivor.is_none()
    }

    fn patient(&self, patient: usize) -> &Patient {
        self.patients.get(patient).unwrap()
    }

    fn domain(&self, patient: usize) -> &'static str {
        self.patient(patient).domain
    }

    fn id(&self, patient: usize) -> &str {
        &self.patient(patient).id
    }

    fn say(&mut self, manager: &mut Connection, said: Said) -> Option<()> {
        let ack = tell(manager, &self.message(&said));
        self.history.push(format!("{said:?}: {:?}", ack.as_ref().map(|ack| ack.code().to_owned())));
        let Some(ack) = ack else {
            self.counts.unheard += 1;
            self.unheard = Some(said);
            return None;
        };
        match (ack.code(), &said) {
            ("AA", _) => self.note(said),
            // What contradicts what was decided before.
            (_, Said::Merged { .. } | Said::Linked { .. } | Said::Unlinked { .. }) => {
                self.counts.refused += 1;
            }
            _ => assert_eq!(ack.code(), "AA", "{said:?}: {ack:?}"),
        }
        Some(())
    }

    fn message(&self, said: &Said) -> String {
        let family = |family: usize| format!("{}{}", self.name, FAMILIES.get(family).unwrap());
        let registration = |event, id: &str, n: usize| {
            registration(event, id, Facts { family: &family(n), birth: BIRTH })
        };
        match said {
            Said::Registered { patient, family } => registration("A04", &patient.id, *family),
            Said::Corrected { patient, family } => registration("A08", self.id(*patient), *family),
            Said::Merged { from, into } => replacing("A40", self.id(*from), self.id(*into)),
            Said::Renamed { patient, id } => replacing("A47", self.id(*patient), id),
            Said::Linked { one, other } => pair("A24", self.id(*one), self.id(*other)),
            Said::Unlinked { one, other } => pair("A37", self.id(*one), self.id(*other)),
        }
    }

    /// What is so from now on.
    fn note(&mut self, said: Said) {
        let counts = &mut self.counts;
        match said {
            Said::Registered { patient, .. } => {
                counts.registered += 1;
                self.patients.push(patient);
            }
            Said::Corrected { .. } => counts.corrected += 1,
            Said::Merged { from, into } => {
                counts.merged += 1;
                let subsumed = self.patients.get_mut(from).unwrap();
                subsumed.survivor = Some(into);
                self.gone.push(subsumed.id.clone());
                let is_other = |patient: &usize| *patient != from && *patient != into;
                self.decided.retain(|(one, other), _| is_other(one) && is_other(other));
            }
            Said::Renamed { patient, id } => {
                counts.renamed += 1;
                let renamed = self.patients.get_mut(patient).unwrap();
                self.gone.push(std::mem::replace(&mut renamed.id, id));
            }
            Said::Linked { one, other } => {
                counts.linked += 1;
                self.decided.insert((one.min(other), one.max(other)), true);
            }
            Said::Unlinked { one, other } => {
                counts.unlinked += 1;
                self.decided.insert((one.min(other), one.max(other)), false);
            }
        }
    }

    /// Of a patient whose identifier in the affinity domain is shown.
    fn submit(&mut self, doors: &mut Doors, patient: usize) -> Option<()> {
        let local = self.id(patient).to_owned();
        let shown = pix::ask_on(&mut doors.manager, &local, &[NETWORK]).ok()?.unwrap();
        let Some(network_id) = shown.first() else { return Some(()) };
        self.network_ids.insert((local.clone(), network_id.clone()));
        // Whoever asked some time ago submits with what was shown then.
        let known = self.network_ids.iter().filter(|(of, _)| *of == local);
        let mut known: Vec<String> = known.map(|(_, id)| id.clone()).collect();
        let network_id = known.swap_remove(self.below(known.len()));
        let (unique_id, reply) = provide(&mut doors.repository, &network_id, &local);
        let is_acknowledged = reply.is_ok();
        self.history.push(format!("{unique_id} of {local} as {network_id}: {is_acknowledged}"));
        self.counts.submitted += 1;
        let reply = reply.ok();
        if reply.as_ref().is_some_and(|reply| reply.outcome() == "Failure") {
            // It is used no more.
            reply?.assert_failure("XDSUnknownPatientId");
            self.counts.refused += 1;
            return Some(());
        }
        self.documents.push(Document { unique_id, patient, is_acknowledged });
        reply?.assert_success();
        Some(())
    }

    /// Says once more what got no answer.
    pub(super) fn repeat(&mut self, community: &Community) {
        if let Some(said) = self.unheard.take() {
            self.say(&mut listener(community), said).unwrap();
        }
    }

    fn survivor(&self, patient: usize) -> usize {
        self.patient(patient).survivor.map_or(patient, |into| self.survivor(into))
    }

    /// Holds manager and registry against what was acknowledged, and against each other.
    pub(super) fn check(&mut self, community: &Community) {
        let mut network_ids = BTreeMap::new();
        for patient in (0..self.patients.len()).filter(|it| self.is_active(*it)) {
            let shown = network_id(community, self.id(patient));
            assert!(shown.is_some(), "nothing is shown of {}", self.id(patient));
            network_ids.insert(patient, shown.unwrap());
        }
        for ((one, other), is_linked) in &self.decided {
            let is_one = network_ids.get(one) == network_ids.get(other);
            let (one, other) = (self.id(*one), self.id(*other));
            assert_eq!(is_one, *is_linked, "{one} and {other}");
        }
        for id in &self.gone {
            assert_eq!(pix::ask(community, id, &[]), Err("204".to_owned()), "{id} is used");
        }
        let mut expected: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (_, id) in &self.network_ids {
            expected.insert(id, BTreeSet::new());
        }
        for document in &self.documents {
            let network_id = network_ids.get(&self.survivor(document.patient)).unwrap();
            expected.entry(network_id).or_default().insert(&document.unique_id);
        }
        let unheard: BTreeSet<&str> = self
            .documents
            .iter()
            .filter(|document| !document.is_acknowledged)
            .map(|document| document.unique_id.as_str())
            .collect();
        for (network_id, expected) in &expected {
            let found = documents(community, network_id);
            let found: BTreeSet<&str> = found.keys().map(String::as_str).collect();
            let wrong: Vec<_> = found.difference(expected).collect();
            assert!(
                wrong.is_empty(),
                "somebody else's under {network_id}: {wrong:?} {:#?}",
                self.history
            );
            let missing: Vec<_> =
                expected.difference(&found).filter(|id| !unheard.contains(**id)).collect();
            assert!(missing.is_empty(), "not under {network_id}: {missing:?} {:#?}", self.history);
        }
        let mut patients: BTreeMap<&String, usize> = BTreeMap::new();
        for id in network_ids.values() {
            *patients.entry(id).or_default() += 1;
        }
        self.counts.cross_referenced = patients.values().filter(|n| **n > 1).count();
    }
}

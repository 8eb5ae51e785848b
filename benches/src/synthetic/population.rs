//! Patients and how many documents each has: few most of them, hundreds some of them.

use datatypes::PatientId;

use super::random::Random;
use super::{AFFINITY_DOMAIN, oid, valid};

/// Entries of the one patient about whom the heavy questions are asked; a sixth of them passes the filter.
const HEAVIEST: usize = 1_740;

/// Entries of a submission at most; so sets and associations lie between the entries as in use.
const ENTRIES_PER_SUBMISSION: usize = 3;

/// How many documents a patient has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// 1 to 8; six of ten patients.
    Few,
    /// 12 to 25, 18.5 on average; three of ten patients.
    Average,
    /// 30 to 90.
    Many,
    /// 200 to 1000; one of a hundred patients.
    Hundreds,
    /// The one whom the heavy questions are about.
    Heaviest,
}

#[derive(Clone, Debug)]
pub struct Patient {
    pub id: PatientId,
    pub group: Group,
    pub n_entries: usize,
}

/// All patients of a registry.
#[derive(Clone, Debug)]
pub struct Population {
    pub patients: Vec<Patient>,
}

/// One submission that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Planned {
    /// Place in [`Population::patients`].
    pub patient: usize,
    pub n_entries: usize,
}

impl Population {
    /// Patients who have `n_entries` documents together.
    #[must_use]
    pub fn new(n_entries: usize, random: &mut Random) -> Population {
        let mut patients = Vec::new();
        let mut rest = n_entries;
        while rest > 0 {
            let number = patients.len();
            let (group, wanted) = match number {
                0 => (Group::Heaviest, HEAVIEST.min(n_entries / 4)),
                _ => size(number, random),
            };
            let n_entries = wanted.clamp(1, rest);
            rest -= n_entries;
            let id = PatientId::new(&format!("P{number:07}"), oid(AFFINITY_DOMAIN));
            patients.push(Patient { id: valid(id), group, n_entries });
        }
        Population { patients }
    }

    pub fn of(&self, group: Group) -> impl Iterator<Item = &Patient> {
        self.patients.iter().filter(move |patient| patient.group == group)
    }

    /// Submissions that bring all documents, those of one patient far from each other as in use: the rows
    /// of a patient must not lie together because they arrived together.
    #[must_use]
    pub fn submissions(&self, random: &mut Random) -> Vec<Planned> {
        let mut planned = Vec::new();
        for (place, patient) in self.patients.iter().enumerate() {
            let mut rest = patient.n_entries;
            while rest > 0 {
                let n_entries = random.between(1, ENTRIES_PER_SUBMISSION).min(rest);
                rest -= n_entries;
                planned.push(Planned { patient: place, n_entries });
            }
        }
        random.shuffle(&mut planned);
        planned
    }
}

/// Groups alternate in a fixed order, so that small populations hold all of them as well.
fn size(number: usize, random: &mut Random) -> (Group, usize) {
    match number.wrapping_mul(37) % 100 {
        0..60 => (Group::Few, random.between(1, 8)),
        60..90 => (Group::Average, random.between(12, 25)),
        90..99 => (Group::Many, random.between(30, 90)),
        _ => (Group::Hundreds, random.between(200, 1_000)),
    }
}

//! Which patients are one person: the classes around a change, and what becomes of their persons.
//!
//! What somebody decided is stored, what the rules say is computed anew each time from what is known now; both
//! together make the classes ([`identity::cluster`]). Because nothing computed is kept, a correction of
//! demographics takes back every link that rested on the error.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use identity::{LinkFacts, LinkRules, Links, Member, cluster};
use policy::Permit;
use store::AnyConnection;

use crate::error::ManagementFault;
use crate::record::Facts;
use crate::store::decision::{self, Decision, Verdict};
use crate::store::patient::{self, StoredPatient};
use crate::store::person::{self, StoredPerson};
use crate::store::search_key;

/// Patients that are looked at for one change. Beyond it the demographics are those of half a town, placeholders
/// most likely, and nothing is linked by them.
const MAX_REGION: usize = 100;

/// Patients that are read under one key: as many as a region has, and one to know that there are more.
const LIMIT: i64 = 101;

/// A patient, active, and what is known of it.
#[derive(Clone, Debug)]
pub struct Known {
    pub row: StoredPatient,
    pub facts: Facts,
    /// The person before the change; none for a patient who is new.
    pub before: Option<i64>,
}

impl Known {
    /// # Errors
    /// A damaged record.
    pub fn of(row: StoredPatient) -> Result<Known, ManagementFault> {
        let facts = Facts::read(&row.facts)?;
        Ok(Known { before: Some(row.person_no), facts, row })
    }

    fn link_facts(&self) -> LinkFacts<'_> {
        let Facts { demographics, strong_ids } = &self.facts;
        LinkFacts { demographics, strong_ids }
    }

    fn member(&self) -> Member {
        Member { number: self.row.patient_no, domain: self.row.domain_no }
    }
}

/// Everybody whose person may be another one after the change.
#[derive(Debug, Default)]
pub struct Region {
    pub known: BTreeMap<i64, Known>,
    /// Persons that were made.
    pub made: Vec<StoredPerson>,
    decisions: BTreeSet<(i64, i64)>,
    links: Links,
}

/// How classes are made.
pub struct Linking<'a> {
    pub permit: &'a Permit,
    pub rules: LinkRules,
    /// The identifier in the affinity domain of a new person.
    pub network_id: &'a dyn Fn(i64) -> Option<String>,
}

impl Linking<'_> {
    /// Makes the classes around the `seeds`, the changed patients, and stores whose person changed.
    ///
    /// New patients are stored by this, those who were known must have their new facts stored already.
    ///
    /// # Errors
    /// Those of the database; a damaged record.
    pub fn regroup(
        &self,
        connection: &mut AnyConnection,
        seeds: Vec<Known>,
    ) -> Result<Region, ManagementFault> {
        let mut region = match self.region(connection, seeds.clone(), true)? {
            Some(region) => region,
            None => {
                tracing::warn!(
                    limit = MAX_REGION,
                    "too many patients look alike: none is linked to them"
                );
                self.region(connection, seeds, false)?.unwrap_or_default()
            }
        };
        region.links.automatic = self.automatic(&region);
        let members: Vec<Member> = region.known.values().map(Known::member).collect();
        for class in cluster(&members, &region.links) {
            self.settle(connection, &mut region, &class)?;
        }
        Ok(region)
    }

    /// Collects the patients whose classes may change: closed under being one person now, decisions and, if
    /// `by_keys`, likeness. `None` if they are too many.
    fn region(
        &self,
        connection: &mut AnyConnection,
        seeds: Vec<Known>,
        by_keys: bool,
    ) -> Result<Option<Region>, ManagementFault> {
        let mut region = Region::default();
        let mut waiting = VecDeque::new();
        let mut persons = BTreeSet::new();
        let mut keys = BTreeSet::new();
        for seed in seeds {
            waiting.push_back(seed.row.patient_no);
            region.known.insert(seed.row.patient_no, seed);
        }
        while let Some(number) = waiting.pop_front() {
            let Some(known) = region.known.get(&number) else { continue };
            let mut near = BTreeSet::new();
            for key in self.rules.keys(&known.link_facts()) {
                if by_keys && keys.insert(key.clone()) {
                    near.extend(search_key::patients(connection, self.permit, (&key, LIMIT))?);
                }
            }
            if let Some(person_no) = known.before {
                near.extend(region.note_decisions(decision::about(connection, number)?, number));
                if persons.insert(person_no) {
                    near.extend(patient::numbers_of_person(connection, person_no)?);
                }
            }
            for number in near {
                if self.take_in(connection, &mut region, number)? {
                    waiting.push_back(number);
                }
            }
            if by_keys && region.known.len() > MAX_REGION {
                return Ok(None);
            }
        }
        Ok(Some(region))
    }

    /// Adds an active patient to the region; whether it was not there before.
    fn take_in(
        &self,
        connection: &mut AnyConnection,
        region: &mut Region,
        number: i64,
    ) -> Result<bool, ManagementFault> {
        if region.known.contains_key(&number) {
            return Ok(false);
        }
        let row = patient::get(connection, self.permit, number)?;
        let Some(row) = row.filter(StoredPatient::is_active) else { return Ok(false) };
        region.known.insert(number, Known::of(row)?);
        Ok(true)
    }

    /// The pairs that the rules link.
    fn automatic(&self, region: &Region) -> Vec<(i64, i64)> {
        let mut by_key: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for (number, known) in &region.known {
            for key in self.rules.keys(&known.link_facts()) {
                by_key.entry(key).or_default().push(*number);
            }
        }
        let mut pairs = BTreeSet::new();
        for alike in by_key.values() {
            for (n_before, one) in alike.iter().enumerate() {
                pairs.extend(alike.iter().take(n_before).map(|other| (*other, *one)));
            }
        }
        let is_linked = |(one, other): &(i64, i64)| {
            let (one, other) = (region.known.get(one), region.known.get(other));
            one.zip(other).is_some_and(|(one, other)| {
                one.row.domain_no != other.row.domain_no
                    && self.rules.matches(&one.link_facts(), &other.link_facts())
            })
        };
        pairs.into_iter().filter(is_linked).collect()
    }

    /// Gives a class its person: the oldest of those that were made for its members.
    ///
    /// So a link that is taken back leaves everybody with the person, and the network id, they had before.
    fn settle(
        &self,
        connection: &mut AnyConnection,
        region: &mut Region,
        class: &[i64],
    ) -> Result<(), ManagementFault> {
        let own = |number: &i64| region.known.get(number)?.row.own_person_no;
        let owned = class.iter().filter_map(own).min();
        let person_no = match owned {
            Some(person_no) => person_no,
            None => {
                let made = person::insert(connection, self.network_id)?;
                let person_no = made.person_no;
                region.made.push(made);
                person_no
            }
        };
        for (position, number) in class.iter().enumerate() {
            let Some(known) = region.known.get_mut(number) else { continue };
            let row = &mut known.row;
            if owned.is_none() && position == 0 {
                row.own_person_no = Some(person_no);
            }
            if known.before.is_none() {
                row.person_no = person_no;
                patient::insert(connection, row)?;
            } else if row.person_no != person_no || (owned.is_none() && position == 0) {
                row.person_no = person_no;
                let persons = (person_no, row.own_person_no);
                patient::set_persons(connection, *number, persons)?;
            }
        }
        Ok(())
    }
}

impl Region {
    /// Keeps what was decided, and names the other ends of what links.
    fn note_decisions(&mut self, decisions: Vec<Decision>, number: i64) -> Vec<i64> {
        let mut linked = Vec::new();
        for decision in decisions {
            let pair = (decision.low_no, decision.high_no);
            let is_new = self.decisions.insert(pair);
            match decision.verdict {
                Verdict::Linked | Verdict::Inherited => {
                    linked.push(decision.other(number));
                    if is_new {
                        self.links.forced.push(pair);
                    }
                }
                Verdict::Separate if is_new => self.links.forbidden.push(pair),
                Verdict::Separate => {}
            }
        }
        linked
    }

    /// Who a patient of the region is now.
    #[must_use]
    pub fn person_of(&self, patient_no: i64) -> Option<i64> {
        self.known.get(&patient_no).map(|known| known.row.person_no)
    }
}

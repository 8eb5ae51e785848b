//! What the manager is told to do, done in the database: register, merge, rename, link, unlink.
//!
//! Everything here runs inside one unit of work; an error leaves nothing behind.

mod subsumption;

use std::collections::BTreeSet;

use datatypes::PatientId;
use identity::{Visit, search_keys, strong_id_key};
use store::AnyConnection;

use crate::error::{ChangeFault, IdPlace, LinkFault, ManagementFault, MergeFault};
use crate::linking::{Known, Linking, Region};
use crate::record::{Facts, write_visit};
use crate::store::decision::{self, Verdict};
use crate::store::patient::{self, StoredPatient};
use crate::store::{domain, merge, search_key, visit};

/// One instruction, its identifiers resolved.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one for each message, and nearly all register")]
pub enum Instruction {
    /// A patient is registered, or what is known of it replaced.
    Register {
        id: PatientId,
        facts: Facts,
        visit: Option<Visit>,
        /// Whether a patient who is not known is made known by it.
        may_create: bool,
    },
    Merge {
        subsumed: PatientId,
        surviving: PatientId,
    },
    ChangeId {
        old: PatientId,
        new: PatientId,
    },
    Link {
        one: PatientId,
        other: PatientId,
    },
    Unlink {
        one: PatientId,
        other: PatientId,
    },
    /// Takes a patient out of its person, away from everybody it is linked with.
    Isolate {
        id: PatientId,
    },
}

/// What an instruction changed.
#[derive(Debug, Default)]
pub struct Effect {
    /// A patient became known.
    pub is_new: bool,
    /// Those whose person may be another one now.
    pub region: Region,
    /// A patient whose identifier is not used any more.
    pub gone: Option<Gone>,
}

/// A merged patient, or one that got another identifier.
#[derive(Clone, Debug)]
pub struct Gone {
    /// As it was before.
    pub patient: StoredPatient,
    /// Who stands for it.
    pub survivor_no: i64,
    /// Its person is nobody's any more and was merged into the survivor's.
    pub is_person_retired: bool,
}

/// Who says so, and how links are made.
pub struct Change<'a> {
    pub linking: Linking<'a>,
    /// Microseconds since 1970, UTC.
    pub at: i64,
    /// Message or operator, for people.
    pub cause: &'a str,
}

impl Change<'_> {
    /// # Errors
    /// [`ManagementFault`]; the unit of work must be undone then.
    pub fn run(
        &self,
        connection: &mut AnyConnection,
        instruction: Instruction,
    ) -> Result<Effect, ManagementFault> {
        crate::store::take_turn(connection)?;
        match instruction {
            Instruction::Register { id, facts, visit, may_create } => {
                self.register(connection, &id, facts, (visit, may_create))
            }
            Instruction::Merge { subsumed, surviving } => {
                self.merge(connection, &subsumed, &surviving)
            }
            Instruction::ChangeId { old, new } => self.change_id(connection, &old, &new),
            Instruction::Link { one, other } => {
                self.decide(connection, (&one, &other), Verdict::Linked)
            }
            Instruction::Unlink { one, other } => {
                self.decide(connection, (&one, &other), Verdict::Separate)
            }
            Instruction::Isolate { id } => self.isolate(connection, &id),
        }
    }

    fn register(
        &self,
        connection: &mut AnyConnection,
        id: &PatientId,
        facts: Facts,
        (visit, may_create): (Option<Visit>, bool),
    ) -> Result<Effect, ManagementFault> {
        let place = IdPlace::Patient(1);
        let row = match self.find(connection, id)? {
            Some(row) if !row.is_active() => {
                return Err(ManagementFault::Subsumed { id: place });
            }
            None if !may_create => return Err(ManagementFault::UnknownPatient { id: place }),
            row => row,
        };
        let is_new = row.is_none();
        let text = facts.write();
        let (known, old_keys) = match row {
            Some(row) if row.facts == text => {
                put_visit(connection, row.patient_no, visit)?;
                return Ok(Effect::default());
            }
            Some(row) => {
                let old_keys = keys(&Facts::read(&row.facts)?);
                patient::set_facts(connection, row.patient_no, &text)?;
                let before = Some(row.person_no);
                (Known { row: StoredPatient { facts: text, ..row }, facts, before }, old_keys)
            }
            None => {
                let patient_no = patient::next_number(connection)?;
                let row = StoredPatient {
                    patient_no,
                    domain_no: domain::number_or_new(connection, id.authority())?,
                    id: id.id().to_owned(),
                    surviving_no: patient_no,
                    person_no: 0,
                    own_person_no: None,
                    facts: text,
                };
                (Known { row, facts, before: None }, BTreeSet::new())
            }
        };
        let patient_no = known.row.patient_no;
        let new_keys = keys(&known.facts);
        let region = self.linking.regroup(connection, vec![known])?;
        search_key::replace(connection, patient_no, (&old_keys, &new_keys))?;
        put_visit(connection, patient_no, visit)?;
        Ok(Effect { is_new, region, gone: None })
    }

    fn merge(
        &self,
        connection: &mut AnyConnection,
        subsumed: &PatientId,
        surviving: &PatientId,
    ) -> Result<Effect, ManagementFault> {
        let refuse = |fault| Err(ManagementFault::Merge(fault));
        if subsumed.authority() != surviving.authority() {
            return refuse(MergeFault::DifferentAuthorities);
        }
        if subsumed == surviving {
            return refuse(MergeFault::SamePatient);
        }
        let Some(from) = self.find(connection, subsumed)? else {
            return refuse(MergeFault::SubsumedUnknown);
        };
        let Some(into) = self.find(connection, surviving)? else {
            return refuse(MergeFault::SurvivingUnknown);
        };
        match merge::surviving(connection, from.patient_no)? {
            // The same message once more.
            Some(survivor) if survivor == into.patient_no => return Ok(Effect::default()),
            Some(_) => return refuse(MergeFault::SubsumedAlready),
            None if !into.is_active() => return refuse(MergeFault::SurvivingSubsumed),
            None => {}
        }
        self.subsume(connection, from, into)
    }

    fn change_id(
        &self,
        connection: &mut AnyConnection,
        old: &PatientId,
        new: &PatientId,
    ) -> Result<Effect, ManagementFault> {
        let refuse = |fault| Err(ManagementFault::Change(fault));
        if old.authority() != new.authority() {
            return refuse(ChangeFault::DifferentAuthorities);
        }
        if old == new {
            return refuse(ChangeFault::SameId);
        }
        let Some(patient) = self.find(connection, old)? else {
            return refuse(ChangeFault::OldUnknown);
        };
        if let Some(known) = self.find(connection, new)? {
            let is_the_same_once_more =
                merge::surviving(connection, patient.patient_no)? == Some(known.patient_no);
            return if is_the_same_once_more {
                Ok(Effect::default())
            } else {
                refuse(ChangeFault::NewExists)
            };
        }
        if !patient.is_active() {
            return refuse(ChangeFault::OldSubsumed);
        }
        patient::rename(connection, patient.patient_no, new.id())?;
        // The old identifier stays taken: whoever uses it is told that it is not valid any more.
        let trace_no = patient::next_number(connection)?;
        let trace = StoredPatient {
            patient_no: trace_no,
            surviving_no: patient.patient_no,
            own_person_no: None,
            ..patient.clone()
        };
        patient::insert(connection, &trace)?;
        merge::insert(connection, (trace_no, patient.patient_no), (self.at, self.cause))?;
        let seeds = self.seeds(connection, [patient.patient_no])?;
        let region = self.linking.regroup(connection, seeds)?;
        let survivor_no = patient.patient_no;
        let gone = Gone { patient, survivor_no, is_person_retired: false };
        Ok(Effect { is_new: false, region, gone: Some(gone) })
    }

    fn decide(
        &self,
        connection: &mut AnyConnection,
        (one, other): (&PatientId, &PatientId),
        verdict: Verdict,
    ) -> Result<Effect, ManagementFault> {
        let one = self.find_active(connection, one, IdPlace::Patient(1))?;
        let other = self.find_active(connection, other, IdPlace::Second(1))?;
        if one == other {
            return Err(ManagementFault::Link(LinkFault::SamePatient));
        }
        decision::decide(connection, (one, other), verdict, (self.at, self.cause))?;
        if verdict == Verdict::Linked && decision::contradict_within(connection, one)? {
            return Err(ManagementFault::Link(LinkFault::Separated));
        }
        let seeds = self.seeds(connection, [one, other])?;
        let region = self.linking.regroup(connection, seeds)?;
        let are_one = region.person_of(one) == region.person_of(other);
        if verdict == Verdict::Separate && are_one {
            return Err(ManagementFault::Link(LinkFault::StillLinked));
        }
        Ok(Effect { is_new: false, region, gone: None })
    }

    fn isolate(
        &self,
        connection: &mut AnyConnection,
        id: &PatientId,
    ) -> Result<Effect, ManagementFault> {
        let number = self.find_active(connection, id, IdPlace::Patient(1))?;
        let permit = self.linking.permit;
        let person_no = patient::get(connection, permit, number)?.map_or(0, |row| row.person_no);
        let members = patient::of_person(connection, permit, person_no)?;
        let numbers: Vec<i64> = members.iter().map(|row| row.patient_no).collect();
        for other in numbers.iter().filter(|other| **other != number) {
            let said = (self.at, self.cause);
            decision::decide(connection, (number, *other), Verdict::Separate, said)?;
        }
        let seeds = self.seeds(connection, numbers)?;
        let region = self.linking.regroup(connection, seeds)?;
        Ok(Effect { is_new: false, region, gone: None })
    }

    fn find(
        &self,
        connection: &mut AnyConnection,
        id: &PatientId,
    ) -> Result<Option<StoredPatient>, ManagementFault> {
        Ok(patient::find(connection, self.linking.permit, (id.authority(), id.id()))?)
    }

    fn find_active(
        &self,
        connection: &mut AnyConnection,
        id: &PatientId,
        place: IdPlace,
    ) -> Result<i64, ManagementFault> {
        match self.find(connection, id)? {
            None => Err(ManagementFault::UnknownPatient { id: place }),
            Some(row) if !row.is_active() => Err(ManagementFault::Subsumed { id: place }),
            Some(row) => Ok(row.patient_no),
        }
    }

    /// The patients as the database has them now.
    fn seeds(
        &self,
        connection: &mut AnyConnection,
        numbers: impl IntoIterator<Item = i64>,
    ) -> Result<Vec<Known>, ManagementFault> {
        let mut seeds = Vec::new();
        for number in numbers {
            if let Some(row) = patient::get(connection, self.linking.permit, number)? {
                seeds.push(Known::of(row)?);
            }
        }
        Ok(seeds)
    }
}

/// By which account number a patient is found, whatever authority gave it.
#[must_use]
pub fn account_key(number: &str) -> String {
    format!("A|{number}")
}

/// By which number of a visit a patient is found.
#[must_use]
pub fn visit_key(number: &str) -> String {
    format!("V|{number}")
}

/// By what a patient is found.
fn keys(facts: &Facts) -> BTreeSet<String> {
    let mut keys = search_keys(&facts.demographics);
    keys.extend(facts.strong_ids.iter().map(strong_id_key));
    keys.extend(facts.demographics.account_number.iter().map(|it| account_key(&it.id)));
    keys
}

fn put_visit(
    connection: &mut AnyConnection,
    patient_no: i64,
    visit: Option<Visit>,
) -> Result<(), ManagementFault> {
    let Some(visit) = visit else { return Ok(()) };
    let number = visit.number.as_ref().map_or_else(String::new, |number| {
        let oid = number.universal_id.as_ref().map_or("", |oid| oid.as_str());
        let namespace = number.namespace.as_deref().unwrap_or_default();
        format!("{}^{}^{oid}", number.id, namespace)
    });
    if let Some(number) = &visit.number {
        search_key::add(connection, &visit_key(&number.id), patient_no)?;
    }
    visit::put(connection, (patient_no, &number), &write_visit(&visit))?;
    Ok(())
}

//! A merge that is allowed: what was the subsumed one's becomes the survivor's.

use std::collections::BTreeSet;

use store::AnyConnection;

use super::{Change, Effect, Gone, keys, visit_key};
use crate::error::ManagementFault;
use crate::record::{Facts, read_visit};
use crate::store::decision::{self, Decision, Verdict};
use crate::store::patient::{self, StoredPatient};
use crate::store::{merge, person, search_key, visit};

impl Change<'_> {
    /// Every reference to `from` becomes one to `into`, as far as it contradicts nothing.
    pub(super) fn subsume(
        &self,
        connection: &mut AnyConnection,
        from: StoredPatient,
        into: StoredPatient,
    ) -> Result<Effect, ManagementFault> {
        let (from_no, into_no) = (from.patient_no, into.patient_no);
        merge::insert(connection, (from_no, into_no), (self.at, self.cause))?;
        patient::subsume(connection, from_no, into_no)?;
        patient::set_persons(connection, from_no, (from.person_no, None))?;
        let visits = self.visit_keys(connection, from_no)?;
        for key in &visits {
            search_key::add(connection, key, into_no)?;
        }
        visit::move_all(connection, from_no, into_no)?;
        let mut old_keys = keys(&Facts::read(&from.facts)?);
        old_keys.extend(visits);
        search_key::replace(connection, from_no, (&old_keys, &BTreeSet::new()))?;
        self.hand_on_decisions(connection, from_no, into_no)?;
        let left = self.inherit(connection, &from, &into)?;
        let mut heirs = left.iter().chain([&into]).filter(|row| row.own_person_no.is_none());
        if let (Some(own), Some(heir)) = (from.own_person_no, heirs.next()) {
            patient::set_persons(connection, heir.patient_no, (heir.person_no, Some(own)))?;
        }
        let numbers = left.iter().map(|row| row.patient_no).chain([into_no]);
        let seeds = self.seeds(connection, numbers)?;
        let region = self.linking.regroup(connection, seeds)?;
        let survivor = region.person_of(into_no).unwrap_or(into.person_no);
        let is_used = patient::is_person_used(connection, from.person_no)?;
        let is_person_retired = survivor != from.person_no && !is_used;
        if is_person_retired {
            person::retire(connection, from.person_no, survivor)?;
        }
        let gone = Gone { patient: from, survivor_no: into_no, is_person_retired };
        Ok(Effect { is_new: false, region, gone: Some(gone) })
    }

    /// What was decided about the one holds for the other, as far as it contradicts nothing that was decided about
    /// that: first who it is not, then who it is.
    fn hand_on_decisions(
        &self,
        connection: &mut AnyConnection,
        from: i64,
        into: i64,
    ) -> Result<(), ManagementFault> {
        let settled = decision::about(connection, into)?;
        let mut decisions = decision::about(connection, from)?;
        for decided in &decisions {
            decision::remove(connection, (from, decided.other(from)))?;
        }
        decisions.retain(|decided| {
            let other = decided.other(from);
            other != into && !settled.iter().any(|known| known.other(into) == other)
        });
        decisions.sort_by_key(Decision::links);
        for decided in decisions {
            let pair = (into, decided.other(from));
            decision::decide(connection, pair, decided.verdict, (self.at, self.cause))?;
            if decision::contradict_within(connection, into)? {
                decision::remove(connection, pair)?;
            }
        }
        Ok(())
    }

    /// Links whoever was one person with `from` to `into`, and returns those who cannot be: they would put
    /// two patients of one domain into one person, or are decided to be somebody else.
    ///
    /// Those who were linked by a decision come along together or not at all.
    fn inherit(
        &self,
        connection: &mut AnyConnection,
        from: &StoredPatient,
        into: &StoredPatient,
    ) -> Result<Vec<StoredPatient>, ManagementFault> {
        let permit = self.linking.permit;
        let mut tied = decision::linked_with(connection, into.patient_no)?;
        let own = patient::of_person(connection, permit, into.person_no)?;
        // Within one person, what is linked to the survivor by others only may have rested on the subsumed one.
        let is_one_person = from.person_no == into.person_no;
        let mut joined = own.clone();
        joined.retain(|row| !is_one_person || tied.contains(&row.patient_no));
        let theirs = patient::of_person(connection, permit, from.person_no)?;
        let (brought, mut waiting): (Vec<_>, Vec<_>) =
            theirs.into_iter().partition(|row| tied.contains(&row.patient_no));
        let mut left = Vec::new();
        while let Some(first) = waiting.first() {
            let together = decision::linked_with(connection, first.patient_no)?;
            let (group, rest): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|row| together.contains(&row.patient_no));
            waiting = rest;
            if contradicts(connection, &group, &joined)? {
                left.extend(group);
            } else {
                tied.extend(self.tie(connection, into, &group)?);
                joined.extend(group);
            }
        }
        if !left.is_empty() && !is_one_person {
            // Whoever comes along must not bring in those who are left by the rules, and so push out one of the
            // survivor's own.
            let untied = own.iter().filter(|row| !tied.contains(&row.patient_no));
            for row in untied {
                let together = decision::linked_with(connection, row.patient_no)?;
                let group: Vec<_> =
                    own.iter().filter(|row| together.contains(&row.patient_no)).cloned().collect();
                if !contradicts(connection, &group, &brought)? {
                    self.tie(connection, into, std::slice::from_ref(row))?;
                }
            }
        }
        Ok(left)
    }

    /// Links patients to a survivor, and names them.
    fn tie(
        &self,
        connection: &mut AnyConnection,
        into: &StoredPatient,
        group: &[StoredPatient],
    ) -> Result<Vec<i64>, ManagementFault> {
        for row in group {
            let pair = (into.patient_no, row.patient_no);
            decision::decide(connection, pair, Verdict::Inherited, (self.at, self.cause))?;
        }
        Ok(group.iter().map(|row| row.patient_no).collect())
    }

    /// By which visits a patient is found.
    fn visit_keys(
        &self,
        connection: &mut AnyConnection,
        patient_no: i64,
    ) -> Result<BTreeSet<String>, ManagementFault> {
        let mut keys = BTreeSet::new();
        for text in visit::of_patient(connection, self.linking.permit, patient_no)? {
            keys.extend(read_visit(&text)?.number.map(|number| visit_key(&number.id)));
        }
        Ok(keys)
    }
}

/// Whether one of the group is of the domain of one of the others, or decided to be somebody else.
fn contradicts(
    connection: &mut AnyConnection,
    group: &[StoredPatient],
    others: &[StoredPatient],
) -> Result<bool, ManagementFault> {
    for row in group {
        let decided = decision::about(connection, row.patient_no)?;
        let is_separate = |other: &StoredPatient| {
            decided.iter().any(|it| {
                it.verdict == Verdict::Separate && it.other(row.patient_no) == other.patient_no
            })
        };
        if others.iter().any(|other| other.domain_no == row.domain_no || is_separate(other)) {
            return Ok(true);
        }
    }
    Ok(false)
}

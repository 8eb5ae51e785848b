//! ITI-21, ITI-22 and ITI-47: which patients look like this (ITI TF-2: 3.21.4.1.3, 3.22, 3.47.4.1.3).

use std::collections::{BTreeMap, HashSet};

use datatypes::Oid;
use identity::{
    AuthorityName, Criterion, DemographicsQuery, LocalId, Lookup, PatientFacts, PatientMatch,
    TextPattern, Visit, VisitCriterion, lookup, meets,
};
use policy::Permit;
use store::AnyConnection;

use super::Origin;
use super::cross_reference::{person_with, wanted_domains};
use crate::Manager;
use crate::change::{account_key, visit_key};
use crate::continuation::Hit;
use crate::error::QueryFault;
use crate::in_force::InForce;
use crate::persons::Persons;
use crate::record::{Facts, read_visit};
use crate::store::patient::{self, StoredPatient};
use crate::store::{search_key, visit};
use crate::transactions::cross_reference::is_among;

/// Rows that are read at once where many must be looked at.
const PIECE: i64 = 1_000;

/// Finds everybody who meets a question, best first. Blocking.
///
/// # Errors
/// [`QueryFault`].
pub fn find(
    manager: &Manager,
    origin: &Origin,
    query: &DemographicsQuery,
) -> Result<Vec<Hit>, QueryFault> {
    let permit = manager.policy.permit_demographics(&origin.requester, origin.right);
    let permit = permit.map_err(QueryFault::Denied)?;
    let in_force = manager.in_force.load_full();
    let wanted = wanted_domains(&in_force, &query.domains)?;
    manager.database.read(|connection| {
        let mut search = Search {
            permit: &permit,
            in_force: &in_force,
            query,
            persons: Persons::new(&permit, &in_force),
            hits: BTreeMap::new(),
            seen: HashSet::new(),
            n_left: manager.config.limits.scanned_per_query,
            limit: manager.config.limits.scanned_per_query,
        };
        search.run(connection)?;
        let mut hits: Vec<Hit> = search.hits.into_values().flatten().collect();
        // Before anything is counted: how many there are tells as well.
        if let Some(patient) = permit.only_patient() {
            let mut reached = Vec::new();
            for hit in hits {
                if is_among(patient, &search.persons.ids(connection, hit.person_no)?) {
                    reached.push(hit);
                }
            }
            hits = reached;
        }
        if query.drops_patients_without_domain
            && let Some(wanted) = &wanted
        {
            let mut kept = Vec::new();
            for hit in hits {
                let ids = search.persons.ids(connection, hit.person_no)?;
                let is_wanted =
                    |id: &LocalId| id.universal_id.as_ref().is_some_and(|oid| wanted.contains(oid));
                if ids.iter().any(is_wanted) {
                    kept.push(hit);
                }
            }
            hits = kept;
        }
        hits.sort_by_key(|hit| (std::cmp::Reverse(hit.confidence), hit.patient_no));
        Ok(hits)
    })
}

/// One page of what was found, as it is shown now. Blocking.
///
/// # Errors
/// [`QueryFault`].
pub fn show(
    manager: &Manager,
    origin: &Origin,
    (hits, domains): (&[Hit], &[AuthorityName]),
) -> Result<Vec<PatientMatch>, QueryFault> {
    let permit = manager.policy.permit_demographics(&origin.requester, origin.right);
    let permit = permit.map_err(QueryFault::Denied)?;
    let in_force = manager.in_force.load_full();
    let wanted = wanted_domains(&in_force, domains)?;
    manager.database.read(|connection| {
        let mut persons = Persons::new(&permit, &in_force);
        let mut matches = Vec::with_capacity(hits.len());
        for hit in hits {
            let row = patient::get(connection, &permit, hit.patient_no)?;
            // Who was merged between two pages is somebody else now.
            let Some(row) = row.filter(StoredPatient::is_active) else { continue };
            let mut identifiers = persons.ids(connection, row.person_no)?;
            if permit.only_patient().is_some_and(|patient| !is_among(patient, &identifiers)) {
                continue;
            }
            identifiers.retain(|id| {
                let is_wanted =
                    |oid: &Oid| wanted.as_ref().is_none_or(|wanted| wanted.contains(oid));
                id.universal_id.as_ref().is_some_and(is_wanted)
            });
            let demographics = Facts::read(&row.facts)?.demographics;
            let visit = hit.visit.as_deref().map(read_visit).transpose()?;
            matches.push(PatientMatch {
                identifiers,
                demographics,
                visit,
                confidence: hit.confidence,
            });
        }
        Ok(matches)
    })
}

/// A question at work.
struct Search<'a> {
    permit: &'a Permit,
    in_force: &'a InForce,
    query: &'a DemographicsQuery,
    persons: Persons<'a>,
    /// By person; of several patients who are one person the one that meets the question best.
    hits: BTreeMap<i64, Vec<Hit>>,
    /// Whoever was looked at: several keys lead to one patient.
    seen: HashSet<i64>,
    /// Patients that may still be looked at.
    n_left: usize,
    limit: usize,
}

impl Search<'_> {
    fn run(&mut self, connection: &mut AnyConnection) -> Result<(), QueryFault> {
        if self.asks_for_nobody() {
            return Ok(());
        }
        if let Some(by_id) = self.exact_id() {
            let found = person_with(connection, (self.permit, self.in_force), by_id)?;
            for row in patient::of_person(connection, self.permit, found.unwrap_or(0))? {
                self.look_at(connection, &row)?;
            }
            return Ok(());
        }
        match self.place() {
            Lookup::Key(key) => self.by_key(connection, &key),
            Lookup::Prefix(prefix) => self.by_prefix(connection, &prefix),
            Lookup::EitherPrefix(one, other) => {
                self.by_prefix(connection, &one)?;
                self.by_prefix(connection, &other)
            }
            Lookup::Everything => self.by_age(connection),
        }
    }

    /// Whether an identifier is asked for that no answer shows: then nobody need be looked at.
    fn asks_for_nobody(&self) -> bool {
        self.query.criteria.iter().any(|criterion| {
            let Criterion::Id { authority, .. } = criterion else { return false };
            let (namespace, oid) =
                (authority.namespace.as_deref(), authority.universal_id.as_ref());
            self.in_force.askable(namespace, oid).is_none_or(|domain| domain.strong)
        })
    }

    /// The identifier that everybody sought has, if it is one that the index knows.
    fn exact_id(&self) -> Option<(&Oid, &str)> {
        self.query.criteria.iter().find_map(|criterion| match criterion {
            Criterion::Id { id, authority } if is_exact(id) => {
                let (namespace, oid) =
                    (authority.namespace.as_deref(), authority.universal_id.as_ref());
                let domain = self.in_force.askable(namespace, oid)?;
                (!domain.strong).then_some((&domain.authority.oid, id.as_str()))
            }
            Criterion::Id { .. }
            | Criterion::Name(_)
            | Criterion::MotherName(_)
            | Criterion::BirthDate { .. }
            | Criterion::Sex(_)
            | Criterion::Address(_)
            | Criterion::Telecom(_)
            | Criterion::Account { .. }
            | Criterion::Visit(_) => None,
        })
    }

    /// Where in the index to look: numbers of visits and accounts are the manager's own keys.
    fn place(&self) -> Lookup {
        let own = self.query.criteria.iter().find_map(|criterion| match criterion {
            Criterion::Account { number, .. } if is_exact(number) => Some(account_key(number)),
            Criterion::Visit(VisitCriterion::Number { number, .. }) if is_exact(number) => {
                Some(visit_key(number))
            }
            Criterion::Account { .. }
            | Criterion::Visit(_)
            | Criterion::Id { .. }
            | Criterion::Name(_)
            | Criterion::MotherName(_)
            | Criterion::BirthDate { .. }
            | Criterion::Sex(_)
            | Criterion::Address(_)
            | Criterion::Telecom(_) => None,
        });
        own.map_or_else(|| lookup(&self.query.criteria), Lookup::Key)
    }

    fn by_key(&mut self, connection: &mut AnyConnection, key: &str) -> Result<(), QueryFault> {
        let mut after = 0;
        loop {
            let piece = search_key::rows(connection, self.permit, (key, after), PIECE)?;
            for row in &piece {
                self.look_at_once(connection, row)?;
            }
            match piece.last().filter(|_| is_whole(&piece)) {
                Some(last) => after = last.patient_no,
                None => return Ok(()),
            }
        }
    }

    fn by_prefix(
        &mut self,
        connection: &mut AnyConnection,
        prefix: &str,
    ) -> Result<(), QueryFault> {
        let mut after = None;
        loop {
            let range = (prefix, after.as_ref());
            let piece = search_key::by_prefix(connection, self.permit, range, PIECE)?;
            for (_key, number) in &piece {
                self.look_up(connection, *number)?;
            }
            match piece.last().filter(|_| is_whole(&piece)) {
                Some(last) => after = Some(last.clone()),
                None => return Ok(()),
            }
        }
    }

    fn by_age(&mut self, connection: &mut AnyConnection) -> Result<(), QueryFault> {
        let mut after = 0;
        loop {
            let piece = patient::after(connection, self.permit, (after, PIECE))?;
            let Some(last) = piece.last() else { return Ok(()) };
            after = last.patient_no;
            for row in &piece {
                self.look_at(connection, row)?;
            }
        }
    }

    /// Unless another key has led to it before.
    fn look_at_once(
        &mut self,
        connection: &mut AnyConnection,
        row: &StoredPatient,
    ) -> Result<(), QueryFault> {
        match self.seen.insert(row.patient_no) {
            true => self.look_at(connection, row),
            false => Ok(()),
        }
    }

    fn look_up(&mut self, connection: &mut AnyConnection, number: i64) -> Result<(), QueryFault> {
        if !self.seen.insert(number) {
            return Ok(());
        }
        let row = patient::get(connection, self.permit, number)?;
        match row.filter(StoredPatient::is_active) {
            Some(row) => self.look_at(connection, &row),
            None => Ok(()),
        }
    }

    fn look_at(
        &mut self,
        connection: &mut AnyConnection,
        row: &StoredPatient,
    ) -> Result<(), QueryFault> {
        let left = self.n_left.checked_sub(1);
        self.n_left = left.ok_or(QueryFault::TooMany { limit: self.limit })?;
        if !self.persons.is_shown(connection, row)? {
            return Ok(());
        }
        let facts = Facts::read(&row.facts)?;
        let asks_for_ids = self.query.criteria.iter().any(|it| matches!(it, Criterion::Id { .. }));
        let identifiers = match asks_for_ids {
            true => self.persons.ids(connection, row.person_no)?,
            false => Vec::new(),
        };
        let meets_with = |visit: Option<&Visit>| {
            let demographics = &facts.demographics;
            let patient = PatientFacts { identifiers: &identifiers, demographics, visit };
            meets(&patient, self.query)
        };
        if !self.query.asks_for_visits {
            if let Some(confidence) = meets_with(None) {
                self.keep(row, confidence);
            }
            return Ok(());
        }
        for text in visit::of_patient(connection, self.permit, row.patient_no)? {
            let visit = read_visit(&text)?;
            if let Some(confidence) = meets_with(Some(&visit)) {
                let (patient_no, person_no) = (row.patient_no, row.person_no);
                let hit = Hit { patient_no, person_no, confidence, visit: Some(text) };
                self.hits.entry(person_no).or_default().push(hit);
            }
        }
        Ok(())
    }

    /// One answer a person.
    fn keep(&mut self, row: &StoredPatient, confidence: u8) {
        let (patient_no, person_no) = (row.patient_no, row.person_no);
        let hit = Hit { patient_no, person_no, confidence, visit: None };
        let hits = self.hits.entry(person_no).or_default();
        let is_better = hits.first().is_none_or(|best| {
            (hit.confidence, -hit.patient_no) > (best.confidence, -best.patient_no)
        });
        if is_better {
            *hits = vec![hit];
        }
    }
}

/// Whether there may be more behind a piece.
fn is_whole<T>(piece: &[T]) -> bool {
    i64::try_from(piece.len()).is_ok_and(|n_rows| n_rows >= PIECE)
}

/// Whether a text stands for itself.
fn is_exact(pattern: &TextPattern) -> bool {
    !pattern.contains('*') && !pattern.contains('\\')
}

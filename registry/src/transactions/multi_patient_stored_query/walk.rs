//! One query over several patients at work: what it looks at is bounded, and only what it finds is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datatypes::PatientId;
use policy::Permit;
use store::{AnyConnection, Generation};
use xds::query::ReturnType;

use super::index::{self, Condition};
use crate::Registry;
use crate::dictionary::Dictionary;
use crate::error::QueryError;
use crate::leaf_class::{StoredObject, owners};
use crate::patient_sets::PatientSet;
use crate::record;
use crate::store::{object, patient};

/// Records, or patients, that one statement reads: about 256 KB.
const PER_STATEMENT: usize = 256;

/// A walk over objects of any number of patients, in one snapshot of the database.
pub(super) struct Walk<'a> {
    registry: &'a Registry,
    permit: &'a Permit,
    connection: &'a mut AnyConnection,
    generation: Option<Generation>,
    return_type: ReturnType,
    n_seen: usize,
    found: Vec<StoredObject>,
}

impl<'a> Walk<'a> {
    /// `generation` is the database's from before the snapshot was taken. The dictionary knows every code of
    /// the snapshot afterwards, also those that another process gave their numbers.
    pub(super) fn new(
        (registry, permit): (&'a Registry, &'a Permit),
        (connection, generation): (&'a mut AnyConnection, Option<Generation>),
        return_type: ReturnType,
    ) -> Result<Walk<'a>, QueryError> {
        registry.refresh_dictionary_on(connection)?;
        let (n_seen, found) = (0, Vec::new());
        Ok(Walk { registry, permit, connection, generation, return_type, n_seen, found })
    }

    pub(super) fn dictionary(&self) -> Arc<Dictionary> {
        self.registry.dictionary.load_full()
    }

    /// Looks at one of the lists of each patient; a patient who is named twice is one.
    pub(super) fn patients(
        &mut self,
        ids: &[PatientId],
        list: impl Fn(&PatientSet) -> &Vec<StoredObject>,
        is_wanted: impl Fn(&StoredObject) -> Result<bool, QueryError>,
    ) -> Result<(), QueryError> {
        let limit = self.registry.max_candidates_per_query;
        let mut seen = BTreeSet::new();
        for id in ids.iter().filter(|id| seen.insert(id.to_cx())) {
            let place = (self.permit, id);
            let set = self.registry.patient_set_on(self.connection, place, self.generation)?;
            self.n_seen = self.n_seen.saturating_add(list(&set).len());
            if self.n_seen > limit {
                return Err(QueryError::TooManyCandidates { limit });
            }
            for object in list(&set) {
                if is_wanted(object)? {
                    self.keep(object.clone())?;
                }
            }
        }
        Ok(())
    }

    /// Looks at those who meet the condition that fewest meet, whoever their patients are.
    pub(super) fn candidates(
        &mut self,
        conditions: &[Condition<'_>],
        is_wanted: impl Fn(&StoredObject) -> Result<bool, QueryError>,
    ) -> Result<(), QueryError> {
        let limit = self.registry.max_candidates_per_query;
        let keys = index::fewest(self.connection, conditions, limit)?;
        for keys in keys.chunks(PER_STATEMENT) {
            for object in object::by_keys(self.connection, self.permit, keys)? {
                if is_wanted(&object)? {
                    self.keep(object)?;
                }
            }
        }
        Ok(())
    }

    fn keep(&mut self, mut object: StoredObject) -> Result<(), QueryError> {
        match self.return_type {
            // References have no limit of their own: without the rest of the record, they take little.
            ReturnType::ObjectRef => object.record = record::reference(&object.record)?,
            ReturnType::LeafClass => {
                let (found, limit) = (self.found.len(), self.registry.max_leaf_class_results);
                if found >= limit {
                    return Err(QueryError::TooManyResults {
                        found: limit.saturating_add(1),
                        limit,
                    });
                }
            }
        }
        self.found.push(object);
        Ok(())
    }

    /// What was found, oldest first, with the ids of the patients they belong to.
    pub(super) fn finish(
        mut self,
    ) -> Result<(Vec<StoredObject>, BTreeMap<i64, String>), QueryError> {
        self.found.sort_by_key(|object| object.key);
        let owners: Vec<i64> = owners(&self.found).into_iter().collect();
        let mut patients = BTreeMap::new();
        for owners in owners.chunks(PER_STATEMENT) {
            patients.extend(patient::shown_ids(self.connection, self.permit, owners)?);
        }
        Ok((self.found, patients))
    }
}

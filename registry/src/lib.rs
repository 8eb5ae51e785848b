//! Document Registry: ITI-42, ITI-18, ITI-51, the Patient Identity Feed ITI-8 and ITI-44, link changes ITI-64.
//!
//! The way of a request: `endpoint` (or `feed` for HL7 v2, `feed_v3` for HL7 v3) decodes it, a function in `transactions` does
//! the duties of the specification, `store` keeps the rows, `leaf_class` renders what a query found.
//! Error codes are chosen in `error` and nowhere else.

pub mod answer;
mod clock_watch;
mod contention;
pub mod dictionary;
pub mod endpoint;
pub mod error;
pub mod feed;
pub mod feed_v3;
pub mod in_force;
pub mod leaf_class;
pub mod message;
pub mod patient_sets;
pub mod record;
pub mod rules;
pub mod select;
mod server;
pub mod store;
pub mod transactions;

use std::sync::Arc;

use access::Door;
use arc_swap::ArcSwap;
use audit::{ActorTrail, Journal, Node};
use policy::Policy;

use crate::dictionary::Dictionary;
use crate::in_force::InForce;
use crate::patient_sets::PatientSets;
pub use crate::server::{RegistryServer, StartError};

/// The registry's state, shared by all its workers.
pub struct Registry {
    pub database: Arc<::store::Database>,
    pub dictionary: ArcSwap<Dictionary>,
    pub patient_sets: PatientSets,
    pub policy: Policy,
    pub door: Door,
    pub in_force: Arc<ArcSwap<InForce>>,
    pub journal: Arc<Journal>,
    /// How the audit trail calls the registry.
    pub node: Node,
    /// Objects of one LeafClass answer; more is XDSTooManyResults.
    pub max_leaf_class_results: usize,
    /// Objects that one query over several patients looks at; more is XDSTooManyResults.
    pub max_candidates_per_query: usize,
    /// Entries, folders and associations of one submission.
    pub max_objects_per_submission: usize,
}

impl Registry {
    /// What the actor records of itself.
    pub(crate) fn trail(&self) -> ActorTrail {
        let in_force = Arc::clone(&self.in_force);
        let version = move || in_force.load().agreement.version_in_force();
        ActorTrail::new(Arc::clone(&self.journal), self.node.clone(), version)
    }

    /// Loads what the database holds beyond the snapshot of the dictionary. Blocking.
    ///
    /// # Errors
    /// Those of the database.
    pub fn refresh_dictionary(&self) -> Result<(), error::QueryError> {
        self.database.read(|connection| self.refresh_dictionary_on(connection))
    }

    fn refresh_dictionary_on(
        &self,
        connection: &mut ::store::AnyConnection,
    ) -> Result<(), error::QueryError> {
        let known = i64::try_from(self.dictionary.load().first_unknown()).unwrap_or(i64::MAX);
        let codes = store::code::load_from(connection, known)?;
        self.learn(codes);
        Ok(())
    }

    /// A snapshot of the dictionary that knows every code of these objects. Another process on the same
    /// database may have added codes since the last look; the numbers in the records tell. Blocking.
    ///
    /// # Errors
    /// Those of the database; a damaged record.
    pub fn dictionary_for(
        &self,
        connection: &mut ::store::AnyConnection,
        objects: &[leaf_class::StoredObject],
    ) -> Result<Arc<Dictionary>, error::QueryError> {
        let current = self.dictionary.load_full();
        let mut is_current = true;
        for object in objects {
            record::for_each_code(&object.record, |number| {
                is_current &= current.tail(number).is_some()
            })?;
        }
        if is_current {
            return Ok(current);
        }
        self.refresh_dictionary_on(connection)?;
        Ok(self.dictionary.load_full())
    }

    /// Publishes codes with their numbers; readers see the old or the new snapshot, never half of one.
    pub fn learn(&self, codes: Vec<(u32, dictionary::AttributedCode)>) {
        let is_news = |(_, code): &(u32, dictionary::AttributedCode)| {
            self.dictionary.load().number(code).is_none()
        };
        if !codes.iter().any(is_news) {
            return;
        }
        self.dictionary.rcu(|current| {
            let mut next = Dictionary::clone(current);
            next.extend(codes.iter().cloned());
            next
        });
    }
}

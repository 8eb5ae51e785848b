//! The identifiers of persons, as answers show them.

use std::collections::{BTreeMap, HashSet};

use identity::LocalId;
use policy::Permit;
use store::AnyConnection;

use crate::error::QueryFault;
use crate::in_force::InForce;
use crate::store::patient::StoredPatient;
use crate::store::{domain, person};

/// Looks up identifiers, each person once.
pub struct Persons<'a> {
    permit: &'a Permit,
    in_force: &'a InForce,
    known: BTreeMap<i64, Vec<LocalId>>,
    /// Numbers of the domains that are not sensitive, once they are asked for.
    shown_domains: Option<HashSet<i64>>,
}

impl<'a> Persons<'a> {
    #[must_use]
    pub fn new(permit: &'a Permit, in_force: &'a InForce) -> Persons<'a> {
        Persons { permit, in_force, known: BTreeMap::new(), shown_domains: None }
    }

    /// Everything by which a person is known, those of one domain side by side. The identifier in the affinity
    /// domain is among them as soon as the registry knows it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ids(
        &mut self,
        connection: &mut AnyConnection,
        person_no: i64,
    ) -> Result<Vec<LocalId>, QueryFault> {
        if let Some(ids) = self.known.get(&person_no) {
            return Ok(ids.clone());
        }
        let person::KnownAs { network_id, ids: locals } =
            person::known_as(connection, self.permit, person_no)?;
        let mut ids = Vec::with_capacity(locals.len().saturating_add(1));
        let network_id = network_id.filter(|_| self.in_force.gives_ids());
        ids.extend(network_id.map(|id| self.in_force.announcer.network_local_id(id)));
        ids.extend(locals.into_iter().filter_map(|(oid, id)| self.shown(&oid, id)));
        // Stable: within a domain the oldest comes first.
        ids.sort_by(|a, b| a.universal_id.cmp(&b.universal_id));
        self.known.insert(person_no, ids.clone());
        Ok(ids)
    }

    /// Whether anything may be shown of what a patient's domain says: that somebody is known in a sensitive one
    /// shows in an address or a visit as well as in an identifier.
    ///
    /// # Errors
    /// Those of the database.
    pub fn is_shown(
        &mut self,
        connection: &mut AnyConnection,
        row: &StoredPatient,
    ) -> Result<bool, QueryFault> {
        if self.shown_domains.is_none() {
            let is_shown = |oid: &str| self.shown(oid, String::new()).is_some();
            let all = domain::all(connection)?.into_iter();
            let shown = all.filter(|(_, oid)| is_shown(oid)).map(|(number, _)| number);
            self.shown_domains = Some(shown.collect());
        }
        Ok(self.shown_domains.as_ref().is_some_and(|shown| shown.contains(&row.domain_no)))
    }

    /// One patient's own identifier, unless its domain is not shown.
    fn shown(&self, oid: &str, id: String) -> Option<LocalId> {
        let mut domains = self.in_force.agreement.all_domains();
        let domain = domains.find(|domain| domain.authority.oid.as_str() == oid)?;
        let authority = &domain.authority;
        (!domain.sensitive).then(|| LocalId {
            id,
            namespace: authority.namespace.clone(),
            universal_id: Some(authority.oid.clone()),
        })
    }
}

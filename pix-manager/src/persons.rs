//! The identifiers of persons, as answers show them.

use std::collections::BTreeMap;

use identity::LocalId;
use policy::Permit;
use store::AnyConnection;

use crate::error::QueryFault;
use crate::in_force::InForce;
use crate::store::person;

/// Looks up identifiers, each person once.
pub struct Persons<'a> {
    permit: &'a Permit,
    in_force: &'a InForce,
    known: BTreeMap<i64, Vec<LocalId>>,
}

impl<'a> Persons<'a> {
    #[must_use]
    pub fn new(permit: &'a Permit, in_force: &'a InForce) -> Persons<'a> {
        Persons { permit, in_force, known: BTreeMap::new() }
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

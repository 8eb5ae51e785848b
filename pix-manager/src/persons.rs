//! The identifiers of persons, as answers show them.

use std::collections::{BTreeMap, HashMap};

use datatypes::Oid;
use identity::LocalId;
use policy::Permit;
use store::AnyConnection;

use crate::error::QueryFault;
use crate::in_force::InForce;
use crate::store::patient::StoredPatient;
use crate::store::{domain, patient, person};

/// Looks up identifiers, each person once.
pub struct Persons<'a> {
    permit: &'a Permit,
    in_force: &'a InForce,
    /// By domain number: what an identifier of it is shown with. Sensitive domains are absent.
    domains: Option<HashMap<i64, (Option<String>, Oid)>>,
    known: BTreeMap<i64, Vec<LocalId>>,
}

impl<'a> Persons<'a> {
    #[must_use]
    pub fn new(permit: &'a Permit, in_force: &'a InForce) -> Persons<'a> {
        Persons { permit, in_force, domains: None, known: BTreeMap::new() }
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
        let members = patient::of_person(connection, self.permit, person_no)?;
        let person = match self.in_force.gives_ids() {
            true => person::get(connection, self.permit, person_no)?,
            false => None,
        };
        let mut ids = Vec::with_capacity(members.len().saturating_add(1));
        let network_id = person.as_ref().and_then(person::StoredPerson::shown_id);
        ids.extend(network_id.map(|id| self.in_force.announcer.network_local_id(id.to_owned())));
        for row in &members {
            ids.extend(self.id(connection, row)?);
        }
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
        Ok(self.id(connection, row)?.is_some())
    }

    /// One patient's own identifier, unless its domain is not shown.
    fn id(
        &mut self,
        connection: &mut AnyConnection,
        row: &StoredPatient,
    ) -> Result<Option<LocalId>, QueryFault> {
        if self.domains.is_none() {
            self.domains = Some(self.read_domains(connection)?);
        }
        let domain = self.domains.as_ref().and_then(|domains| domains.get(&row.domain_no));
        Ok(domain.map(|(namespace, oid)| LocalId {
            id: row.id.clone(),
            namespace: namespace.clone(),
            universal_id: Some(oid.clone()),
        }))
    }

    fn read_domains(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<HashMap<i64, (Option<String>, Oid)>, QueryFault> {
        let shown = |(number, oid): (i64, String)| {
            let oid = Oid::parse(&oid).ok()?;
            let domain = self.in_force.domain_of(&oid).filter(|domain| !domain.sensitive)?;
            Some((number, (domain.authority.namespace.clone(), oid)))
        };
        Ok(domain::all(connection)?.into_iter().filter_map(shown).collect())
    }
}

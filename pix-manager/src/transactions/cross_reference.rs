//! ITI-9 and ITI-45: which other identifiers a person has (ITI TF-2: 3.9.4.2.2.6, 3.45.4.2.3).

use std::collections::BTreeSet;

use datatypes::{Oid, PatientId};
use identity::{AuthorityName, CrossReferenceQuery, LocalId};
use policy::Permit;
use store::AnyConnection;

use super::Origin;
use crate::Manager;
use crate::error::QueryFault;
use crate::in_force::InForce;
use crate::persons::Persons;
use crate::store::{patient, person};

/// The other identifiers, those of one domain side by side; none if there are none. Blocking.
///
/// # Errors
/// [`QueryFault`]: of several causes that of case 4 comes before 3 and before 5.
pub fn cross_reference(
    manager: &Manager,
    origin: &Origin,
    query: &CrossReferenceQuery,
) -> Result<Vec<LocalId>, QueryFault> {
    let permit = manager.policy.permit_cross_reference(&origin.requester, origin.right);
    let permit = permit.map_err(QueryFault::Denied)?;
    let in_force = manager.in_force.load_full();
    let id = &query.id;
    let asked = in_force.askable(id.namespace.as_deref(), id.universal_id.as_ref());
    let authority = &asked.ok_or(QueryFault::AuthorityUnknown)?.authority.oid;
    manager.database.read(|connection| {
        let person_no = person_with(connection, (&permit, &in_force), (authority, &id.id))?;
        let person_no = person_no.ok_or(QueryFault::IdUnknown)?;
        let wanted = wanted_domains(&in_force, &query.domains)?;
        let mut ids = Persons::new(&permit, &in_force).ids(connection, person_no)?;
        demand(&permit, &ids)?;
        ids.retain(|other| {
            let is_wanted = |oid: &Oid| wanted.as_ref().is_none_or(|all| all.contains(oid));
            let is_asked = other.id == id.id && other.universal_id.as_ref() == Some(authority);
            !is_asked && other.universal_id.as_ref().is_some_and(is_wanted)
        });
        Ok(ids)
    })
}

/// An assertion that is for one patient only is for whoever has that identifier.
fn demand(permit: &Permit, ids: &[LocalId]) -> Result<(), QueryFault> {
    match permit.only_patient() {
        Some(patient) if !is_among(patient, ids) => {
            // As if nobody had it: that it exists is already something.
            Err(QueryFault::IdUnknown)
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a patient has one of these identifiers.
pub(crate) fn is_among(patient: &PatientId, ids: &[LocalId]) -> bool {
    ids.iter()
        .any(|id| id.id == patient.id() && id.universal_id.as_ref() == Some(patient.authority()))
}

/// The person with this identifier; a subsumed one is unknown, and one that nobody is at present.
pub(crate) fn person_with(
    connection: &mut AnyConnection,
    (permit, in_force): (&Permit, &InForce),
    (authority, id): (&Oid, &str),
) -> Result<Option<i64>, QueryFault> {
    let is_network = *authority == in_force.agreement.affinity_domain.authority.oid;
    if is_network && in_force.gives_ids() {
        let person = person::of_network_id(connection, permit, id)?;
        let person = person.filter(|it| it.is_announced && it.surviving_no == it.person_no);
        let Some(person_no) = person.map(|it| it.person_no) else { return Ok(None) };
        let members = patient::of_person(connection, permit, person_no)?;
        return Ok((!members.is_empty()).then_some(person_no));
    }
    Ok(patient::person_of(connection, permit, (authority, id))?)
}

/// The OIDs of the domains asked for; `None` means all.
///
/// # Errors
/// [`QueryFault::DomainsUnknown`] with the number of each that is not known.
pub(crate) fn wanted_domains(
    in_force: &InForce,
    domains: &[AuthorityName],
) -> Result<Option<BTreeSet<Oid>>, QueryFault> {
    let mut wanted = BTreeSet::new();
    let mut unknown = Vec::new();
    for (number, name) in (1..).zip(domains) {
        match in_force.askable(name.namespace.as_deref(), name.universal_id.as_ref()) {
            Some(domain) => {
                wanted.insert(domain.authority.oid.clone());
            }
            None => unknown.push(number),
        }
    }
    if !unknown.is_empty() {
        return Err(QueryFault::DomainsUnknown { numbers: unknown });
    }
    Ok((!domains.is_empty()).then_some(wanted))
}

//! Who is one person, and why, as an operator sees it: identifiers, merges, decisions.

use std::collections::BTreeMap;
use std::sync::Arc;

use datatypes::PatientId;
use policy::Permit;
use serde::{Deserialize, Serialize};
use store::{AnyConnection, StoreError};

use crate::Manager;
use crate::error::AdminFault;
use crate::in_force::InForce;
use crate::store::decision::{self, Verdict};
use crate::store::patient::StoredPatient;
use crate::store::{domain, merge, patient, person};

/// A person. `Debug` hides identifiers, as everywhere below.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonShown {
    /// The identifier in the affinity domain, if the manager gives it, as `id^^^&oid&ISO`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_id: Option<String>,
    pub network_id_state: NetworkIdState,
    /// Those in use.
    pub identifiers: Vec<IdentifierShown>,
    /// Those that were merged into one in use.
    pub subsumed: Vec<SubsumedShown>,
    /// What was decided about these patients; whoever is linked without a decision is so by the rules.
    pub decisions: Vec<DecisionShown>,
}

/// What became of a person's identifier in the affinity domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkIdState {
    /// The agreement says that a source feeds them.
    NotGiven,
    /// The registry has not acknowledged it yet; answers do not show it.
    NotAnnounced,
    Announced,
}

/// An identifier in use.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierShown {
    /// The name of its domain in the agreement, if that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// `id^^^&oid&ISO`.
    pub id: String,
}

/// An identifier that is used no more.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubsumedShown {
    pub id: String,
    /// Into which it was merged, by the one message that said so.
    pub into: String,
    /// UTC.
    pub at: String,
    /// The message or the operator, and why.
    pub cause: String,
}

/// What somebody decided.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionShown {
    pub one: String,
    pub other: String,
    /// `linked`, `inherited` (by a merge), `separate`.
    pub verdict: String,
    pub at: String,
    pub cause: String,
}

hidden_debug!(PersonShown, IdentifierShown, SubsumedShown, DecisionShown);

/// The person with this identifier, be it in use or not.
pub(super) async fn show(
    manager: &Arc<Manager>,
    permit: Permit,
    id: PatientId,
) -> Result<PersonShown, AdminFault> {
    let manager = Arc::clone(manager);
    let read = move || {
        let in_force = manager.in_force.load_full();
        manager.database.read(|connection| {
            let shown = Showing { in_force: &in_force, permit: &permit, domains: BTreeMap::new() };
            shown.run(connection, &id)
        })
    };
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|_| Err(StoreError::Unavailable.into()))
}

/// What is looked up on the way.
struct Showing<'a> {
    in_force: &'a InForce,
    permit: &'a Permit,
    domains: BTreeMap<i64, String>,
}

impl Showing<'_> {
    fn run(
        mut self,
        connection: &mut AnyConnection,
        id: &PatientId,
    ) -> Result<PersonShown, AdminFault> {
        self.domains = domain::all(connection)?.into_iter().collect();
        let person_no = self.person_no(connection, id)?.ok_or(AdminFault::UnknownPatient)?;
        let person = person::get(connection, self.permit, person_no)?;
        let network_id_state = match &person {
            Some(person) if person.network_id.is_none() => NetworkIdState::NotGiven,
            Some(person) if person.is_announced => NetworkIdState::Announced,
            Some(_) => NetworkIdState::NotAnnounced,
            None => NetworkIdState::NotGiven,
        };
        let network = &self.in_force.agreement.affinity_domain.authority.oid;
        let network_id = person.and_then(|person| person.network_id);
        let mut shown = PersonShown {
            network_id: network_id.map(|id| cx(&id, network.as_str())),
            network_id_state,
            identifiers: Vec::new(),
            subsumed: Vec::new(),
            decisions: Vec::new(),
        };
        for row in patient::of_person(connection, self.permit, person_no)? {
            shown.identifiers.push(self.identifier(&row));
            self.subsumed(connection, &row, &mut shown.subsumed)?;
            self.decisions(connection, &row, &mut shown.decisions)?;
        }
        Ok(shown)
    }

    /// Of one that is subsumed the person of whoever stands for it.
    fn person_no(
        &self,
        connection: &mut AnyConnection,
        id: &PatientId,
    ) -> Result<Option<i64>, AdminFault> {
        let is_network = *id.authority() == self.in_force.agreement.affinity_domain.authority.oid;
        if is_network && self.in_force.gives_ids() {
            let person = person::of_network_id(connection, self.permit, id.id())?;
            return Ok(person.map(|person| person.surviving_no));
        }
        let Some(row) = patient::find(connection, self.permit, (id.authority(), id.id()))? else {
            return Ok(None);
        };
        let survivor = patient::get(connection, self.permit, row.surviving_no)?;
        Ok(survivor.map(|row| row.person_no))
    }

    fn subsumed(
        &self,
        connection: &mut AnyConnection,
        row: &StoredPatient,
        shown: &mut Vec<SubsumedShown>,
    ) -> Result<(), AdminFault> {
        for subsumed in patient::subsumed_by(connection, self.permit, row.patient_no)? {
            let Some(said) = merge::of_subsumed(connection, subsumed.patient_no)? else { continue };
            let into = patient::get(connection, self.permit, said.surviving_no)?;
            shown.push(SubsumedShown {
                id: self.cx(&subsumed),
                into: self.cx(into.as_ref().unwrap_or(row)),
                at: time(said.merged_at),
                cause: said.cause,
            });
        }
        Ok(())
    }

    fn decisions(
        &self,
        connection: &mut AnyConnection,
        row: &StoredPatient,
        shown: &mut Vec<DecisionShown>,
    ) -> Result<(), AdminFault> {
        for (decided, (decided_at, cause)) in decision::said_about(connection, row.patient_no)? {
            let other_no = decided.other(row.patient_no);
            let Some(other) = patient::get(connection, self.permit, other_no)? else { continue };
            let (one, other) = (self.cx(row), self.cx(&other));
            // Both may be of this person.
            if shown.iter().any(|known| known.one == other && known.other == one) {
                continue;
            }
            let verdict = match decided.verdict {
                Verdict::Linked => "linked",
                Verdict::Inherited => "inherited",
                Verdict::Separate => "separate",
            };
            let (verdict, at) = (verdict.to_owned(), time(decided_at));
            shown.push(DecisionShown { one, other, verdict, at, cause });
        }
        Ok(())
    }

    fn identifier(&self, row: &StoredPatient) -> IdentifierShown {
        let oid = self.domains.get(&row.domain_no);
        let mut domains = self.in_force.agreement.all_domains();
        let domain = oid.and_then(|oid| domains.find(|it| it.authority.oid.as_str() == oid));
        IdentifierShown { domain: domain.map(|it| it.name.clone()), id: self.cx(row) }
    }

    fn cx(&self, row: &StoredPatient) -> String {
        cx(&row.id, self.domains.get(&row.domain_no).map_or("", String::as_str))
    }
}

fn cx(id: &str, oid: &str) -> String {
    format!("{id}^^^&{oid}&ISO")
}

/// Microseconds since 1970.
fn time(microseconds: i64) -> String {
    jiff::Timestamp::from_microsecond(microseconds)
        .map_or_else(|_| String::new(), |time| format!("{time:.0}"))
}

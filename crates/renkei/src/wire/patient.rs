//! Whom an identifier on the command line means.

use config::agreement::PatientIds;
use datatypes::{Oid, PatientId};
use identity::{AuthorityName, CrossReferenceQuery, LocalId};

use super::{RunningCommunity, parse_patient_id};
use crate::error::CommandError;
use crate::output::plain;
use crate::transactions::hl7v2_message::Refusal;
use crate::transactions::pix_query::{CrossReferenced, pix_query};

/// A patient of the affinity domain.
#[derive(Clone, Debug)]
pub(crate) struct RegionalPatient {
    pub(crate) id: PatientId,
    /// The hospital's own number, if the patient was named by it.
    pub(crate) local: Option<PatientId>,
}

/// Why a hospital's number leads to nobody.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    #[error("the manager does not tell which patient of the region this is")]
    Refused(#[source] Refusal),
    #[error(
        "the patient is known, but has no identifier of the affinity domain, or the registry has not heard of it yet"
    )]
    NoRegionalId,
    #[error("the patient has several identifiers of the affinity domain; name one of them")]
    SeveralRegionalIds,
}

impl RunningCommunity {
    /// `id` of the affinity domain, `id@domain` with a name of the agreement, or `id^^^&oid&ISO`.
    pub(crate) fn named_patient_id(&self, text: &str) -> Result<PatientId, CommandError> {
        match hospital_number(text) {
            Some((id, domain)) => Ok(parse_patient_id(id, self.domain(domain)?)?),
            None => self.patient_id(text),
        }
    }

    /// As [`RunningCommunity::named_patient_id`], but a hospital's number in the form `id@domain` leads to the
    /// region's identifier, for which the manager is asked (ITI-9).
    pub(crate) async fn regional_patient(
        &self,
        text: &str,
    ) -> Result<RegionalPatient, CommandError> {
        let id = self.named_patient_id(text)?;
        if hospital_number(text).is_none() {
            return Ok(RegionalPatient { id, local: None });
        }
        let network = self.affinity_domain()?;
        let query = CrossReferenceQuery { id: local_id(&id), domains: vec![named(&network)] };
        let identifiers = match pix_query(&self.manager()?, &query).await? {
            CrossReferenced::Identifiers(identifiers) => identifiers,
            CrossReferenced::Refused(refusal) => return Err(ResolveError::Refused(refusal).into()),
        };
        // Whatever else it names was not asked for.
        let is_regional = |id: &&LocalId| id.universal_id.as_ref() == Some(&network);
        let mut regional = identifiers.iter().filter(is_regional);
        let found = regional.next().ok_or(ResolveError::NoRegionalId)?;
        if regional.next().is_some() {
            return Err(ResolveError::SeveralRegionalIds.into());
        }
        Ok(RegionalPatient { id: found.to_patient_id(&network)?, local: Some(id) })
    }

    /// An identifier for people, as it can be named on the command line: `id`, `id@domain`, or all of it.
    pub(crate) fn shown_id(&self, id: &LocalId) -> String {
        let Some(oid) = &id.universal_id else {
            let namespace = id.namespace.as_deref().unwrap_or_default();
            return plain(&format!("{}^^^{namespace}", id.id)).into_owned();
        };
        let shown = match self.domain_name(oid) {
            Some(name) => format!("{}@{name}", id.id),
            None if *oid.as_str() == self.endpoints.affinity_domain => id.id.clone(),
            None => format!("{}^^^&{oid}&ISO", id.id),
        };
        plain(&shown).into_owned()
    }

    /// The name of a domain other than the affinity domain.
    pub(crate) fn domain_name(&self, authority: &Oid) -> Option<&str> {
        let mut domains = self.endpoints.domains.iter();
        let found = domains.find(|(_, oid)| oid.as_str() == authority.as_str());
        found.map(|(name, _)| name.as_str())
    }

    /// Whether the agreement lets the manager give the identifiers of the affinity domain.
    pub(crate) fn gives_ids(&self) -> Result<bool, CommandError> {
        let agreement = self.agreement()?;
        Ok(agreement.is_some_and(|agreement| agreement.patient_ids == PatientIds::Manager))
    }

    /// Whether a Patient Identifier Cross-reference Manager runs.
    pub(crate) fn has_manager(&self) -> bool {
        let addresses = &self.endpoints.addresses;
        addresses.mllp.is_some() || addresses.mllps.is_some()
    }
}

/// `id@domain`; what has the form of a CX is one.
fn hospital_number(text: &str) -> Option<(&str, &str)> {
    text.rsplit_once('@').filter(|_| !text.contains('^'))
}

pub(crate) fn local_id(id: &PatientId) -> LocalId {
    LocalId { id: id.id().to_owned(), namespace: None, universal_id: Some(id.authority().clone()) }
}

/// An authority by its OID alone.
pub(crate) fn named(authority: &Oid) -> AuthorityName {
    AuthorityName { namespace: None, universal_id: Some(authority.clone()) }
}

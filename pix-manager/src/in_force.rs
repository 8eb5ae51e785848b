//! The agreement in force, with what the manager derives from it; replaced as a whole by a reload.

use std::collections::BTreeMap;
use std::sync::Arc;

use config::actor::{ConsumerAddress, PixManagerConfig};
use config::agreement::{Agreement, Domain, Feeder, LinkRules as AgreedRules, PatientIds};
use identity::{AuthorityTable, InvalidAuthorityTable, LinkRules, Resolution};

use crate::Manager;
use crate::announcing::{Announcer, Consumer, Format};

/// MSH-3 of whatever the manager begins.
pub const APPLICATION: &str = "RENKEI-PIX";

/// One state of the agreement; a request sees the same one from beginning to end.
#[derive(Clone, Debug)]
pub struct InForce {
    pub agreement: Arc<Agreement>,
    pub authorities: AuthorityTable,
    pub announcer: Announcer,
    pub rules: LinkRules,
}

impl InForce {
    /// # Errors
    /// [`InvalidAuthorityTable`] if two authorities have one name.
    pub fn new(
        agreement: Arc<Agreement>,
        config: &PixManagerConfig,
    ) -> Result<InForce, InvalidAuthorityTable> {
        let authorities = AuthorityTable::new(agreement.authorities().cloned())?;
        let announcer = announcer(&agreement, config);
        let rules = match agreement.linking.rules {
            AgreedRules::Development => LinkRules::Development,
            AgreedRules::Production => LinkRules::Production,
        };
        Ok(InForce { agreement, authorities, announcer, rules })
    }

    /// Whether the manager gives the identifiers of the affinity domain.
    #[must_use]
    pub fn gives_ids(&self) -> bool {
        self.agreement.patient_ids == PatientIds::Manager
    }

    /// The domain of the agreement with this OID.
    #[must_use]
    pub fn domain_of(&self, oid: &datatypes::Oid) -> Option<&Domain> {
        self.agreement.all_domains().find(|domain| domain.authority.oid == *oid)
    }

    /// A domain that may be asked about, by the names a consumer gives it. One that is sensitive is as unknown
    /// as one that does not exist.
    #[must_use]
    pub fn askable(
        &self,
        namespace: Option<&str>,
        oid: Option<&datatypes::Oid>,
    ) -> Option<&Domain> {
        match self.authorities.resolve(namespace, oid) {
            Resolution::Resolved(authority) => {
                self.domain_of(&authority.oid).filter(|domain| !domain.sensitive)
            }
            Resolution::Inconsistent | Resolution::Unknown | Resolution::NotNamed => None,
        }
    }

    /// The domain that a sender feeds.
    #[must_use]
    pub fn fed_by(&self, feeder: &Feeder<'_>) -> Option<&Domain> {
        self.agreement.domain_fed_by(feeder)
    }
}

/// Why an agreement cannot be put in force while the manager runs.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    #[error("the agreement trusts somebody who cannot be trusted")]
    Trust(#[from] access::InvalidTrust),
    #[error("the agreement's assigning authorities contradict each other")]
    Authorities(#[from] InvalidAuthorityTable),
    #[error(
        "{what} cannot change while the community runs: identifiers would change their meaning"
    )]
    Identity { what: &'static str },
}

impl Manager {
    /// Puts another version of the agreement in force; requests in hand keep the one they began with. The
    /// registry records the change for the whole community.
    ///
    /// # Errors
    /// [`ReloadError`]; the agreement in force then stays.
    pub fn reload(&self, agreement: Arc<Agreement>) -> Result<(), ReloadError> {
        let current = self.in_force.load();
        let now = &current.agreement;
        let (domain, next_domain) = (&now.affinity_domain, &agreement.affinity_domain);
        let identity = [
            (domain.authority.oid == next_domain.authority.oid, "the affinity domain's OID"),
            (now.patient_ids == agreement.patient_ids, "patient_ids"),
        ];
        if let Some((_, what)) = identity.into_iter().find(|(is_same, _)| !is_same) {
            return Err(ReloadError::Identity { what });
        }
        let next = InForce::new(agreement, &self.config)?;
        self.door.reload(&next.agreement)?;
        self.in_force.store(Arc::new(next));
        Ok(())
    }
}

fn announcer(agreement: &Agreement, config: &PixManagerConfig) -> Announcer {
    let authorities: BTreeMap<_, _> = agreement
        .authorities()
        .map(|authority| (authority.oid.as_str().to_owned(), authority.clone()))
        .collect();
    let consumers = config.consumers.iter().map(|consumer| Consumer {
        name: consumer.name.clone(),
        format: match consumer.notify {
            ConsumerAddress::Mllp(_) => Format::V2,
            ConsumerAddress::Soap(_) => Format::V3,
        },
        domains: consumer
            .domains
            .iter()
            .filter_map(|name| agreement.domain(name))
            .filter(|domain| !domain.sensitive)
            .map(|domain| domain.authority.oid.as_str().to_owned())
            .collect(),
        application: consumer.application.clone(),
        facility: consumer.facility.clone(),
    });
    Announcer {
        application: APPLICATION.to_owned(),
        facility: agreement.affinity_domain.name.clone(),
        system: agreement.home_community_id.oid().clone(),
        tells_registry: agreement.patient_ids == PatientIds::Manager,
        network: agreement.affinity_domain.authority.clone(),
        authorities,
        consumers: consumers.collect(),
    }
}

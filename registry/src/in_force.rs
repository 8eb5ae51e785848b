//! The agreement in force, with what the registry derives from it; replaced as a whole by a reload.

use std::sync::Arc;

use audit::{AuditRecord, Event, Outcome};
use config::agreement::{Agreement, MetadataRules};
use identity::{AuthorityTable, InvalidAuthorityTable};
use policy::Access;

use crate::Registry;

/// One state of the agreement; a request sees the same one from beginning to end.
#[derive(Clone, Debug)]
pub struct InForce {
    pub agreement: Arc<Agreement>,
    /// The agreement's rules at the levels that the access mode leaves them.
    pub rules: MetadataRules,
    pub authorities: AuthorityTable,
}

/// Why an agreement cannot be put in force while the registry runs.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    #[error("the agreement's assigning authorities contradict each other")]
    Authorities(#[from] InvalidAuthorityTable),
    #[error(
        "{what} cannot change while the community runs: what is registered would change its meaning"
    )]
    Identity { what: &'static str },
    #[error("the agreement trusts somebody who cannot be trusted")]
    Trust(#[from] access::InvalidTrust),
    #[error("the change could not be recorded in the audit trail")]
    Audit(#[from] audit::JournalError),
}

impl InForce {
    /// # Errors
    /// [`InvalidAuthorityTable`] if two authorities have one name.
    pub fn new(
        agreement: Arc<Agreement>,
        access: Access,
    ) -> Result<InForce, InvalidAuthorityTable> {
        let rules = match access {
            Access::Open => agreement.metadata_rules.under_open_access(),
            Access::Required => agreement.metadata_rules.clone(),
        };
        let authorities = AuthorityTable::new(agreement.authorities().cloned())?;
        Ok(InForce { agreement, rules, authorities })
    }

    /// The next state, unless it is another community's.
    ///
    /// # Errors
    /// [`ReloadError`].
    pub fn succeeded_by(
        &self,
        agreement: Arc<Agreement>,
        access: Access,
    ) -> Result<InForce, ReloadError> {
        let (now, next) = (&self.agreement, &agreement);
        let identity = [
            (now.home_community_id == next.home_community_id, "home_community_id"),
            (
                now.affinity_domain.authority.oid == next.affinity_domain.authority.oid,
                "the affinity domain's OID",
            ),
            (now.repository_unique_id == next.repository_unique_id, "repository_unique_id"),
        ];
        match identity.into_iter().find(|(is_same, _)| !is_same) {
            Some((_, what)) => Err(ReloadError::Identity { what }),
            None => Ok(InForce::new(agreement, access)?),
        }
    }
}

impl Registry {
    /// Puts another version of the agreement in force; requests in hand keep the one they began with.
    ///
    /// # Errors
    /// [`ReloadError`]; the agreement in force then stays.
    pub async fn reload(
        &self,
        agreement: Arc<Agreement>,
        access: Access,
    ) -> Result<(), ReloadError> {
        let next = self.in_force.load().succeeded_by(agreement, access)?;
        let agreement_version = next.agreement.version_in_force();
        let description = format!("agreement in force: version {agreement_version}");
        let alert = self.node.alert(Event::AGREEMENT_CHANGE, Outcome::Success, description);
        let record = AuditRecord { agreement_version, ..alert };
        self.journal.append(&record).await?;
        self.door.reload(&next.agreement)?;
        self.in_force.store(Arc::new(next));
        Ok(())
    }
}

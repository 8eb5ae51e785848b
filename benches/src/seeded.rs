//! A community on disk with a registry that holds synthetic entries.
//!
//! The entries came through the functions of ITI-8 and ITI-42, XML included: what is asked later is what a
//! registry in use would hold, rule checks, group commit and audit records behind it.

use audit::Party;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use config::Agreement;
use config::actor::{Actor, RegistryConfig, RepositoryConfig, Transport};
use config::init::NewCommunity;
use config::pki::{FIRST_CLIENT, PkiFolder};
use datatypes::{HomeCommunityId, PatientId, RepositoryUniqueId};
use identity::{Demographics, FeedEvent, LocalId, PatientIdentityFeed};
use net::{Metrics, TlsFiles};
use policy::{Access, Requester, Transaction};
use registry::transactions::Origin;
use registry::transactions::patient_identity_feed::{FeedTransaction, patient_identity_feed};
use registry::transactions::register_document_set::register_document_set;
use registry::{Registry, RegistryServer};
use repository::RepositoryServer;
use tokio::task::JoinSet;

use crate::synthetic::{
    AFFINITY_DOMAIN, Generator, Population, REPOSITORY, Random, oid, submission,
};

/// Registrations under way at one time: enough for full groups, too few to fill the queue.
const IN_FLIGHT: usize = 64;

/// The data folder of a community.
#[derive(Clone, Debug)]
pub struct Community {
    pub data: PathBuf,
}

impl Community {
    /// Opens the folder, creating a community with the identifiers of the synthetic data if it is empty.
    ///
    /// # Errors
    /// The folder cannot be written, or holds something else.
    pub fn open(data: &Path) -> Result<Community> {
        if !data.join(config::agreement::FILE_NAME).exists() {
            let community = NewCommunity {
                name: "Load test".to_owned(),
                home_community_id: HomeCommunityId::new(oid("2.999.1")),
                repository_unique_id: RepositoryUniqueId::new(oid(REPOSITORY)),
                affinity_domain: oid(AFFINITY_DOMAIN),
                domains: Vec::new(),
                ..NewCommunity::generate()
            };
            config::init::init(data, &community).context("the community cannot be created")?;
        }
        Ok(Community { data: data.to_owned() })
    }

    /// The registry's configuration as `init` writes it, on a free port and without feed listeners.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn registry_config(&self, transport: Transport) -> Result<RegistryConfig> {
        let mut config = RegistryConfig::read(&self.data.join(Actor::Registry.file_name()))?;
        config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.process.transport = transport;
        config.feed.mllp = None;
        config.feed.mllps = None;
        Ok(config)
    }

    /// Starts the registry; needs a tokio runtime.
    ///
    /// # Errors
    /// Those of starting.
    pub fn start_registry(&self, config: &RegistryConfig) -> Result<RegistryServer> {
        let agreement = Agreement::read(&self.data.join(config::agreement::FILE_NAME))?;
        let metrics = Metrics::new(&mut prometheus_client::registry::Registry::default());
        Ok(RegistryServer::start(config, Arc::new(agreement), Access::Open, &metrics)?)
    }

    /// Starts a repository for that registry, on a free port and otherwise as `init` configures it.
    ///
    /// # Errors
    /// Those of starting.
    pub async fn start_repository(
        &self,
        of: &RegistryConfig,
        registry: &RegistryServer,
    ) -> Result<RepositoryServer> {
        let mut config = RepositoryConfig::read(&self.data.join(Actor::Repository.file_name()))?;
        config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.process.transport = of.process.transport;
        config.process.workers = of.process.workers;
        let scheme = of.process.transport.scheme();
        let path = registry::endpoint::PATH;
        config.registry_url = format!("{scheme}://{}{path}", registry.address());
        let agreement = Agreement::read(&self.data.join(config::agreement::FILE_NAME))?;
        let metrics = Metrics::new(&mut prometheus_client::registry::Registry::default());
        let started = RepositoryServer::start(&config, Arc::new(agreement), Access::Open, &metrics);
        Ok(started.await?)
    }

    /// The certificate of a client of this community.
    #[must_use]
    pub fn client(&self) -> TlsFiles {
        let pki = PkiFolder::of(&self.data);
        let client = pki.client(FIRST_CLIENT);
        TlsFiles::new(client.certificate, client.key, pki.ca_certificate())
    }
}

/// Who registers and asks where no connection is behind it.
#[must_use]
pub fn origin() -> Origin {
    Origin {
        requester: Requester::unknown_node("bench".to_owned()),
        right: Transaction::Iti18,
        peer: Party::named("bench".to_owned()),
        own: Party::named("registry".to_owned()),
        message_id: Some("urn:uuid:00000000-0000-4000-8000-000000000000".to_owned()),
    }
}

/// Feeds the patients and registers all their documents; the same seed, the same entries.
///
/// # Errors
/// A patient or a submission was refused: the figures would be about other data than they say.
pub async fn fill(registry: &Arc<Registry>, population: &Population, seed: u64) -> Result<()> {
    feed(registry, population.patients.iter().map(|patient| patient.id.clone())).await?;
    let mut generator = Generator::new(seed);
    let mut running = JoinSet::new();
    for planned in population.submissions(&mut Random::new(seed)) {
        let Some(patient) = population.patients.get(planned.patient) else { continue };
        let submission = generator.submission(&patient.id, planned.n_entries);
        let draft = submission::read_envelope(&submission::envelope(&submission))?;
        let registry = Arc::clone(registry);
        running.spawn(async move { register_document_set(&registry, &origin(), draft).await });
        if running.len() >= IN_FLIGHT
            && let Some(registered) = running.join_next().await
        {
            registered?.context("a submission was refused")?;
        }
    }
    while let Some(registered) = running.join_next().await {
        registered?.context("a submission was refused")?;
    }
    Ok(())
}

/// Makes patients known, as a Patient Identity Feed does.
///
/// # Errors
/// A patient was refused.
pub async fn feed(
    registry: &Arc<Registry>,
    patients: impl Iterator<Item = PatientId>,
) -> Result<()> {
    let mut running = JoinSet::new();
    for patient in patients {
        let registry = Arc::clone(registry);
        let feed = PatientIdentityFeed {
            event: FeedEvent::Register,
            identifiers: vec![LocalId {
                id: patient.id().to_owned(),
                namespace: None,
                universal_id: Some(patient.authority().clone()),
            }],
            prior_identifiers: Vec::new(),
            demographics: Demographics::default(),
            visit: None,
        };
        running.spawn(async move {
            patient_identity_feed(&registry, FeedTransaction::Iti8, &origin(), &feed).await
        });
        if running.len() >= IN_FLIGHT
            && let Some(fed) = running.join_next().await
        {
            fed?.context("a patient was refused")?;
        }
    }
    while let Some(fed) = running.join_next().await {
        fed?.context("a patient was refused")?;
    }
    Ok(())
}

//! The running actors of one community.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use atna::Destination;
use audit_repository::AuditRepositoryServer;
use config::actor::RepositoryConfig;
use config::agreement::Agreement;
use config::endpoints::{Addresses, Endpoints};
use net::admin::Readiness;
use net::{AdminServer, Metrics};
use policy::Access;
use registry::RegistryServer;
use repository::RepositoryServer;

use super::Community;
use super::admin::AdminPages;
use crate::error::CommandError;
use crate::output;

pub(super) struct Running {
    data: PathBuf,
    agreement: Arc<Agreement>,
    scheme: &'static str,
    audit_scheme: &'static str,
    registry: RegistryServer,
    repository: RepositoryServer,
    audit_repository: Option<AuditRepositoryServer>,
    pub(super) admin: Option<AdminServer>,
}

impl Running {
    /// The audit repository first, which hears of the others; then the registry: the repository needs its
    /// address.
    pub(super) async fn start(
        community: &Community,
        access: Access,
        metrics: &Metrics,
    ) -> Result<Running, CommandError> {
        let agreement = Arc::clone(&community.agreement);
        let audit_repository = match &community.audit_repository {
            Some(config) => Some(
                AuditRepositoryServer::start(config, Arc::clone(&agreement), metrics)
                    .await
                    .map_err(CommandError::AuditRepository)?,
            ),
            None => None,
        };
        let community = &forwarding_to(community, audit_repository.as_ref());
        match start_both(community, access, metrics).await {
            Ok((registry, repository)) => Ok(Running {
                data: community.data.clone(),
                agreement,
                scheme: community.registry.process.transport.scheme(),
                audit_scheme: community
                    .audit_repository
                    .as_ref()
                    .map_or("https", |config| config.process.transport.scheme()),
                registry,
                repository,
                audit_repository,
                admin: None,
            }),
            Err(error) => {
                if let Some(audit_repository) = audit_repository {
                    audit_repository.stop().await;
                }
                Err(error)
            }
        }
    }

    pub(super) fn readiness(&self) -> Readiness {
        let (registry, repository) = (self.registry.readiness(), self.repository.readiness());
        let audit_repository = self.audit_repository.as_ref().map(AuditRepositoryServer::readiness);
        Arc::new(move || {
            let audit_repository = || audit_repository.as_ref().map_or(Ok(()), |ready| ready());
            registry().and_then(|()| repository()).and_then(|()| audit_repository())
        })
    }

    /// The pages of the admin listener beside health and metrics.
    pub(super) fn admin_pages(&self, access: Access) -> AdminPages {
        AdminPages {
            data: self.data.clone(),
            registry: self.registry.state(),
            repository: self.repository.state(),
            maintenance: self.repository.maintenance(),
            audit_repository: self.audit_repository.as_ref().map(AuditRepositoryServer::state),
            access,
        }
    }

    /// The ports answer: says where they are, after the trail knows how access was decided.
    pub(super) async fn publish(&self, access: Access) -> Result<(), CommandError> {
        self.registry.record_start(access).await?;
        self.repository.record_start(access).await?;
        let host_port = |address: Option<SocketAddr>| address.map(|address| address.to_string());
        let audit = self.audit_repository.as_ref();
        let at_registry = |path| Some(url(self.scheme, self.registry.address(), path));
        let addresses = Addresses {
            registry: at_registry(registry::endpoint::PATH),
            registry_mllp: host_port(self.registry.mllp_address()),
            registry_mllps: host_port(self.registry.mllps_address()),
            registry_pix_v3: at_registry(registry::feed_v3::PATH),
            repository: Some(url(
                self.scheme,
                self.repository.address(),
                repository::endpoint::PATH,
            )),
            audit_tls: host_port(audit.and_then(AuditRepositoryServer::tls_address)),
            audit_udp: host_port(audit.and_then(AuditRepositoryServer::udp_address)),
            audit_fhir: audit.map(|audit| {
                url(self.audit_scheme, audit.http_address(), audit_repository::endpoint::BASE)
            }),
            admin: self.admin.as_ref().map(|admin| format!("http://{}", admin.address())),
            ..Addresses::default()
        };
        Endpoints::new(&self.data, &self.agreement, addresses).write(&self.data)?;
        Ok(())
    }

    /// What a person who has just started a community wants to know.
    pub(super) fn say_what_to_try(&self) {
        let data = self.data.display();
        let option = if self.data.as_os_str() == "renkei-data" {
            String::new()
        } else {
            format!(" --data {data}")
        };
        output::line(format_args!(
            "\n{} is up; {data}/endpoints.json says where.",
            self.agreement.name
        ));
        output::line("Try in another terminal:");
        for command in [
            "patient add 4711 --name '山田^太郎' --kana 'ヤマダ^タロウ' --birth-date 19700401 --sex M",
            "submit README.md --patient 4711 --title '紹介状'",
            "find --patient 4711",
            "fetch UNIQUE-ID",
        ] {
            output::line(format_args!("  renkei {command}{option}"));
        }
        output::line("Stop with Ctrl-C.");
    }

    /// First nobody is sent here any more, then the doors close, outermost first. The admin listener goes
    /// before the actors: it holds what they close.
    pub(super) async fn stop(self) {
        if let Err(error) = Endpoints::remove(&self.data) {
            tracing::warn!(%error, "endpoints.json could not be removed");
        }
        if let Some(admin) = self.admin {
            admin.stop().await;
        }
        self.repository.stop().await;
        self.registry.stop().await;
        // Last: it hears of the others' stop.
        if let Some(audit_repository) = self.audit_repository {
            audit_repository.stop().await;
        }
    }
}

/// Records go to the community's own audit repository, unless somebody said where else.
fn forwarding_to(
    community: &Community,
    audit_repository: Option<&AuditRepositoryServer>,
) -> Community {
    let mut community = community.clone();
    let own = audit_repository.and_then(AuditRepositoryServer::tls_address);
    let own = own
        .map(|address| Destination::Tls { host: address.ip().to_string(), port: address.port() });
    for audit in [&mut community.registry.audit, &mut community.repository.audit] {
        if audit.destinations.is_empty() {
            audit.destinations.extend(own.clone());
        }
    }
    community
}

async fn start_both(
    community: &Community,
    access: Access,
    metrics: &Metrics,
) -> Result<(RegistryServer, RepositoryServer), CommandError> {
    let scheme = community.registry.process.transport.scheme();
    let agreement = &community.agreement;
    let registry =
        RegistryServer::start(&community.registry, Arc::clone(agreement), access, metrics)
            .map_err(CommandError::Registry)?;
    let registry_url = url(scheme, registry.address(), registry::endpoint::PATH);
    let config = RepositoryConfig { registry_url, ..community.repository.clone() };
    match RepositoryServer::start(&config, Arc::clone(agreement), access, metrics).await {
        Ok(repository) => Ok((registry, repository)),
        Err(error) => {
            registry.stop().await;
            Err(CommandError::Repository(error))
        }
    }
}

fn url(scheme: &str, address: SocketAddr, path: &str) -> String {
    format!("{scheme}://{address}{path}")
}

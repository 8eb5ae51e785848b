//! The running actors of one community.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use atna::Destination;
use audit_repository::AuditRepositoryServer;
use config::actor::{MllpAddress, PixManagerConfig, RepositoryConfig, Transport};
use config::agreement::Agreement;
use config::endpoints::{Addresses, Endpoints};
use net::admin::Readiness;
use net::{AdminServer, Metrics};
use pix_manager::PixManagerServer;
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
    pix_manager: Option<PixManagerServer>,
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
                AuditRepositoryServer::start(config, Arc::clone(&agreement), access, metrics)
                    .await
                    .map_err(CommandError::AuditRepository)?,
            ),
            None => None,
        };
        let community = &forwarding_to(community, audit_repository.as_ref());
        match start_others(community, access, metrics).await {
            Ok((registry, repository, pix_manager)) => Ok(Running {
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
                pix_manager,
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
        let pix_manager = self.pix_manager.as_ref().map(PixManagerServer::readiness);
        Arc::new(move || {
            let audit_repository = || audit_repository.as_ref().map_or(Ok(()), |ready| ready());
            let pix_manager = || pix_manager.as_ref().map_or(Ok(()), |ready| ready());
            registry()
                .and_then(|()| repository())
                .and_then(|()| audit_repository())
                .and_then(|()| pix_manager())
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
            pix_manager: self.pix_manager.as_ref().map(PixManagerServer::state),
            access,
        }
    }

    /// The ports answer: says where they are, after the trail knows how access was decided.
    pub(super) async fn publish(&self, access: Access) -> Result<(), CommandError> {
        self.registry.record_start(access).await?;
        self.repository.record_start(access).await?;
        if let Some(manager) = &self.pix_manager {
            manager.record_start(access).await?;
        }
        let host_port = |address: Option<SocketAddr>| address.map(|address| address.to_string());
        let audit = self.audit_repository.as_ref();
        let at_registry = |path| Some(url(self.scheme, self.registry.address(), path));
        let manager = self.pix_manager.as_ref();
        let addresses = Addresses {
            pix_v3: manager
                .map(|manager| url(self.scheme, manager.address(), pix_manager::soap::PIX_PATH)),
            pdq_v3: manager
                .map(|manager| url(self.scheme, manager.address(), pix_manager::soap::PDQ_PATH)),
            mllp: host_port(manager.and_then(PixManagerServer::mllp_address)),
            mllps: host_port(manager.and_then(PixManagerServer::mllps_address)),
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
        // It tells the registry what it has to tell.
        if let Some(manager) = self.pix_manager {
            manager.stop().await;
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
    let manager = community.pix_manager.as_mut().map(|manager| &mut manager.audit);
    let actors = [&mut community.registry.audit, &mut community.repository.audit];
    for audit in actors.into_iter().chain(manager) {
        if audit.destinations.is_empty() {
            audit.destinations.extend(own.clone());
        }
    }
    community
}

type Others = (RegistryServer, RepositoryServer, Option<PixManagerServer>);

async fn start_others(
    community: &Community,
    access: Access,
    metrics: &Metrics,
) -> Result<Others, CommandError> {
    let scheme = community.registry.process.transport.scheme();
    let agreement = &community.agreement;
    let registry =
        RegistryServer::start(&community.registry, Arc::clone(agreement), access, metrics)
            .map_err(CommandError::Registry)?;
    let registry_url = url(scheme, registry.address(), registry::endpoint::PATH);
    let config = RepositoryConfig { registry_url, ..community.repository.clone() };
    let started = RepositoryServer::start(&config, Arc::clone(agreement), access, metrics).await;
    let repository = match started {
        Ok(repository) => repository,
        Err(error) => {
            registry.stop().await;
            return Err(CommandError::Repository(error));
        }
    };
    let manager = community.pix_manager.as_ref().map(|config| telling(config, &registry));
    let started = manager
        .map(|config| PixManagerServer::start(&config, Arc::clone(agreement), access, metrics))
        .transpose();
    match started {
        Ok(pix_manager) => Ok((registry, repository, pix_manager)),
        Err(error) => {
            repository.stop().await;
            registry.stop().await;
            Err(CommandError::PixManager(error))
        }
    }
}

/// The manager tells the community's own registry, unless its file names another one.
fn telling(config: &PixManagerConfig, registry: &RegistryServer) -> PixManagerConfig {
    let mut config = config.clone();
    let own = registry.mllps_address().map(|address| (Transport::MutualTls, address));
    let own = own.or_else(|| registry.mllp_address().map(|it| (Transport::Plain, it)));
    config.registry.feed = config.registry.feed.or_else(|| {
        own.map(|(transport, address)| MllpAddress {
            transport,
            host: address.ip().to_string(),
            port: address.port(),
        })
    });
    config
}

fn url(scheme: &str, address: SocketAddr, path: &str) -> String {
    format!("{scheme}://{address}{path}")
}

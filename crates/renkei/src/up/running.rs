//! The running actors of one community.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

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
    registry: RegistryServer,
    repository: RepositoryServer,
    pub(super) admin: Option<AdminServer>,
}

impl Running {
    /// Registry first: the repository needs its address.
    pub(super) async fn start(
        community: &Community,
        access: Access,
        metrics: &Metrics,
    ) -> Result<Running, CommandError> {
        let scheme = community.registry.process.transport.scheme();
        let agreement = Arc::clone(&community.agreement);
        let registry =
            RegistryServer::start(&community.registry, Arc::clone(&agreement), access, metrics)
                .map_err(CommandError::Registry)?;
        let registry_url = url(scheme, registry.address(), registry::endpoint::PATH);
        let config = RepositoryConfig { registry_url, ..community.repository.clone() };
        let repository =
            RepositoryServer::start(&config, Arc::clone(&agreement), access, metrics).await;
        let repository = match repository {
            Ok(repository) => repository,
            Err(error) => {
                registry.stop().await;
                return Err(CommandError::Repository(error));
            }
        };
        let data = community.data.clone();
        Ok(Running { data, agreement, scheme, registry, repository, admin: None })
    }

    pub(super) fn readiness(&self) -> Readiness {
        let (registry, repository) = (self.registry.readiness(), self.repository.readiness());
        Arc::new(move || registry().and_then(|()| repository()))
    }

    /// The pages of the admin listener beside health and metrics.
    pub(super) fn admin_pages(&self, access: Access) -> AdminPages {
        AdminPages {
            data: self.data.clone(),
            registry: self.registry.state(),
            repository: self.repository.state(),
            maintenance: self.repository.maintenance(),
            access,
        }
    }

    /// The ports answer: says where they are, after the trail knows how access was decided.
    pub(super) async fn publish(&self, access: Access) -> Result<(), CommandError> {
        self.registry.record_start(access).await?;
        self.repository.record_start(access).await?;
        let host_port = |address: Option<SocketAddr>| address.map(|address| address.to_string());
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
    }
}

fn url(scheme: &str, address: SocketAddr, path: &str) -> String {
    format!("{scheme}://{address}{path}")
}

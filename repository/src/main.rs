//! `renkei-repository`: the Document Repository as a process of its own.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use actix_web::web::ServiceConfig;
use actor::{Actor, Program};
use anyhow::Result;
use config::actor::{ProcessConfig, RepositoryConfig};
use config::{Agreement, Community};
use net::Metrics;
use net::admin::Readiness;
use policy::Access;
use repository::RepositoryServer;

fn main() -> ExitCode {
    actor::run::<Process>()
}

struct Process(RepositoryServer);

impl Actor for Process {
    type Config = RepositoryConfig;

    const PROGRAM: Program = Program {
        name: "renkei-repository",
        about: "Renkei's Document Repository: ITI-41 and ITI-43; calls the registry of repository.toml",
        file: "repository.toml",
    };

    fn config(community: &mut Community) -> Option<RepositoryConfig> {
        community.repository.take()
    }

    fn process(config: &RepositoryConfig) -> &ProcessConfig {
        &config.process
    }

    fn listeners(config: &RepositoryConfig) -> Vec<SocketAddr> {
        vec![config.listen]
    }

    async fn start(
        config: &RepositoryConfig,
        agreement: Arc<Agreement>,
        access: Access,
        metrics: &Metrics,
    ) -> Result<Process> {
        Ok(Process(RepositoryServer::start(config, agreement, access, metrics).await?))
    }

    async fn record_start(&self, access: Access) -> Result<()> {
        Ok(self.0.record_start(access).await?)
    }

    fn address(&self) -> SocketAddr {
        self.0.address()
    }

    fn readiness(&self) -> Readiness {
        Arc::new(self.0.readiness())
    }

    fn pages(&self) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
        let maintenance = self.0.maintenance();
        move |service| repository::admin::configure(service, Arc::clone(&maintenance))
    }

    async fn stop(self) {
        self.0.stop().await;
    }
}

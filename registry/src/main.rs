//! `renkei-registry`: the Document Registry as a process of its own.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use actix_web::web::ServiceConfig;
use actor::{Actor, Program};
use anyhow::Result;
use config::actor::{ProcessConfig, RegistryConfig};
use config::{Agreement, Community};
use net::Metrics;
use net::admin::Readiness;
use policy::Access;
use registry::RegistryServer;

fn main() -> ExitCode {
    actor::run::<Process>()
}

struct Process(RegistryServer);

impl Actor for Process {
    type Config = RegistryConfig;

    const PROGRAM: Program = Program {
        name: "renkei-registry",
        about: "Renkei's Document Registry: ITI-42, ITI-18 and the patient identity feed ITI-8",
        file: "registry.toml",
    };

    fn config(community: &mut Community) -> Option<RegistryConfig> {
        community.registry.take()
    }

    fn process(config: &RegistryConfig) -> &ProcessConfig {
        &config.process
    }

    fn listeners(config: &RegistryConfig) -> Vec<SocketAddr> {
        [Some(config.listen), config.feed.mllp, config.feed.mllps].into_iter().flatten().collect()
    }

    async fn start(
        config: &RegistryConfig,
        agreement: Arc<Agreement>,
        access: Access,
        metrics: &Metrics,
    ) -> Result<Process> {
        Ok(Process(RegistryServer::start(config, agreement, access, metrics)?))
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
        |_service| {}
    }

    async fn stop(self) {
        self.0.stop().await;
    }
}

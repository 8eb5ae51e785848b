//! `renkei-pix-manager`: the PIX manager and PDQ supplier as a process of its own.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use actix_web::web::ServiceConfig;
use actor::{Actor, Program};
use anyhow::Result;
use config::actor::{PixManagerConfig, ProcessConfig};
use config::{Agreement, Community};
use net::Metrics;
use net::admin::Readiness;
use pix_manager::PixManagerServer;
use policy::Access;

fn main() -> ExitCode {
    actor::run::<Process>()
}

struct Process(PixManagerServer);

impl Actor for Process {
    type Config = PixManagerConfig;

    const PROGRAM: Program = Program {
        name: "renkei-pix-manager",
        about: "Renkei's PIX manager and PDQ supplier: ITI-8, -30 and -44; ITI-9, -21, -22, -45 and -47",
        file: "pix-manager.toml",
    };

    fn config(community: &mut Community) -> Option<PixManagerConfig> {
        community.pix_manager.take()
    }

    fn process(config: &PixManagerConfig) -> &ProcessConfig {
        &config.process
    }

    fn listeners(config: &PixManagerConfig) -> Vec<SocketAddr> {
        [Some(config.listen), config.mllp.mllp, config.mllp.mllps].into_iter().flatten().collect()
    }

    async fn start(
        config: &PixManagerConfig,
        agreement: Arc<Agreement>,
        access: Access,
        metrics: &Metrics,
    ) -> Result<Process> {
        Ok(Process(PixManagerServer::start(config, agreement, access, metrics)?))
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
        let manager = self.0.state();
        move |service| pix_manager::admin::configure(service, Arc::clone(&manager))
    }

    async fn stop(self) {
        self.0.stop().await;
    }
}

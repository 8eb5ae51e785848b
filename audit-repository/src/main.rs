//! `renkei-audit-repository`: the Audit Record Repository as a process of its own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use actor::AccessChoice;
use anyhow::{Context, Result};
use audit_repository::AuditRepositoryServer;
use clap::Parser;
use config::actor::LogFormat as ConfiguredLogFormat;
use net::process::{LogFormat, StopSignals, start_logs};
use net::{AdminConfig, AdminServer, Metrics};
use policy::Access;

/// Renkei's Audit Record Repository: receives audit messages (ITI-20), keeps them, and shows
/// them to auditors (ITI-81).
#[derive(Debug, Parser)]
#[command(version)]
#[command(after_help = "Examples:
  renkei-audit-repository
  renkei-audit-repository --data /srv/north
  RUST_LOG=debug renkei-audit-repository --access open")]
struct Arguments {
    /// Data folder of the community; audit-repository.toml in it says addresses, database and limits.
    #[arg(long, value_name = "DIR", env = "RENKEI_DATA", default_value = "renkei-data")]
    data: PathBuf,
    /// required: over mutual TLS the readers that the agreement names may read the trail, nobody else. open:
    /// without TLS, which is on loopback only, everybody may; for development and test tools.
    #[arg(long, default_value = "required")]
    access: AccessChoice,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let community = config::Community::load(&arguments.data)?;
    let config =
        community.audit_repository.context("the data folder has no audit-repository.toml")?;
    start_logs(match config.process.log_format {
        ConfiguredLogFormat::Text => LogFormat::Text,
        ConfiguredLogFormat::Json => LogFormat::Json,
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let access = Access::from(arguments.access);
    runtime.block_on(serve(&config, Arc::new(community.agreement), access))
}

async fn serve(
    config: &config::actor::AuditRepositoryConfig,
    agreement: Arc<config::Agreement>,
    access: Access,
) -> Result<()> {
    let mut signals = StopSignals::listen()?;
    let mut metrics_registry = prometheus_client::registry::Registry::default();
    let metrics = Metrics::new(&mut metrics_registry);
    let server = AuditRepositoryServer::start(config, agreement, access, &metrics).await?;
    let admin = AdminServer::start(
        AdminConfig {
            address: config.process.admin,
            ready: Arc::new(server.readiness()),
            registry: Arc::new(metrics_registry),
        },
        |_service| {},
    )?;
    let (tls, udp) = (server.tls_address(), server.udp_address());
    tracing::info!(?tls, ?udp, http = %server.http_address(), admin = %admin.address(), "the audit repository receives");
    signals.wait().await;
    // First whoever only looks: what it looks at is closed with the server.
    admin.stop().await;
    server.stop().await;
    Ok(())
}

//! `renkei-repository`: the Document Repository as a process of its own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use config::actor::LogFormat as ConfiguredLogFormat;
use net::process::{LogFormat, StopSignals, start_logs};
use net::{AdminConfig, AdminServer, Metrics};
use policy::Access;
use repository::RepositoryServer;

/// Renkei's Document Repository: ITI-41 and ITI-43; calls the registry of repository.toml.
#[derive(Debug, Parser)]
#[command(version)]
#[command(after_help = "Examples:
  renkei-repository --access open
  renkei-repository --access open --data /srv/north
  RUST_LOG=debug renkei-repository --access open")]
struct Arguments {
    /// Data folder of the community; repository.toml in it says addresses, database and limits.
    #[arg(long, value_name = "DIR", env = "RENKEI_DATA", default_value = "renkei-data")]
    data: PathBuf,
    /// required: rules over persons and roles (not in this version). open: whoever connects may do
    /// everything; on loopback only, for development and test tools.
    #[arg(long, default_value = "required")]
    access: AccessChoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AccessChoice {
    Required,
    Open,
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
    let access = match arguments.access {
        AccessChoice::Open => Access::Open,
        AccessChoice::Required => {
            bail!("access by persons and roles is not in this version: use --access open")
        }
    };
    let community = config::Community::load(&arguments.data)?;
    let config = community.repository.context("the data folder has no repository.toml")?;
    if !config.listen.ip().is_loopback() {
        bail!("open access is for loopback only, and {} is not", config.listen);
    }
    start_logs(match config.process.log_format {
        ConfiguredLogFormat::Text => LogFormat::Text,
        ConfiguredLogFormat::Json => LogFormat::Json,
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(&config, Arc::new(community.agreement), access))
}

async fn serve(
    config: &config::actor::RepositoryConfig,
    agreement: Arc<config::Agreement>,
    access: Access,
) -> Result<()> {
    let mut signals = StopSignals::listen()?;
    let mut metrics_registry = prometheus_client::registry::Registry::default();
    let metrics = Metrics::new(&mut metrics_registry);
    let server = RepositoryServer::start(config, agreement, access, &metrics).await?;
    tracing::warn!("ACCESS IS OPEN: whoever connects may read and write everything; loopback only");
    server.record_start(access).await?;
    let maintenance = server.maintenance();
    let admin = AdminServer::start(
        AdminConfig {
            address: config.process.admin,
            ready: Arc::new(server.readiness()),
            registry: Arc::new(metrics_registry),
        },
        move |service| repository::admin::configure(service, Arc::clone(&maintenance)),
    )?;
    tracing::info!(address = %server.address(), admin = %admin.address(), "the repository serves");
    signals.wait().await;
    // First whoever only looks: what it looks at is closed with the server.
    admin.stop().await;
    server.stop().await;
    Ok(())
}

//! `renkei-pix-manager`: the PIX manager and PDQ supplier as a process of its own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use config::actor::LogFormat as ConfiguredLogFormat;
use net::process::{LogFormat, StopSignals, start_logs};
use net::{AdminConfig, AdminServer, Metrics};
use pix_manager::PixManagerServer;
use policy::Access;

/// Renkei's PIX manager and PDQ supplier: feeds ITI-8, ITI-30, ITI-44, questions ITI-9, ITI-21, ITI-22, ITI-45, ITI-47.
#[derive(Debug, Parser)]
#[command(version)]
#[command(after_help = "Examples:
  renkei-pix-manager --access open
  renkei-pix-manager --access open --data /srv/north
  RUST_LOG=debug renkei-pix-manager --access open")]
struct Arguments {
    /// Data folder of the community; pix-manager.toml in it says addresses, database and limits.
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
    let config = community.pix_manager.context("the data folder has no pix-manager.toml")?;
    let mut listeners =
        [Some(config.listen), config.mllp.mllp, config.mllp.mllps].into_iter().flatten();
    if let Some(address) = listeners.find(|address| !address.ip().is_loopback()) {
        bail!("open access is for loopback only, and {address} is not");
    }
    start_logs(match config.process.log_format {
        ConfiguredLogFormat::Text => LogFormat::Text,
        ConfiguredLogFormat::Json => LogFormat::Json,
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(&config, Arc::new(community.agreement), access))
}

async fn serve(
    config: &config::actor::PixManagerConfig,
    agreement: Arc<config::Agreement>,
    access: Access,
) -> Result<()> {
    let mut signals = StopSignals::listen()?;
    let mut metrics_registry = prometheus_client::registry::Registry::default();
    let metrics = Metrics::new(&mut metrics_registry);
    let server = PixManagerServer::start(config, agreement, access, &metrics)?;
    tracing::warn!("ACCESS IS OPEN: whoever connects may read and write everything; loopback only");
    server.record_start(access).await?;
    let manager = server.state();
    let admin = AdminServer::start(
        AdminConfig {
            address: config.process.admin,
            ready: Arc::new(server.readiness()),
            registry: Arc::new(metrics_registry),
        },
        move |service| pix_manager::admin::configure(service, Arc::clone(&manager)),
    )?;
    tracing::info!(address = %server.address(), admin = %admin.address(), "the PIX manager serves");
    signals.wait().await;
    // The pages hold the manager, whose stores close with its last user.
    admin.stop().await;
    server.stop().await;
    Ok(())
}

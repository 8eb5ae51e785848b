//! The all-in-one process: communities, each with its actors, their ports, one stop for all.
//!
//! Actors meet over the wire here as well: the repository calls its registry by the address that was
//! bound. They share the process, the log and the admin listener, and nothing else.

mod admin;
mod claim;
mod community;
mod ports;
mod running;

use std::sync::Arc;

use net::process::{LogFormat, StopSignals, start_logs};
use net::{AdminConfig, AdminServer, Metrics};
use policy::Access;
use prometheus_client::registry::Registry as MetricsRegistry;

pub(crate) use claim::Claim;
pub(crate) use community::{Community, Overrides};
pub(crate) use ports::port_block;
use running::Running;

use crate::error::CommandError;
use crate::output;

/// Starts the communities and serves until a signal asks to stop.
pub(crate) fn serve(communities: Vec<Community>, access: Access) -> Result<(), CommandError> {
    let format = communities.first().map_or(LogFormat::Text, Community::log_format);
    start_logs(format);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CommandError::Runtime)?;
    runtime.block_on(serve_all(communities, access))
}

async fn serve_all(communities: Vec<Community>, access: Access) -> Result<(), CommandError> {
    let mut signals = StopSignals::listen().map_err(CommandError::Runtime)?;
    warn_of(access);
    let mut metrics_registry = MetricsRegistry::default();
    let metrics = Metrics::new(&mut metrics_registry);
    let metrics_registry = Arc::new(metrics_registry);
    let mut running = Vec::new();
    for community in &communities {
        match start(community, access, &metrics, &metrics_registry).await {
            Ok(started) => running.push(started),
            Err(error) => {
                stop_all(running).await;
                return Err(error);
            }
        }
    }
    for community in &running {
        community.say_what_to_try();
    }
    signals.wait().await;
    tracing::info!("stopping: requests in hand are answered, new ones refused");
    let stopping = stop_all(running);
    tokio::select! {
        () = stopping => Ok(()),
        // A second signal means now.
        () = signals.wait() => Err(CommandError::StoppedInHaste),
    }
}

fn warn_of(access: Access) {
    match access {
        Access::Open => {
            tracing::warn!(
                "ACCESS IS OPEN: whoever connects may read and write everything; loopback only"
            );
            output::warning(
                "access is OPEN: whoever reaches these ports may read and write everything. \
                 For development and test tools only.",
            );
        }
        Access::Required => {}
    }
}

async fn start(
    community: &Community,
    access: Access,
    metrics: &Metrics,
    metrics_registry: &Arc<MetricsRegistry>,
) -> Result<Running, CommandError> {
    let mut running = Running::start(community, access, metrics).await?;
    let admin = AdminConfig {
        address: community.admin_address(),
        ready: running.readiness(),
        registry: Arc::clone(metrics_registry),
    };
    let pages = running.admin_pages(access);
    running.admin = match AdminServer::start(admin, move |service| pages.clone().configure(service))
    {
        Ok(admin) => Some(admin),
        Err(source) => {
            running.stop().await;
            return Err(CommandError::Admin(source));
        }
    };
    if let Err(error) = running.publish(access).await {
        running.stop().await;
        return Err(error);
    }
    Ok(running)
}

async fn stop_all(running: Vec<Running>) {
    for community in running {
        community.stop().await;
    }
}

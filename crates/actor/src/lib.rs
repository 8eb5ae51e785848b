//! What the actors do alike: the frame of a process of its own, and where a request came from.
//!
//! The frame reads arguments and configuration, starts logs, the actor and its admin listener, and stops them
//! in order. What the actor does is its own; how a process of ours begins and ends stands here once.

mod origin;
mod time;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use actix_web::web::ServiceConfig;
use anyhow::{Context as _, Result, bail};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, ValueEnum};
use config::actor::{LogFormat as ConfiguredLogFormat, ProcessConfig};
use config::{Agreement, Community};
use net::admin::Readiness;
use net::process::{LogFormat, StopSignals, start_logs};
use net::{AdminConfig, AdminServer, Metrics};
use policy::Access;

pub use origin::{Origin, as_written, printable};
pub use time::now;

/// What a program is called and says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// `renkei-registry`.
    pub name: &'static str,
    /// One sentence for `--help`.
    pub about: &'static str,
    /// `registry.toml`.
    pub file: &'static str,
}

/// An actor that can run as a process of its own. The running server implements it.
pub trait Actor: Sized {
    /// Its file in the data folder.
    type Config;

    const PROGRAM: Program;

    /// Takes the actor's configuration out of a data folder's; `None` if it has none.
    fn config(community: &mut Community) -> Option<Self::Config>;

    fn process(config: &Self::Config) -> &ProcessConfig;

    /// Where others ask or tell something: open access keeps them on loopback.
    fn listeners(config: &Self::Config) -> Vec<SocketAddr>;

    /// Opens stores and ports.
    ///
    /// # Errors
    /// Whatever keeps the actor from serving; then nothing is left open.
    fn start(
        config: &Self::Config,
        agreement: Arc<Agreement>,
        access: Access,
        metrics: &Metrics,
    ) -> impl Future<Output = Result<Self>>;

    /// Records the start in the audit trail.
    ///
    /// # Errors
    /// If that is not possible; the actor must not serve then.
    fn record_start(&self, access: Access) -> impl Future<Output = Result<()>>;

    /// The URL or address that logs show.
    fn address(&self) -> SocketAddr;

    fn readiness(&self) -> Readiness;

    /// The actor's pages on the admin listener, beside health and metrics.
    fn pages(&self) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static;

    /// Ends in order.
    fn stop(self) -> impl Future<Output = ()>;
}

#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Data folder of the community; the actor's file in it says addresses, database and limits.
    #[arg(long, value_name = "DIR", env = "RENKEI_DATA", default_value = "renkei-data")]
    data: PathBuf,
    /// required: systems and occupations may call what the agreement gives them, persons show an assertion.
    /// open: whoever connects may do everything; on loopback only, for development and test tools.
    #[arg(long, default_value = "required")]
    access: AccessChoice,
}

/// `--access` of every program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AccessChoice {
    Required,
    Open,
}

impl From<AccessChoice> for Access {
    fn from(choice: AccessChoice) -> Access {
        match choice {
            AccessChoice::Required => Access::Required,
            AccessChoice::Open => Access::Open,
        }
    }
}

/// Runs an actor until it is told to stop: the whole of a program.
#[must_use]
pub fn run<A: Actor>() -> ExitCode {
    match serve::<A>(&arguments(A::PROGRAM)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn arguments(program: Program) -> Arguments {
    let name = program.name;
    let examples = format!(
        "Examples:\n  {name}\n  {name} --data /srv/north\n  RUST_LOG=debug {name} --access open"
    );
    let command = Arguments::command().name(name).about(program.about).after_help(examples);
    Arguments::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

fn serve<A: Actor>(arguments: &Arguments) -> Result<()> {
    let access = Access::from(arguments.access);
    let mut community = Community::load(&arguments.data)?;
    let file = A::PROGRAM.file;
    let config =
        A::config(&mut community).with_context(|| format!("the data folder has no {file}"))?;
    let mut listeners = A::listeners(&config).into_iter();
    if access == Access::Open
        && let Some(address) = listeners.find(|address| !address.ip().is_loopback())
    {
        bail!("open access is for loopback only, and {address} is not");
    }
    start_logs(match A::process(&config).log_format {
        ConfiguredLogFormat::Text => LogFormat::Text,
        ConfiguredLogFormat::Json => LogFormat::Json,
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(until_stopped::<A>(&config, Arc::new(community.agreement), access))
}

async fn until_stopped<A: Actor>(
    config: &A::Config,
    agreement: Arc<Agreement>,
    access: Access,
) -> Result<()> {
    let mut signals = StopSignals::listen()?;
    let mut metrics_registry = prometheus_client::registry::Registry::default();
    let metrics = Metrics::new(&mut metrics_registry);
    let server = A::start(config, agreement, access, &metrics).await?;
    if access == Access::Open {
        tracing::warn!(
            "ACCESS IS OPEN: whoever connects may read and write everything; loopback only"
        );
    }
    server.record_start(access).await?;
    let admin = AdminServer::start(
        AdminConfig {
            address: A::process(config).admin,
            ready: server.readiness(),
            registry: Arc::new(metrics_registry),
        },
        server.pages(),
    )?;
    let program = A::PROGRAM.name;
    tracing::info!(program, address = %server.address(), admin = %admin.address(), "serves");
    signals.wait().await;
    // First whoever only looks: what it looks at is closed with the server.
    admin.stop().await;
    server.stop().await;
    Ok(())
}

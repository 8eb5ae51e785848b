//! The servers under load, each a process of its own: a registry and one that sends fixed bytes; a community
//! and one that keeps files; a PIX manager and two that only answer, or only keep.
//!
//! The first line on standard output is the address; the process ends when its standard input does, so that
//! no server outlives the driver.

mod files;
mod log;
pub(crate) mod mllp;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use anyhow::Result;
use benches::seeded::Community;
use bytes::Bytes;
use clap::{Args, ValueEnum};
use config::actor::{RegistryConfig, Transport as ConfiguredTransport};
use net::process::{LogFormat, start_logs};
use net::{HttpConfig, HttpLimits, HttpServer, Transport};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[arg(value_enum)]
    kind: Kind,
    /// Data folder of the community.
    #[arg(long)]
    data: PathBuf,
    #[arg(long, value_enum)]
    transport: TransportChoice,
    #[arg(long)]
    workers: usize,
    /// Where the audit journal is written, instead of the data folder.
    #[arg(long)]
    journal: Option<PathBuf>,
    /// Keeps no audit records: what they cost is measured so.
    #[arg(long)]
    discard_audit: bool,
    /// Lengths of the static answers; each is served at `/LENGTH`. Over MLLP there is one.
    #[arg(long, value_delimiter = ',')]
    bytes: Vec<usize>,
    /// Small synced writes of one upload beside those of its file.
    #[arg(long, default_value_t = 0)]
    commits: u8,
    /// URL of the database of a manager or of bare rows, instead of a file in the data folder.
    #[arg(long)]
    database: Option<String>,
    /// The registry that a manager tells; without one, identifiers are fed.
    #[arg(long)]
    registry: Option<SocketAddr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Registry,
    Static,
    /// Registry and repository; the address is the repository's.
    Community,
    /// Files over plain HTTP, with the syncs of a community.
    Files,
    /// The PIX manager; the address is that of MLLP.
    Manager,
    /// Fixed answers over MLLP.
    Echo,
    /// Rows of bytes over MLLP.
    Bare,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransportChoice {
    Plain,
    Mtls,
}

impl TransportChoice {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            TransportChoice::Plain => "plain",
            TransportChoice::Mtls => "mtls",
        }
    }
}

/// Serves until standard input ends.
pub(crate) fn run(options: &Options) -> Result<()> {
    start_logs(LogFormat::Text);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match options.kind {
            Kind::Registry => serve_registry(options).await,
            Kind::Static => serve_static(options).await,
            Kind::Community => serve_community(options).await,
            Kind::Files => files::serve(options).await,
            Kind::Manager => mllp::serve_manager(options).await,
            Kind::Echo => mllp::serve_echo(options).await,
            Kind::Bare => mllp::serve_bare(options).await,
        }
    })
}

async fn serve_registry(options: &Options) -> Result<()> {
    if options.discard_audit {
        audit::discard::discard_everything();
    }
    let community = Community::open(&options.data)?;
    let config = registry_config(options, &community)?;
    let server = community.start_registry(&config)?;
    say(&server.address().to_string())?;
    wait_for_end().await?;
    let journal = std::sync::Arc::clone(&server.state().journal);
    server.stop().await;
    let (n_records, n_syncs) = journal.n_records_and_syncs();
    say(&format!("{n_records} {n_syncs}"))
}

async fn serve_community(options: &Options) -> Result<()> {
    let community = Community::open(&options.data)?;
    let config = registry_config(options, &community)?;
    let registry = community.start_registry(&config)?;
    let repository = community.start_repository(&config, &registry).await?;
    say(&repository.address().to_string())?;
    wait_for_end().await?;
    repository.stop().await;
    registry.stop().await;
    Ok(())
}

/// Port, transport and deadlines of the servers that are no actors.
fn http_config(options: &Options) -> Result<HttpConfig> {
    let config = registry_config(options, &Community::open(&options.data)?)?;
    Ok(HttpConfig {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        transport: Transport::from(&config.process),
        workers: options.workers,
        limits: HttpLimits::default(),
        on_refused: net::OnRefused::default(),
        trusted_proxy: None,
    })
}

async fn serve_static(options: &Options) -> Result<()> {
    let lengths = options.bytes.clone();
    let server = HttpServer::start(http_config(options)?, move |service| {
        for length in &lengths {
            let answer = Bytes::from(vec![b'x'; *length]);
            let send = move |_request: Bytes| {
                let answer = answer.clone();
                async move {
                    let content_type = (CONTENT_TYPE, "application/soap+xml; charset=utf-8");
                    HttpResponse::Ok().insert_header(content_type).body(answer)
                }
            };
            service.route(&format!("/{length}"), web::post().to(send));
        }
    })?;
    say(&server.address().to_string())?;
    wait_for_end().await?;
    server.stop().await;
    Ok(())
}

/// As `init` writes it; on request with another place for the journal.
fn registry_config(options: &Options, community: &Community) -> Result<RegistryConfig> {
    let transport = match options.transport {
        TransportChoice::Plain => ConfiguredTransport::Plain,
        TransportChoice::Mtls => ConfiguredTransport::MutualTls,
    };
    let mut config = community.registry_config(transport)?;
    config.process.workers = options.workers;
    if let Some(journal) = &options.journal {
        config.journal.clone_from(journal);
    }
    Ok(config)
}

/// One line for the driver.
fn say(line: &str) -> Result<()> {
    writeln!(io::stdout(), "{line}")?;
    Ok(io::stdout().flush()?)
}

async fn wait_for_end() -> Result<()> {
    let ended = tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new()));
    ended.await??;
    Ok(())
}

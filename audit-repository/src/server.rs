//! The audit repository as a running server: database, syslog and HTTP listeners, checkpoints, retention.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arc_swap::ArcSwap;
use clock::ClockWatch;
use config::Agreement;
use config::actor::{Actor, AuditRepositoryConfig, Transport as ConfiguredTransport};
use config::pki::node_uri;
use net::syslog::{Refusal as Refused, Store};
use net::{
    HttpConfig, HttpServer, Metrics, OnRefused, SyslogConfig, SyslogDatagrams, SyslogLimits,
    SyslogServer, Tls, TlsFiles, TlsWatch, Transport, TransportError, process,
};
use policy::{Access, Policy};
use store::{AnyConnection, Database, Sharing, StoreError};
use tokio::sync::Notify;

use crate::AuditRepository;
use crate::checkpoint::{
    CheckpointFile, CheckpointTask, Checkpoints, FileError, Signer, SignerError,
};
use crate::clock_watch::watch_clock;
use crate::endpoint::Endpoint;
use crate::own_record::{ACTOR, Author, Refusal};
use crate::refusals::{RefusalTask, Refusals};
use crate::retention::RetentionTask;
use crate::retrieval::link::LinkSeal;
use crate::store::recent::RecentTerms;
use crate::store::{MIGRATIONS, SCHEMA};
use crate::transactions::record_audit_event::{receive, record_audit_event};

/// Why the audit repository does not serve.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the audit repository's database cannot be opened, or not be written")]
    Store(#[from] StoreError),
    #[error("checkpoints cannot be signed")]
    Signer(#[from] SignerError),
    #[error("checkpoints cannot be written")]
    CheckpointFile(#[from] FileError),
    #[error("links cannot be sealed")]
    LinkSeal(#[from] openssl::error::ErrorStack),
    #[error("a port of the audit repository cannot be opened")]
    Transport(#[from] TransportError),
}

/// A running audit repository.
pub struct AuditRepositoryServer {
    repository: Arc<AuditRepository>,
    tls: Option<SyslogServer>,
    udp: Option<SyslogDatagrams>,
    http: HttpServer,
    refusals: RefusalTask,
    checkpoints: CheckpointTask,
    retention: RetentionTask,
    clock: ClockWatch,
    certificates: TlsWatch,
}

impl AuditRepositoryServer {
    /// Opens the store, records the start, then opens the ports; needs a tokio runtime.
    ///
    /// # Errors
    /// [`StartError`]; then nothing is left open.
    pub async fn start(
        config: &AuditRepositoryConfig,
        agreement: Arc<Agreement>,
        access: Access,
        metrics: &Metrics,
    ) -> Result<AuditRepositoryServer, StartError> {
        let tls = &config.process.tls;
        let signer = Signer::open(&tls.certificate, &tls.key)?;
        let file = CheckpointFile::open(&config.checkpoints.file)?;
        let repository = Arc::new(open(config, agreement, metrics)?);
        record_audit_event(&repository, vec![repository.author.start()]).await?;
        let refusals = Arc::new(Refusals::default());
        // Syslog is over TLS, whatever HTTP is reached by.
        let own = Tls::from(TlsFiles::from(&config.process.tls));
        let (tls, udp) = listen((config, &own), &repository, &refusals)?;
        let http = http_config((config, &own), &refusals);
        let http = HttpServer::start(http, routes(&repository, access, metrics)?)?;
        let interval = config.process.tls.reload_interval;
        let certificates = TlsWatch::start(ACTOR, vec![own], interval, &metrics.tls);
        let database = Arc::clone(&repository.database);
        let checkpoints = CheckpointTask::start(
            Checkpoints::new(database, signer, file),
            config.checkpoints.interval,
            Arc::clone(&repository.checkpoint_due),
        );
        let refusals = RefusalTask::start(Arc::clone(&repository), refusals);
        let retention = RetentionTask::start(Arc::clone(&repository));
        let clock = watch_clock(&repository, &config.process.time, &metrics.clock);
        Ok(AuditRepositoryServer {
            repository,
            tls,
            udp,
            http,
            refusals,
            checkpoints,
            retention,
            clock,
            certificates,
        })
    }

    /// Where syslog over TLS is received, if it is.
    #[must_use]
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.tls.as_ref().map(SyslogServer::address)
    }

    /// Where datagrams are received, if they are.
    #[must_use]
    pub fn udp_address(&self) -> Option<SocketAddr> {
        self.udp.as_ref().map(SyslogDatagrams::address)
    }

    /// Where the trail is read.
    #[must_use]
    pub fn http_address(&self) -> SocketAddr {
        self.http.address()
    }

    /// The state behind the server, for those who search it.
    #[must_use]
    pub fn state(&self) -> Arc<AuditRepository> {
        Arc::clone(&self.repository)
    }

    /// For `/readyz`: what keeps the audit repository from working, at once and without waiting.
    pub fn readiness(&self) -> impl Fn() -> Result<(), String> + Send + Sync + use<> {
        let database = Arc::clone(&self.repository.database);
        let (clock, tls) = (self.clock.readiness(), self.certificates.readiness());
        move || {
            if database.is_healthy() {
                return clock().and_then(|()| tls()).map_err(|fault| format!("{ACTOR}: {fault}"));
            }
            Err("audit-repository: the database cannot be written".to_owned())
        }
    }

    /// Receives nothing more, stores what has arrived, records the stop, signs the end of the chain and
    /// closes the store.
    ///
    /// Whoever else holds [`AuditRepositoryServer::state`] or the readiness lets go of it before.
    pub async fn stop(self) {
        let AuditRepositoryServer {
            repository,
            tls,
            udp,
            http,
            refusals,
            checkpoints,
            retention,
            clock,
            certificates,
        } = self;
        http.stop().await;
        if let Some(tls) = tls {
            tls.stop().await;
        }
        if let Some(udp) = udp {
            udp.stop().await;
        }
        clock.stop().await;
        certificates.stop().await;
        retention.stop().await;
        refusals.stop().await;
        if let Err(error) = record_audit_event(&repository, vec![repository.author.stop()]).await {
            tracing::error!(actor = ACTOR, %error, "the stop is not recorded");
        }
        checkpoints.stop().await;
        process::await_release(ACTOR, &repository).await;
        // The last reference goes here: the writer commits its queue and the lock is released.
        process::close(ACTOR, repository).await;
    }
}

fn open(
    config: &AuditRepositoryConfig,
    agreement: Arc<Agreement>,
    metrics: &Metrics,
) -> Result<AuditRepository, StartError> {
    let settings = store::Settings {
        connections: config.database.connections,
        write_queue: config.database.write_queue,
        schema: Some(SCHEMA),
        // The chain has one end, and one process that knows it.
        sharing: Sharing::Exclusive,
    };
    let database = Database::open(config.database.url.as_str(), MIGRATIONS, settings)?;
    let load = |connection: &mut AnyConnection| -> Result<_, StoreError> {
        Ok(RecentTerms::load(connection)?)
    };
    let recent = Arc::new(database.read(load)?);
    let source_id = node_uri(&agreement.home_community_id, Actor::AuditRepository);
    let address = config.syslog.tls.or(config.syslog.udp).unwrap_or(config.listen).ip();
    Ok(AuditRepository {
        database: Arc::new(database),
        recent,
        agreement: ArcSwap::new(agreement),
        author: Author { source_id, address },
        metrics: metrics.syslog.clone(),
        n_new: AtomicU64::new(0),
        n_new_max: config.checkpoints.records,
        checkpoint_due: Arc::new(Notify::new()),
    })
}

fn listen(
    (config, own): (&AuditRepositoryConfig, &Tls),
    repository: &Arc<AuditRepository>,
    refusals: &Arc<Refusals>,
) -> Result<(Option<SyslogServer>, Option<SyslogDatagrams>), TransportError> {
    let limits = limits(config);
    let tls = config.syslog.tls.map(|address| {
        let refusals = Arc::clone(refusals);
        let syslog = SyslogConfig { address, tls: own.clone(), limits };
        let refused = Arc::new(move |peer, refused| {
            refusals.count(
                peer,
                match refused {
                    Refused::Handshake => Refusal::Handshake,
                    Refused::Limit => Refusal::Limit,
                },
            );
        });
        SyslogServer::start(&syslog, repository.metrics.clone(), store_of(repository), refused)
    });
    let tls = tls.transpose()?;
    let udp = config.syslog.udp.map(|address| {
        if !address.ip().is_loopback() {
            tracing::warn!(
                actor = ACTOR,
                "audit messages are received over UDP: unencrypted, and from whoever sends"
            );
        }
        let metrics = repository.metrics.clone();
        SyslogDatagrams::start(address, limits, metrics, store_of(repository))
    });
    Ok((tls, udp.transpose()?))
}

fn routes(
    repository: &Arc<AuditRepository>,
    access: Access,
    metrics: &Metrics,
) -> Result<impl Fn(&mut actix_web::web::ServiceConfig) + Clone + Send + 'static, StartError> {
    let endpoint = Endpoint {
        repository: Arc::clone(repository),
        policy: Policy::new(access),
        seal: Arc::new(LinkSeal::generate()?),
        metrics: metrics.clone(),
    };
    Ok(move |service: &mut actix_web::web::ServiceConfig| endpoint.clone().configure(service))
}

fn http_config(
    (config, own): (&AuditRepositoryConfig, &Tls),
    refusals: &Arc<Refusals>,
) -> HttpConfig {
    let refusals = Arc::clone(refusals);
    let on_refused = OnRefused::new(move |refused| {
        refusals.count(refused.address.ip(), Refusal::Handshake);
    });
    let transport = match config.process.transport {
        ConfiguredTransport::Plain => Transport::Plain,
        ConfiguredTransport::MutualTls => Transport::MutualTls(own.clone()),
    };
    let http = HttpConfig::of_actor(
        config.listen,
        (&config.process, &transport),
        &config.http,
        on_refused,
    );
    // Auditors are few, and what they wait for is the database.
    HttpConfig { workers: 1, ..http }
}

fn store_of(repository: &Arc<AuditRepository>) -> Store {
    let repository = Arc::clone(repository);
    Arc::new(move |messages| {
        let repository = Arc::clone(&repository);
        Box::pin(async move { receive(&repository, messages).await })
    })
}

fn limits(config: &AuditRepositoryConfig) -> SyslogLimits {
    let limits = &config.syslog.limits;
    SyslogLimits {
        message_bytes: limits.message_bytes,
        message_timeout: limits.message_timeout,
        idle_timeout: limits.idle_timeout,
        max_connections: limits.max_connections,
        max_connections_per_address: limits.max_connections_per_address,
        queue: limits.queue,
        datagram_queue: limits.datagram_queue,
        shutdown_timeout: config.http.shutdown_timeout,
    }
}

//! The repository as a running server: database, document store, journal, SOAP endpoint.

use std::net::SocketAddr;
use std::sync::Arc;

use access::{Door, InvalidTrust};
use actix_web::web;
use arc_swap::ArcSwap;
use audit::{Event, Journal, JournalError, Node, Outcome, Refusals};
use client::{AnswerLimits, SoapClient, Timeouts};
use clock::ClockWatch;
use config::actor::RepositoryConfig;
use config::agreement::Agreement;
use net::process;
use net::soap_endpoint::{BodyLimits, remove_leftovers};
use net::{
    Forwarding, ForwardingConfig, HttpConfig, HttpServer, Metrics, OnRefused, StartForwardingError,
    TlsWatch, Transport, TransportError,
};
use policy::{Access, Policy};
use store::{AnyConnection, Database, DrainTask, OutboxDrain, StoreError};

use crate::Repository;
use crate::blobs::{Blobs, OpenError, create_private};
use crate::clock_watch::watch_clock;
use crate::endpoint::{Endpoint, PATH};
use crate::error::SubmissionError;
use crate::maintenance::Maintenance;
use crate::registry_client::RegistryClient;
use crate::settle::SettleTask;
use crate::store::{MIGRATIONS, document};

/// Why the repository does not serve.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the audit records of the repository cannot be forwarded")]
    Forwarding(#[from] StartForwardingError),
    #[error("the repository's database cannot be opened")]
    Store(#[from] StoreError),
    #[error(
        "there is no database: the repository was never started here, or its file is elsewhere"
    )]
    NoDatabase,
    #[error("the repository's database cannot be read")]
    Database(#[from] SubmissionError),
    #[error("the repository's audit journal cannot be opened")]
    Journal(#[from] JournalError),
    #[error("the document store cannot be opened")]
    Blobs(#[from] OpenError),
    #[error("the folder of arriving documents cannot be used")]
    Spool(#[from] std::io::Error),
    #[error("the agreement trusts somebody who cannot be trusted")]
    Trust(#[from] InvalidTrust),
    #[error("a port of the repository cannot be opened, or its client not be made")]
    Transport(#[from] TransportError),
}

/// A running repository.
pub struct RepositoryServer {
    repository: Arc<Repository>,
    http: HttpServer,
    drain: DrainTask,
    refusals: Refusals,
    forwarding: Forwarding,
    settling: SettleTask,
    clock: ClockWatch,
    tls: TlsWatch,
    maintenance: Arc<Maintenance>,
}

impl RepositoryServer {
    /// Opens the stores, then the port; needs a tokio runtime. The registry need not run yet.
    ///
    /// # Errors
    /// [`StartError`]; then nothing is left open.
    pub async fn start(
        config: &RepositoryConfig,
        agreement: Arc<Agreement>,
        access: Access,
        metrics: &Metrics,
    ) -> Result<RepositoryServer, StartError> {
        let blobs = open_blobs(config).await?;
        let transport = Transport::from(&config.process);
        let repository = Arc::new(open((config, &transport), blobs, agreement, access)?);
        settle_interrupted(&repository).await?;
        let refusals = repository.trail().record_refusals();
        let on_refused = OnRefused::recorded_by(refusals.reporter());
        let process = (&config.process, &transport);
        let http = HttpConfig::of_actor(config.listen, process, &config.http, on_refused.clone());
        let tls = http.tls().cloned();
        let http = HttpServer::start(http, routes(config, &repository, metrics))?;
        let scheme = config.process.transport.scheme();
        let url = format!("{scheme}://{}{PATH}", http.address());
        repository.door.serves_at(&url);
        repository.node.serves_at(url);
        let home = repository.agreement.load().home_community_id.as_urn();
        let own = (&config.audit, &config.process.tls);
        let forwarding = ForwardingConfig::of_actor("repository", &home, &config.journal, own);
        let forwarding = Forwarding::start(&forwarding, &repository.journal, metrics)?;
        let watched = tls.into_iter().chain(forwarding.tls().cloned()).collect();
        let interval = config.process.tls.reload_interval;
        let tls = TlsWatch::start("repository", watched, interval, &metrics.tls);
        let drain = DrainTask::start(OutboxDrain::new(
            Arc::clone(&repository.database),
            Arc::clone(&repository.journal),
        ));
        let settling = SettleTask::start(Arc::clone(&repository));
        let maintenance = Arc::new(Maintenance::new(Arc::clone(&repository)));
        let clock = watch_clock(&repository, &config.process.time, &metrics.clock);
        Ok(RepositoryServer {
            repository,
            http,
            drain,
            refusals,
            forwarding,
            settling,
            clock,
            tls,
            maintenance,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.http.address()
    }

    /// Records the start and the access mode in the audit trail: who reads it later must know whether
    /// access was open at the time.
    ///
    /// # Errors
    /// [`JournalError`]; the repository must not serve then.
    pub async fn record_start(&self, access: Access) -> Result<(), JournalError> {
        self.repository.trail().record_start(&format!("access={}", access.name())).await
    }

    /// The state behind the server, for the pages of an admin listener.
    pub fn state(&self) -> Arc<Repository> {
        Arc::clone(&self.repository)
    }

    /// The operator's work on the store, for the pages of an admin listener ([`crate::admin`]).
    pub fn maintenance(&self) -> Arc<Maintenance> {
        Arc::clone(&self.maintenance)
    }

    /// For `/readyz`: what keeps the repository from working, at once and without waiting.
    pub fn readiness(&self) -> impl Fn() -> Result<(), String> + Send + Sync + use<> {
        let repository = Arc::clone(&self.repository);
        let (clock, tls) = (self.clock.readiness(), self.tls.readiness());
        move || match (repository.database.is_healthy(), repository.journal.is_healthy()) {
            (true, true) => {
                clock().and_then(|()| tls()).map_err(|fault| format!("repository: {fault}"))
            }
            (false, _) => Err("repository: the database cannot be written".to_owned()),
            (true, false) => Err("repository: the audit journal cannot be written".to_owned()),
        }
    }

    /// Accepts nothing more, answers what is in hand, commits what is queued, and closes the stores.
    ///
    /// Whoever else holds [`RepositoryServer::state`], as an admin listener does, lets go of it before: the
    /// stores stay open for it, and the stop waits for a while.
    pub async fn stop(self) {
        let RepositoryServer {
            repository,
            http,
            drain,
            refusals,
            forwarding,
            settling,
            clock,
            tls,
            maintenance,
        } = self;
        http.stop().await;
        settling.stop().await;
        clock.stop().await;
        tls.stop().await;
        maintenance.stop().await;
        drop(maintenance);
        refusals.stop().await;
        process::await_release("repository", &repository).await;
        drain.stop().await;
        repository.trail().record_stop().await;
        forwarding.stop().await;
        // The last reference goes here: the writer commits its queue and the lock is released.
        process::close("repository", repository).await;
    }
}

/// An S3 store is asked whether it is there, which takes its time.
async fn open_blobs(config: &RepositoryConfig) -> Result<Blobs, OpenError> {
    let config = config.clone();
    let opening = tokio::task::spawn_blocking(move || Blobs::of(&config));
    opening.await.unwrap_or(Err(OpenError::Interrupted))
}

fn open(
    (config, transport): (&RepositoryConfig, &Transport),
    blobs: Blobs,
    agreement: Arc<Agreement>,
    access: Access,
) -> Result<Repository, StartError> {
    let database = open_database(config)?;
    create_private(&config.spool)?;
    let n_removed = remove_leftovers(&config.spool)?;
    if n_removed > 0 {
        tracing::info!(actor = "repository", n_removed, "removed what a crash left half-received");
    }
    let client = SoapClient::new(transport, timeouts(config), AnswerLimits::default())?;
    Ok(Repository {
        database: Arc::new(database),
        blobs,
        spool: config.spool.clone(),
        registry: RegistryClient { client, url: config.registry_url.clone() },
        policy: Policy::new(access),
        door: Door::new(&agreement, access)?,
        agreement: Arc::new(ArcSwap::new(agreement)),
        journal: Arc::new(Journal::open(&config.journal)?),
        node: Node::new("repository"),
        max_documents_per_request: config.documents_per_request,
        removal: tokio::sync::RwLock::new(()),
    })
}

pub(crate) fn open_database(config: &RepositoryConfig) -> Result<Database, StoreError> {
    let settings = store::Settings {
        connections: config.database.connections,
        write_queue: config.database.write_queue,
        schema: Some("repository"),
        ..store::Settings::default()
    };
    Database::open(config.database.url.as_str(), MIGRATIONS, settings)
}

/// Submissions that a crash cut off between storing and the registry's answer: nobody knows whether they
/// are registered, so their documents stay.
async fn settle_interrupted(repository: &Repository) -> Result<(), StartError> {
    let description = "submissions that a stop interrupted are in doubt".to_owned();
    let record = repository.worked(Event::SETTLE, Outcome::Success, description);
    let work = |connection: &mut AnyConnection| {
        document::doubt_interrupted(connection).map_err(SubmissionError::from)
    };
    let n_in_doubt = repository.database.commit(record, work).await?;
    if n_in_doubt > 0 {
        tracing::warn!(
            actor = "repository",
            n_in_doubt,
            "documents are in doubt: kept, not known to be registered"
        );
    }
    Ok(())
}

fn routes(
    config: &RepositoryConfig,
    repository: &Arc<Repository>,
    metrics: &Metrics,
) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    let limit = config.body.root_bytes;
    let endpoint = Endpoint {
        repository: Arc::clone(repository),
        metrics: metrics.clone(),
        body: BodyLimits {
            root_bytes: limit,
            inline_bytes: config.body.inline_bytes,
            part_bytes: config.body.part_bytes,
            total_bytes: config.body.total_bytes,
            // The envelope is a part as well.
            parts: config.body.parts.saturating_add(1),
        },
        // One text may be a whole inline document, where it is not extracted: in UTF-16.
        xml: xml::Limits { bytes: limit, text_bytes: limit, ..xml::Limits::default() },
        spool: config.spool.clone(),
    };
    move |service| endpoint.clone().configure(service)
}

fn timeouts(config: &RepositoryConfig) -> Timeouts {
    let calls = &config.registry;
    Timeouts {
        connect: calls.connect,
        response: calls.response,
        body_idle: calls.body_idle,
        pool_idle: calls.pool_idle,
        ..Timeouts::default()
    }
}

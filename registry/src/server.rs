//! The registry as a running server: database, journal, SOAP endpoint, feed listeners.

use std::net::SocketAddr;
use std::sync::Arc;

use access::{Door, InvalidTrust};
use actix_web::web;
use arc_swap::ArcSwap;
use audit::{Journal, JournalError, Node, Refusals};
use clock::ClockWatch;
use config::actor::{RegistryConfig, Transport as ConfiguredTransport};
use config::agreement::Agreement;
use hl7v2::Charset;
use identity::InvalidAuthorityTable;
use net::mllp::{MllpConfig, MllpLimits, MllpServer};
use net::process;
use net::soap_endpoint::BodyLimits;
use net::{
    Forwarding, ForwardingConfig, HttpConfig, HttpServer, Metrics, OnRefused, StartForwardingError,
    TlsWatch, Transport, TransportError,
};
use policy::{Access, Policy};
use store::{Database, DrainTask, OutboxDrain, StoreError};

use crate::Registry;
use crate::clock_watch::watch_clock;
use crate::dictionary::Dictionary;
use crate::endpoint::{Endpoint, PATH};
use crate::error::QueryError;
use crate::feed::FeedEndpoint;
use crate::in_force::InForce;
use crate::patient_sets::PatientSets;
use crate::store::MIGRATIONS;

/// Text values may be as long as an inline assertion; documents do not come here.
const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// Why the registry does not serve.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the audit records of the registry cannot be forwarded")]
    Forwarding(#[from] StartForwardingError),
    #[error("the registry's database cannot be opened")]
    Store(#[from] StoreError),
    #[error("the registry's audit journal cannot be opened")]
    Journal(#[from] JournalError),
    #[error("the registry's code dictionary cannot be read")]
    Dictionary(#[from] QueryError),
    #[error("the agreement's assigning authorities contradict each other")]
    Authorities(#[from] InvalidAuthorityTable),
    #[error("the agreement trusts somebody who cannot be trusted")]
    Trust(#[from] InvalidTrust),
    #[error("a port of the registry cannot be opened")]
    Transport(#[from] TransportError),
}

/// A running registry.
pub struct RegistryServer {
    registry: Arc<Registry>,
    http: HttpServer,
    mllp: Option<MllpServer>,
    mllps: Option<MllpServer>,
    drain: DrainTask,
    refusals: Refusals,
    forwarding: Forwarding,
    clock: ClockWatch,
    tls: TlsWatch,
}

impl RegistryServer {
    /// Opens the database, then the ports; needs a tokio runtime.
    ///
    /// # Errors
    /// [`StartError`]; then nothing is left open.
    pub fn start(
        config: &RegistryConfig,
        agreement: Arc<Agreement>,
        access: Access,
        metrics: &Metrics,
    ) -> Result<RegistryServer, StartError> {
        let registry = Arc::new(open(config, agreement, access)?);
        registry.refresh_dictionary()?;
        let transport = Transport::from(&config.process);
        let refusals = registry.trail().record_refusals();
        let on_refused = OnRefused::recorded_by(refusals.reporter());
        let feed = |address: Option<SocketAddr>, transport: Transport| {
            address
                .map(|address| {
                    let answer = FeedEndpoint {
                        registry: Arc::clone(&registry),
                        default_charset: Charset::Utf8,
                        metrics: metrics.clone(),
                    };
                    let limits = MllpLimits::from(&config.feed.limits);
                    let on_refused = on_refused.clone();
                    let mllp = MllpConfig { address, transport, limits, on_refused };
                    MllpServer::start(mllp, metrics.mllp.clone(), answer.into_answer())
                })
                .transpose()
        };
        // Plain MLLP is for plain communities: beside TLS it would be the unlocked back door.
        let is_plain = config.process.transport == ConfiguredTransport::Plain;
        let mllp = feed(config.feed.mllp.filter(|_| is_plain), Transport::Plain)?;
        let mllps = feed(config.feed.mllps.filter(|_| !is_plain), transport.clone())?;
        let process = (&config.process, &transport);
        let http = HttpConfig::of_actor(config.listen, process, &config.http, on_refused.clone());
        let tls = http.tls().cloned();
        let http = HttpServer::start(http, routes(config, &registry, metrics))?;
        let scheme = config.process.transport.scheme();
        let url = format!("{scheme}://{}{PATH}", http.address());
        registry.door.serves_at(&url);
        registry.node.serves_at(url);
        let home = registry.in_force.load().agreement.home_community_id.as_urn();
        let own = (&config.audit, &config.process.tls);
        let forwarding = ForwardingConfig::of_actor("registry", &home, &config.journal, own);
        let forwarding = Forwarding::start(&forwarding, &registry.journal, metrics)?;
        let watched = tls.into_iter().chain(forwarding.tls().cloned()).collect();
        let interval = config.process.tls.reload_interval;
        let tls = TlsWatch::start("registry", watched, interval, &metrics.tls);
        let drain = DrainTask::start(OutboxDrain::new(
            Arc::clone(&registry.database),
            Arc::clone(&registry.journal),
        ));
        let clock = watch_clock(&registry, &config.process.time, &metrics.clock);
        Ok(RegistryServer { registry, http, mllp, mllps, drain, refusals, forwarding, clock, tls })
    }

    pub fn address(&self) -> SocketAddr {
        self.http.address()
    }

    pub fn mllp_address(&self) -> Option<SocketAddr> {
        self.mllp.as_ref().map(MllpServer::address)
    }

    pub fn mllps_address(&self) -> Option<SocketAddr> {
        self.mllps.as_ref().map(MllpServer::address)
    }

    /// Records the start and the access mode in the audit trail: who reads it later must know whether
    /// access was open at the time.
    ///
    /// # Errors
    /// [`JournalError`]; the registry must not serve then.
    pub async fn record_start(&self, access: Access) -> Result<(), JournalError> {
        self.registry.trail().record_start(&format!("access={}", access.name())).await
    }

    /// The state behind the server, for the pages of an admin listener.
    pub fn state(&self) -> Arc<Registry> {
        Arc::clone(&self.registry)
    }

    /// For `/readyz`: what keeps the registry from working, at once and without waiting.
    pub fn readiness(&self) -> impl Fn() -> Result<(), String> + Send + Sync + use<> {
        let registry = Arc::clone(&self.registry);
        let (clock, tls) = (self.clock.readiness(), self.tls.readiness());
        move || match (registry.database.is_healthy(), registry.journal.is_healthy()) {
            (true, true) => {
                clock().and_then(|()| tls()).map_err(|fault| format!("registry: {fault}"))
            }
            (false, _) => Err("registry: the database cannot be written".to_owned()),
            (true, false) => Err("registry: the audit journal cannot be written".to_owned()),
        }
    }

    /// Accepts nothing more, answers what is in hand, commits what is queued, and closes the stores.
    ///
    /// Whoever else holds [`RegistryServer::state`], as an admin listener does, lets go of it before: the
    /// stores stay open for it, and the stop waits for a while.
    pub async fn stop(self) {
        let RegistryServer { registry, http, mllp, mllps, drain, refusals, forwarding, clock, tls } =
            self;
        for listener in [mllp, mllps].into_iter().flatten() {
            listener.stop().await;
        }
        http.stop().await;
        refusals.stop().await;
        clock.stop().await;
        tls.stop().await;
        process::await_release("registry", &registry).await;
        drain.stop().await;
        registry.trail().record_stop().await;
        forwarding.stop().await;
        // The last reference goes here: the writer commits its queue and the lock is released.
        process::close("registry", registry).await;
    }
}

fn open(
    config: &RegistryConfig,
    agreement: Arc<Agreement>,
    access: Access,
) -> Result<Registry, StartError> {
    let settings = store::Settings {
        connections: config.database.connections,
        write_queue: config.database.write_queue,
        schema: Some("registry"),
        ..store::Settings::default()
    };
    let database = Database::open(config.database.url.as_str(), MIGRATIONS, settings)?;
    Ok(Registry {
        database: Arc::new(database),
        dictionary: ArcSwap::from_pointee(Dictionary::default()),
        patient_sets: PatientSets::new(config.limits.cache_bytes),
        policy: Policy::new(access),
        door: Door::new(&agreement, access)?,
        in_force: Arc::new(ArcSwap::from_pointee(InForce::new(agreement, access)?)),
        journal: Arc::new(Journal::open(&config.journal)?),
        node: Node::new("registry"),
        max_leaf_class_results: config.limits.results_per_query,
        max_candidates_per_query: config.limits.candidates_per_query,
        max_objects_per_submission: config.limits.objects_per_submission,
    })
}

fn routes(
    config: &RegistryConfig,
    registry: &Arc<Registry>,
    metrics: &Metrics,
) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    let limit = config.envelope_bytes;
    let endpoint = Endpoint {
        registry: Arc::clone(registry),
        metrics: metrics.clone(),
        body: BodyLimits {
            root_bytes: limit,
            inline_bytes: 0,
            part_bytes: 0,
            total_bytes: u64::try_from(limit).unwrap_or(u64::MAX),
            parts: 1,
        },
        xml: xml::Limits { bytes: limit, text_bytes: MAX_TEXT_BYTES, ..xml::Limits::default() },
    };
    move |service| endpoint.clone().configure(service)
}

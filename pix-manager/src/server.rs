//! The manager as a running server: database, journal, MLLP listeners, SOAP endpoints, couriers.

use std::net::SocketAddr;
use std::sync::Arc;

use access::{Door, InvalidTrust};
use actix_web::web;
use arc_swap::ArcSwap;
use audit::{Journal, JournalError, Node, Refusals};
use client::{AnswerLimits, MllpClient, MllpTimeouts, SoapClient, Timeouts};
use clock::ClockWatch;
use config::actor::{
    ConsumerAddress, MllpAddress, PixManagerConfig, Transport as ConfiguredTransport,
};
use config::agreement::Agreement;
use hl7v2::Charset;
use identity::InvalidAuthorityTable;
use net::mllp::{MllpConfig, MllpLimits, MllpServer};
use net::process;
use net::soap_endpoint::BodyLimits;
use net::{
    Forwarding, ForwardingConfig, HttpConfig, HttpServer, Metrics, OnRefused, StartForwardingError,
    Tls, TlsFiles, TlsWatch, Transport, TransportError,
};
use policy::{Access, Policy};
use store::{Database, DrainTask, OutboxDrain, StoreError};
use tokio::sync::Notify;

use crate::Manager;
use crate::announced::Announced;
use crate::clock_watch::watch_clock;
use crate::continuation::Continuations;
use crate::courier::{Couriers, Destination, Retry, Way};
use crate::in_force::InForce;
use crate::mllp::MllpEndpoint;
use crate::soap::{PIX_PATH, SoapEndpoint};
use crate::store::MIGRATIONS;
use crate::store::announcement::REGISTRY;

/// Why the manager does not serve.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the audit records of the manager cannot be forwarded")]
    Forwarding(#[from] StartForwardingError),
    #[error("the manager's database cannot be opened")]
    Store(#[from] StoreError),
    #[error("the manager's audit journal cannot be opened")]
    Journal(#[from] JournalError),
    #[error("the agreement's assigning authorities contradict each other")]
    Authorities(#[from] InvalidAuthorityTable),
    #[error("the agreement trusts somebody who cannot be trusted")]
    Trust(#[from] InvalidTrust),
    #[error("a port of the manager cannot be opened")]
    Transport(#[from] TransportError),
    #[error(
        "the manager gives patient identifiers and knows no registry: set feed in pix-manager.toml"
    )]
    NoRegistry,
}

/// A running manager.
pub struct PixManagerServer {
    manager: Arc<Manager>,
    http: HttpServer,
    mllp: Option<MllpServer>,
    mllps: Option<MllpServer>,
    couriers: Couriers,
    drain: DrainTask,
    refusals: Refusals,
    forwarding: Forwarding,
    clock: ClockWatch,
    tls: TlsWatch,
}

impl PixManagerServer {
    /// Opens the database, then the ports; needs a tokio runtime.
    ///
    /// # Errors
    /// [`StartError`]; then nothing is left open.
    pub fn start(
        config: &PixManagerConfig,
        agreement: Arc<Agreement>,
        access: Access,
        metrics: &Metrics,
    ) -> Result<PixManagerServer, StartError> {
        let manager = Arc::new(open(config, agreement, access)?);
        let transport = Transport::from(&config.process);
        // Where the listeners are plain, consumers may be told over TLS nevertheless.
        let own = || Tls::from(TlsFiles::from(&config.process.tls));
        let tls = transport.tls().cloned().unwrap_or_else(own);
        let destinations = destinations(config, &manager, &tls)?;
        let refusals = manager.trail().record_refusals();
        let on_refused = OnRefused::recorded_by(refusals.reporter());
        let listen = |address: Option<SocketAddr>, transport: Transport| {
            address
                .map(|address| {
                    let endpoint = MllpEndpoint {
                        manager: Arc::clone(&manager),
                        default_charset: Charset::Utf8,
                        metrics: metrics.clone(),
                    };
                    let limits = MllpLimits::from(&config.mllp.limits);
                    let on_refused = on_refused.clone();
                    let mllp = MllpConfig { address, transport, limits, on_refused };
                    MllpServer::start(mllp, metrics.mllp.clone(), endpoint.into_answer())
                })
                .transpose()
        };
        // Plain MLLP is for plain communities: beside TLS it would be the unlocked back door.
        let is_plain = config.process.transport == ConfiguredTransport::Plain;
        let mllp = listen(config.mllp.mllp.filter(|_| is_plain), Transport::Plain)?;
        let mllps = listen(config.mllp.mllps.filter(|_| !is_plain), transport.clone())?;
        let process = (&config.process, &transport);
        let http = HttpConfig::of_actor(config.listen, process, &config.http, on_refused.clone());
        let http = HttpServer::start(http, routes(config, &manager, metrics))?;
        let scheme = config.process.transport.scheme();
        let url = format!("{scheme}://{}{PIX_PATH}", http.address());
        manager.door.serves_at(&url);
        manager.node.serves_at(url);
        let home = manager.in_force.load().agreement.home_community_id.as_urn();
        let own = (&config.audit, &config.process.tls);
        let forwarding = ForwardingConfig::of_actor("pix-manager", &home, &config.journal, own);
        let forwarding = Forwarding::start(&forwarding, &manager.journal, metrics)?;
        let watched = [Some(tls), forwarding.tls().cloned()].into_iter().flatten().collect();
        let interval = config.process.tls.reload_interval;
        let tls = TlsWatch::start("pix-manager", watched, interval, &metrics.tls);
        let drain = DrainTask::start(OutboxDrain::new(
            Arc::clone(&manager.database),
            Arc::clone(&manager.journal),
        ));
        let clock = watch_clock(&manager, &config.process.time, &metrics.clock);
        let retry = Retry { first: config.registry.retry_min, longest: config.registry.retry_max };
        let couriers = Couriers::start(&manager, destinations, (retry, &metrics.announcements));
        Ok(PixManagerServer {
            manager,
            http,
            mllp,
            mllps,
            couriers,
            drain,
            refusals,
            forwarding,
            clock,
            tls,
        })
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

    /// Records the start and the access mode in the audit trail.
    ///
    /// # Errors
    /// [`JournalError`]; the manager must not serve then.
    pub async fn record_start(&self, access: Access) -> Result<(), JournalError> {
        self.manager.trail().record_start(&format!("access={}", access.name())).await
    }

    /// The state behind the server, for the pages of an admin listener.
    pub fn state(&self) -> Arc<Manager> {
        Arc::clone(&self.manager)
    }

    /// For `/readyz`: what keeps the manager from working, at once and without waiting.
    pub fn readiness(&self) -> impl Fn() -> Result<(), String> + Send + Sync + use<> {
        let manager = Arc::clone(&self.manager);
        let (clock, tls) = (self.clock.readiness(), self.tls.readiness());
        move || match (manager.database.is_healthy(), manager.journal.is_healthy()) {
            (true, true) => {
                clock().and_then(|()| tls()).map_err(|fault| format!("pix-manager: {fault}"))
            }
            (false, _) => Err("pix-manager: the database cannot be written".to_owned()),
            (true, false) => Err("pix-manager: the audit journal cannot be written".to_owned()),
        }
    }

    /// Accepts nothing more, answers what is in hand, commits what is queued, and closes the stores.
    ///
    /// Whoever else holds [`PixManagerServer::state`], as an admin listener does, lets go of it before.
    pub async fn stop(self) {
        let PixManagerServer {
            manager,
            http,
            mllp,
            mllps,
            couriers,
            drain,
            refusals,
            forwarding,
            clock,
            tls,
        } = self;
        for listener in [mllp, mllps].into_iter().flatten() {
            listener.stop().await;
        }
        http.stop().await;
        couriers.stop().await;
        refusals.stop().await;
        clock.stop().await;
        tls.stop().await;
        process::await_release("pix-manager", &manager).await;
        drain.stop().await;
        manager.trail().record_stop().await;
        forwarding.stop().await;
        // The last reference goes here: the writer commits its queue and the lock is released.
        process::close("pix-manager", manager).await;
    }
}

fn open(
    config: &PixManagerConfig,
    agreement: Arc<Agreement>,
    access: Access,
) -> Result<Manager, StartError> {
    let settings = store::Settings {
        connections: config.database.connections,
        write_queue: config.database.write_queue,
        schema: Some("pix_manager"),
        ..store::Settings::default()
    };
    let database = Database::open(config.database.url.as_str(), MIGRATIONS, settings)?;
    let limits = &config.limits;
    Ok(Manager {
        database: Arc::new(database),
        config: Arc::new(config.clone()),
        policy: Policy::new(access),
        door: Door::new(&agreement, access)?,
        access,
        in_force: Arc::new(ArcSwap::from_pointee(InForce::new(agreement, config)?)),
        journal: Arc::new(Journal::open(&config.journal)?),
        node: Node::new("pix-manager"),
        continuations: Continuations::new(limits.continuations, limits.continuation_timeout),
        wake: Notify::new(),
        announced: Announced::default(),
    })
}

/// Everybody who is told something.
fn destinations(
    config: &PixManagerConfig,
    manager: &Manager,
    tls: &Tls,
) -> Result<Vec<Destination>, StartError> {
    let mut destinations = Vec::new();
    if manager.in_force.load().gives_ids() {
        let feed = config.registry.feed.as_ref().ok_or(StartError::NoRegistry)?;
        destinations.push(over_mllp(REGISTRY, feed, tls)?);
    }
    for consumer in &config.consumers {
        match &consumer.notify {
            ConsumerAddress::Mllp(address) => {
                destinations.push(over_mllp(&consumer.name, address, tls)?);
            }
            ConsumerAddress::Soap(url) => {
                let transport = match consumer.notify.transport() {
                    ConfiguredTransport::Plain => Transport::Plain,
                    ConfiguredTransport::MutualTls => Transport::MutualTls(tls.clone()),
                };
                let limits = AnswerLimits::default();
                let client = Box::new(SoapClient::new(&transport, Timeouts::default(), limits)?);
                destinations.push(Destination {
                    name: consumer.name.clone(),
                    party: Destination::party_of(url, url),
                    way: Way::Soap { client, url: url.clone() },
                });
            }
        }
    }
    Ok(destinations)
}

fn over_mllp(name: &str, address: &MllpAddress, tls: &Tls) -> Result<Destination, StartError> {
    let transport = match address.transport {
        ConfiguredTransport::Plain => Transport::Plain,
        ConfiguredTransport::MutualTls => Transport::MutualTls(tls.clone()),
    };
    let client = MllpClient::new(&address.host, address.port, &transport, MllpTimeouts::default())?;
    let party = Destination::party_of(&address.to_string(), &address.host);
    Ok(Destination { name: name.to_owned(), party, way: Way::Mllp(Box::new(client)) })
}

fn routes(
    config: &PixManagerConfig,
    manager: &Arc<Manager>,
    metrics: &Metrics,
) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    let limit = config.envelope_bytes;
    let endpoint = SoapEndpoint {
        manager: Arc::clone(manager),
        metrics: metrics.clone(),
        body: BodyLimits {
            root_bytes: limit,
            inline_bytes: 0,
            part_bytes: 0,
            total_bytes: u64::try_from(limit).unwrap_or(u64::MAX),
            parts: 1,
        },
        xml: xml::Limits { bytes: limit, ..xml::Limits::default() },
    };
    move |service| endpoint.clone().configure(service)
}

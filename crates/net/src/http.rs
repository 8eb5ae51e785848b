//! The HTTP/1.1 server under every SOAP endpoint.
//!
//! Adds to actix-web what an exposed port needs: mutual TLS or loopback, no
//! Nagle delay, a deadline for every state of a connection, and a wall against
//! panics. Bodies are read in [`crate::soap_endpoint`].

mod activity;
mod admission;
mod secure;

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix_tls::accept::openssl::TlsStream;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Extensions, Server, ServerHandle, Service, ServiceResponse};
use actix_web::http::{ConnectionType, Version};
use actix_web::rt::net::TcpStream;
use actix_web::{App, error, web};
use futures_util::FutureExt;
use futures_util::future::{Either, ready};
use tokio::task::JoinHandle;

use crate::peer::{OnRefused, Peer, UNKNOWN};
use crate::tls::Tls;
use crate::transport::{Transport, TransportError, bind};
pub(crate) use activity::Connection;
use activity::{Connections, Request, Tracked, Watch};
use admission::Admission;
pub(crate) use admission::HandedOn;
pub use admission::TrustedProxy;

/// After an early answer the rest of the request is read for so long, so that
/// the client can see the answer instead of a reset; also the limit of a TLS goodbye.
const LINGER: Duration = Duration::from_secs(5);

/// Where and how to serve.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Port 0 asks the system for a free one.
    pub address: SocketAddr,
    /// Plain is refused beyond loopback.
    pub transport: Transport,
    /// Worker threads; 0 counts as 1.
    pub workers: usize,
    /// Deadlines and bounds of connections.
    pub limits: HttpLimits,
    /// Told of connections whose handshake failed, or whose peer is not trusted any more.
    pub on_refused: OnRefused,
    /// Who ends TLS before us and hands on the certificates of clients, if anybody does.
    pub trusted_proxy: Option<TrustedProxy>,
}

/// Deadlines and bounds of connections. No state of a connection lasts without one.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// From the first byte of a request to the end of its head.
    pub request_head_timeout: Duration,
    /// Longest pause inside a request body.
    pub body_idle_timeout: Duration,
    /// Longest duration of a whole request body.
    pub body_total_timeout: Duration,
    /// How long a silent connection waits for the next request.
    pub keep_alive: Duration,
    /// How long an answer may stand still because the client does not read.
    pub answer_idle_timeout: Duration,
    /// Connections at a time, over all workers; more wait in the backlog of the socket.
    pub max_connections: usize,
    /// How long a graceful stop waits for requests in flight.
    pub shutdown_timeout: Duration,
}

impl Default for HttpLimits {
    /// 10 s head, 30 s idle and 10 min total body, 75 s keep-alive, 60 s stalled
    /// answer, 1024 connections, 15 s shutdown.
    ///
    /// Keep-alive is longer than the pool of our own client, so that the client
    /// closes first and never writes into a connection that is just closing.
    fn default() -> HttpLimits {
        HttpLimits {
            request_head_timeout: Duration::from_secs(10),
            body_idle_timeout: Duration::from_secs(30),
            body_total_timeout: Duration::from_secs(600),
            keep_alive: Duration::from_secs(75),
            answer_idle_timeout: Duration::from_secs(60),
            max_connections: 1024,
            shutdown_timeout: Duration::from_secs(15),
        }
    }
}

impl HttpConfig {
    /// As an actor's file has it; 0 workers mean one per processor.
    #[must_use]
    pub fn of_actor(
        address: SocketAddr,
        (process, transport): (&config::actor::ProcessConfig, &Transport),
        limits: &config::actor::HttpLimits,
        on_refused: OnRefused,
    ) -> HttpConfig {
        let one_per_processor =
            || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let workers = Some(process.workers).filter(|workers| *workers > 0);
        HttpConfig {
            address,
            transport: transport.clone(),
            workers: workers.unwrap_or_else(one_per_processor),
            limits: HttpLimits::from(limits),
            on_refused,
            trusted_proxy: TrustedProxy::of_actor(process, transport, limits),
        }
    }
}

impl HttpConfig {
    /// The TLS by which clients are judged, for [`crate::TlsWatch`].
    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        self.transport.tls().or(self.trusted_proxy.as_ref().map(|proxy| &proxy.tls))
    }
}

impl From<&config::actor::HttpLimits> for HttpLimits {
    /// What is not configured is as by default.
    fn from(configured: &config::actor::HttpLimits) -> HttpLimits {
        HttpLimits {
            request_head_timeout: configured.request_head_timeout,
            body_idle_timeout: configured.body_idle_timeout,
            body_total_timeout: configured.body_total_timeout,
            keep_alive: configured.keep_alive,
            max_connections: configured.max_connections,
            shutdown_timeout: configured.shutdown_timeout,
            ..HttpLimits::default()
        }
    }
}

/// The deadlines of request bodies, carried to the endpoint as application data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyDeadlines {
    pub(crate) idle: Duration,
    pub(crate) total: Duration,
}

impl BodyDeadlines {
    pub(crate) fn of(limits: &HttpLimits) -> BodyDeadlines {
        BodyDeadlines { idle: limits.body_idle_timeout, total: limits.body_total_timeout }
    }
}

/// A running server. Dropping it closes every connection at once; [`HttpServer::stop`] is kinder.
#[derive(Debug)]
pub struct HttpServer {
    address: SocketAddr,
    handle: ServerHandle,
    task: Option<JoinHandle<io::Result<()>>>,
    _watch: Watch,
}

impl HttpServer {
    /// Opens the port and serves `routes`; must be called inside a tokio runtime.
    ///
    /// `routes` runs once per worker, so shared state belongs into an
    /// [`web::Data`] made before.
    ///
    /// # Errors
    /// [`TransportError`] when the port, the certificate or the key cannot be used.
    pub fn start<F>(config: HttpConfig, routes: F) -> Result<HttpServer, TransportError>
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        let address = config.address;
        let listener = bind(address, &config.transport)?;
        let bound = |source| TransportError::Bind { address, source };
        let address = listener.local_addr().map_err(bound)?;
        let connections = Arc::new(Connections::default());
        let watch = Watch::start(Arc::clone(&connections), &config.limits);
        let server = serve(listener, &config, connections, routes)?;
        let handle = server.handle();
        Ok(HttpServer { address, handle, task: Some(tokio::spawn(server)), _watch: watch })
    }

    /// The address in use, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts nothing more, lets requests in flight finish (at most
    /// [`HttpLimits::shutdown_timeout`]), then returns.
    pub async fn stop(mut self) {
        self.handle.stop(true).await;
        if let Some(task) = self.task.take() {
            match task.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "server ended with an error"),
                Err(error) => tracing::error!(%error, "server task failed"),
            }
        }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        if self.task.is_some() {
            // The command is sent by the call; only its completion would be awaited.
            drop(self.handle.stop(false));
        }
    }
}

/// Puts limits, TLS and routes together.
fn serve<F>(
    listener: std::net::TcpListener,
    config: &HttpConfig,
    connections: Arc<Connections>,
    routes: F,
) -> Result<Server, TransportError>
where
    F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
{
    let limits = config.limits;
    let workers = config.workers.max(1);
    let deadlines = BodyDeadlines::of(&limits);
    let tls = config.transport.opened()?;
    let admission = Arc::new(Admission::new(config)?);
    let app = move || {
        let admission = Arc::clone(&admission);
        App::new()
            .app_data(deadlines)
            .wrap_fn(move |request, service| {
                let in_flight = request.conn_data::<Connection>().map(Connection::begin);
                let call = match admission.admit(&request) {
                    Ok(()) => Either::Left(service.call(request)),
                    Err(refused) => {
                        Either::Right(ready(Ok(request.into_response(refused.answer()))))
                    }
                };
                answer(in_flight, call)
            })
            .configure(routes.clone())
    };
    let address = config.address;
    let unusable = |source| TransportError::Bind { address, source };
    let slot = secure::Slot::new()?;
    let on_connect = move |stream: &dyn Any, data: &mut Extensions| {
        on_connect(&connections, slot, stream, data);
    };
    let server = match tls {
        None => actix_web::HttpServer::new(app)
            .workers(workers)
            // Without it an answer of 50 KB waits 40 ms for the peer's delayed acknowledgement.
            .tcp_nodelay(true)
            .keep_alive(limits.keep_alive)
            .client_request_timeout(limits.request_head_timeout)
            .client_disconnect_timeout(LINGER)
            .max_connections(limits.max_connections.div_ceil(workers))
            .shutdown_timeout(limits.shutdown_timeout.as_secs().max(1))
            .disable_signals()
            .on_connect(on_connect)
            .listen(listener)
            .map_err(unusable)?
            .run(),
        Some(tls) => {
            let listener = secure::Listener {
                socket: listener,
                workers,
                limits,
                on_connect: Arc::new(on_connect),
                doorkeeper: secure::Doorkeeper {
                    tls,
                    slot,
                    limit: limits.request_head_timeout,
                    on_refused: config.on_refused.clone(),
                },
            };
            secure::serve(listener, app).map_err(unusable)?
        }
    };
    Ok(server)
}

/// Stores who connected, where handlers and the watch can see it.
fn on_connect(
    connections: &Connections,
    slot: secure::Slot,
    stream: &dyn Any,
    data: &mut Extensions,
) {
    let (stream, ssl) = if let Some(tls) = stream.downcast_ref::<TlsStream<TcpStream>>() {
        (tls.get_ref(), Some(tls.ssl()))
    } else if let Some(plain) = stream.downcast_ref::<TcpStream>() {
        (plain, None)
    } else {
        return;
    };
    let address = stream.peer_addr().unwrap_or(UNKNOWN);
    let peer = ssl.map_or_else(|| Peer::plain(address), |ssl| Peer::tls(address, ssl));
    let standing = ssl.and_then(|ssl| slot.standing(ssl));
    data.insert(connections.enter(peer, standing, stream));
}

/// Runs one request; a panic in a handler becomes an answer instead of the worker's end.
async fn answer<B>(
    in_flight: Option<Request>,
    call: impl Future<Output = Result<ServiceResponse<B>, actix_web::Error>>,
) -> Result<ServiceResponse<Tracked>, actix_web::Error>
where
    B: MessageBody + 'static,
{
    // The handler's state is dropped with the future, nobody sees it half changed.
    match AssertUnwindSafe(call).catch_unwind().await {
        Ok(response) => {
            let mut response = response?;
            end_by_close(&mut response);
            Ok(response.map_body(|_, body| Tracked::new(body.boxed(), in_flight)))
        }
        Err(_panic) => {
            tracing::error!("a request handler panicked");
            Err(error::ErrorInternalServerError("internal error"))
        }
    }
}

/// A client of HTTP/1.0 does not know chunks (RFC 9112, section 6.1); an answer whose length is not known
/// then ends with the connection. That an envelope is whole, its last tag tells.
fn end_by_close<B: MessageBody>(response: &mut ServiceResponse<B>) {
    let is_old = response.request().version() < Version::HTTP_11;
    if is_old && response.response().body().size() == BodySize::Stream {
        let head = response.response_mut().head_mut();
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
}

//! HTTPS as actix-web serves it, and a word about every connection that was refused.
//!
//! actix-web keeps to itself whose handshake failed. Node authentication wants it known (ITI TF-2: 3.19.6), so
//! the listener is put together here from the same pieces.

use std::any::Any;
use std::convert::Infallible;
use std::fmt::Debug;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_http::{Extensions, HttpService, Protocol, Request, Response};
use actix_server::Server;
use actix_service::{
    IntoServiceFactory, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config,
};
use actix_tls::accept::TlsError;
use actix_tls::accept::openssl::TlsStream;
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{Ssl, SslRef};
use tokio::time::timeout;
use tokio_openssl::SslStream;

use super::{HttpLimits, LINGER};
use crate::peer::{HandshakeFailure, OnRefused, UNKNOWN, handshake_failure};
use crate::tls::{Standing, Tls};

/// Called when a connection is made, with its stream and the data its requests will see.
pub(super) type OnConnect = Arc<dyn Fn(&dyn Any, &mut Extensions) + Send + Sync>;

/// What the listener needs beside the application.
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    pub(super) workers: usize,
    pub(super) limits: HttpLimits,
    pub(super) on_connect: OnConnect,
    pub(super) doorkeeper: Doorkeeper,
}

/// A place in the state of a TLS connection for the standing of its peer: actix-web hands on nothing else from
/// the handshake to the connection's data.
#[derive(Clone, Copy)]
pub(super) struct Slot(Index<Ssl, Arc<OnceLock<Arc<Standing>>>>);

impl Slot {
    pub(super) fn new() -> Result<Slot, ErrorStack> {
        Ssl::new_ex_index().map(Slot)
    }

    /// What the handshake left there.
    pub(super) fn standing(self, ssl: &SslRef) -> Option<Arc<Standing>> {
        ssl.ex_data(self.0)?.get().cloned()
    }
}

/// Does the handshakes; one that fails is told.
#[derive(Clone)]
pub(super) struct Doorkeeper {
    pub(super) tls: Tls,
    pub(super) slot: Slot,
    /// For a handshake.
    pub(super) limit: Duration,
    pub(super) on_refused: OnRefused,
}

/// Serves the application that `app` makes, once per worker.
pub(super) fn serve<F, I, S, B>(listener: Listener, app: F) -> std::io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error>,
    S::InitError: Debug,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    let Listener { socket, workers, limits, on_connect, doorkeeper } = listener;
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections(limits.max_connections.div_ceil(workers))
        .shutdown_timeout(limits.shutdown_timeout.as_secs().max(1))
        .disable_signals();
    let stopping = server.graceful_shutdown_signal();
    let service = move || {
        let stopping = stopping.clone();
        let on_connect = Arc::clone(&on_connect);
        let app = app().into_factory().map_err(|error| error.into().error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(limits.keep_alive)
            .client_request_timeout(limits.request_head_timeout)
            .client_disconnect_timeout(LINGER)
            .on_connect_ext(move |stream: &TlsStream<TcpStream>, data: &mut Extensions| {
                on_connect(stream, data);
            })
            .finish(map_config(app, |()| AppConfig::default()));
        watched(&doorkeeper)
            .map_err(TlsError::into_service_error)
            .map(|(stream, peer): (TlsStream<TcpStream>, SocketAddr)| {
                (stream, Protocol::Http1, Some(peer))
            })
            .and_then(http.map_err(TlsError::Service))
    };
    Ok(server.listen("https", socket, service)?.run())
}

/// The handshakes of a worker.
fn watched(
    doorkeeper: &Doorkeeper,
) -> impl ServiceFactory<
    TcpStream,
    Config = (),
    Response = (TlsStream<TcpStream>, SocketAddr),
    Error = TlsError<HandshakeFailure, Infallible>,
    InitError = (),
> + use<> {
    let doorkeeper = doorkeeper.clone();
    fn_service(move |stream: TcpStream| {
        let doorkeeper = doorkeeper.clone();
        async move {
            // Without it an answer of 50 KB waits 40 ms for the peer's delayed acknowledgement.
            let _slower_without = stream.set_nodelay(true);
            let address = stream.peer_addr().unwrap_or(UNKNOWN);
            match doorkeeper.handshake(stream).await {
                Ok(stream) => Ok((TlsStream::from(stream), address)),
                Err(failure) => {
                    doorkeeper.on_refused.tell(address, failure.to_string());
                    Err(TlsError::Tls(failure))
                }
            }
        }
    })
}

impl Doorkeeper {
    async fn handshake(&self, stream: TcpStream) -> Result<SslStream<TcpStream>, HandshakeFailure> {
        let (mut ssl, generation) = self.tls.accepting().map_err(HandshakeFailure::because)?;
        let place = Arc::new(OnceLock::new());
        ssl.set_ex_data(self.slot.0, Arc::clone(&place));
        let mut stream = SslStream::new(ssl, stream).map_err(HandshakeFailure::because)?;
        match timeout(self.limit, Pin::new(&mut stream).accept()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(handshake_failure(&error, stream.ssl())),
            Err(_elapsed) => return Err(HandshakeFailure::because("the handshake took too long")),
        }
        let standing = Standing::of(&self.tls, stream.ssl(), generation);
        let standing = standing.map_err(HandshakeFailure::because)?;
        // The place is new: nobody has filled it.
        let _is_first = place.set(Arc::new(standing));
        Ok(stream)
    }
}

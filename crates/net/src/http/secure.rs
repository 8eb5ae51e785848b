//! HTTPS as actix-web serves it, and a word about every connection that was refused.
//!
//! actix-web keeps to itself whose handshake failed. Node authentication wants it known (ITI TF-2: 3.19.6), so
//! the listener is put together here from the same pieces.

use std::any::Any;
use std::convert::Infallible;
use std::fmt::Debug;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;

use actix_http::{Extensions, HttpService, Protocol, Request, Response};
use actix_server::Server;
use actix_service::{
    IntoServiceFactory, Service as _, ServiceFactory, ServiceFactoryExt as _, apply_fn_factory,
    map_config,
};
use actix_tls::accept::TlsError;
use actix_tls::accept::openssl::{Acceptor, TlsStream};
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use openssl::ssl::{SslAcceptor, SslAcceptorBuilder};

use super::{HttpLimits, LINGER};
use crate::peer::{OnRefused, UNKNOWN, handshake_failure};

/// Called when a connection is made, with its stream and the data its requests will see.
pub(super) type OnConnect = Arc<dyn Fn(&dyn Any, &mut Extensions) + Send + Sync>;

/// What the listener needs beside the application.
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    pub(super) workers: usize,
    pub(super) limits: HttpLimits,
    pub(super) on_connect: OnConnect,
    pub(super) on_refused: OnRefused,
}

/// Serves the application that `app` makes, once per worker.
pub(super) fn serve<F, I, S, B>(
    listener: Listener,
    acceptor: SslAcceptorBuilder,
    app: F,
) -> std::io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error>,
    S::InitError: Debug,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    let Listener { socket, workers, limits, on_connect, on_refused } = listener;
    let acceptor = acceptor.build();
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
        watched(&acceptor, limits, &on_refused)
            .map_err(TlsError::into_service_error)
            .map(|(stream, peer): (TlsStream<TcpStream>, SocketAddr)| {
                (stream, Protocol::Http1, Some(peer))
            })
            .and_then(http.map_err(TlsError::Service))
    };
    Ok(server.listen("https", socket, service)?.run())
}

/// The handshake; one that fails is told.
fn watched(
    acceptor: &SslAcceptor,
    limits: HttpLimits,
    on_refused: &OnRefused,
) -> impl ServiceFactory<
    TcpStream,
    Config = (),
    Response = (TlsStream<TcpStream>, SocketAddr),
    Error = TlsError<openssl::ssl::Error, Infallible>,
    InitError = (),
> + use<> {
    let mut acceptor = Acceptor::new(acceptor.clone());
    acceptor.set_handshake_timeout(limits.request_head_timeout);
    let on_refused = Rc::new(on_refused.clone());
    apply_fn_factory::<_, Acceptor, _, _, TcpStream, TcpStream, _, _>(
        acceptor,
        move |stream: TcpStream, service| {
            // Without it an answer of 50 KB waits 40 ms for the peer's delayed acknowledgement.
            let _slower_without = stream.set_nodelay(true);
            let address = stream.peer_addr().unwrap_or(UNKNOWN);
            let (handshake, on_refused) = (service.call(stream), Rc::clone(&on_refused));
            async move {
                let ended = handshake.await;
                if let Err(error) = &ended {
                    on_refused.tell(address, reason(error));
                }
                ended.map(|stream| (stream, address))
            }
        },
    )
}

fn reason(error: &TlsError<openssl::ssl::Error, Infallible>) -> String {
    match error {
        TlsError::Timeout => "the handshake took too long".to_owned(),
        TlsError::Tls(error) => handshake_failure(error),
        TlsError::Service(never) => match *never {},
    }
}

//! Opening connections: plain or mutual TLS, with one deadline over resolving, connecting and handshake.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_openssl::client::legacy::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use net::{Transport, TransportError};

/// Only HTTP/1.1 is spoken.
const ALPN: &[u8] = b"\x08http/1.1";

type BoxError = Box<dyn Error + Send + Sync>;
type Connecting = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

/// What hyper reads and writes.
pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// hyper's connector with a deadline: hyper-openssl itself waits for a handshake for ever.
#[derive(Clone)]
pub(crate) struct Connector {
    kind: Kind,
    limit: Duration,
}

#[derive(Clone)]
enum Kind {
    Plain(HttpConnector),
    Tls(HttpsConnector<HttpConnector>),
}

impl Connector {
    pub(crate) fn new(transport: &Transport, limit: Duration) -> Result<Connector, TransportError> {
        let mut http = HttpConnector::new();
        http.set_nodelay(true);
        let kind = match transport {
            Transport::Plain => Kind::Plain(http),
            Transport::MutualTls(files) => {
                http.enforce_http(false);
                let mut tls = net::connector(files)?;
                tls.set_alpn_protos(ALPN)?;
                Kind::Tls(HttpsConnector::with_connector(http, tls)?)
            }
        };
        Ok(Connector { kind, limit })
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match &mut self.kind {
            Kind::Plain(http) => http.poll_ready(context).map_err(Into::into),
            Kind::Tls(https) => https.poll_ready(context),
        }
    }

    fn call(&mut self, uri: Uri) -> Connecting {
        let connecting: Connecting = match &mut self.kind {
            Kind::Plain(http) => {
                let connecting = http.call(uri);
                Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) })
            }
            Kind::Tls(https) => https.call(uri),
        };
        let limit = self.limit;
        Box::pin(async move {
            match tokio::time::timeout(limit, connecting).await {
                Ok(connected) => connected,
                Err(_elapsed) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            }
        })
    }
}

//! Opening connections: plain or mutual TLS, with one deadline over resolving, connecting and handshake.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_openssl::SslStream;
use hyper_openssl::client::legacy::MaybeHttpsStream;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use net::tls::ALPN_HTTP;
use net::{Tls, Transport, TransportError};

type BoxError = Box<dyn Error + Send + Sync>;
type Connecting = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

/// What hyper reads and writes.
pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Connects with a deadline, and with the TLS that is in force at the time.
///
/// Sessions are not resumed: each connection verifies the server anew, and the pool keeps connections open.
#[derive(Clone)]
pub(crate) struct Connector {
    kind: Kind,
    limit: Duration,
}

#[derive(Clone)]
enum Kind {
    Plain(HttpConnector),
    Tls(HttpConnector, Tls),
}

impl Connector {
    pub(crate) fn new(transport: &Transport, limit: Duration) -> Result<Connector, TransportError> {
        let mut http = HttpConnector::new();
        http.set_nodelay(true);
        let kind = match transport {
            Transport::Plain => Kind::Plain(http),
            Transport::MutualTls(tls) => {
                http.enforce_http(false);
                // The files are read now: whoever cannot use them hears it before the first call.
                tls.connector()?;
                Kind::Tls(http, tls.clone())
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
            Kind::Plain(http) | Kind::Tls(http, _) => http.poll_ready(context).map_err(Into::into),
        }
    }

    fn call(&mut self, uri: Uri) -> Connecting {
        let connecting: Connecting = match &mut self.kind {
            Kind::Plain(http) => {
                let connecting = http.call(uri);
                Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) })
            }
            Kind::Tls(http, tls) => {
                let host = bare(uri.host().unwrap_or_default()).to_owned();
                let (connecting, tls) = (http.call(uri), tls.clone());
                Box::pin(async move { handshake(&tls, &host, connecting.await?).await })
            }
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

async fn handshake(tls: &Tls, host: &str, stream: TokioIo<TcpStream>) -> Result<Stream, BoxError> {
    let mut configuration = tls.connector()?.configure()?;
    configuration.set_alpn_protos(ALPN_HTTP)?;
    let mut stream = SslStream::new(configuration.into_ssl(host)?, stream)?;
    Pin::new(&mut stream).connect().await?;
    Ok(MaybeHttpsStream::Https(stream))
}

/// The host without the brackets that a URL has around an IPv6 address.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

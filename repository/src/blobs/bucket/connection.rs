//! HTTP for the S3 store: the house's hyper and OpenSSL, with a deadline for each state of a request.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use config::actor::S3Config;
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::Uri;
use hyper::body::Incoming;
use hyper_openssl::client::legacy::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector as StoreConnector, HttpError, HttpErrorKind, HttpRequest,
    HttpRequestBody, HttpResponse, HttpResponseBody, HttpService,
};
use openssl::ssl::{SslConnector, SslMethod, SslVersion};
use tokio::net::TcpStream;
use tower_service::Service;

/// Only HTTP/1.1 is spoken.
const ALPN: &[u8] = b"\x08http/1.1";

type BoxError = Box<dyn Error + Send + Sync>;
type Connecting = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;
type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Connections to the endpoint, pooled.
#[derive(Clone)]
pub(super) struct OverOpenssl {
    client: Client<Connector, HttpRequestBody>,
    response: Duration,
    body_idle: Duration,
}

impl fmt::Debug for OverOpenssl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OverOpenssl").finish_non_exhaustive()
    }
}

impl OverOpenssl {
    pub(super) fn new(config: &S3Config) -> io::Result<OverOpenssl> {
        let mut tls = SslConnector::builder(SslMethod::tls_client())?;
        tls.set_min_proto_version(Some(SslVersion::TLS1_2))?;
        tls.set_alpn_protos(ALPN)?;
        if let Some(ca) = &config.ca {
            tls.set_ca_file(ca)?;
        }
        let mut http = HttpConnector::new();
        http.set_nodelay(true);
        http.enforce_http(false);
        let https = HttpsConnector::with_connector(http, tls)?;
        let connector = Connector { https, limit: config.connect };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(config.pool_idle)
            .build(connector);
        Ok(OverOpenssl { client, response: config.response, body_idle: config.body_idle })
    }

    /// Connecting has a deadline of its own.
    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        match tokio::time::timeout(self.response, self.client.request(request)).await {
            Ok(Ok(answer)) => Ok(answer.map(|body| bounded(body, self.body_idle))),
            Ok(Err(error)) if error.is_connect() => {
                Err(HttpError::new(HttpErrorKind::Connect, error))
            }
            Ok(Err(error)) => Err(HttpError::new(HttpErrorKind::Interrupted, error)),
            Err(_elapsed) => Err(late()),
        }
    }
}

impl StoreConnector for OverOpenssl {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// Written out, as the attribute of the trait would write it.
impl HttpService for OverOpenssl {
    fn call<'s, 'a>(
        &'s self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>
    where
        's: 'a,
        Self: 'a,
    {
        Box::pin(self.answer(request))
    }
}

/// A body whose next piece comes in time, or an error.
fn bounded(body: Incoming, idle: Duration) -> HttpResponseBody {
    let frames = stream::unfold(Some(body), move |body| async move {
        let mut body = body?;
        match tokio::time::timeout(idle, body.frame()).await {
            Ok(Some(Ok(frame))) => Some((Ok(frame), Some(body))),
            Ok(Some(Err(error))) => {
                Some((Err(HttpError::new(HttpErrorKind::Interrupted, error)), None))
            }
            Ok(None) => None,
            Err(_elapsed) => Some((Err(late()), None)),
        }
    });
    // Who collects a body asks once more after its end.
    HttpResponseBody::new(StreamBody::new(frames.fuse()))
}

fn late() -> HttpError {
    HttpError::new(HttpErrorKind::Timeout, io::Error::from(io::ErrorKind::TimedOut))
}

/// hyper-openssl itself waits for a handshake for ever.
#[derive(Clone)]
struct Connector {
    https: HttpsConnector<HttpConnector>,
    limit: Duration,
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Connecting {
        let (connecting, limit) = (self.https.call(uri), self.limit);
        Box::pin(async move {
            match tokio::time::timeout(limit, connecting).await {
                Ok(connected) => connected,
                Err(_elapsed) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            }
        })
    }
}

//! HTTP exchange under both clients: pool, deadlines, classification of failures.

use std::error::Error;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::{Client, Error as HyperError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use net::{Tls, Transport, TransportError};
use tokio::time::{Instant, timeout_at};

use crate::connector::Connector;
use crate::error::{CallError, Stage};

/// Idle connections kept for one partner; a mutual-TLS handshake costs as much as
/// some fifty queries.
const IDLE_CONNECTIONS: usize = 16;

/// Deadlines of a call. No state of a call lasts without one.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Resolving, connecting and TLS handshake together.
    pub connect: Duration,
    /// From the end of the request to the head of the answer.
    pub response: Duration,
    /// Longest pause inside a body, of the request or of the answer.
    pub body_idle: Duration,
    /// The whole call.
    pub whole: Duration,
    /// How long an unused connection is kept; shorter than the server's keep-alive.
    pub pool_idle: Duration,
}

impl Default for Timeouts {
    /// 3 s, 30 s, 30 s, 10 min, 50 s.
    fn default() -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(3),
            response: Duration::from_secs(30),
            body_idle: Duration::from_secs(30),
            whole: Duration::from_secs(600),
            pool_idle: Duration::from_secs(50),
        }
    }
}

/// A request body of any kind.
pub(crate) type RequestBody = UnsyncBoxBody<Bytes, io::Error>;

/// The pool of connections with its deadlines; clones share it.
#[derive(Clone)]
pub(crate) struct Exchange {
    pool: Arc<ArcSwap<Pool>>,
    connector: Connector,
    tls: Option<Tls>,
    scheme: &'static str,
    timeouts: Timeouts,
}

/// The connections that one generation of TLS has opened.
struct Pool {
    client: Client<Connector, RequestBody>,
    generation: u64,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Exchange")
            .field("scheme", &self.scheme)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// How far the request went, as told by its body.
#[derive(Clone)]
pub(crate) struct Upload {
    state: Arc<Mutex<(Instant, Stage)>>,
}

impl Upload {
    pub(crate) fn new() -> Upload {
        Upload { state: Arc::new(Mutex::new((Instant::now(), Stage::Request))) }
    }

    /// The connection asked for more: it took what it had.
    pub(crate) fn moved(&self) {
        self.set(Stage::Request);
    }

    /// The last byte was handed to the connection.
    pub(crate) fn ended(&self) {
        self.set(Stage::Response);
    }

    fn set(&self, stage: Stage) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), stage);
    }

    fn deadline(&self, timeouts: &Timeouts) -> (Instant, Stage) {
        let (since, stage) = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = match stage {
            // Connecting comes before the first byte and has its own limit.
            Stage::Request => timeouts.connect.saturating_add(timeouts.body_idle),
            Stage::Response | Stage::Body | Stage::Whole => timeouts.response,
        };
        (since + limit, stage)
    }
}

impl Exchange {
    pub(crate) fn new(
        transport: &Transport,
        timeouts: Timeouts,
    ) -> Result<Exchange, TransportError> {
        let scheme = match transport {
            Transport::Plain => "http",
            Transport::MutualTls(_) => "https",
        };
        let connector = Connector::new(transport, timeouts.connect)?;
        let tls = transport.tls().cloned();
        let generation = tls.as_ref().map_or(0, Tls::generation);
        let pool = Pool { client: client(&connector, &timeouts), generation };
        let pool = Arc::new(ArcSwap::from_pointee(pool));
        Ok(Exchange { pool, connector, tls, scheme, timeouts })
    }

    /// Connections that another TLS has opened are not used again: whom they lead to may be revoked. What is
    /// under way on them ends in peace.
    fn client(&self) -> Client<Connector, RequestBody> {
        let generation = self.tls.as_ref().map_or(0, Tls::generation);
        let pool = self.pool.load();
        if pool.generation == generation {
            return pool.client.clone();
        }
        let client = client(&self.connector, &self.timeouts);
        // Of two who do this at one time one makes a pool in vain.
        self.pool.store(Arc::new(Pool { client: client.clone(), generation }));
        client
    }

    /// Checks the URL before anything is sent: a transport with certificates must
    /// never fall back to an open line because of a configured `http:`.
    pub(crate) fn uri(&self, url: &str) -> Result<Uri, CallError> {
        let uri: Uri = url.parse().map_err(|_invalid| CallError::InvalidRequest("URL"))?;
        if uri.scheme_str() != Some(self.scheme) {
            return Err(CallError::InvalidRequest(
                "scheme of the URL is not that of the transport",
            ));
        }
        if uri.host().is_none_or(str::is_empty) {
            return Err(CallError::InvalidRequest("URL without host"));
        }
        Ok(uri)
    }

    /// Sends a request and returns the answer's head; `upload` is told by the body.
    pub(crate) async fn send(
        &self,
        request: Request<RequestBody>,
        upload: &Upload,
    ) -> Result<Answer, CallError> {
        let whole = Instant::now() + self.timeouts.whole;
        let mut answer = pin!(self.client().request(request));
        loop {
            let (deadline, stage) = upload.deadline(&self.timeouts);
            match timeout_at(deadline.min(whole), &mut answer).await {
                Ok(answered) => {
                    let response = answered.map_err(classify)?;
                    let idle = self.timeouts.body_idle;
                    return Ok(Answer { response, idle, whole });
                }
                Err(_elapsed) if Instant::now() >= whole => {
                    return Err(CallError::Timeout(Stage::Whole));
                }
                // The body may have moved on meanwhile.
                Err(_elapsed) if upload.deadline(&self.timeouts).0 > Instant::now() => {}
                Err(_elapsed) => return Err(CallError::Timeout(stage)),
            }
        }
    }
}

fn client(connector: &Connector, timeouts: &Timeouts) -> Client<Connector, RequestBody> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(timeouts.pool_idle)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .build(connector.clone())
}

/// An answer whose body is still to be read.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    idle: Duration,
    whole: Instant,
}

impl Answer {
    /// The next piece of the body; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, CallError> {
        let deadline = (Instant::now() + self.idle).min(self.whole);
        loop {
            match timeout_at(deadline, self.response.frame()).await {
                Ok(None) => return Ok(None),
                // A trailer is no content.
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                Ok(Some(Err(error))) => return Err(CallError::Io(error.into())),
                Err(_elapsed) if Instant::now() >= self.whole => {
                    return Err(CallError::Timeout(Stage::Whole));
                }
                Err(_elapsed) => return Err(CallError::Timeout(Stage::Body)),
            }
        }
    }
}

/// Marks a failure of our own attachment inside hyper's error chain.
#[derive(Debug, thiserror::Error)]
#[error("attachment could not be read")]
pub(crate) struct AttachmentFailure(#[source] pub(crate) io::Error);

fn classify(error: HyperError) -> CallError {
    if error.is_connect() {
        return CallError::Connect(error.into());
    }
    match attachment_failure(&error) {
        Some(kind) => CallError::Attachment(kind.into()),
        None => CallError::Io(error.into()),
    }
}

/// Looks for [`AttachmentFailure`] among the causes.
fn attachment_failure(error: &HyperError) -> Option<io::ErrorKind> {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        let marked = error
            .downcast_ref::<io::Error>()
            .and_then(|error| error.get_ref()?.downcast_ref::<AttachmentFailure>());
        if let Some(AttachmentFailure(error)) = marked {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}

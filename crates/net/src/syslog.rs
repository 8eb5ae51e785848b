//! The listeners of an Audit Record Repository: syslog over mutual TLS (RFC 5425) and over UDP (RFC 5426).
//!
//! Cuts streams into messages and hands them to a function of the actor, which stores them; what stands in
//! them is not looked at. A connection has a bounded number of messages that are not stored yet, and is not
//! read further until they are. The goodbye of TLS is the acknowledgement: it is answered after everything
//! that came before it is stored, and never given for any other reason (RFC 5425 section 4.4).

mod admission;
mod connection;
mod datagrams;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::acceptance::Acceptance;
use crate::metrics::SyslogMetrics;
use crate::peer::Peer;
use crate::tls::Tls;
use crate::transport::{Transport, TransportError, bind};
use admission::Admission;
pub use datagrams::SyslogDatagrams;

/// Where and how to listen.
#[derive(Clone, Debug)]
pub struct SyslogConfig {
    /// Port 0 asks the system for a free one.
    pub address: SocketAddr,
    /// There is no syslog over plain TCP.
    pub tls: Tls,
    pub limits: SyslogLimits,
}

/// Deadlines and bounds of both listeners.
#[derive(Clone, Copy, Debug)]
pub struct SyslogLimits {
    /// Largest message in bytes.
    pub message_bytes: usize,
    /// From the first byte of a message to its last; also for the TLS handshake.
    pub message_timeout: Duration,
    /// Longest silence between messages; senders keep connections open for long.
    pub idle_timeout: Duration,
    /// Connections at a time; one more is closed at once.
    pub max_connections: usize,
    /// Of these, from one address.
    pub max_connections_per_address: usize,
    /// Messages of one connection that wait to be stored.
    pub queue: usize,
    /// Datagrams that wait to be stored; a quarter of them may be of one address.
    pub datagram_queue: usize,
    /// How long a graceful stop waits until what has arrived is stored.
    pub shutdown_timeout: Duration,
}

impl Default for SyslogLimits {
    /// 1 MiB, 30 s for a message, 1 h between messages, 256 connections, 32 of an address, 64 messages of a
    /// connection, 1 024 datagrams, 15 s shutdown.
    fn default() -> SyslogLimits {
        SyslogLimits {
            message_bytes: 1024 * 1024,
            message_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(3_600),
            max_connections: 256,
            max_connections_per_address: 32,
            queue: 64,
            datagram_queue: 1_024,
            shutdown_timeout: Duration::from_secs(15),
        }
    }
}

/// One message as it came, and from whom.
#[derive(Clone, Debug)]
pub struct ReceivedMessage {
    pub bytes: Vec<u8>,
    pub arrival: Arrival,
    pub received_at: SystemTime,
    pub peer: Arc<Peer>,
}

/// How a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A frame of a stream over TLS.
    Framed,
    /// The beginning of what was left of a stream that could not be cut any further.
    Remains,
    Datagram,
}

/// The messages are not stored, and will not be.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("messages could not be stored")]
pub struct NotStored;

/// The actor's side: is ready when the messages are on stable storage. It tries for as long as that makes
/// sense.
pub type Store =
    Arc<dyn Fn(Vec<ReceivedMessage>) -> BoxFuture<'static, Result<(), NotStored>> + Send + Sync>;

/// Why a connection was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The TLS handshake failed, or the peer of an open connection is not trusted any more.
    Handshake,
    /// Too many connections are open.
    Limit,
}

/// The actor's side: is told of refused connections; must not wait.
pub type Refused = Arc<dyn Fn(IpAddr, Refusal) + Send + Sync>;

/// A running TLS listener. Dropping it closes every connection at once.
#[derive(Debug)]
pub struct SyslogServer(Acceptance);

/// What all connections of a listener share.
struct Listener {
    store: Store,
    refused: Refused,
    tls: Tls,
    limits: SyslogLimits,
    metrics: SyslogMetrics,
    admission: Admission,
    stop: watch::Receiver<bool>,
}

impl SyslogServer {
    /// Opens the port and receives; must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`TransportError`] when the port, the certificate or the key cannot be used.
    pub fn start(
        config: &SyslogConfig,
        metrics: SyslogMetrics,
        store: Store,
        refused: Refused,
    ) -> Result<SyslogServer, TransportError> {
        let address = config.address;
        let unusable = |source| TransportError::Bind { address, source };
        let tls = config.tls.clone();
        tls.in_force()?;
        let socket = bind(address, &Transport::MutualTls(tls.clone()))?;
        let (stop, stopped) = watch::channel(false);
        let limits = config.limits;
        let admission = Admission::new(limits.max_connections, limits.max_connections_per_address);
        let listener = Listener { store, refused, tls, limits, metrics, admission, stop: stopped };
        let listener = Arc::new(listener);
        let admit = move |connections: &mut JoinSet<()>, stream: TcpStream, address: SocketAddr| {
            admit(connections, &listener, stream, address);
        };
        let timeout = limits.shutdown_timeout;
        let accepting = Acceptance::start("syslog", socket, stop, timeout, admit);
        accepting.map(SyslogServer).map_err(unusable)
    }

    /// The address in use, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Accepts nothing more, stores what has arrived (at most [`SyslogLimits::shutdown_timeout`]), and
    /// leaves without goodbye: what a sender has on its way is not acknowledged.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

fn admit(
    connections: &mut JoinSet<()>,
    listener: &Arc<Listener>,
    stream: TcpStream,
    address: SocketAddr,
) {
    listener.metrics.connections.inc();
    let Some(place) = listener.admission.place(address.ip()) else {
        listener.metrics.refused_connections.inc();
        tracing::debug!(peer = %address.ip(), "too many syslog connections, one refused");
        (listener.refused)(address.ip(), Refusal::Limit);
        return;
    };
    let listener = Arc::clone(listener);
    connections.spawn(async move {
        connection::serve(listener, stream, address).await;
        drop(place);
    });
}

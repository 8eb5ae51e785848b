//! The MLLP listener of HL7 v2 feeds and queries, plain on loopback or mutual TLS.
//!
//! Reads frames, hands each to a function of the actor and sends its answer,
//! in order, one frame of a connection at a time; pipelined frames wait in the
//! socket. What stands in a frame is not looked at.
//! HL7 v2 Transport Specification: MLLP release 1.

mod connection;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hl7v2::FrameError;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::acceptance::Acceptance;
use crate::metrics::MllpMetrics;
use crate::peer::{OnRefused, Peer};
use crate::tls::Tls;
use crate::transport::{Transport, TransportError, bind};

/// Where and how to listen.
#[derive(Clone, Debug)]
pub struct MllpConfig {
    /// Port 0 asks the system for a free one.
    pub address: SocketAddr,
    /// Plain is refused beyond loopback.
    pub transport: Transport,
    /// Deadlines and bounds of connections.
    pub limits: MllpLimits,
    /// Told of connections whose handshake failed, or whose peer is not trusted any more.
    pub on_refused: OnRefused,
}

/// Deadlines and bounds of MLLP connections.
#[derive(Clone, Copy, Debug)]
pub struct MllpLimits {
    /// Largest message in bytes, without the frame's own three.
    pub frame_bytes: usize,
    /// Longest silence between frames; senders keep connections open for long.
    pub idle_timeout: Duration,
    /// From the first byte of a frame to its last; also for writing an answer and for the TLS handshake.
    pub frame_timeout: Duration,
    /// Connections at a time; one more is closed at once.
    pub max_connections: usize,
    /// How long a graceful stop waits for frames in flight.
    pub shutdown_timeout: Duration,
}

impl Default for MllpLimits {
    /// 1 MiB, 10 min between frames, 30 s for a frame, 256 connections, 15 s shutdown.
    ///
    /// A feed message is a few kilobytes; 1 MiB leaves room for large merges
    /// and keeps 256 connections within 256 MiB.
    fn default() -> MllpLimits {
        MllpLimits {
            frame_bytes: 1024 * 1024,
            idle_timeout: Duration::from_secs(600),
            frame_timeout: Duration::from_secs(30),
            max_connections: 256,
            shutdown_timeout: Duration::from_secs(15),
        }
    }
}

impl From<&config::actor::FeedLimits> for MllpLimits {
    fn from(configured: &config::actor::FeedLimits) -> MllpLimits {
        MllpLimits {
            frame_bytes: configured.frame_bytes,
            idle_timeout: configured.idle_timeout,
            frame_timeout: configured.frame_timeout,
            max_connections: configured.max_connections,
            ..MllpLimits::default()
        }
    }
}

/// One message as it came, and from whom.
#[derive(Debug)]
pub struct Frame {
    /// The bytes between start and end of the frame; of a broken one its beginning, by which its sender can be told.
    pub bytes: Vec<u8>,
    /// What is wrong with the frame: then `bytes` are no message.
    pub fault: Option<FrameError>,
    /// The sender.
    pub peer: Peer,
}

/// The actor's side: turns a message into its answer. Must have its own deadline.
pub type Answer = Arc<dyn Fn(Frame) -> BoxFuture<'static, Vec<u8>> + Send + Sync>;

/// A running MLLP listener. Dropping it closes every connection at once.
#[derive(Debug)]
pub struct MllpServer(Acceptance);

/// What all connections of a listener share.
struct Listener {
    answer: Answer,
    tls: Option<Tls>,
    limits: MllpLimits,
    on_refused: OnRefused,
    metrics: MllpMetrics,
    stop: watch::Receiver<bool>,
}

impl MllpServer {
    /// Opens the port and answers frames; must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`TransportError`] when the port, the certificate or the key cannot be used.
    pub fn start(
        config: MllpConfig,
        metrics: MllpMetrics,
        answer: Answer,
    ) -> Result<MllpServer, TransportError> {
        let address = config.address;
        let unusable = |source| TransportError::Bind { address, source };
        let tls = config.transport.opened()?;
        let socket = bind(address, &config.transport)?;
        let (stop, stopped) = watch::channel(false);
        let (limits, on_refused) = (config.limits, config.on_refused);
        let listener = Listener { answer, tls, limits, on_refused, metrics, stop: stopped };
        let listener = Arc::new(listener);
        let admit = move |connections: &mut JoinSet<()>, stream: TcpStream, address: SocketAddr| {
            admit(connections, &listener, stream, address);
        };
        let timeout = limits.shutdown_timeout;
        let accepting = Acceptance::start("MLLP", socket, stop, timeout, admit);
        accepting.map(MllpServer).map_err(unusable)
    }

    /// The address in use, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Accepts nothing more, answers the frames in flight (at most
    /// [`MllpLimits::shutdown_timeout`]), then returns.
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
    if connections.len() >= listener.limits.max_connections {
        listener.metrics.refused_connections.inc();
        tracing::warn!(peer = %address.ip(), "too many MLLP connections, one refused");
        return;
    }
    connections.spawn(connection::serve(Arc::clone(listener), stream, address));
}

//! The MLLP listener of HL7 v2 feeds and queries, plain on loopback or mutual TLS.
//!
//! Reads frames, hands each to a function of the actor and sends its answer,
//! in order, one frame of a connection at a time; pipelined frames wait in the
//! socket. What stands in a frame is not looked at.
//! HL7 v2 Transport Specification: MLLP release 1.

mod connection;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use openssl::ssl::SslAcceptor;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle, JoinSet};

use crate::metrics::MllpMetrics;
use crate::peer::{OnRefused, Peer};
use crate::transport::{Transport, TransportError, acceptor, bind};

/// When the system has no socket left, accepting pauses so that closing ones can free some.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where and how to listen.
#[derive(Clone, Debug)]
pub struct MllpConfig {
    /// Port 0 asks the system for a free one.
    pub address: SocketAddr,
    /// Plain is refused beyond loopback.
    pub transport: Transport,
    /// Deadlines and bounds of connections.
    pub limits: MllpLimits,
    /// Told of connections whose handshake failed.
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

/// One message as it came, and from whom.
#[derive(Debug)]
pub struct Frame {
    /// The bytes between start and end of the frame.
    pub bytes: Vec<u8>,
    /// The sender.
    pub peer: Peer,
}

/// The actor's side: turns a message into its answer. Must have its own deadline.
pub type Answer = Arc<dyn Fn(Frame) -> BoxFuture<'static, Vec<u8>> + Send + Sync>;

/// A running MLLP listener. Dropping it closes every connection at once.
#[derive(Debug)]
pub struct MllpServer {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What all connections of a listener share.
struct Listener {
    answer: Answer,
    acceptor: Option<SslAcceptor>,
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
        let acceptor = match &config.transport {
            Transport::Plain => None,
            Transport::MutualTls(files) => Some(acceptor(files)?.build()),
        };
        let socket = bind(address, &config.transport)?;
        socket.set_nonblocking(true).map_err(unusable)?;
        let socket = TcpListener::from_std(socket).map_err(unusable)?;
        let address = socket.local_addr().map_err(unusable)?;
        let (stop, stopped) = watch::channel(false);
        let (limits, on_refused) = (config.limits, config.on_refused);
        let listener = Listener { answer, acceptor, limits, on_refused, metrics, stop: stopped };
        let task = tokio::spawn(accept(socket, Arc::new(listener)));
        Ok(MllpServer { address, stop, task })
    }

    /// The address in use, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts nothing more, answers the frames in flight (at most
    /// [`MllpLimits::shutdown_timeout`]), then returns.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "MLLP listener failed");
        }
    }
}

impl Drop for MllpServer {
    fn drop(&mut self) {
        // Ends the connections with it, they are tasks in a set of this task.
        self.task.abort();
    }
}

/// Accepts until stopped, then waits for what is in flight.
async fn accept(socket: TcpListener, listener: Arc<Listener>) {
    let mut connections = JoinSet::new();
    let mut stop = listener.stop.clone();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(ended) = connections.join_next() => report(ended),
            accepted = socket.accept() => match accepted {
                Ok((stream, address)) => admit(&mut connections, &listener, stream, address),
                Err(error) => pause(&error).await,
            },
        }
    }
    drop(socket);
    let all_ended = async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    };
    if tokio::time::timeout(listener.limits.shutdown_timeout, all_ended).await.is_err() {
        tracing::warn!(n_open = connections.len(), "MLLP connections cut at shutdown");
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

async fn pause(error: &io::Error) {
    tracing::warn!(%error, "MLLP connection could not be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("answering an MLLP frame panicked, connection closed");
    }
}

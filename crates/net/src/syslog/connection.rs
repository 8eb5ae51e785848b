//! One connection: handshake, frames in, goodbye out when everything is stored.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use atna::syslog::{FrameError, FrameReader};
use futures_util::future::BoxFuture;
use openssl::ssl::ErrorCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_openssl::SslStream;

use super::{Arrival, Listener, NotStored, ReceivedMessage, Refusal, SyslogLimits};
use crate::peer::{HandshakeFailure, Peer};
use crate::tls::{Distrust, Standing};
use crate::transport::accept_tls;

/// Bytes read at once: one TLS record.
const READ_BYTES: usize = 16 * 1024;

/// What is kept of a stream that cannot be cut any further.
const REMAINS_BYTES: usize = 64 * 1024;

/// A goodbye that the peer does not take is given up after this.
const GOODBYE: Duration = Duration::from_secs(5);

/// Why a connection ended without goodbye.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("messages could not be told apart")]
    BrokenFrame(#[source] FrameError),
    #[error("a message took too long")]
    MessageTimeout,
    #[error("nothing came for too long")]
    Idle,
    #[error("TLS handshake failed")]
    Handshake(#[source] HandshakeFailure),
    #[error("the peer is not trusted any more")]
    Distrusted(#[source] Distrust),
    #[error(transparent)]
    NotStored(#[from] NotStored),
    #[error("the peer hung up without goodbye")]
    HungUp,
    #[error("the listener stops")]
    Stopped,
    #[error("connection failed")]
    Io(#[from] io::Error),
}

/// Serves one accepted socket until it ends.
pub(super) async fn serve(listener: Arc<Listener>, stream: TcpStream, address: SocketAddr) {
    let Err(end) = run(&listener, stream, address).await else { return };
    let metrics = &listener.metrics;
    match end {
        End::BrokenFrame(_) | End::MessageTimeout => metrics.broken_streams.inc(),
        End::Handshake(_) => {
            (listener.refused)(address.ip(), Refusal::Handshake);
            metrics.failed_handshakes.inc()
        }
        End::Distrusted(_) => {
            (listener.refused)(address.ip(), Refusal::Handshake);
            metrics.distrusted_connections.inc()
        }
        End::NotStored(_) => metrics.not_stored.inc(),
        End::Idle | End::HungUp | End::Stopped | End::Io(_) => 0,
    };
    let peer = address.ip();
    let cause = std::error::Error::source(&end).map(ToString::to_string);
    tracing::info!(%peer, reason = %end, cause, "syslog connection closed");
}

async fn run(listener: &Listener, stream: TcpStream, address: SocketAddr) -> Result<(), End> {
    stream.set_nodelay(true)?;
    let (stream, standing) = accept_tls(&listener.tls, stream, listener.limits.message_timeout)
        .await
        .map_err(End::Handshake)?;
    let peer = Arc::new(Peer::tls(address, stream.ssl()));
    Connection::new(listener, stream, (peer, standing)).run().await
}

/// What the socket had to say.
enum Read {
    Bytes(usize),
    /// The peer's close_notify.
    Goodbye,
}

/// The reading and storing of one stream.
struct Connection<'a> {
    listener: &'a Listener,
    stream: SslStream<TcpStream>,
    peer: Arc<Peer>,
    standing: Standing,
    frames: FrameReader,
    /// Bytes that came since the last whole frame, as far as they are kept.
    remains: Vec<u8>,
    /// Messages that are not being stored yet.
    waiting: Vec<ReceivedMessage>,
    waiting_bytes: usize,
    storing: Option<BoxFuture<'static, Result<(), NotStored>>>,
    stop: watch::Receiver<bool>,
}

impl<'a> Connection<'a> {
    fn new(
        listener: &'a Listener,
        stream: SslStream<TcpStream>,
        (peer, standing): (Arc<Peer>, Standing),
    ) -> Connection<'a> {
        Connection {
            listener,
            stream,
            peer,
            standing,
            frames: FrameReader::new(listener.limits.message_bytes),
            remains: Vec::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            storing: None,
            stop: listener.stop.clone(),
        }
    }

    async fn run(mut self) -> Result<(), End> {
        let ended = self.receive().await;
        // Whatever ended it: what has arrived is kept.
        let rest = match &ended {
            Ok(()) => self.frames.finish(),
            Err(End::BrokenFrame(error)) => Err(*error),
            // We do not let the sender finish, who sends it again.
            Err(End::Stopped | End::Distrusted(_)) => Ok(None),
            Err(_) if self.frames.pending() > 0 => Err(FrameError::Truncated),
            Err(_) => Ok(None),
        };
        let whole = match rest {
            Ok(last) => {
                self.take(last.unwrap_or_default(), Arrival::Framed);
                Ok(())
            }
            Err(error) => {
                let remains = std::mem::take(&mut self.remains);
                self.take(remains, Arrival::Remains);
                Err(End::BrokenFrame(error))
            }
        };
        self.store_all().await?;
        ended?;
        whole?;
        // Everything that came before the peer's goodbye is stored: this is the acknowledgement.
        match timeout(GOODBYE, self.stream.shutdown()).await {
            Ok(said) => Ok(said?),
            Err(_elapsed) => Err(End::Io(io::ErrorKind::TimedOut.into())),
        }
    }

    /// Reads until the peer says goodbye, while what came is being stored.
    async fn receive(&mut self) -> Result<(), End> {
        let limits = self.listener.limits;
        let mut buffer = vec![0; READ_BYTES];
        let mut deadline = Deadline::new(&limits, 0);
        loop {
            if self.storing.is_none() && !self.waiting.is_empty() {
                self.begin_storing();
            }
            let may_read =
                self.waiting.len() < limits.queue && self.waiting_bytes < limits.message_bytes;
            if !may_read {
                self.store_begun().await?;
                // Nobody read meanwhile: the peer was not slow.
                deadline = Deadline::new(&limits, self.frames.pending());
                continue;
            }
            tokio::select! {
                stored = stored(&mut self.storing) => {
                    self.storing = None;
                    stored?;
                }
                read = read(&mut self.stream, &mut buffer, &deadline) => match read? {
                    Read::Goodbye => return self.trusted(),
                    Read::Bytes(n_bytes) => {
                        self.trusted()?;
                        let n_frames = self.cut(buffer.get(..n_bytes).unwrap_or_default())?;
                        if n_frames > 0 || deadline.is_idle {
                            deadline = Deadline::new(&limits, self.frames.pending());
                        }
                    }
                },
                () = stopped(&mut self.stop) => return Err(End::Stopped),
            }
        }
    }

    /// What comes from somebody who is not trusted any more is neither taken nor acknowledged.
    fn trusted(&self) -> Result<(), End> {
        self.standing.verify().map_err(End::Distrusted)
    }

    /// Takes the frames that end in these bytes; tells how many.
    fn cut(&mut self, bytes: &[u8]) -> Result<usize, End> {
        self.frames.push(bytes);
        let mut n_frames: usize = 0;
        loop {
            let pending = self.frames.pending();
            let frame = self.frames.next_frame();
            if !matches!(frame, Ok(Some(_))) {
                self.keep_remains(bytes, pending, n_frames > 0);
            }
            match frame.map_err(End::BrokenFrame)? {
                Some(frame) => self.take(frame, Arrival::Framed),
                None => return Ok(n_frames),
            }
            n_frames = n_frames.saturating_add(1);
        }
    }

    /// The reader does not show what it holds: what would be left is remembered beside it, up to a bound.
    fn keep_remains(&mut self, bytes: &[u8], pending: usize, is_new: bool) {
        if is_new || pending <= bytes.len() {
            self.remains.clear();
        }
        let start = bytes.len().saturating_sub(pending);
        let room = REMAINS_BYTES.saturating_sub(self.remains.len());
        self.remains.extend(bytes.iter().skip(start).take(room));
    }

    fn take(&mut self, bytes: Vec<u8>, arrival: Arrival) {
        if bytes.is_empty() {
            return;
        }
        self.waiting_bytes = self.waiting_bytes.saturating_add(bytes.len());
        let received_at = SystemTime::now();
        let peer = Arc::clone(&self.peer);
        self.waiting.push(ReceivedMessage { bytes, arrival, received_at, peer });
    }

    fn begin_storing(&mut self) {
        self.waiting_bytes = 0;
        let messages = std::mem::take(&mut self.waiting);
        self.storing = Some((self.listener.store)(messages));
    }

    async fn store_begun(&mut self) -> Result<(), NotStored> {
        match self.storing.take() {
            Some(storing) => storing.await,
            None => Ok(()),
        }
    }

    async fn store_all(&mut self) -> Result<(), NotStored> {
        self.store_begun().await?;
        if !self.waiting.is_empty() {
            self.begin_storing();
        }
        self.store_begun().await
    }
}

/// Ready when what is being stored is; never, if nothing is.
async fn stored(
    storing: &mut Option<BoxFuture<'static, Result<(), NotStored>>>,
) -> Result<(), NotStored> {
    match storing {
        Some(storing) => storing.await,
        None => pending().await,
    }
}

/// Ready when the listener stops, or is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

async fn read(
    stream: &mut SslStream<TcpStream>,
    buffer: &mut [u8],
    deadline: &Deadline,
) -> Result<Read, End> {
    match timeout_at(deadline.at, stream.read(buffer)).await {
        Ok(Ok(0)) => goodbye(stream).await,
        Ok(Ok(n_bytes)) => Ok(Read::Bytes(n_bytes)),
        Ok(Err(error)) => Err(End::Io(error)),
        Err(_elapsed) if deadline.is_idle => Err(End::Idle),
        Err(_elapsed) => Err(End::MessageTimeout),
    }
}

/// A read ends alike at a goodbye and where the connection was merely closed, which the system of a dead
/// peer does for it; a look at what would come next is told the difference. Who hangs up gets no goodbye.
async fn goodbye(stream: &mut SslStream<TcpStream>) -> Result<Read, End> {
    match Pin::new(stream).peek(&mut [0]).await {
        Err(error) if error.code() == ErrorCode::ZERO_RETURN => Ok(Read::Goodbye),
        Ok(_) | Err(_) => Err(End::HungUp),
    }
}

/// Until when the next bytes must come.
struct Deadline {
    at: Instant,
    is_idle: bool,
}

impl Deadline {
    /// Counts from the first byte of a message, or from the end of the last one.
    fn new(limits: &SyslogLimits, pending: usize) -> Deadline {
        let is_idle = pending == 0;
        let limit = if is_idle { limits.idle_timeout } else { limits.message_timeout };
        Deadline { at: Instant::now() + limit, is_idle }
    }
}

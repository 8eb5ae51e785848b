//! MLLP client: one connection, one message at a time or a pipeline of them, plain or mutual TLS.

mod pipeline;

use std::io;
use std::pin::Pin;
use std::time::Duration;

use hl7v2::{FrameError, MllpFramer, mllp_frame};
use net::{Tls, Transport, TransportError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_openssl::SslStream;

pub use pipeline::{MllpReceiver, MllpSender};

/// Largest answer in bytes; acknowledgements are small, query answers may hold many patients.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;

/// A connection unused for longer may have been closed by the other side.
const RESTED: Duration = Duration::from_secs(1);

/// How long a rested connection is watched for a close before it is used.
const NOTICE: Duration = Duration::from_millis(1);

/// Deadlines of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct MllpTimeouts {
    /// Resolving, connecting and TLS handshake together.
    pub connect: Duration,
    /// From the first byte of the message to the last byte of its answer.
    pub answer: Duration,
}

impl Default for MllpTimeouts {
    /// 3 s and 30 s.
    fn default() -> MllpTimeouts {
        MllpTimeouts { connect: Duration::from_secs(3), answer: Duration::from_secs(30) }
    }
}

/// Why a message has no answer. `Display` holds nothing of the messages.
#[derive(Debug, thiserror::Error)]
pub enum MllpError {
    /// Refused, unreachable, or the TLS handshake failed or took too long.
    #[error("connection could not be opened")]
    Connect(#[source] io::Error),
    /// The answer did not come in time.
    #[error("answer took too long")]
    Timeout,
    /// The connection broke, or was closed before the whole answer.
    #[error("connection broke")]
    Io(#[source] io::Error),
    /// What came back is no frame.
    #[error("answer is no MLLP frame")]
    Frame(#[source] FrameError),
    /// More than the one answer came: which message it belongs to is a guess.
    #[error("more than one answer came")]
    UnexpectedAnswer,
}

impl MllpError {
    /// `true` only if not one byte of the message can have reached the other side.
    #[must_use]
    pub fn is_certainly_not_received(&self) -> bool {
        matches!(self, MllpError::Connect(_))
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync {}
impl Stream for TcpStream {}
impl Stream for SslStream<TcpStream> {}

/// A client of one MLLP listener; opens its connection when it is needed.
///
/// After any error the connection is given up, so that a late answer can never
/// be taken for the answer of the next message.
pub struct MllpClient {
    host: String,
    port: u16,
    tls: Option<Tls>,
    timeouts: MllpTimeouts,
    open: Option<Open>,
}

/// A connection between messages.
struct Open {
    stream: Box<dyn Stream>,
    last_used: Instant,
    /// Of the TLS that was in force when it was opened.
    generation: u64,
}

impl std::fmt::Debug for MllpClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("MllpClient")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("is_open", &self.open.is_some())
            .finish_non_exhaustive()
    }
}

impl MllpClient {
    /// `host` is a name or an address; with TLS the certificate must be made out to it.
    ///
    /// # Errors
    /// [`TransportError`] when certificate, key or CA cannot be used.
    pub fn new(
        host: &str,
        port: u16,
        transport: &Transport,
        timeouts: MllpTimeouts,
    ) -> Result<MllpClient, TransportError> {
        let tls = transport.tls().cloned();
        // The files are read now: whoever cannot use them hears it before the first message.
        tls.as_ref().map(Tls::connector).transpose()?;
        Ok(MllpClient { host: host.to_owned(), port, tls, timeouts, open: None })
    }

    /// Sends one message and waits for its answer, both without frame.
    ///
    /// # Errors
    /// [`MllpError`]; the message is not sent again.
    pub async fn send(&mut self, message: &[u8]) -> Result<Vec<u8>, MllpError> {
        // Read first: what comes into force meanwhile makes the connection an old one.
        let generation = self.tls.as_ref().map_or(0, Tls::generation);
        // Whom the server's certificate named when it was opened may be revoked now.
        let current = self.open.take().filter(|open| open.generation == generation);
        let quiet = match current {
            Some(open) => open.quiet().await,
            None => None,
        };
        let mut stream = match quiet {
            Some(stream) => stream,
            None => self.open().await?,
        };
        let answer = timeout(self.timeouts.answer, exchange(&mut stream, message))
            .await
            .map_err(|_elapsed| MllpError::Timeout)??;
        self.open = Some(Open { stream, last_used: Instant::now(), generation });
        Ok(answer)
    }

    async fn open(&self) -> Result<Box<dyn Stream>, MllpError> {
        match timeout(self.timeouts.connect, self.connect()).await {
            Ok(connected) => connected.map_err(MllpError::Connect),
            Err(_elapsed) => Err(MllpError::Connect(io::ErrorKind::TimedOut.into())),
        }
    }

    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let connector = tls.connector().map_err(io::Error::other)?;
        let ssl = connector.configure().and_then(|tls| tls.into_ssl(&self.host))?;
        let mut stream = SslStream::new(ssl, stream)?;
        Pin::new(&mut stream).connect().await.map_err(io::Error::other)?;
        Ok(Box::new(stream))
    }
}

impl Open {
    /// The stream, unless it was closed meanwhile or something came on it unasked.
    async fn quiet(mut self) -> Option<Box<dyn Stream>> {
        // The runtime learns of a close a moment after it happened; that moment
        // is given only to connections that rested.
        let now = Instant::now();
        let rested = now.duration_since(self.last_used) > RESTED;
        let deadline = if rested { now + NOTICE } else { now };
        let mut byte = [0];
        let silent = timeout_at(deadline, self.stream.read(&mut byte)).await.is_err();
        silent.then_some(self.stream)
    }
}

async fn exchange(stream: &mut Box<dyn Stream>, message: &[u8]) -> Result<Vec<u8>, MllpError> {
    stream.write_all(&mllp_frame(message)).await.map_err(MllpError::Io)?;
    stream.flush().await.map_err(MllpError::Io)?;
    let mut framer = MllpFramer::new(ANSWER_BYTES);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let n_bytes = stream.read(&mut buffer).await.map_err(MllpError::Io)?;
        let received = buffer.get(..n_bytes).unwrap_or_default();
        if received.is_empty() {
            return Err(MllpError::Io(io::ErrorKind::UnexpectedEof.into()));
        }
        framer.push(received);
        if let Some(answer) = framer.next_frame() {
            let answer = answer.map_err(|broken| MllpError::Frame(broken.error))?;
            if framer.is_inside_frame() || framer.next_frame().is_some() {
                return Err(MllpError::UnexpectedAnswer);
            }
            return Ok(answer);
        }
    }
}

//! Syslog over TLS (RFC 5425), one session at a time.
//!
//! The protocol has no acknowledgement, and a connection that breaks swallows what was under way. What it
//! does have is an orderly end: we close with close_notify after the last message, and the receiver, which
//! reads in order, answers only when it has come that far (RFC 5425, 4.4). That answer is our
//! acknowledgement; after every other end everything is sent again.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use openssl::ssl::SslConnector;
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_openssl::SslStream;

use super::{Limits, SendError};

/// A receiver has nothing to say; what it says is read, so that its end is seen, and dropped.
const IGNORED_BYTES: usize = 1024;

/// How often something is dropped before the receiver's end; more is no syslog receiver.
const MAX_IGNORED_READS: usize = 64;

/// An open connection, authenticated as far as our side can tell.
pub(super) struct Session {
    stream: SslStream<TcpStream>,
    limits: Limits,
    /// How long the way there and back took at most when the connection was opened.
    round_trip: Duration,
}

impl Session {
    pub(super) async fn open(
        (host, port): (&str, u16),
        connector: &SslConnector,
        limits: &Limits,
    ) -> Result<Session, SendError> {
        let connecting = async {
            let began = Instant::now();
            let tcp = TcpStream::connect((host, port)).await.map_err(SendError::Connect)?;
            let round_trip = began.elapsed();
            tcp.set_nodelay(true).map_err(SendError::Connect)?;
            let ssl = connector.configure().and_then(|tls| tls.into_ssl(host));
            let ssl = ssl.map_err(|error| SendError::Connect(io::Error::other(error)))?;
            let mut stream = SslStream::new(ssl, tcp)
                .map_err(|error| SendError::Connect(io::Error::other(error)))?;
            let connected = Pin::new(&mut stream).connect().await;
            connected.map_err(|error| SendError::Connect(io::Error::other(error)))?;
            Ok((stream, round_trip))
        };
        let (stream, round_trip) =
            timeout(limits.connect, connecting).await.map_err(|_elapsed| SendError::Timeout)??;
        Ok(Session { stream, limits: limits.clone(), round_trip })
    }

    /// Sends the messages of one record.
    pub(super) async fn send(&mut self, messages: &[Vec<u8>]) -> Result<(), SendError> {
        self.look().await?;
        let frames: Vec<u8> = messages.iter().flat_map(|message| framed(message)).collect();
        let sending = async {
            self.stream.write_all(&frames).await?;
            self.stream.flush().await
        };
        let sent = timeout(self.limits.send, sending).await;
        sent.map_err(|_elapsed| SendError::Timeout)?.map_err(SendError::Broken)
    }

    /// Sees an end, or a refusal of our certificate, that has arrived already.
    async fn look(&mut self) -> Result<(), SendError> {
        let mut ignored = [0; IGNORED_BYTES];
        poll_fn(|context| {
            let mut buffer = ReadBuf::new(&mut ignored);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                    Poll::Ready(Err(SendError::Closed))
                }
                Poll::Ready(Err(error)) => Poll::Ready(Err(SendError::Broken(error))),
                Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(())),
            }
        })
        .await
    }

    /// Waits for the receiver to end the session, which it should not; may be dropped while it waits.
    pub(super) async fn broken(&mut self) -> SendError {
        let mut ignored = [0; IGNORED_BYTES];
        for _ in 0..MAX_IGNORED_READS {
            match self.stream.read(&mut ignored).await {
                Ok(0) => return SendError::Closed,
                Ok(_) => {}
                Err(error) => return SendError::Broken(error),
            }
        }
        SendError::NoReceiver
    }

    /// Ends the session in order; success means that everything sent has arrived.
    pub(super) async fn close(mut self) -> Result<(), SendError> {
        // An end that came before ours answers nothing.
        self.look().await?;
        let limit = self.limits.close;
        timeout(limit, self.exchange_ends()).await.map_err(|_elapsed| SendError::Timeout)?
    }

    async fn exchange_ends(&mut self) -> Result<(), SendError> {
        self.stream.shutdown().await.map_err(SendError::Broken)?;
        let mut ignored = [0; IGNORED_BYTES];
        for _ in 0..MAX_IGNORED_READS {
            match self.stream.read(&mut ignored).await {
                Ok(0) => return self.end_seen().await,
                Ok(_) => {}
                Err(error) if is_end_of_stream(&error) => return self.end_without_notice().await,
                Err(error) => return Err(SendError::Broken(error)),
            }
        }
        Err(SendError::NoReceiver)
    }

    /// A read says of both ends the same. Closing once more succeeds only if there was a close_notify: without
    /// one it would have to be read, and cannot.
    ///
    /// A close_notify that crossed ours answers nothing. Its sender closes the connection, and its system resets
    /// it when our last bytes arrive there: within the time of one way there and back.
    async fn end_seen(&mut self) -> Result<(), SendError> {
        match self.stream.shutdown().await {
            Ok(()) => self.unless_reset_within(self.round_trip.min(self.limits.reset)).await,
            Err(_) => self.end_without_notice().await,
        }
    }

    /// The connection was closed without close_notify. A receiver that spares itself the answer does that, and
    /// so does the system of one that has died; but the latter resets the connection as soon as our end
    /// arrives there.
    async fn end_without_notice(&self) -> Result<(), SendError> {
        self.unless_reset_within(self.limits.reset).await
    }

    async fn unless_reset_within(&self, time: Duration) -> Result<(), SendError> {
        tokio::time::sleep(time).await;
        match self.stream.get_ref().take_error() {
            Ok(None) => Ok(()),
            Ok(Some(error)) | Err(error) => Err(SendError::Broken(error)),
        }
    }
}

/// `MSG-LEN SP SYSLOG-MSG`. RFC 5425, 4.3.
fn framed(message: &[u8]) -> Vec<u8> {
    let mut frame = format!("{} ", message.len()).into_bytes();
    frame.extend_from_slice(message);
    frame
}

/// OpenSSL tells the end of the connection without close_notify as an error of the protocol.
fn is_end_of_stream(error: &io::Error) -> bool {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<openssl::ssl::Error>());
    let errors = tls.and_then(openssl::ssl::Error::ssl_error).map(|stack| stack.errors());
    errors.unwrap_or_default().iter().any(|one| one.reason() == Some(UNEXPECTED_END))
}

/// As OpenSSL 3 names SSL_R_UNEXPECTED_EOF_WHILE_READING.
const UNEXPECTED_END: &str = "unexpected eof while reading";

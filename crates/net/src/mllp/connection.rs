//! One MLLP connection: frames in, answers out, in order.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hl7v2::{BrokenFrame, FrameError, MllpFramer, mllp_frame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Frame, Listener, MllpLimits};
use crate::peer::{HandshakeFailure, Peer};
use crate::tls::{Distrust, Standing};
use crate::transport::accept_tls;

/// Bytes read at once; most messages fit.
const READ_BYTES: usize = 16 * 1024;

/// A TLS goodbye that the peer does not take is given up after this.
const GOODBYE: Duration = Duration::from_secs(1);

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("frame could not be read")]
    BrokenFrame(#[source] hl7v2::FrameError),
    #[error("frame took too long")]
    FrameTimeout,
    #[error("nothing came for too long")]
    Idle,
    #[error("answer was not taken in time")]
    AnswerTimeout,
    #[error("TLS handshake failed")]
    Handshake(#[source] HandshakeFailure),
    #[error("the peer is not trusted any more")]
    Distrusted(#[source] Distrust),
    #[error("connection failed")]
    Io(#[from] io::Error),
}

/// Serves one accepted socket until it ends.
pub(super) async fn serve(listener: Arc<Listener>, stream: TcpStream, address: SocketAddr) {
    let Err(end) = run(&listener, stream, address).await else { return };
    let metrics = &listener.metrics;
    match &end {
        End::BrokenFrame(_) => metrics.broken_frames.inc(),
        End::FrameTimeout => metrics.frame_timeouts.inc(),
        End::Handshake(failure) => {
            listener.on_refused.tell(address, failure.to_string());
            metrics.failed_handshakes.inc()
        }
        End::Distrusted(distrust) => {
            listener.on_refused.tell(address, distrust.to_string());
            metrics.distrusted_connections.inc()
        }
        End::Idle | End::AnswerTimeout | End::Io(_) => 0,
    };
    let peer = address.ip();
    let cause = std::error::Error::source(&end).map(ToString::to_string);
    tracing::info!(%peer, reason = %end, cause, "MLLP connection closed");
}

async fn run(listener: &Listener, stream: TcpStream, address: SocketAddr) -> Result<(), End> {
    stream.set_nodelay(true)?;
    let Some(tls) = &listener.tls else {
        return Frames::new(listener, stream, (Peer::plain(address), None)).run().await;
    };
    let (stream, standing) =
        accept_tls(tls, stream, listener.limits.frame_timeout).await.map_err(End::Handshake)?;
    let peer = Peer::tls(address, stream.ssl());
    Frames::new(listener, stream, (peer, Some(standing))).run().await
}

/// Until when the next bytes must come.
struct Deadline {
    at: Instant,
    is_idle: bool,
}

impl Deadline {
    /// Counts from the last frame: stray bytes between frames do not prolong it.
    fn idle(limits: &MllpLimits) -> Deadline {
        Deadline { at: Instant::now() + limits.idle_timeout, is_idle: true }
    }

    fn frame(limits: &MllpLimits) -> Deadline {
        Deadline { at: Instant::now() + limits.frame_timeout, is_idle: false }
    }
}

/// The reading and answering loop over a stream of either kind.
struct Frames<'a, S> {
    listener: &'a Listener,
    stream: S,
    peer: Peer,
    /// Of a peer with a certificate.
    standing: Option<Standing>,
    framer: MllpFramer,
    stop: watch::Receiver<bool>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Frames<'a, S> {
    fn new(
        listener: &'a Listener,
        stream: S,
        (peer, standing): (Peer, Option<Standing>),
    ) -> Frames<'a, S> {
        let framer = MllpFramer::new(listener.limits.frame_bytes);
        Frames { listener, stream, peer, standing, framer, stop: listener.stop.clone() }
    }

    async fn run(mut self) -> Result<(), End> {
        let mut buffer = vec![0; READ_BYTES];
        let mut deadline = Deadline::idle(&self.listener.limits);
        loop {
            while let Some(frame) = self.framer.next_frame() {
                match frame {
                    Ok(bytes) => self.answer(bytes, None).await?,
                    Err(broken) => self.refuse(broken).await?,
                }
                deadline = Deadline::idle(&self.listener.limits);
            }
            if self.framer.is_inside_frame() && deadline.is_idle {
                deadline = Deadline::frame(&self.listener.limits);
            }
            let n_bytes = self.read(&mut buffer, &deadline).await?;
            let received = buffer.get(..n_bytes).unwrap_or_default();
            if received.is_empty() {
                // A goodbye is polite, not needed: the peer may be gone.
                let _ = timeout(GOODBYE, self.stream.shutdown()).await;
                return self.framer.finish().map_err(End::BrokenFrame);
            }
            self.framer.push(received);
        }
    }

    /// Reads some bytes; 0 at the end of the stream, or when the listener stops between frames.
    async fn read(&mut self, buffer: &mut [u8], deadline: &Deadline) -> Result<usize, End> {
        let stopped = async {
            if !deadline.is_idle || self.stop.wait_for(|stop| *stop).await.is_err() {
                pending::<()>().await;
            }
        };
        tokio::select! {
            read = timeout_at(deadline.at, self.stream.read(buffer)) => match read {
                Ok(n_bytes) => Ok(n_bytes?),
                Err(_elapsed) if deadline.is_idle => Err(End::Idle),
                Err(_elapsed) => Err(End::FrameTimeout),
            },
            () = stopped => Ok(0),
        }
    }

    /// Answers a broken frame. Whether a start byte inside one begins another message or is part of a text nobody
    /// knows: the peer could take later answers for those to other messages.
    async fn refuse(&mut self, broken: BrokenFrame) -> Result<(), End> {
        let BrokenFrame { error, head } = broken;
        self.answer(head, Some(error)).await?;
        match error {
            FrameError::StartInsideFrame | FrameError::Endless { .. } | FrameError::Truncated => {
                Err(End::BrokenFrame(error))
            }
            FrameError::TooLarge { .. } | FrameError::EndWithoutCarriageReturn => {
                self.listener.metrics.broken_frames.inc();
                Ok(())
            }
        }
    }

    async fn answer(&mut self, bytes: Vec<u8>, fault: Option<FrameError>) -> Result<(), End> {
        self.standing.as_ref().map_or(Ok(()), Standing::verify).map_err(End::Distrusted)?;
        let frame = Frame { bytes, fault, peer: self.peer.clone() };
        let answer = (self.listener.answer)(frame).await;
        let framed = mllp_frame(&answer);
        let write = async {
            self.stream.write_all(&framed).await?;
            self.stream.flush().await
        };
        match timeout(self.listener.limits.frame_timeout, write).await {
            Ok(written) => Ok(written?),
            Err(_elapsed) => Err(End::AnswerTimeout),
        }
    }
}

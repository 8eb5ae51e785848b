//! A deadline for the states of a connection that actix leaves without one.
//!
//! actix times the first request head and the silence between requests, but
//! not a second head that never ends, nor an answer that the client does not
//! read. Both would hold a connection for ever, so a watch looks at all
//! connections now and then and shuts those that stand still.

use std::net::Shutdown;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::rt::net::TcpStream;
use bytes::Bytes;
use tokio::task::JoinHandle;

use super::HttpLimits;
use crate::peer::Peer;
use crate::tls::{Distrust, Standing};

/// A connection is looked at this often in the shortest of its deadlines.
const LOOKS_PER_DEADLINE: u32 = 4;

/// Between requests, or before the first one.
const IDLE: u8 = 0;
/// A request is with its handler, which has its own deadlines.
const ANSWERING: u8 = 1;
/// The answer is on its way.
const SENDING: u8 = 2;

/// Data of one connection, for its handlers.
pub(crate) struct Connection {
    pub(crate) peer: Peer,
    /// Of a peer with a certificate.
    standing: Option<Arc<Standing>>,
    activity: Arc<Activity>,
}

impl Connection {
    /// Marks the start of a request; the mark ends with the answer's last byte.
    pub(super) fn begin(&self) -> Request {
        self.activity.mark(ANSWERING);
        Request { activity: Arc::clone(&self.activity) }
    }

    /// Whether the peer would still be let in. If not, the connection is cut: there is nobody to answer to.
    pub(super) fn verify(&self) -> Result<(), Distrust> {
        let verified = self.standing.as_ref().map_or(Ok(()), |standing| standing.verify());
        if verified.is_err() {
            self.activity.cut();
        }
        verified
    }
}

/// A request in flight.
pub(super) struct Request {
    activity: Arc<Activity>,
}

impl Drop for Request {
    fn drop(&mut self) {
        self.activity.mark(IDLE);
    }
}

/// What a connection does and since when.
#[derive(Debug)]
struct Activity {
    started: Instant,
    state: AtomicU8,
    /// Milliseconds after `started` of the last change or progress.
    since_ms: AtomicU64,
    /// A second handle of the socket; closed together with the connection's data.
    socket: Option<std::net::TcpStream>,
}

impl Activity {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn mark(&self, state: u8) {
        self.since_ms.store(self.now_ms(), Ordering::Release);
        self.state.store(state, Ordering::Release);
    }

    fn cut(&self) {
        if let Some(socket) = &self.socket {
            // It may be gone already; then nothing is left to do.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn is_overdue(&self, deadlines: &Deadlines) -> bool {
        let limit = match self.state.load(Ordering::Acquire) {
            IDLE => deadlines.idle,
            SENDING => deadlines.sending,
            _ => return false,
        };
        let waited = self.now_ms().saturating_sub(self.since_ms.load(Ordering::Acquire));
        Duration::from_millis(waited) > limit
    }
}

/// All open connections of one server.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: Mutex<Vec<Weak<Activity>>>,
}

impl Connections {
    pub(super) fn enter(
        &self,
        peer: Peer,
        standing: Option<Arc<Standing>>,
        stream: &TcpStream,
    ) -> Connection {
        let socket = stream.as_fd().try_clone_to_owned().ok().map(std::net::TcpStream::from);
        let activity = Arc::new(Activity {
            started: Instant::now(),
            state: AtomicU8::new(IDLE),
            since_ms: AtomicU64::new(0),
            socket,
        });
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push(Arc::downgrade(&activity));
        Connection { peer, standing, activity }
    }

    /// Shuts connections that stand still and forgets those that are closed.
    fn sweep(&self, deadlines: &Deadlines) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|connection| {
            let Some(activity) = connection.upgrade() else { return false };
            if !activity.is_overdue(deadlines) {
                return true;
            }
            tracing::debug!("connection stood still, closed");
            activity.cut();
            false
        });
    }
}

struct Deadlines {
    idle: Duration,
    sending: Duration,
}

/// The task that looks at the connections; ends when dropped.
#[derive(Debug)]
pub(super) struct Watch {
    task: JoinHandle<()>,
}

impl Watch {
    pub(super) fn start(connections: Arc<Connections>, limits: &HttpLimits) -> Watch {
        let deadlines = Deadlines {
            idle: limits.keep_alive.saturating_add(limits.request_head_timeout),
            sending: limits.answer_idle_timeout,
        };
        let pause = deadlines.idle.min(deadlines.sending) / LOOKS_PER_DEADLINE;
        let pause = pause.clamp(Duration::from_millis(10), Duration::from_secs(5));
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                connections.sweep(&deadlines);
            }
        });
        Watch { task }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An answer's body that tells the watch of its progress.
pub(super) struct Tracked {
    body: BoxBody,
    request: Option<Request>,
}

impl Tracked {
    pub(super) fn new(body: BoxBody, request: Option<Request>) -> Tracked {
        let tracked = Tracked { body, request };
        tracked.progress();
        tracked
    }

    fn progress(&self) {
        if let Some(request) = &self.request {
            request.activity.mark(SENDING);
        }
    }
}

impl MessageBody for Tracked {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        // actix asks for more only when the client took most of what it had.
        self.progress();
        Pin::new(&mut self.body).poll_next(context)
    }
}

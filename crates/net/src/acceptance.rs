//! Accepting connections, each a task of its own, until told to stop: what MLLP and syslog listeners share.

use std::io;
use std::net::{SocketAddr, TcpListener as Socket};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle, JoinSet};

/// When the system has no socket left, accepting pauses so that closing ones can free some.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A socket on which connections are accepted. Dropping it closes every connection at once.
#[derive(Debug)]
pub(crate) struct Acceptance {
    address: SocketAddr,
    /// As its messages in the log begin.
    kind: &'static str,
    /// Seen by every connection too.
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Acceptance {
    /// Accepts on `socket`; must be called inside a tokio runtime. `admit` begins to serve a connection, as a
    /// task of the set, or refuses it.
    ///
    /// # Errors
    /// The socket cannot be used.
    pub(crate) fn start(
        kind: &'static str,
        socket: Socket,
        stop: watch::Sender<bool>,
        shutdown_timeout: Duration,
        admit: impl Fn(&mut JoinSet<()>, TcpStream, SocketAddr) + Send + 'static,
    ) -> io::Result<Acceptance> {
        socket.set_nonblocking(true)?;
        let socket = TcpListener::from_std(socket)?;
        let address = socket.local_addr()?;
        let task = tokio::spawn(accept(kind, socket, stop.subscribe(), shutdown_timeout, admit));
        Ok(Acceptance { address, kind, stop, task })
    }

    /// The address in use, with the real port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts nothing more, and waits for the connections' end, for a bounded time.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "{} listener failed", self.kind);
        }
    }
}

impl Drop for Acceptance {
    fn drop(&mut self) {
        // Ends the connections with it, they are tasks in a set of this task.
        self.task.abort();
    }
}

/// Accepts until stopped, then waits for what is in flight.
async fn accept(
    kind: &'static str,
    socket: TcpListener,
    mut stop: watch::Receiver<bool>,
    shutdown_timeout: Duration,
    admit: impl Fn(&mut JoinSet<()>, TcpStream, SocketAddr),
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(ended) = connections.join_next() => report(kind, ended),
            accepted = socket.accept() => match accepted {
                Ok((stream, address)) => admit(&mut connections, stream, address),
                Err(error) => {
                    tracing::warn!(%error, "{kind} connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(socket);
    let all_ended = async {
        while let Some(ended) = connections.join_next().await {
            report(kind, ended);
        }
    };
    if tokio::time::timeout(shutdown_timeout, all_ended).await.is_err() {
        tracing::warn!(n_open = connections.len(), "{kind} connections cut at shutdown");
    }
}

fn report(kind: &'static str, ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("{kind}: serving a connection panicked, connection closed");
    }
}

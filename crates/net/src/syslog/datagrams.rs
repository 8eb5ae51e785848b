//! Syslog over UDP: one message per datagram, from whoever sends.

use std::net::{SocketAddr, UdpSocket as StdUdpSocket};
use std::sync::Arc;
use std::time::SystemTime;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::admission::{Admission, Place};
use super::{Arrival, ReceivedMessage, Store, SyslogLimits};
use crate::metrics::SyslogMetrics;
use crate::peer::Peer;
use crate::transport::TransportError;

/// No datagram is longer.
const MAX_DATAGRAM: usize = 65_535;

/// A running UDP listener.
#[derive(Debug)]
pub struct SyslogDatagrams {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    receiving: JoinHandle<()>,
    storing: JoinHandle<()>,
}

/// A datagram in the queue, with its place.
struct Waiting {
    message: ReceivedMessage,
    place: Place,
}

impl SyslogDatagrams {
    /// Opens the port and receives; must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`TransportError::Bind`]
    pub fn start(
        address: SocketAddr,
        limits: SyslogLimits,
        metrics: SyslogMetrics,
        store: Store,
    ) -> Result<SyslogDatagrams, TransportError> {
        let unusable = |source| TransportError::Bind { address, source };
        let socket = StdUdpSocket::bind(address).map_err(unusable)?;
        socket.set_nonblocking(true).map_err(unusable)?;
        let socket = UdpSocket::from_std(socket).map_err(unusable)?;
        let address = socket.local_addr().map_err(unusable)?;
        let (stop, stopped) = watch::channel(false);
        let (queue, waiting) = mpsc::channel(limits.datagram_queue.max(1));
        // Who floods has a share, and leaves the rest to the others.
        let share = limits.datagram_queue.div_ceil(4);
        let admission = Admission::new(limits.datagram_queue, share);
        let receiving = tokio::spawn(receive(socket, (queue, admission), metrics, stopped));
        let storing = tokio::spawn(store_waiting(waiting, limits.queue, store));
        Ok(SyslogDatagrams { address, stop, receiving, storing })
    }

    /// The address in use, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Receives nothing more, and stores what waits.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        for task in [&mut self.receiving, &mut self.storing] {
            if let Err(error) = task.await {
                tracing::error!(%error, "UDP syslog listener failed");
            }
        }
    }
}

impl Drop for SyslogDatagrams {
    fn drop(&mut self) {
        self.receiving.abort();
        self.storing.abort();
    }
}

async fn receive(
    socket: UdpSocket,
    (queue, admission): (mpsc::Sender<Waiting>, Admission),
    metrics: SyslogMetrics,
    mut stop: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        let received = tokio::select! {
            _ = stop.changed() => return,
            received = socket.recv_from(&mut buffer) => received,
        };
        let (n_bytes, address) = match received {
            Ok(received) => received,
            Err(error) => {
                tracing::warn!(%error, "a datagram could not be received");
                tokio::time::sleep(crate::acceptance::ACCEPT_PAUSE).await;
                continue;
            }
        };
        metrics.datagrams.inc();
        let Some(place) = admission.place(address.ip()) else {
            metrics.dropped_datagrams.inc();
            continue;
        };
        let message = ReceivedMessage {
            bytes: buffer.get(..n_bytes).unwrap_or_default().to_vec(),
            arrival: Arrival::Datagram,
            received_at: SystemTime::now(),
            peer: Arc::new(Peer::plain(address)),
        };
        if queue.try_send(Waiting { message, place }).is_err() {
            metrics.dropped_datagrams.inc();
        }
    }
}

/// Stores what waits, several together, until nobody sends any more.
async fn store_waiting(mut waiting: mpsc::Receiver<Waiting>, at_once: usize, store: Store) {
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, at_once.max(1)).await > 0 {
        let (messages, places): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|waiting| (waiting.message, waiting.place)).unzip();
        if store(messages).await.is_err() {
            tracing::error!(n_lost = places.len(), "datagrams could not be stored and are lost");
        }
        drop(places);
    }
}

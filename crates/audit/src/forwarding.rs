//! ITI-20 Record Audit Event, sender: every record of the journal goes to each audit record repository.
//!
//! The journal is the spool. One task per destination reads it forward, in pieces, and remembers in a small
//! file how far it is; a destination that is away loses nothing and holds nobody up. Only what is synced is
//! sent, in the order of the journal. What is not known to have arrived is sent again, byte for byte the
//! same, because rendering is deterministic: receivers know a duplicate by that.
//!
//! Nothing here makes an audit record: failing to forward is told by the log, by
//! [`ForwarderHandle::status`], and by nothing that would have to be forwarded itself.

mod courier;
mod pace;
mod position;
mod reader;
mod route;
mod status;
mod tls;
mod udp;

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use openssl::ssl::SslConnector;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::Journal;
pub use atna::{Destination, InvalidDestination};
use courier::{Arrived, Courier};
use position::PositionFile;
use route::Route;
pub use status::DestinationStatus;
use status::Watched;

/// Turns one record, as JSON, into complete messages of RFC 5424, one per patient. The same record must
/// become the same bytes, always.
pub type Render = dyn Fn(&str) -> Result<Vec<Vec<u8>>, RenderError> + Send + Sync;

/// Gives the connector that is in force now.
pub type Connect = dyn Fn() -> io::Result<SslConnector> + Send + Sync;

/// A record that cannot become messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record cannot be rendered: {reason}")]
pub struct RenderError {
    /// Goes to the log, and therefore holds nothing of the record.
    pub reason: &'static str,
}

/// What is forwarded where.
pub struct Settings {
    /// The file of the journal.
    pub journal: PathBuf,
    /// TLS needs a connector, which holds our certificate and decides whom we trust and by which name; it is asked
    /// for at the beginning of each session.
    pub destinations: Vec<(Destination, Option<Arc<Connect>>)>,
    /// What is sent of a record.
    pub render: Arc<Render>,
    /// When things are done, and when somebody is told.
    pub limits: Limits,
}

/// Times and counts of forwarding.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Records after which a TLS session is closed, and so confirmed, and the next one is opened.
    pub session_records: usize,
    /// Silence after which a TLS session is closed, and so confirmed.
    pub session_idle: Duration,
    /// Age at which a TLS session is closed although records keep coming.
    pub session_age: Duration,
    /// Resolving, connecting and TLS handshake together.
    pub connect: Duration,
    /// One record, from the first byte to the last that the system takes.
    pub send: Duration,
    /// From our close_notify to the receiver's.
    pub close: Duration,
    /// After a receiver's end without close_notify, how long a reset may take to arrive that says that the
    /// receiver is gone: more than the way there and back.
    pub reset: Duration,
    /// First pause after a failure; each further one is twice as long.
    pub first_pause: Duration,
    /// Longest pause.
    pub longest_pause: Duration,
    /// How long [`ForwarderHandle::stop`] goes on sending what is there.
    pub stop: Duration,
    /// Bytes of the journal that may wait for one destination before an alarm.
    pub alarm_bytes: u64,
    /// How long a destination may fail before an alarm.
    pub alarm_after: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            session_records: 1000,
            session_idle: Duration::from_secs(2),
            session_age: Duration::from_secs(30),
            connect: Duration::from_secs(10),
            send: Duration::from_secs(30),
            close: Duration::from_secs(10),
            reset: Duration::from_millis(500),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
            stop: Duration::from_secs(5),
            alarm_bytes: 1 << 30,
            alarm_after: Duration::from_secs(15 * 60),
        }
    }
}

/// Why forwarding does not start.
#[derive(Debug, thiserror::Error)]
pub enum ForwardingError {
    /// The journal cannot be opened for reading.
    #[error("the journal cannot be read")]
    Journal(#[source] io::Error),
    /// A destination stands in the settings twice.
    #[error("{0} is named twice")]
    Twice(Destination),
    /// TLS without certificate and trust.
    #[error("{0} needs a TLS connector")]
    NoConnector(Destination),
}

/// Why a piece of sending failed. Nothing of the records is in it.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("the connection cannot be opened")]
    Connect(#[source] io::Error),
    #[error("the other side takes too long")]
    Timeout,
    #[error("the connection broke")]
    Broken(#[source] io::Error),
    #[error("the other side closed the session before us")]
    Closed,
    #[error("the other side talks instead of listening")]
    NoReceiver,
    #[error("the journal cannot be read")]
    Journal(#[source] io::Error),
}

/// Sends what the journal holds.
pub struct Forwarder;

impl Forwarder {
    /// Starts one task per destination; needs a tokio runtime. Each goes on where it was.
    ///
    /// # Errors
    /// [`ForwardingError`]; nothing has been started then.
    pub fn start(
        settings: Settings,
        journal: &Journal,
    ) -> Result<ForwarderHandle, ForwardingError> {
        let Settings { journal: path, destinations, render, limits } = settings;
        let file = Arc::new(File::open(&path).map_err(ForwardingError::Journal)?);
        let (stop, stopped) = watch::channel(None);
        let (mut couriers, mut watched) = (Vec::new(), Vec::new());
        let mut keys = HashSet::new();
        for (destination, connect) in destinations {
            if !keys.insert(destination.key()) {
                return Err(ForwardingError::Twice(destination));
            }
            let route = Route::new(&destination, connect)?;
            let position_file = PositionFile::beside(&path, &destination);
            let synced = journal.synced();
            let position = position_file.load(&file, synced.borrow().n_bytes);
            let shared = Arc::new(Watched::new(destination, position.as_ref(), synced.clone()));
            watched.push(Arc::clone(&shared));
            couriers.push(Courier {
                route,
                reader: reader::Reader::new(Arc::clone(&file), 0),
                pace: pace::Pace::new(&limits),
                render: Arc::clone(&render),
                limits: limits.clone(),
                position_file: Arc::new(position_file),
                arrived: Arrived::at(position.as_ref()),
                synced,
                stop: stopped.clone(),
                watched: shared,
            });
        }
        let tasks = couriers.into_iter().map(|courier| tokio::spawn(courier.run())).collect();
        Ok(ForwarderHandle { tasks, stop, limits, watched })
    }
}

/// The running tasks; dropping it leaves them running until the runtime ends.
pub struct ForwarderHandle {
    tasks: Vec<JoinHandle<()>>,
    /// When sending ends.
    stop: watch::Sender<Option<Instant>>,
    limits: Limits,
    watched: Vec<Arc<Watched>>,
}

impl ForwarderHandle {
    /// How each destination is doing, in the order of the settings.
    #[must_use]
    pub fn status(&self) -> Vec<DestinationStatus> {
        self.watched.iter().map(|watched| watched.status()).collect()
    }

    /// Sends what is there for at most [`Limits::stop`], closes the sessions in order, and returns. What could
    /// not be sent waits in the journal for the next start.
    pub async fn stop(self) {
        let now = Instant::now();
        let end = now + self.limits.stop;
        self.stop.send_replace(Some(end));
        // An orderly end takes its time, and a try that is under way may fail first.
        let last = end + self.limits.close + self.limits.reset;
        for mut task in self.tasks {
            match tokio::time::timeout_at(last, &mut task).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "a forwarder of audit records failed"),
                Err(_elapsed) => task.abort(),
            }
        }
    }
}

//! ITI-20 Record Audit Event: whatever arrives is kept (ITI TF-2: 3.20.4.1.3).
//!
//! Nothing is refused for its content: what is no audit message, or no syslog message, is stored as it came
//! and flagged. There is no answer; that the sender's goodbye is answered means that all is stored.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use net::syslog::{Arrival as Arrived, NotStored, ReceivedMessage};
use store::{AnyConnection, StoreError};

use crate::AuditRepository;
use crate::chain::Transport;
use crate::store::event::{self, Appended, Arrival};

/// How often storing is tried, and the pause in between: a restart of the database takes as long. The sender
/// waits meanwhile, and keeps what is not acknowledged.
const ATTEMPTS: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);

/// While others fill the queue of the writer.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// Appends the records to the chain, all or none, and returns when they are on stable storage.
///
/// # Errors
/// [`StoreError`]; then none is stored, unless [`StoreError::may_be_kept`].
pub async fn record_audit_event(
    repository: &AuditRepository,
    arrivals: Vec<Arrival>,
) -> Result<Appended, StoreError> {
    append(repository, &Arc::new(arrivals)).await
}

/// Stores received messages, however often that must be tried.
pub(crate) async fn receive(
    repository: &AuditRepository,
    messages: Vec<ReceivedMessage>,
) -> Result<(), NotStored> {
    let arrivals: Arc<Vec<Arrival>> = Arc::new(messages.into_iter().map(arrival).collect());
    for _ in 0..ATTEMPTS {
        let error = loop {
            match append(repository, &arrivals).await {
                Ok(_appended) => return Ok(()),
                Err(StoreError::Busy) => tokio::time::sleep(BUSY_PAUSE).await,
                Err(error) => break error,
            }
        };
        if matches!(error, StoreError::Closed) {
            return Err(NotStored);
        }
        tracing::error!(actor = "audit-repository", iti = 20, %error, "messages are not stored yet");
        tokio::time::sleep(PAUSE).await;
    }
    Err(NotStored)
}

async fn append(
    repository: &AuditRepository,
    arrivals: &Arc<Vec<Arrival>>,
) -> Result<Appended, StoreError> {
    let (arrivals, recent) = (Arc::clone(arrivals), Arc::clone(&repository.recent));
    let work = move |connection: &mut AnyConnection| -> Result<Appended, StoreError> {
        Ok(event::append(connection, &recent, &arrivals)?)
    };
    let appended = repository.database.commit_trail(work).await?;
    repository.count(&appended);
    Ok(appended)
}

fn arrival(message: ReceivedMessage) -> Arrival {
    let transport = match message.arrival {
        Arrived::Framed => Transport::Tls,
        Arrived::Remains => Transport::TlsRemains,
        Arrived::Datagram => Transport::Udp,
    };
    let since = message.received_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let received_at = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    let peer = message.peer.address.ip().to_string();
    Arrival::new(received_at, transport, (&message.peer.name(), &peer), message.bytes)
}

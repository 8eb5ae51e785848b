//! The right to send to a destination, among the processes that share the database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::AnyConnection;

use crate::Manager;
use crate::error::ManagementFault;
use crate::store::{lease, take_turn};

/// How long nobody else sends to a destination after its holder was last heard of.
const LEASE: Duration = Duration::from_secs(15);

/// The holder lets itself be heard so often, with time for a second attempt.
pub(super) const RENEWAL: Duration = Duration::from_secs(5);

/// What one process knows of its lease of one destination.
pub(super) struct Lease {
    manager: Arc<Manager>,
    destination: String,
    /// This process.
    holder: String,
    /// When it was last taken or renewed.
    renewed: Option<Instant>,
}

impl Lease {
    pub(super) fn new(manager: &Arc<Manager>, destination: &str, holder: &str) -> Lease {
        Lease {
            manager: Arc::clone(manager),
            destination: destination.to_owned(),
            holder: holder.to_owned(),
            renewed: None,
        }
    }

    /// Whether this process may send; takes or renews the lease where that is due.
    pub(super) async fn hold(&mut self) -> bool {
        if self.renewed.is_some_and(|renewed| renewed.elapsed() < RENEWAL) {
            return true;
        }
        let asked = Instant::now();
        let now = jiff::Timestamp::now().as_microsecond();
        let until = now.saturating_add(i64::try_from(LEASE.as_micros()).unwrap_or(i64::MAX));
        let (destination, holder) = (self.destination.clone(), self.holder.clone());
        let taken = self.commit(move |connection| {
            Ok(lease::take(connection, (&destination, &holder), (now, until))?)
        });
        let is_ours = taken.await.unwrap_or(false);
        self.renewed = is_ours.then_some(asked);
        is_ours
    }

    /// Lets another process send at once.
    pub(super) async fn release(&mut self) {
        self.renewed = None;
        let (destination, holder) = (self.destination.clone(), self.holder.clone());
        let released =
            self.commit(move |connection| Ok(lease::release(connection, (&destination, &holder))?));
        if let Err(error) = released.await {
            tracing::warn!(%error, "a lease could not be released; it ends by itself");
        }
    }

    async fn commit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, ManagementFault> + Send + 'static,
    ) -> Result<T, ManagementFault> {
        let work = move |connection: &mut AnyConnection| {
            take_turn(connection)?;
            work(connection)
        };
        self.manager.database.commit_with(&[], work).await
    }
}

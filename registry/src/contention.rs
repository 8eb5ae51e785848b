//! Commits that another process on the same database may get in the way of.
//!
//! Numbers of patients, objects and codes are made by the registry, and the rules of uniqueness are looked
//! up before they are relied on. Inside one process the single writer makes that safe; between processes the
//! unique indexes do, and the loser simply tries again on what the winner left.

use std::sync::Arc;

use audit::AuditRecord;
use store::{AnyConnection, StoreError};

use crate::Registry;
use crate::error::{FeedFault, RegistrationError};

/// One process can lose to each of a few others once.
const ATTEMPTS: usize = 4;

/// Tells a lost race from a refusal.
pub(crate) trait Contention {
    /// Whether the same work may well succeed when it is done again.
    fn is_contention(&self) -> bool;
}

impl Contention for RegistrationError {
    fn is_contention(&self) -> bool {
        match self {
            RegistrationError::Store(error) => is_contended(error),
            RegistrationError::Refused(_)
            | RegistrationError::Denied(_)
            | RegistrationError::Damaged(_)
            | RegistrationError::Interrupted => false,
        }
    }
}

impl Contention for FeedFault {
    fn is_contention(&self) -> bool {
        match self {
            FeedFault::Store(error) => is_contended(error),
            FeedFault::Merge(_)
            | FeedFault::LinkChange(_)
            | FeedFault::Damaged(_)
            | FeedFault::Denied(_)
            | FeedFault::InconsistentAuthority { .. }
            | FeedFault::AuthorityMissing { .. }
            | FeedFault::Id { .. } => false,
        }
    }
}

/// Another process took the number or the id first, or the two waited for each other.
fn is_contended(error: &StoreError) -> bool {
    error.is_unique_violation() || error.is_transient()
}

impl Registry {
    /// Commits work with its audit record; a lost race is run again.
    pub(crate) async fn commit<T, E>(
        &self,
        record: AuditRecord,
        work: impl Fn(&mut AnyConnection) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Contention + Send + 'static,
    {
        let work = Arc::new(work);
        for _ in 1..ATTEMPTS {
            let attempt = Arc::clone(&work);
            let run = move |connection: &mut AnyConnection| attempt(connection);
            match self.database.commit(record.clone(), run).await {
                Err(error) if error.is_contention() => tracing::debug!("lost a race, trying again"),
                outcome => return outcome,
            }
        }
        self.database.commit(record, move |connection| work(connection)).await
    }
}

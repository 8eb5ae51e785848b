//! Audit Record Repository: ITI-20, ITI-81.
//!
//! Receives audit messages of anybody over syslog and keeps them in an order that shows tampering (`chain`,
//! `checkpoint`, `verify`). What a message says is extracted for searches (`extract`, `store::search`) and
//! otherwise not judged.
//! Readers get it as AuditEvents (`endpoint`, `retrieval`), and every reading is a record itself.

pub mod audit_log_used;
pub mod chain;
pub mod checkpoint;
mod clock_watch;
pub mod endpoint;
pub mod error;
pub mod extract;
pub mod own_record;
mod refusals;
pub mod retention;
pub mod retrieval;
mod server;
pub mod store;
pub mod transactions;
pub mod verify;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use config::Agreement;
use net::metrics::SyslogMetrics;
use tokio::sync::Notify;

use crate::own_record::Author;
use crate::store::event::Appended;
use crate::store::recent::RecentTerms;

pub use crate::server::{AuditRepositoryServer, StartError};
pub use crate::verify::verify;

/// The audit repository's state, shared by all who receive and search.
pub struct AuditRepository {
    pub database: Arc<::store::Database>,
    /// What a search must look at beside the database.
    pub recent: Arc<RecentTerms>,
    /// Replaced as a whole by a reload.
    pub agreement: ArcSwap<Agreement>,
    /// Under which name it records about itself.
    pub author: Author,
    pub(crate) metrics: SyslogMetrics,
    /// Records since the last checkpoint was asked for, and how many there may be.
    pub(crate) n_new: AtomicU64,
    pub(crate) n_new_max: u64,
    pub(crate) checkpoint_due: Arc<Notify>,
}

impl AuditRepository {
    /// Puts another version of the agreement in force: the next run of retention follows it.
    pub fn reload(&self, agreement: Arc<Agreement>) {
        self.agreement.store(agreement);
    }

    fn count(&self, appended: &Appended) {
        self.metrics.stored_messages.inc_by(appended.n_stored);
        self.metrics.duplicate_messages.inc_by(appended.n_duplicates);
        let before = self.n_new.fetch_add(appended.n_stored, Ordering::Relaxed);
        if before.saturating_add(appended.n_stored) >= self.n_new_max {
            self.n_new.store(0, Ordering::Relaxed);
            self.checkpoint_due.notify_one();
        }
    }
}

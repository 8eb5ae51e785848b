//! Document Repository: ITI-41 and ITI-43.
//!
//! Keeps the bytes (`blobs`), remembers which document they are (`store`), registers their metadata at
//! the registry over the wire (`registry_client`). Error codes are chosen in `error` and nowhere else.

pub mod admin;
pub mod blobs;
mod clock_watch;
pub mod documents;
pub mod endpoint;
pub mod error;
pub mod maintenance;
pub mod registry_client;
mod server;
pub mod settle;
pub mod store;
mod trail;
pub mod transactions;

use std::path::PathBuf;
use std::sync::Arc;

use access::Door;
use arc_swap::ArcSwap;
use audit::{ActorTrail, AuditRecord, Event, Journal, Node, Outcome};
use config::agreement::Agreement;
use policy::Policy;

use crate::blobs::Blobs;
use crate::registry_client::RegistryClient;
pub use crate::server::{RepositoryServer, StartError};

/// The repository's state, shared by all its workers.
pub struct Repository {
    pub database: Arc<::store::Database>,
    pub blobs: Blobs,
    /// Folder of bytes that are still arriving.
    pub spool: PathBuf,
    pub registry: RegistryClient,
    pub policy: Policy,
    pub door: Door,
    /// Replaced as a whole by a reload.
    pub agreement: Arc<ArcSwap<Agreement>>,
    pub journal: Arc<Journal>,
    /// How the audit trail calls the repository.
    pub node: Node,
    pub max_documents_per_request: usize,
    /// Held shared while bytes come in, exclusively while bytes that nobody names are removed: otherwise a
    /// submission of the same bytes could lose them in between.
    pub removal: tokio::sync::RwLock<()>,
}

/// Work on a thread for blocking calls was cut off: the process is stopping.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the work was interrupted")]
pub struct Interrupted;

impl From<Interrupted> for error::SubmissionError {
    fn from(_: Interrupted) -> error::SubmissionError {
        error::SubmissionError::Interrupted
    }
}

impl From<Interrupted> for error::RetrieveError {
    fn from(_: Interrupted) -> error::RetrieveError {
        error::RetrieveError::Interrupted
    }
}

/// Why an agreement cannot be put in force while the repository runs.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    #[error("the agreement trusts somebody who cannot be trusted")]
    Trust(#[from] access::InvalidTrust),
    #[error("the change could not be recorded in the audit trail")]
    Audit(#[from] audit::JournalError),
}

impl Repository {
    /// What the actor records of itself.
    pub(crate) fn trail(&self) -> ActorTrail {
        let agreement = Arc::clone(&self.agreement);
        let version = move || agreement.load().version_in_force();
        ActorTrail::new(Arc::clone(&self.journal), self.node.clone(), version)
    }

    /// Puts another version of the agreement in force. Which community it is of, the registry has judged.
    ///
    /// # Errors
    /// [`ReloadError`]; the agreement in force then stays.
    pub async fn reload(&self, agreement: Arc<Agreement>) -> Result<(), ReloadError> {
        let agreement_version = agreement.version_in_force();
        let description = format!("agreement in force: version {agreement_version}");
        let alert = self.node.alert(Event::AGREEMENT_CHANGE, Outcome::Success, description);
        let record = AuditRecord { agreement_version, ..alert };
        self.journal.append(&record).await?;
        self.door.reload(&agreement)?;
        self.agreement.store(agreement);
        Ok(())
    }

    /// Runs files and SQL where blocking is allowed.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Repository>,
        work: impl FnOnce(&Repository) -> T + Send + 'static,
    ) -> Result<T, Interrupted> {
        let repository = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&repository)).await;
        done.map_err(|_join: tokio::task::JoinError| Interrupted)
    }
}

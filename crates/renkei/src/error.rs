//! Why a command failed.

use std::net::SocketAddr;
use std::path::PathBuf;

use audit::JournalError;
use config::actor::Actor;
use config::trust::TrustError;
use config::{ConfigError, Faults};
use datatypes::InvalidPatientId;
use net::TransportError;

use crate::admin::OrderError;
use crate::assertion::AssertionError;
use crate::commands::fetch::FetchError;
use crate::commands::find::FindError;
use crate::commands::patient::add::NotAccepted;
use crate::commands::patient::outbox::SomethingRefused;
use crate::commands::submit::SubmitError;
use crate::maintenance::MaintenanceError;
use crate::patient_import::ImportError;
use crate::transactions::hl7v2_message::Refusal;
use crate::wire::{ResolveError, WireError};

/// What `main` reports; the chain of sources is printed with it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("{}: {}", data.display(), count(faults.count()))]
    Faults {
        data: PathBuf,
        #[source]
        faults: Faults,
    },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Assertion(#[from] AssertionError),
    #[error("the agreement has no member with the code {code}")]
    UnknownMember { code: String },
    #[error("one --database cannot serve several communities: name it in each data folder's files")]
    OneDatabaseForSeveral,
    #[error("--database takes a postgres:// URL; SQLite files are named in the configuration")]
    DatabaseUrl,
    #[error("{}: another process has this folder open", data.display())]
    FolderInUse { data: PathBuf },
    #[error("the ports counted from --port-base end beyond 65535")]
    PortBase,
    #[error("{}: {} has no configuration file here, and `up` starts all actors", data.display(), actor)]
    ActorAbsent { data: PathBuf, actor: Actor },
    #[error("open access is for loopback only, and {address} is not")]
    OpenBeyondLoopback { address: SocketAddr },
    #[error("the running community refused the agreement: {said}")]
    ReloadRefused { said: String },
    #[error("the process cannot be set up")]
    Runtime(#[source] std::io::Error),
    #[error("the registry does not start")]
    Registry(#[source] registry::StartError),
    #[error("the repository does not start")]
    Repository(#[source] repository::StartError),
    #[error("the audit repository does not start")]
    AuditRepository(#[source] audit_repository::StartError),
    #[error("the PIX manager does not start")]
    PixManager(#[source] pix_manager::StartError),
    #[error("the admin listener does not start")]
    Admin(#[source] TransportError),
    #[error("the client for the admin listener cannot be made")]
    AdminClient(#[source] TransportError),
    #[error("the start cannot be recorded in the audit trail")]
    Audit(#[from] JournalError),
    #[error("stopped before all requests in hand were answered")]
    StoppedInHaste,
    #[error("a patient is named ID or ID^^^&OID&ISO")]
    PatientId(#[from] InvalidPatientId),
    #[error("an ID with its authority and --domain are two authorities; name one")]
    TwoAuthorities,
    #[error("the clock of this machine is in a year that no message can name")]
    Clock,
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error(transparent)]
    NotAccepted(#[from] NotAccepted),
    #[error(transparent)]
    Order(#[from] OrderError),
    #[error(transparent)]
    SomethingRefused(#[from] SomethingRefused),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    #[error(transparent)]
    NotInV2(#[from] hl7v2::NotInV2),
    #[error("the manager refused the question")]
    QueryRefused(#[source] Refusal),
    #[error(transparent)]
    Submit(#[from] SubmitError),
    #[error(transparent)]
    Find(#[from] FindError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("the audit trail could not be verified")]
    VerifyAudit(#[from] audit_repository::verify::VerifyError),
    #[error("the audit trail is not intact")]
    AuditNotIntact,
    #[error(
        "more than {limit} audit records: what is shown would not be all. Choose a shorter period with \
         --since and --until"
    )]
    TooManyAuditRecords { limit: usize },
    #[error(transparent)]
    Maintenance(#[from] MaintenanceError),
}

fn count(n_faults: usize) -> String {
    if n_faults == 1 { "1 fault".to_owned() } else { format!("{n_faults} faults") }
}

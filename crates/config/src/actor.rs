//! Configuration of the actors: one small TOML file each, beside the agreement.
//!
//! Addresses, database, limits, certificates: what differs between machines, while the
//! agreement is the same on all of them. Defaults stand in the doc comment of each field;
//! an absent key takes its default. Paths are relative to the folder of the file.

mod address;
mod audit_repository;
mod body;
mod database;
mod feed;
mod http;
mod pix_manager;
mod process;
mod registry;
mod repository;
mod s3;
mod syslog;
mod time;

use std::fmt;

pub use address::{ConsumerAddress, MllpAddress};
pub use audit_repository::{AuditRepositoryConfig, CheckpointConfig};
pub use body::BodyLimits;
pub use database::{DatabaseConfig, DatabaseUrl};
pub use feed::{FeedConfig, FeedLimits};
pub use http::HttpLimits;
pub(crate) use pix_manager::Surroundings;
pub use pix_manager::{
    AnnouncementConfig, ConsumerConfig, PartnerCharset, PartnerConfig, PixManagerConfig,
    PixManagerLimits,
};
pub use process::{ForwardingConfig, LogFormat, ProcessConfig, TlsFiles, Transport};
pub use registry::{RegistryConfig, RegistryLimits};
pub use repository::{CallTimeouts, RepositoryConfig};
pub use s3::S3Config;
pub use syslog::{SyslogConfig, SyslogLimits};
pub use time::TimeConfig;

/// The actors that have a configuration and a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    Registry,
    Repository,
    AuditRepository,
    PixManager,
}

impl Actor {
    pub const ALL: [Actor; 4] =
        [Actor::Registry, Actor::Repository, Actor::AuditRepository, Actor::PixManager];

    /// The name in file names, certificates and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Actor::Registry => "registry",
            Actor::Repository => "repository",
            Actor::AuditRepository => "audit-repository",
            Actor::PixManager => "pix-manager",
        }
    }

    /// The file in a data folder.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Actor::Registry => "registry.toml",
            Actor::Repository => "repository.toml",
            Actor::AuditRepository => "audit-repository.toml",
            Actor::PixManager => "pix-manager.toml",
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

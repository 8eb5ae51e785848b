//! `audit-repository.toml`: the Audit Record Repository.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::database::read_database;
use super::http::read_http;
use super::process::{path, read_listener, read_process};
use super::syslog::read_syslog;
use super::{Actor, DatabaseConfig, HttpLimits, ProcessConfig, SyslogConfig};
use crate::fault::{Fault, Faults};
use crate::reader::{self, Reading, Section, Source};

/// The Audit Record Repository's own file. How long records are kept stands in the agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRepositoryConfig {
    /// `listen` for HTTP, path `/fhir/AuditEvent`. Default `127.0.0.1:8085`.
    pub listen: SocketAddr,
    pub process: ProcessConfig,
    /// `[syslog]`.
    pub syslog: SyslogConfig,
    /// `[database]`; the default file is `audit-repository.sqlite`.
    pub database: DatabaseConfig,
    /// `[checkpoints]`.
    pub checkpoints: CheckpointConfig,
    /// `[http]`.
    pub http: HttpLimits,
}

/// How often the end of the chain is signed, and where the signatures are kept beside the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointConfig {
    /// `file`: one line of JSON per checkpoint, to be copied elsewhere. Default
    /// `audit-checkpoints.jsonl`.
    pub file: PathBuf,
    /// `records` after which one is made at the latest. Default 1 000.
    pub records: u64,
    /// `interval_ms` after which one is made, if there is anything new. Default 60 000 ms.
    pub interval: Duration,
}

impl AuditRepositoryConfig {
    /// Reads `audit-repository.toml`.
    ///
    /// # Errors
    /// [`Faults`] lists everything that is wrong with the file.
    pub fn read(file: &Path) -> Result<AuditRepositoryConfig, Faults> {
        let (config, faults) = AuditRepositoryConfig::collect(file);
        Faults::unless_empty(config, faults)
    }

    /// As [`AuditRepositoryConfig::read`], for a caller that collects the faults of several files.
    pub(crate) fn collect(file: &Path) -> (Option<AuditRepositoryConfig>, Vec<Fault>) {
        let source = match Source::open(file) {
            Ok(source) => source,
            Err(fault) => return (None, vec![fault]),
        };
        let Reading { value, faults, .. } = AuditRepositoryConfig::from_source(&source);
        (value, faults)
    }

    pub(crate) fn from_source(source: &Source) -> Reading<AuditRepositoryConfig> {
        let folder = source.folder();
        reader::read(source, |root| read_audit_repository(root, &folder))
    }
}

fn read_audit_repository(root: &Section<'_>, folder: &Path) -> Option<AuditRepositoryConfig> {
    let listen = read_listener(root, 8085);
    let process = read_process(root, Actor::AuditRepository, folder);
    let syslog = root.table_or_empty("syslog", read_syslog);
    let database = root.table_or_empty("database", |section| {
        read_database(section, folder, "audit-repository.sqlite")
    });
    let checkpoints =
        root.table_or_empty("checkpoints", |section| Some(read_checkpoints(section, folder)));
    let http = root.table_or_empty("http", read_http);
    Some(AuditRepositoryConfig {
        listen,
        process: process?,
        syslog: syslog?,
        database: database?,
        checkpoints: checkpoints?,
        http: http?,
    })
}

fn read_checkpoints(section: &Section<'_>, folder: &Path) -> CheckpointConfig {
    CheckpointConfig {
        file: path(section, "file", folder, "audit-checkpoints.jsonl"),
        records: section.number("records", 1_000, 1..=1_000_000),
        // Up to an hour: what lies behind the newest checkpoint can be cut off unseen.
        interval: section.duration("interval_ms", 60_000, 100..=3_600_000),
    }
}

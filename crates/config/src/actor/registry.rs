//! `registry.toml`: the Document Registry.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::body::read_envelope_limit;
use super::database::read_database;
use super::feed::read_feed;
use super::http::read_http;
use super::process::{path, read_forwarding, read_listener, read_process};
use super::{Actor, DatabaseConfig, FeedConfig, ForwardingConfig, HttpLimits, ProcessConfig};
use crate::fault::{Fault, Faults};
use crate::reader::{self, Reading, Section, Source};

/// The Document Registry's own file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryConfig {
    /// `listen` for SOAP, path `/xds/registry`. Default `127.0.0.1:8082`.
    pub listen: SocketAddr,
    /// `journal`: the audit records of what only reads, and the chain over all of them.
    /// Default `registry.journal`.
    pub journal: PathBuf,
    pub process: ProcessConfig,
    /// `[audit]`.
    pub audit: ForwardingConfig,
    /// `[database]`; the default file is `registry.sqlite`.
    pub database: DatabaseConfig,
    /// `[feed]`.
    pub feed: FeedConfig,
    /// `[http]`.
    pub http: HttpLimits,
    /// `[body] root_bytes`: the SOAP envelope, in bytes. Default 32 MiB.
    pub envelope_bytes: usize,
    /// `[limits]`.
    pub limits: RegistryLimits,
}

/// What one request may ask of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryLimits {
    /// `objects_per_submission`: entries, folders and associations of one ITI-42.
    /// Default 10 000.
    pub objects_per_submission: usize,
    /// `results_per_query`: objects in one LeafClass answer; above it XDSTooManyResults, as
    /// an answer of 8 MB helps nobody. Default 10 000.
    pub results_per_query: usize,
    /// `candidates_per_query`: entries or folders that one query over several patients (ITI-51) looks
    /// at; above it XDSTooManyResults. Default 100 000.
    pub candidates_per_query: usize,
    /// `cache_bytes`: memory for the records of patients who were asked for lately, about
    /// 1 KB a document. 0 keeps nothing. Default 268 435 456 (256 MiB).
    pub cache_bytes: u64,
}

impl RegistryConfig {
    /// Reads `registry.toml`.
    ///
    /// # Errors
    /// [`Faults`] lists everything that is wrong with the file.
    pub fn read(file: &Path) -> Result<RegistryConfig, Faults> {
        let (config, faults) = RegistryConfig::collect(file);
        Faults::unless_empty(config, faults)
    }

    /// As [`RegistryConfig::read`], for a caller that collects the faults of several files.
    pub(crate) fn collect(file: &Path) -> (Option<RegistryConfig>, Vec<Fault>) {
        let source = match Source::open(file) {
            Ok(source) => source,
            Err(fault) => return (None, vec![fault]),
        };
        let Reading { value, faults, .. } = RegistryConfig::from_source(&source);
        (value, faults)
    }

    pub(crate) fn from_source(source: &Source) -> Reading<RegistryConfig> {
        let folder = source.folder();
        reader::read(source, |root| read_registry(root, &folder))
    }
}

fn read_registry(root: &Section<'_>, folder: &Path) -> Option<RegistryConfig> {
    let listen = read_listener(root, 8082);
    let journal = path(root, "journal", folder, "registry.journal");
    let process = read_process(root, Actor::Registry, folder);
    let audit = root.table_or_empty("audit", |section| Some(read_forwarding(section, folder)));
    let database = root
        .table_or_empty("database", |section| read_database(section, folder, "registry.sqlite"));
    let feed = root.table_or_empty("feed", read_feed);
    let http = root.table_or_empty("http", read_http);
    let envelope_bytes = root.table_or_empty("body", read_envelope_limit);
    let limits = root.table_or_empty("limits", read_limits);
    Some(RegistryConfig {
        listen,
        journal,
        process: process?,
        audit: audit?,
        database: database?,
        feed: feed?,
        http: http?,
        envelope_bytes: envelope_bytes?,
        limits: limits?,
    })
}

fn read_limits(section: &Section<'_>) -> Option<RegistryLimits> {
    Some(RegistryLimits {
        objects_per_submission: section.count("objects_per_submission", 10_000, 1..=1_000_000),
        results_per_query: section.count("results_per_query", 10_000, 1..=1_000_000),
        candidates_per_query: section.count("candidates_per_query", 100_000, 1..=10_000_000),
        cache_bytes: section.number("cache_bytes", 256 * 1024 * 1024, 0..=1 << 40),
    })
}

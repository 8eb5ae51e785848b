//! `repository.toml`: the Document Repository.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::body::read_body;
use super::database::read_database;
use super::http::read_http;
use super::process::{path, read_forwarding, read_listener, read_process};
use super::s3::read_s3;
use super::{
    Actor, BodyLimits, DatabaseConfig, ForwardingConfig, HttpLimits, ProcessConfig, S3Config,
};
use crate::fault::{Fault, Faults};
use crate::reader::{self, Form, Reading, Section, Source};

/// Five minutes, in ms: a Document Source does not wait longer for its answer.
const MAX_CALL_MS: u64 = 300_000;

/// The Document Repository's own file. Its repositoryUniqueId stands in the agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryConfig {
    /// `listen` for SOAP, path `/xds/repository`. Default `127.0.0.1:8083`.
    pub listen: SocketAddr,
    /// `journal`: the audit records of what only reads, and the chain over all of them.
    /// Default `repository.journal`.
    pub journal: PathBuf,
    /// `documents`: the folder of the documents' bytes; unused with a bucket in `[s3]`. Default
    /// `documents`.
    pub documents: PathBuf,
    /// `[s3]`: the store of the documents' bytes, if it names a bucket.
    pub s3: Option<S3Config>,
    /// `spool`: the folder of bytes that are still arriving; on the same file system as
    /// `documents`, because they are moved there by renaming. Default `spool`.
    pub spool: PathBuf,
    /// `documents_per_request` of ITI-43. Default 1 000.
    pub documents_per_request: usize,
    pub process: ProcessConfig,
    /// `[audit]`.
    pub audit: ForwardingConfig,
    /// `[registry]`.
    pub registry: CallTimeouts,
    /// `[registry] url`, in a process of its own; the all-in-one process calls its own
    /// registry. Default `https://localhost:8082/xds/registry`.
    pub registry_url: String,
    /// `[database]`; the default file is `repository.sqlite`.
    pub database: DatabaseConfig,
    /// `[http]`.
    pub http: HttpLimits,
    /// `[body]`.
    pub body: BodyLimits,
}

/// How long a call to the registry may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallTimeouts {
    /// `connect_timeout_ms`, handshake included. Default 5 000 ms.
    pub connect: Duration,
    /// `response_timeout_ms`: from the sent request to the head of the answer; afterwards the
    /// submission is in doubt. Default 30 000 ms.
    pub response: Duration,
    /// `body_idle_timeout_ms`: between two pieces of the answer. Default 15 000 ms.
    pub body_idle: Duration,
    /// `pool_idle_timeout_ms`: an idle connection is kept this long; shorter than the
    /// registry keeps it. Default 60 000 ms.
    pub pool_idle: Duration,
}

/// Not checked further: the client that calls it does that with its own parser.
const URL: Form<String> = Form {
    read: |value| value.as_str().filter(|url| is_http_url(url)).map(str::to_owned),
    wanted: "a URL, for example \"https://localhost:8082/xds/registry\"",
};

impl RepositoryConfig {
    /// Reads `repository.toml`.
    ///
    /// # Errors
    /// [`Faults`] lists everything that is wrong with the file.
    pub fn read(file: &Path) -> Result<RepositoryConfig, Faults> {
        let (config, faults) = RepositoryConfig::collect(file);
        Faults::unless_empty(config, faults)
    }

    /// As [`RepositoryConfig::read`], for a caller that collects the faults of several files.
    pub(crate) fn collect(file: &Path) -> (Option<RepositoryConfig>, Vec<Fault>) {
        let source = match Source::open(file) {
            Ok(source) => source,
            Err(fault) => return (None, vec![fault]),
        };
        let Reading { value, faults, .. } = RepositoryConfig::from_source(&source);
        (value, faults)
    }

    pub(crate) fn from_source(source: &Source) -> Reading<RepositoryConfig> {
        let folder = source.folder();
        reader::read(source, |root| read_repository(root, &folder))
    }
}

fn read_repository(root: &Section<'_>, folder: &Path) -> Option<RepositoryConfig> {
    let listen = read_listener(root, 8083);
    let journal = path(root, "journal", folder, "repository.journal");
    let documents = path(root, "documents", folder, "documents");
    let s3 = root.table_or_empty("s3", |section| read_s3(section, folder));
    let spool = path(root, "spool", folder, "spool");
    let documents_per_request = root.count("documents_per_request", 1_000, 1..=100_000);
    let process = read_process(root, Actor::Repository, folder);
    let audit = root.table_or_empty("audit", |section| Some(read_forwarding(section, folder)));
    let registry = root.table_or_empty("registry", read_registry_calls);
    let database = root
        .table_or_empty("database", |section| read_database(section, folder, "repository.sqlite"));
    let http = root.table_or_empty("http", read_http);
    let body = root.table_or_empty("body", read_body);
    let (registry_url, registry) = registry?;
    Some(RepositoryConfig {
        listen,
        journal,
        documents,
        s3: s3?,
        spool,
        documents_per_request,
        process: process?,
        audit: audit?,
        registry,
        registry_url,
        database: database?,
        http: http?,
        body: body?,
    })
}

fn read_registry_calls(section: &Section<'_>) -> Option<(String, CallTimeouts)> {
    let url = section.optional("url", &URL);
    let url = url.unwrap_or_else(|| "https://localhost:8082/xds/registry".to_owned());
    let ms = |key, default| section.duration(key, default, 1..=MAX_CALL_MS);
    let timeouts = CallTimeouts {
        connect: ms("connect_timeout_ms", 5_000),
        response: ms("response_timeout_ms", 30_000),
        body_idle: ms("body_idle_timeout_ms", 15_000),
        pool_idle: ms("pool_idle_timeout_ms", 60_000),
    };
    Some((url, timeouts))
}

pub(super) fn is_http_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_plain = |rest: &str| !rest.is_empty() && !rest.contains(char::is_whitespace);
    rest.is_some_and(is_plain)
}

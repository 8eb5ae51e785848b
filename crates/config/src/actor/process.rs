//! What every process has: transport and certificates, admin listener, workers, log, time servers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use atna::Destination;

use super::time::read_time;
use super::{Actor, TimeConfig};
use crate::reader::{Form, PORT_ADDRESS, SWITCH, Section};

/// How peers are recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Mutual TLS: every peer shows a certificate of the community's authority.
    MutualTls,
    /// No TLS, on loopback only; for test tools.
    Plain,
}

impl Transport {
    /// Whether a listener of this transport may have the address.
    #[must_use]
    pub fn may_listen_on(self, address: SocketAddr) -> bool {
        self == Transport::MutualTls || address.ip().is_loopback()
    }

    /// The scheme of URLs.
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Transport::MutualTls => "https",
            Transport::Plain => "http",
        }
    }
}

/// PEM files of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// `certificate` of this node. Default `pki/ACTOR.pem`.
    pub certificate: PathBuf,
    /// `key` of this node, readable for its owner only. Default `pki/ACTOR-key.pem`.
    pub key: PathBuf,
    /// `ca`: the authority whose certificates are accepted. Default `pki/development-ca.pem`.
    pub ca: PathBuf,
    /// `revocation`: a file of revocation lists in PEM, one for each authority named by `ca` here and in
    /// `[audit]`. Default empty: then nobody is revoked.
    pub revocation: Option<PathBuf>,
    /// `peers`: a file of certificates in PEM that are accepted as they are, whoever issued them. Default empty:
    /// none.
    pub peers: Option<PathBuf>,
    /// `dhe`: with TLS 1.2 also DHE with RSA, in a group of 2048 bits. Default false.
    pub dhe: bool,
    /// `reload_interval_ms`: how often is looked whether these files have changed. Default 5 000 ms.
    pub reload_interval: Duration,
}

/// The shape of log lines on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// What every process has; the all-in-one process takes the registry's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessConfig {
    /// `transport`, `"mtls"` or `"plain"`. Default mtls.
    pub transport: Transport,
    /// `[tls]`.
    pub tls: TlsFiles,
    /// `[admin] listen`, on loopback: health, metrics, administration. Default
    /// `127.0.0.1:8090` for the registry, `127.0.0.1:8091` for the repository, `127.0.0.1:8092` for
    /// the audit repository, `127.0.0.1:8093` for the manager, so that all can run as processes of their own on one machine.
    pub admin: SocketAddr,
    /// `workers`: threads that serve HTTP; 0 means one per processor. Default 0.
    pub workers: usize,
    /// `[log] format`, `"text"` or `"json"`. Default text.
    pub log_format: LogFormat,
    /// `[time]`; in the all-in-one process each actor takes its own.
    pub time: TimeConfig,
}

/// Where the audit records of an actor are sent (ITI-20).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardingConfig {
    /// `forward_to`: `"tls://HOST:PORT"` or `"udp://HOST:PORT"`, any number of them. By default none; the
    /// all-in-one process then sends to the audit repository of its community, if there is one.
    pub destinations: Vec<Destination>,
    /// `ca`: the authority whose certificates receivers show. Default `pki/development-ca.pem`.
    pub ca: PathBuf,
}

const DESTINATION: Form<Destination> = Form {
    read: |value| value.as_str()?.parse().ok(),
    wanted: "an audit repository, for example \"tls://audit.example:6514\" or \"udp://192.0.2.1:514\"",
};

/// `[audit]`.
pub(super) fn read_forwarding(section: &Section<'_>, folder: &Path) -> ForwardingConfig {
    let items = section.items("forward_to", &DESTINATION);
    let mut destinations: Vec<Destination> = Vec::new();
    for item in items {
        if destinations.contains(&item.value) {
            let remedy = "name each audit repository once";
            section.refuse_item("forward_to", &item, "stands twice", remedy);
        } else {
            destinations.push(item.value);
        }
    }
    ForwardingConfig { destinations, ca: path(section, "ca", folder, "pki/development-ca.pem") }
}

const TRANSPORT: Form<Transport> = Form {
    read: |value| match value.as_str()? {
        "mtls" => Some(Transport::MutualTls),
        "plain" => Some(Transport::Plain),
        _ => None,
    },
    wanted: "\"mtls\" or \"plain\"",
};

const LOG_FORMAT: Form<LogFormat> = Form {
    read: |value| match value.as_str()? {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    },
    wanted: "\"text\" or \"json\"",
};

const PATH: Form<PathBuf> = Form {
    read: |value| value.as_str().filter(|path| !path.is_empty()).map(PathBuf::from),
    wanted: "a path, absolute or relative to the folder of this file",
};

const OPTIONAL_PATH: Form<Option<PathBuf>> = Form {
    read: |value| {
        let path = value.as_str()?;
        Some(Some(PathBuf::from(path)).filter(|_| !path.is_empty()))
    },
    wanted: "a path, absolute or relative to the folder of this file, or \"\" for none",
};

pub(super) fn read_process(
    root: &Section<'_>,
    actor: Actor,
    folder: &Path,
) -> Option<ProcessConfig> {
    let transport = root.optional("transport", &TRANSPORT).unwrap_or(Transport::MutualTls);
    let workers = root.count("workers", 0, 0..=1_024);
    let tls = root.table_or_empty("tls", |section| {
        let name = actor.as_str();
        Some(TlsFiles {
            certificate: path(section, "certificate", folder, &format!("pki/{name}.pem")),
            key: path(section, "key", folder, &format!("pki/{name}-key.pem")),
            ca: path(section, "ca", folder, "pki/development-ca.pem"),
            revocation: optional_path(section, "revocation", folder),
            peers: optional_path(section, "peers", folder),
            dhe: section.optional("dhe", &SWITCH).unwrap_or(false),
            reload_interval: section.duration("reload_interval_ms", 5_000, 100..=3_600_000),
        })
    });
    let admin = root.table_or_empty("admin", |section| Some(read_admin(section, actor)));
    let log_format = root.table_or_empty("log", |section| {
        Some(section.optional("format", &LOG_FORMAT).unwrap_or(LogFormat::Text))
    });
    let time = root.table_or_empty("time", read_time);
    Some(ProcessConfig {
        transport,
        tls: tls?,
        admin: admin?,
        workers,
        log_format: log_format?,
        time: time?,
    })
}

/// An address for the SOAP endpoint, which must suit the transport.
pub(super) fn read_listener(root: &Section<'_>, default_port: u16) -> SocketAddr {
    let default = SocketAddr::from(([127, 0, 0, 1], default_port));
    let address = root.optional("listen", &PORT_ADDRESS).unwrap_or(default);
    let transport = root.optional("transport", &TRANSPORT).unwrap_or(Transport::MutualTls);
    if !transport.may_listen_on(address) {
        let remedy = "transport \"plain\" is for the machine itself: use 127.0.0.1, or \"mtls\"";
        root.refuse("listen", "reachable from outside without TLS", remedy);
    }
    address
}

/// A path of the file, relative to its folder.
pub(super) fn path(
    section: &Section<'_>,
    key: &'static str,
    folder: &Path,
    default: &str,
) -> PathBuf {
    folder.join(section.optional(key, &PATH).unwrap_or_else(|| PathBuf::from(default)))
}

fn optional_path(section: &Section<'_>, key: &'static str, folder: &Path) -> Option<PathBuf> {
    section.optional(key, &OPTIONAL_PATH).flatten().map(|path| folder.join(path))
}

fn read_admin(section: &Section<'_>, actor: Actor) -> SocketAddr {
    let port = match actor {
        Actor::Registry => 8090,
        Actor::Repository => 8091,
        Actor::AuditRepository => 8092,
        Actor::PixManager => 8093,
    };
    let default = SocketAddr::from(([127, 0, 0, 1], port));
    let address = section.optional("listen", &PORT_ADDRESS).unwrap_or(default);
    if !address.ip().is_loopback() {
        let remedy = "administration is for the machine itself: use 127.0.0.1";
        section.refuse("listen", "reachable from outside", remedy);
    }
    address
}

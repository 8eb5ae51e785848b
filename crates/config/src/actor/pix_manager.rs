//! `pix-manager.toml`: the Patient Identifier Cross-reference Manager, which is the Patient
//! Demographics Supplier as well.

mod consumers;
mod partners;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::address::MllpAddress;
use super::body::read_message_limit;
use super::database::read_database;
use super::feed::read_manager_feed;
use super::http::read_http;
use super::process::{path, read_forwarding, read_listener, read_process};
use super::{
    Actor, DatabaseConfig, FeedConfig, ForwardingConfig, HttpLimits, ProcessConfig, Transport,
};
use crate::agreement::{Agreement, PatientIds};
use crate::fault::{Fault, Faults};
use crate::reader::{self, Form, Reading, Section, Source};

use consumers::read_consumers;
use partners::read_partners;

pub use consumers::ConsumerConfig;
pub use partners::{PartnerCharset, PartnerConfig};

/// Half a minute, in ms: whoever feeds does not wait longer for the acknowledgement.
const MAX_WAIT_MS: u64 = 30_000;

/// An hour, in ms: what is not said within it should be looked at by a person.
const MAX_RETRY_MS: u64 = 3_600_000;

/// A day, in ms.
const MAX_CONTINUATION_MS: u64 = 86_400_000;

/// The Patient Identifier Cross-reference Manager's own file. Domains and link rules stand in the
/// agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PixManagerConfig {
    /// `listen` for SOAP, paths `/pix/v3` and `/pdq/v3`. Default `127.0.0.1:8081`.
    pub listen: SocketAddr,
    /// `journal`: the audit records of what only reads, and the chain over all of them.
    /// Default `pix-manager.journal`.
    pub journal: PathBuf,
    pub process: ProcessConfig,
    /// `[audit]`.
    pub audit: ForwardingConfig,
    /// `[database]`; the default file is `pix-manager.sqlite`.
    pub database: DatabaseConfig,
    /// `[mllp]`: feeds and queries. Default `mllp` `127.0.0.1:2575`, `mllps` `127.0.0.1:2576`.
    pub mllp: FeedConfig,
    /// `[http]`.
    pub http: HttpLimits,
    /// `[body] root_bytes`: the SOAP envelope, in bytes; a feed has some kB. Default 1 MiB.
    pub envelope_bytes: usize,
    /// `[registry]`.
    pub registry: AnnouncementConfig,
    /// `[[consumers]]`. Default none.
    pub consumers: Vec<ConsumerConfig>,
    /// `[[partners]]`; see [`PixManagerConfig::partner`]. Default none.
    pub partners: Vec<PartnerConfig>,
    /// `[limits]`.
    pub limits: PixManagerLimits,
}

/// How the registry is told of the identifiers that the manager gives (ITI-8) and of their changes
/// (ITI-64).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnouncementConfig {
    /// `feed`: the registry's MLLP listener, needed where it has no `registry.toml` beside this
    /// file and the agreement says `patient_ids = "manager"`. Default none: the all-in-one
    /// process tells its own registry.
    pub feed: Option<MllpAddress>,
    /// `announce_wait_ms`: the acknowledgement of a feed waits so long for the registry to know
    /// the new identifier; 0 does not wait. Default 2 000 ms.
    pub announce_wait: Duration,
    /// `retry_min_ms`: before the second attempt, doubled before each further one. Consumers are
    /// told again in the same way. Default 1 000 ms.
    pub retry_min: Duration,
    /// `retry_max_ms`: between two attempts at most. Default 60 000 ms.
    pub retry_max: Duration,
}

/// What one query may ask of the manager, and how much is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PixManagerLimits {
    /// `matches_per_answer`: patients in one answer if the asker wants no smaller number (RCP-2,
    /// initialQuantity); the others come by continuation. Default 100.
    pub matches_per_answer: usize,
    /// `continuations` that are kept open; one more ends the oldest. Default 1 000.
    pub continuations: usize,
    /// `continuation_timeout_ms`: one that is not asked for ends. Default 600 000 ms.
    pub continuation_timeout: Duration,
    /// `scanned_per_query`: patients that one query compares; above it the asker is told to say
    /// more. Default 1 000 000.
    pub scanned_per_query: usize,
}

/// What stands in the same folder and must fit.
pub(crate) struct Surroundings<'a> {
    /// Absent if it is at fault itself.
    pub(crate) agreement: Option<&'a Agreement>,
    pub(crate) has_registry: bool,
}

const NOTHING_KNOWN: Surroundings<'_> = Surroundings { agreement: None, has_registry: false };

const FEED: Form<Option<MllpAddress>> = Form {
    read: |value| match value.as_str()? {
        "" => Some(None),
        address => MllpAddress::parse(address).map(Some),
    },
    wanted: "the registry's feed, for example \"mllps://registry.example:2578\"; \"mllp://…\" on loopback only",
};

impl PixManagerConfig {
    /// Reads `pix-manager.toml`, without a look at the agreement.
    ///
    /// # Errors
    /// [`Faults`] lists everything that is wrong with the file.
    pub fn read(file: &Path) -> Result<PixManagerConfig, Faults> {
        let (config, faults) = PixManagerConfig::collect(file, &NOTHING_KNOWN);
        Faults::unless_empty(config, faults)
    }

    /// As [`PixManagerConfig::read`], for a caller that collects the faults of several files.
    pub(crate) fn collect(
        file: &Path,
        surroundings: &Surroundings<'_>,
    ) -> (Option<PixManagerConfig>, Vec<Fault>) {
        let source = match Source::open(file) {
            Ok(source) => source,
            Err(fault) => return (None, vec![fault]),
        };
        let Reading { value, faults, .. } = PixManagerConfig::from_source(&source, surroundings);
        (value, faults)
    }

    pub(crate) fn from_source(
        source: &Source,
        surroundings: &Surroundings<'_>,
    ) -> Reading<PixManagerConfig> {
        let folder = source.folder();
        reader::read(source, |root| read_pix_manager(root, &folder, surroundings))
    }

    /// What is known of the system that sends with this MSH-3 and MSH-4: the first entry that means
    /// it counts.
    #[must_use]
    pub fn partner(&self, application: &str, facility: &str) -> Option<&PartnerConfig> {
        self.partners.iter().find(|partner| partner.sender.matches(application, facility))
    }

    /// Whether the node's certificate is shown to anybody: by a listener, or to who is told.
    pub(crate) fn shows_certificate(&self) -> bool {
        let feed = self.registry.feed.iter().map(|feed| feed.transport);
        let told = self.consumers.iter().map(|consumer| consumer.notify.transport());
        std::iter::once(self.process.transport)
            .chain(feed)
            .chain(told)
            .any(|transport| transport == Transport::MutualTls)
    }
}

fn read_pix_manager(
    root: &Section<'_>,
    folder: &Path,
    surroundings: &Surroundings<'_>,
) -> Option<PixManagerConfig> {
    let listen = read_listener(root, 8081);
    let journal = path(root, "journal", folder, "pix-manager.journal");
    let process = read_process(root, Actor::PixManager, folder);
    let audit = root.table_or_empty("audit", |section| Some(read_forwarding(section, folder)));
    let database = root
        .table_or_empty("database", |section| read_database(section, folder, "pix-manager.sqlite"));
    let mllp = root.table_or_empty("mllp", read_manager_feed);
    let http = root.table_or_empty("http", read_http);
    let envelope_bytes = root.table_or_empty("body", read_message_limit);
    let registry =
        root.table_or_empty("registry", |section| Some(read_announcements(section, surroundings)));
    let consumers = read_consumers(root, surroundings.agreement);
    let partners = read_partners(root);
    let limits = root.table_or_empty("limits", |section| Some(read_limits(section)));
    Some(PixManagerConfig {
        listen,
        journal,
        process: process?,
        audit: audit?,
        database: database?,
        mllp: mllp?,
        http: http?,
        envelope_bytes: envelope_bytes?,
        registry: registry?,
        consumers,
        partners,
        limits: limits?,
    })
}

fn read_announcements(
    section: &Section<'_>,
    surroundings: &Surroundings<'_>,
) -> AnnouncementConfig {
    let announcements = AnnouncementConfig {
        feed: section.optional("feed", &FEED).flatten(),
        announce_wait: section.duration("announce_wait_ms", 2_000, 0..=MAX_WAIT_MS),
        retry_min: section.duration("retry_min_ms", 1_000, 10..=MAX_RETRY_MS),
        retry_max: section.duration("retry_max_ms", 60_000, 10..=MAX_RETRY_MS),
    };
    if announcements.retry_min > announcements.retry_max {
        let remedy = "the pauses grow from this one: raise retry_max_ms or lower this";
        section.refuse("retry_min_ms", "longer than retry_max_ms", remedy);
    }
    let manager_gives_ids =
        surroundings.agreement.is_some_and(|known| known.patient_ids == PatientIds::Manager);
    if manager_gives_ids && !surroundings.has_registry && announcements.feed.is_none() {
        let problem = "the manager gives patient identifiers, and no registry is known to it";
        section.refuse("feed", problem, &format!("wanted: {}", FEED.wanted));
    }
    announcements
}

fn read_limits(section: &Section<'_>) -> PixManagerLimits {
    PixManagerLimits {
        matches_per_answer: section.count("matches_per_answer", 100, 1..=10_000),
        continuations: section.count("continuations", 1_000, 1..=100_000),
        continuation_timeout: section.duration(
            "continuation_timeout_ms",
            600_000,
            1_000..=MAX_CONTINUATION_MS,
        ),
        scanned_per_query: section.count("scanned_per_query", 1_000_000, 1..=100_000_000),
    }
}

//! Who may feed a domain.
//!
//! The PIX profile has one and only one Patient Identity Source for each domain. An identifier that
//! comes without its assigning authority (PID-3.4) is given that of the source's domain, so no feed
//! may belong to two domains.

use std::fmt;

use datatypes::Oid;

use super::audit::COMMON_NAME;
use crate::reader::{Form, Item, Section};
use crate::sender::SenderPattern;

/// Who may feed a domain; where both lists have items, a feed must fit both.
///
/// Invariant of an agreement: no feed fits the feeders of two domains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feeders {
    /// `sources`: how the senders name themselves. Default none.
    pub sources: Vec<FeedSource>,
    /// `certificates`: common names of the certificates that the senders show over mutual TLS; a
    /// name in a message alone proves nothing. Default none.
    pub certificates: Vec<String>,
}

/// A system that feeds, as it names itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedSource {
    /// `"APPLICATION|FACILITY"`: MSH-3 and MSH-4 of HL7 v2.
    Sender(SenderPattern),
    /// `"oid:1.2.3"`: the root of an id of sender/device in HL7 v3.
    Device(Oid),
}

/// What is known of whoever sent a feed.
#[derive(Clone, Copy, Debug)]
pub struct Feeder<'a> {
    pub name: FeederName<'a>,
    /// The common name of the certificate, over mutual TLS.
    pub certificate: Option<&'a str>,
}

/// The name that a feed itself gives to its sender.
#[derive(Clone, Copy, Debug)]
pub enum FeederName<'a> {
    /// MSH-3 and MSH-4 as sent.
    Sender { application: &'a str, facility: &'a str },
    /// The root of sender/device/id.
    Device(&'a Oid),
}

impl FeedSource {
    /// Reads the forms of the variants.
    #[must_use]
    pub fn parse(text: &str) -> Option<FeedSource> {
        if text.contains('|') {
            return SenderPattern::parse(text).map(FeedSource::Sender);
        }
        Oid::parse(text.strip_prefix("oid:")?).ok().map(FeedSource::Device)
    }

    #[must_use]
    pub fn is(&self, name: FeederName<'_>) -> bool {
        match (self, name) {
            (FeedSource::Sender(pattern), FeederName::Sender { application, facility }) => {
                pattern.matches(application, facility)
            }
            (FeedSource::Device(device), FeederName::Device(root)) => device == root,
            (FeedSource::Sender(_), FeederName::Device(_))
            | (FeedSource::Device(_), FeederName::Sender { .. }) => false,
        }
    }

    fn overlaps(&self, other: &FeedSource) -> bool {
        match (self, other) {
            (FeedSource::Sender(one), FeedSource::Sender(other)) => one.overlaps(other),
            (FeedSource::Device(one), FeedSource::Device(other)) => one == other,
            (FeedSource::Sender(_), FeedSource::Device(_))
            | (FeedSource::Device(_), FeedSource::Sender(_)) => false,
        }
    }
}

impl fmt::Display for FeedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FeedSource::Sender(pattern) => pattern.fmt(f),
            FeedSource::Device(oid) => write!(f, "oid:{oid}"),
        }
    }
}

impl Feeders {
    /// Whether anybody may feed the domain; nobody may where neither list has an item.
    #[must_use]
    pub fn are_named(&self) -> bool {
        !self.sources.is_empty() || !self.certificates.is_empty()
    }

    /// Whether this sender is one of them.
    #[must_use]
    pub fn include(&self, feeder: &Feeder<'_>) -> bool {
        let is_source = || self.sources.iter().any(|source| source.is(feeder.name));
        let is_shown = |certificate: &str| self.certificates.iter().any(|name| name == certificate);
        self.are_named()
            && (self.sources.is_empty() || is_source())
            && (self.certificates.is_empty() || feeder.certificate.is_some_and(is_shown))
    }

    /// Whether there can be a feed that both would take: an empty list takes any.
    fn overlap(&self, other: &Feeders) -> bool {
        let sources = self.sources.is_empty()
            || other.sources.is_empty()
            || self.sources.iter().any(|source| other.lists_overlapping(source));
        let certificates = self.certificates.is_empty()
            || other.certificates.is_empty()
            || self.certificates.iter().any(|name| other.certificates.contains(name));
        self.are_named() && other.are_named() && sources && certificates
    }

    fn lists_overlapping(&self, source: &FeedSource) -> bool {
        self.sources.iter().any(|listed| listed.overlaps(source))
    }
}

const SOURCE: Form<FeedSource> = Form {
    read: |value| FeedSource::parse(value.as_str()?),
    wanted: "MSH-3 and MSH-4 as \"APPLICATION|FACILITY\", each as sent or \"*\" for any, or the \
             sender's device of HL7 v3 as \"oid:1.2.3\"",
};

/// Reads the feeders of one domain; `before` are those of the domains above it.
pub(super) fn read_feeders(section: &Section<'_>, before: &[Feeders]) -> Feeders {
    let sources = listed_once(section, "sources", &SOURCE);
    let certificates = listed_once(section, "certificates", &COMMON_NAME);
    let feeders = Feeders {
        sources: sources.iter().map(|item| item.value.clone()).collect(),
        certificates: certificates.iter().map(|item| item.value.clone()).collect(),
    };
    let rivals: Vec<&Feeders> = before.iter().filter(|other| other.overlap(&feeders)).collect();
    if rivals.is_empty() {
        return feeders;
    }
    let is_rival_source =
        |item: &&Item<FeedSource>| rivals.iter().any(|rival| rival.lists_overlapping(&item.value));
    let is_rival_certificate =
        |item: &&Item<String>| rivals.iter().any(|rival| rival.certificates.contains(&item.value));
    let mut n_told = 0_usize;
    for item in sources.iter().filter(is_rival_source) {
        section.refuse_item("sources", item, SHARED, ONE_DOMAIN);
        n_told += 1;
    }
    if n_told == 0 {
        for item in certificates.iter().filter(is_rival_certificate) {
            section.refuse_item("certificates", item, SHARED, ONE_DOMAIN);
            n_told += 1;
        }
    }
    if n_told == 0 {
        // One domain says only sources, the other only certificates.
        let key = if feeders.sources.is_empty() { "certificates" } else { "sources" };
        section.refuse(key, SHARED, ONE_DOMAIN);
    }
    feeders
}

const SHARED: &str = "the same feed could belong to another domain";
const ONE_DOMAIN: &str = "a source feeds one domain, which an identifier without assigning authority \
                          is taken to be of: tell the domains apart by `sources` or `certificates`";

/// The items of a list; one that stands twice is a fault.
fn listed_once<T: PartialEq>(
    section: &Section<'_>,
    key: &'static str,
    form: &Form<T>,
) -> Vec<Item<T>> {
    let mut listed: Vec<Item<T>> = Vec::new();
    for item in section.items(key, form) {
        if listed.iter().any(|before| before.value == item.value) {
            section.refuse_item(key, &item, "listed before", "list each once");
            continue;
        }
        listed.push(item);
    }
    listed
}

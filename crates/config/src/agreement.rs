//! The affinity-domain agreement: what the members settled, in a form a machine can check.
//!
//! The file `affinity-domain.toml` is the same for all actors of a community. It has the
//! identifiers of the community, the assigning authorities of patient identifiers, the
//! members with what they may submit under, the code tables (in a file of their own), the
//! levels of the metadata rules, how long audit records are kept and who may read them, and what is asked of
//! clocks, who may issue assertions, and which systems and occupations may call what. Rules over document types, consents and partners are not
//! in it yet: `access.notes` keeps them as prose until they are.

mod access;
mod audit;
mod domains;
mod feeders;
pub(crate) mod issuers;
mod linking;
mod members;
mod read;
mod retention;
mod rules;
mod time;

use std::path::{Path, PathBuf};

use datatypes::{AssigningAuthority, HomeCommunityId, Oid, RepositoryUniqueId};

use crate::codes::CodeTables;
use crate::fault::Faults;

pub use access::{AccessRules, NodeRights, RoleRights};
pub use audit::AuditRules;
pub use domains::{Domain, InvalidDomain};
pub use feeders::{FeedSource, Feeder, FeederName, Feeders};
pub use issuers::{AssertionIssuer, IssuerCertificateFault, is_issuer_uri, issuer_certificate};
pub use linking::{LinkRules, Linking, UnknownUpdate};
pub use members::Member;
pub(crate) use members::is_member_code;
pub use retention::Retention;
pub use rules::{Level, MetadataRule, MetadataRules};
pub use time::TimeRules;

/// Name of the agreement in a data folder.
pub const FILE_NAME: &str = "affinity-domain.toml";

/// The agreement of one community, completely read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Raised by the members with every change, from 1.
    pub version: u64,
    /// Which text of agreement and code tables, and which certificates of issuers, these are: the first
    /// 12 hexadecimal digits of their SHA-256. It tells apart what a forgotten new version would confuse.
    pub fingerprint: String,
    pub name: String,
    pub home_community_id: HomeCommunityId,
    /// The Document Repository of this community.
    pub repository_unique_id: RepositoryUniqueId,
    /// The domain of the identifiers that stand in XDS metadata.
    pub affinity_domain: Domain,
    pub patient_ids: PatientIds,
    /// The other domains: those in which members give identifiers to their patients.
    pub domains: Vec<Domain>,
    pub members: Vec<Member>,
    /// `[linking]`.
    pub linking: Linking,
    /// Where the code tables are kept.
    pub codes_file: PathBuf,
    pub codes: CodeTables,
    pub metadata_rules: MetadataRules,
    pub retention: Retention,
    /// `[time]`.
    pub time: TimeRules,
    pub audit: AuditRules,
    /// `[access]`.
    pub access: AccessRules,
    /// `[[assertion_issuers]]`. Default none: then no assertion is believed.
    pub assertion_issuers: Vec<AssertionIssuer>,
}

/// Who makes identifiers of the affinity domain known to the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatientIds {
    /// A Patient Identity Source feeds them (ITI-8, ITI-44).
    Feed,
    /// The Patient Identifier Cross-reference Manager gives one to each person.
    Manager,
}

impl Agreement {
    /// Reads the agreement and the code tables it names.
    ///
    /// # Errors
    /// [`Faults`] lists everything that is wrong with the two files.
    pub fn read(file: &Path) -> Result<Agreement, Faults> {
        let (agreement, faults) = Agreement::collect(file);
        Faults::unless_empty(agreement, faults)
    }

    /// What audit records say: version and fingerprint, `3-9f86d081884c`.
    #[must_use]
    pub fn version_in_force(&self) -> String {
        format!("{}-{}", self.version, self.fingerprint)
    }

    /// The URI of the affinity domain: the audience of assertions that all its actors accept.
    #[must_use]
    pub fn audience(&self) -> String {
        format!("urn:oid:{}", self.affinity_domain.authority.oid)
    }

    /// The issuer of this URI, if its assertions are believed.
    #[must_use]
    pub fn assertion_issuer(&self, uri: &str) -> Option<&AssertionIssuer> {
        self.assertion_issuers.iter().find(|issuer| issuer.uri == uri)
    }

    /// All assigning authorities, that of the affinity domain first.
    pub fn authorities(&self) -> impl Iterator<Item = &AssigningAuthority> {
        self.all_domains().map(|domain| &domain.authority)
    }

    /// All domains, the affinity domain first.
    pub fn all_domains(&self) -> impl Iterator<Item = &Domain> {
        std::iter::once(&self.affinity_domain).chain(&self.domains)
    }

    /// The domain of this name; no two have the same.
    #[must_use]
    pub fn domain(&self, name: &str) -> Option<&Domain> {
        self.all_domains().find(|domain| domain.name == name)
    }

    /// The domain that this sender may feed: the one of its identifiers that come without
    /// assigning authority.
    #[must_use]
    pub fn domain_fed_by(&self, feeder: &Feeder<'_>) -> Option<&Domain> {
        self.domains.iter().find(|domain| domain.feeders.include(feeder))
    }

    /// The member for which a SubmissionSet.sourceId is registered.
    #[must_use]
    pub fn member_of_source(&self, source_id: &Oid) -> Option<&Member> {
        self.members.iter().find(|member| member.source_ids.contains(source_id))
    }

    /// Whether documents may lie in this repository: the community's own or a member's.
    #[must_use]
    pub fn is_repository_known(&self, repository: &RepositoryUniqueId) -> bool {
        let of_member = |member: &Member| member.repositories.contains(repository);
        *repository == self.repository_unique_id || self.members.iter().any(of_member)
    }
}

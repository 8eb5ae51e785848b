//! Reading of `affinity-domain.toml` with the code tables it names.

use std::path::{Path, PathBuf};

use datatypes::{HomeCommunityId, Oid, RepositoryUniqueId};
use openssl::sha::Sha256;

use super::access::read_access;
use super::audit::read_audit;
use super::domains::{Seen, read_affinity_domain, read_domains};
use super::issuers::read_issuers;
use super::linking::read_linking;
use super::members::read_members;
use super::retention::read_retention;
use super::rules::read_rules;
use super::time::read_time;
use super::{
    AccessRules, Agreement, AssertionIssuer, AuditRules, Domain, Linking, Member, MetadataRules,
    PatientIds, Retention, TimeRules,
};
use crate::codes::CodeTables;
use crate::fault::Fault;
use crate::reader::{self, Form, NAME, OID, Reading, Section, Source};

/// Versions are counted by people.
const MAX_VERSION: u64 = 1_000_000_000;

/// Bytes of the SHA-256 in the fingerprint: enough to tell texts of one community apart.
const FINGERPRINT_BYTES: usize = 6;

const PATIENT_IDS: Form<PatientIds> = Form {
    read: |value| match value.as_str()? {
        "feed" => Some(PatientIds::Feed),
        "manager" => Some(PatientIds::Manager),
        _ => None,
    },
    wanted: "\"feed\" or \"manager\"",
};

const CODES_FILE: Form<PathBuf> = Form {
    read: |value| value.as_str().filter(|path| !path.is_empty()).map(PathBuf::from),
    wanted: "a path relative to this file, for example \"codes.toml\"",
};

/// What stands in the agreement's own file.
pub(crate) struct Sheet {
    version: u64,
    name: String,
    home_community_id: Oid,
    repository_unique_id: Oid,
    affinity_domain: Domain,
    patient_ids: PatientIds,
    domains: Vec<Domain>,
    members: Vec<Member>,
    linking: Linking,
    metadata_rules: MetadataRules,
    retention: Retention,
    time: TimeRules,
    audit: AuditRules,
    access: AccessRules,
    assertion_issuers: Vec<AssertionIssuer>,
}

impl Agreement {
    /// As [`Agreement::read`], for a caller that collects the faults of several files.
    pub(crate) fn collect(file: &Path) -> (Option<Agreement>, Vec<Fault>) {
        let source = match Source::open(file) {
            Ok(source) => source,
            Err(fault) => return (None, vec![fault]),
        };
        let Reading { value, mut faults, .. } = Agreement::from_source(&source);
        let Some((sheet, Some(codes_file))) = value else { return (None, faults) };
        // The tables are read even if the agreement is at fault: all faults at once.
        let codes_file = source.folder().join(codes_file);
        let (codes, codes_faults) = CodeTables::collect(&codes_file);
        faults.extend(codes_faults);
        let agreement = sheet.zip(codes).map(|(sheet, codes)| {
            let fingerprint = fingerprint(&source.text, &codes, &sheet.assertion_issuers);
            sheet.into_agreement(fingerprint, codes_file, codes)
        });
        (agreement, faults)
    }

    pub(crate) fn from_source(source: &Source) -> Reading<(Option<Sheet>, Option<PathBuf>)> {
        reader::read(source, read_sheet)
    }
}

impl Sheet {
    fn into_agreement(
        self,
        fingerprint: String,
        codes_file: PathBuf,
        codes: CodeTables,
    ) -> Agreement {
        Agreement {
            version: self.version,
            fingerprint,
            name: self.name,
            home_community_id: HomeCommunityId::new(self.home_community_id),
            repository_unique_id: RepositoryUniqueId::new(self.repository_unique_id),
            affinity_domain: self.affinity_domain,
            patient_ids: self.patient_ids,
            domains: self.domains,
            members: self.members,
            linking: self.linking,
            codes_file,
            codes,
            metadata_rules: self.metadata_rules,
            retention: self.retention,
            time: self.time,
            audit: self.audit,
            access: self.access,
            assertion_issuers: self.assertion_issuers,
        }
    }
}

/// The sheet, unless a required key is missing or wrong, and the name of the code tables.
fn read_sheet(root: &Section<'_>) -> Option<(Option<Sheet>, Option<PathBuf>)> {
    let version = root.required_number("version", 1..=MAX_VERSION);
    let name = root.required("name", &NAME);
    let home_community_id = root.required("home_community_id", &OID);
    let repository_unique_id = root.required("repository_unique_id", &OID);
    let patient_ids = root.optional("patient_ids", &PATIENT_IDS).unwrap_or(PatientIds::Feed);
    let codes_file = root.required("codes", &CODES_FILE);
    let mut seen = Seen::default();
    let affinity_domain =
        root.required_table("affinity_domain", |section| read_affinity_domain(section, &mut seen));
    let domains = read_domains(root, &mut seen);
    let members = read_members(root);
    let linking = root.table_or_empty("linking", read_linking);
    let metadata_rules = root.table_or_empty("metadata_rules", read_rules);
    let retention = root.table_or_empty("retention", read_retention);
    let time = root.table_or_empty("time", read_time);
    let audit = root.table_or_empty("audit", read_audit);
    let access = root.table_or_empty("access", |section| read_access(section, &members));
    let assertion_issuers = read_issuers(root, &members);
    let sheet = || {
        Some(Sheet {
            version: version?,
            name: name?,
            home_community_id: home_community_id?,
            repository_unique_id: repository_unique_id?,
            affinity_domain: affinity_domain?,
            patient_ids,
            domains,
            members,
            linking: linking?,
            metadata_rules: metadata_rules?,
            retention: retention?,
            time: time?,
            audit: audit?,
            access: access?,
            assertion_issuers,
        })
    };
    Some((sheet(), codes_file))
}

/// Both texts count, the rules in one and the codes in the other, and the bytes of the certificates that the text only
/// names.
fn fingerprint(agreement: &str, codes: &CodeTables, issuers: &[AssertionIssuer]) -> String {
    let mut digest = Sha256::new();
    digest.update(format!("{agreement}\0{}", codes.to_toml()).as_bytes());
    for certificate in issuers.iter().flat_map(|issuer| &issuer.certificates) {
        digest.update(certificate);
    }
    let bytes = digest.finish().into_iter().take(FINGERPRINT_BYTES);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

//! Creates the data folder of a community: agreement, actors, code tables, certificates.
//!
//! The written files are the documentation of their keys: a test compares them with what
//! the readers know.

use std::fs;
use std::path::{Path, PathBuf};

use datatypes::{HomeCommunityId, Oid, RepositoryUniqueId};

use crate::actor::Actor;
use crate::agreement::{self, Agreement, Domain, FeedSource, issuers};
use crate::codes::CodeTables;
use crate::durable::{self, Secrecy};
use crate::error::ConfigError;
use crate::fault::Faults;
use crate::pki::{
    DEVELOPMENT_ISSUER_TRUST, DEVELOPMENT_PASSWORD, FIRST_CLIENT, PkiFolder, issuer_uri,
};
use crate::reader::Source;
use crate::toml_text::quoted;

/// The identifiers of a new community.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCommunity {
    pub name: String,
    pub home_community_id: HomeCommunityId,
    pub repository_unique_id: RepositoryUniqueId,
    /// OID of the affinity domain's assigning authority.
    pub affinity_domain: Oid,
    pub domains: Vec<Domain>,
    /// The sourceId of the first member.
    pub source_id: Oid,
}

impl NewCommunity {
    /// A community with fresh OIDs under `2.25` and no further domains.
    #[must_use]
    pub fn generate() -> NewCommunity {
        NewCommunity {
            name: "Renkei development community".to_owned(),
            home_community_id: HomeCommunityId::new(Oid::generate()),
            repository_unique_id: RepositoryUniqueId::new(Oid::generate()),
            affinity_domain: Oid::generate(),
            domains: Vec::new(),
            source_id: Oid::generate(),
        }
    }

    /// The text of the agreement; what its reader would refuse is not written at all.
    fn to_agreement(&self, data: &Path) -> Result<Source, ConfigError> {
        let checked = Source {
            file: data.join(agreement::FILE_NAME),
            // The certificate is not there yet.
            text: self.agreement_text(""),
        };
        let reading = Agreement::from_source(&checked);
        Faults::unless_empty(reading.value, reading.faults).map_err(ConfigError::NewCommunity)?;
        let text = self.agreement_text(&issuer_table(&self.home_community_id));
        Ok(Source { text, ..checked })
    }

    fn agreement_text(&self, issuer: &str) -> String {
        AGREEMENT
            .replace("@HOME@", &quoted(self.home_community_id.oid().as_str()))
            .replace("@REPOSITORY@", &quoted(self.repository_unique_id.as_str()))
            .replace("@AFFINITY_DOMAIN@", &quoted(self.affinity_domain.as_str()))
            .replace("@READERS@", &quoted(FIRST_CLIENT))
            .replace("@CLIENT@", &quoted(FIRST_CLIENT))
            .replace("@SOURCE@", &quoted(self.source_id.as_str()))
            .replace("@ISSUER@\n", issuer)
            .replace("@DOMAINS@\n", &self.domains.iter().map(domain_table).collect::<String>())
            // Last: a name may hold any text, also the name of a place.
            .replace("@NAME@", &quoted(&self.name))
    }
}

const AGREEMENT: &str = include_str!("init/affinity-domain.toml");
const REGISTRY: &str = include_str!("init/registry.toml");
const REPOSITORY: &str = include_str!("init/repository.toml");
const AUDIT_REPOSITORY: &str = include_str!("init/audit-repository.toml");
const PIX_MANAGER: &str = include_str!("init/pix-manager.toml");

/// Creates the folder of a community and returns the files it wrote.
///
/// The agreement is written last: a folder with an agreement is complete.
///
/// # Errors
/// [`ConfigError::NotEmpty`] if something is in the folder and [`ConfigError::NewCommunity`]
/// if the identifiers contradict each other: nothing was written; [`ConfigError::Write`] and
/// [`ConfigError::Certificate`] leave a folder that is best removed.
pub fn init(data: &Path, community: &NewCommunity) -> Result<Vec<PathBuf>, ConfigError> {
    refuse_unless_empty(data)?;
    let agreement = community.to_agreement(data)?;
    durable::create_private_folder(data)?;
    let pki = PkiFolder::of(data);
    let home = &community.home_community_id;
    let mut written = pki.create(home)?;
    written.extend(pki.issue_client(home, FIRST_CLIENT, Some(DEVELOPMENT_PASSWORD))?);
    written.push(trust_issuer(data, &pki.issuer_certificate())?);
    for actor in Actor::ALL {
        // The database URL, once an operator enters it, may hold a password.
        let file = data.join(actor.file_name());
        durable::create(&file, template(actor).as_bytes(), Secrecy::OwnerOnly)?;
        written.push(file);
    }
    let codes = data.join("codes.toml");
    durable::create(&codes, CodeTables::default().to_toml().as_bytes(), Secrecy::Public)?;
    durable::create(&agreement.file, agreement.text.as_bytes(), Secrecy::Public)?;
    written.extend([codes, agreement.file]);
    Ok(written)
}

/// What the agreement names lies in a folder of its own, beside nobody's key.
fn trust_issuer(data: &Path, certificate: &Path) -> Result<PathBuf, ConfigError> {
    let trusted = data.join(DEVELOPMENT_ISSUER_TRUST);
    let pem = fs::read(certificate)
        .map_err(|source| ConfigError::Read { path: certificate.to_owned(), source })?;
    durable::create_private_folder(trusted.parent().unwrap_or(data))?;
    durable::create(&trusted, &pem, Secrecy::Public)?;
    Ok(trusted)
}

fn refuse_unless_empty(data: &Path) -> Result<(), ConfigError> {
    let mut entries = match fs::read_dir(data) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(ConfigError::Read { path: data.to_owned(), source }),
    };
    match entries.next() {
        Some(_) => Err(ConfigError::NotEmpty { folder: data.to_owned() }),
        None => Ok(()),
    }
}

fn template(actor: Actor) -> &'static str {
    match actor {
        Actor::Registry => REGISTRY,
        Actor::Repository => REPOSITORY,
        Actor::AuditRepository => AUDIT_REPOSITORY,
        Actor::PixManager => PIX_MANAGER,
    }
}

fn issuer_table(community: &HomeCommunityId) -> String {
    issuers::table(&issuer_uri(community), &[DEVELOPMENT_ISSUER_TRUST.to_owned()], &[])
}

fn domain_table(domain: &Domain) -> String {
    let name = quoted(&domain.name);
    let oid = quoted(domain.authority.oid.as_str());
    let mut table = format!("[[domains]]\nname = {name}\noid = {oid}\n");
    if let Some(namespace) = &domain.authority.namespace {
        table.push_str(&format!("namespace = {}\n", quoted(namespace)));
    }
    let sources: Vec<String> = domain.feeders.sources.iter().map(FeedSource::to_string).collect();
    for (key, texts) in [("sources", &sources), ("certificates", &domain.feeders.certificates)] {
        if !texts.is_empty() {
            let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
            table.push_str(&format!("{key} = [{}]\n", texts.join(", ")));
        }
    }
    for (key, holds) in [("sensitive", domain.sensitive), ("strong", domain.strong)] {
        if holds {
            table.push_str(&format!("{key} = true\n"));
        }
    }
    table.push('\n');
    table
}

#[cfg(test)]
mod tests;

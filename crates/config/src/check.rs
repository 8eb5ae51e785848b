//! Loads everything of a data folder and reports all that is wrong, before a port is opened.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::actor::{
    Actor, AuditRepositoryConfig, PixManagerConfig, ProcessConfig, RegistryConfig,
    RepositoryConfig, Surroundings, TlsFiles, Transport,
};
use crate::agreement::{self, Agreement};
use crate::fault::{Fault, Faults};
use crate::pki::{self, CertificateFault};

/// Permission bits of the group and of everybody.
const OTHERS_MODE: u32 = 0o077;

/// A data folder without faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Community {
    pub agreement: Agreement,
    /// Absent if the folder has no `registry.toml`: the registry runs elsewhere.
    pub registry: Option<RegistryConfig>,
    /// Absent if the folder has no `repository.toml`.
    pub repository: Option<RepositoryConfig>,
    /// Absent if the folder has no `audit-repository.toml`: then nobody keeps the community's audit trail
    /// here.
    pub audit_repository: Option<AuditRepositoryConfig>,
    /// Absent if the folder has no `pix-manager.toml`: then nobody cross-references identifiers here.
    pub pix_manager: Option<PixManagerConfig>,
}

impl Community {
    /// Reads agreement, code tables, the files of all actors and their certificates.
    ///
    /// # Errors
    /// [`Faults`] lists everything that is wrong, over all files.
    pub fn load(data: &Path) -> Result<Community, Faults> {
        let (agreement, mut faults) = Agreement::collect(&data.join(agreement::FILE_NAME));
        let (registry, found) = collect_actor(data, Actor::Registry, RegistryConfig::collect);
        faults.extend(found);
        let (repository, found) = collect_actor(data, Actor::Repository, RepositoryConfig::collect);
        faults.extend(found);
        let (audit_repository, found) =
            collect_actor(data, Actor::AuditRepository, AuditRepositoryConfig::collect);
        faults.extend(found);
        let surroundings = Surroundings {
            agreement: agreement.as_ref(),
            has_registry: data.join(Actor::Registry.file_name()).exists(),
        };
        let (pix_manager, found) = collect_actor(data, Actor::PixManager, |file| {
            PixManagerConfig::collect(file, &surroundings)
        });
        faults.extend(found);
        faults.extend(no_actor_fault(data));
        if let Some(config) = &registry {
            faults.extend(certificate_faults(&config.process));
        }
        if let Some(config) = &repository {
            faults.extend(certificate_faults(&config.process));
            let credentials = config.s3.as_ref().and_then(|s3| s3.credentials.as_deref());
            faults.extend(credentials.and_then(credentials_fault));
        }
        if let Some(config) = &audit_repository {
            // Whatever HTTP is reached by: syslog is over TLS, and the key signs checkpoints.
            faults.extend(file_faults(&config.process.tls));
        }
        if let Some(config) = pix_manager.as_ref().filter(|config| config.shows_certificate()) {
            faults.extend(file_faults(&config.process.tls));
        }
        let found = Listeners {
            registry: registry.as_ref(),
            repository: repository.as_ref(),
            audit_repository: audit_repository.as_ref(),
            pix_manager: pix_manager.as_ref(),
        };
        faults.extend(found.address_faults(data));
        let community = agreement.map(|agreement| Community {
            agreement,
            registry,
            repository,
            audit_repository,
            pix_manager,
        });
        Faults::unless_empty(community, faults)
    }
}

fn no_actor_fault(data: &Path) -> Option<Fault> {
    if Actor::ALL.iter().any(|actor| data.join(actor.file_name()).exists()) {
        return None;
    }
    let files = Actor::ALL.map(Actor::file_name).join(", ");
    let remedy = format!("at least one of {files} must stand here");
    Some(Fault::of_file(data, "no actor is configured", &remedy))
}

/// An absent file means an absent actor.
fn collect_actor<T>(
    data: &Path,
    actor: Actor,
    collect: impl FnOnce(&Path) -> (Option<T>, Vec<Fault>),
) -> (Option<T>, Vec<Fault>) {
    let file = data.join(actor.file_name());
    if file.exists() { collect(&file) } else { (None, Vec::new()) }
}

/// The certificate files, where the transport uses them.
fn certificate_faults(process: &ProcessConfig) -> Vec<Fault> {
    if process.transport == Transport::Plain {
        return Vec::new();
    }
    file_faults(&process.tls)
}

fn file_faults(tls: &TlsFiles) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut load = |path: &Path| match fs::read(path) {
        Ok(pem) => Some(pem),
        Err(error) => {
            let problem = format!("cannot be read: {error}");
            faults.push(Fault::of_file(path, &problem, "the [tls] table names this file"));
            None
        }
    };
    let (certificate, key, ca) = (load(&tls.certificate), load(&tls.key), load(&tls.ca));
    // What stands in these two is judged by who uses them: it changes while the actor runs.
    for optional in [&tls.revocation, &tls.peers].into_iter().flatten() {
        load(optional);
    }
    faults.extend(key_mode_fault(&tls.key));
    if let (Some(certificate), Some(key), Some(ca)) = (certificate, key, ca) {
        let refused = pki::verify_node(&certificate, &key, &ca).err();
        faults.extend(refused.map(|fault| certificate_fault(tls, &fault)));
    }
    faults
}

fn certificate_fault(tls: &TlsFiles, fault: &CertificateFault) -> Fault {
    let (file, remedy) = match fault {
        CertificateFault::NotKey => (&tls.key, "wanted: an unencrypted PKCS#8 key in PEM"),
        CertificateFault::NotCertificate
        | CertificateFault::KeyMismatch
        | CertificateFault::Refused(_)
        | CertificateFault::OpenSsl(_) => (
            &tls.certificate,
            "wanted: a certificate for server and client of the authority named by `ca`, \
             with the key named by `key`",
        ),
    };
    Fault::of_file(file, &fault.to_string(), remedy)
}

/// The program that uses them reads what they are.
fn credentials_fault(file: &Path) -> Option<Fault> {
    let remedy =
        "a file of the owner's with access_key_id and secret_access_key, named by `s3.credentials`";
    match fs::metadata(file) {
        Ok(found) if found.is_file() => key_mode_fault(file),
        Ok(_) | Err(_) => Some(Fault::of_file(file, "no file of credentials", remedy)),
    }
}

fn key_mode_fault(key: &Path) -> Option<Fault> {
    let mode = fs::metadata(key).ok()?.mode();
    let remedy = "take the right from group and others: chmod 600";
    (mode & OTHERS_MODE != 0).then(|| Fault::of_file(key, "a key others may read", remedy))
}

/// The actors of a folder with their addresses.
struct Listeners<'c> {
    registry: Option<&'c RegistryConfig>,
    repository: Option<&'c RepositoryConfig>,
    audit_repository: Option<&'c AuditRepositoryConfig>,
    pix_manager: Option<&'c PixManagerConfig>,
}

/// File, key and address.
type Listener = (&'static str, &'static str, Option<SocketAddr>);

impl Listeners<'_> {
    /// Over TCP; UDP has ports of its own.
    fn all(&self) -> Vec<Listener> {
        let mut listeners: Vec<Listener> = Vec::new();
        if let Some(config) = self.registry {
            let file = Actor::Registry.file_name();
            listeners.push((file, "listen", Some(config.listen)));
            listeners.push((file, "admin.listen", Some(config.process.admin)));
            listeners.push((file, "feed.mllp", config.feed.mllp));
            listeners.push((file, "feed.mllps", config.feed.mllps));
        }
        if let Some(config) = self.repository {
            let file = Actor::Repository.file_name();
            listeners.push((file, "listen", Some(config.listen)));
            listeners.push((file, "admin.listen", Some(config.process.admin)));
        }
        if let Some(config) = self.audit_repository {
            let file = Actor::AuditRepository.file_name();
            listeners.push((file, "listen", Some(config.listen)));
            listeners.push((file, "admin.listen", Some(config.process.admin)));
            listeners.push((file, "syslog.tls", config.syslog.tls));
        }
        if let Some(config) = self.pix_manager {
            let file = Actor::PixManager.file_name();
            listeners.push((file, "listen", Some(config.listen)));
            listeners.push((file, "admin.listen", Some(config.process.admin)));
            listeners.push((file, "mllp.mllp", config.mllp.mllp));
            listeners.push((file, "mllp.mllps", config.mllp.mllps));
        }
        listeners
    }

    /// Two listeners of one machine cannot have one address.
    fn address_faults(&self, data: &Path) -> Vec<Fault> {
        let mut taken: BTreeMap<SocketAddr, String> = BTreeMap::new();
        let mut faults = Vec::new();
        for (file, key, address) in self.all() {
            // The system chooses a free port for 0.
            let Some(address) = address.filter(|address| address.port() != 0) else { continue };
            if let Some(first) = taken.insert(address, format!("{file}: {key}")) {
                let problem = format!("`{key}` has the address of {first}");
                let remedy = "give each listener a port of its own";
                faults.push(Fault::of_file(&data.join(file), &problem, remedy));
            }
        }
        faults
    }
}

//! `pki/` in a data folder: which file is where, and who may read it.

use std::fs;
use std::path::{Path, PathBuf};

use datatypes::HomeCommunityId;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::x509::X509;

use super::authority::new_issuer;
use super::{Authority, Issued};
use crate::actor::Actor;
use crate::durable::{self, Secrecy};
use crate::error::ConfigError;

/// Longest name of a client, in characters: a common name (X.520) has no more.
const MAX_CLIENT_NAME: usize = 64;

/// The folder of the development certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PkiFolder(PathBuf);

/// Files of one client certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Where the PKCS#12 file is, if one was asked for.
    pub pkcs12: PathBuf,
}

/// What a client certificate is issued for.
#[derive(Clone, Copy)]
pub struct NewClient<'a> {
    pub name: &'a str,
    /// The institution code of the member it belongs to; the caller knows that there is such a member.
    pub member: Option<&'a str>,
    /// Of the PKCS#12 file, if there is to be one.
    pub password: Option<&'a str>,
}

impl PkiFolder {
    /// The folder `pki` of a data folder.
    #[must_use]
    pub fn of(data: &Path) -> PkiFolder {
        PkiFolder(data.join("pki"))
    }

    #[must_use]
    pub fn ca_certificate(&self) -> PathBuf {
        self.0.join("development-ca.pem")
    }

    #[must_use]
    pub fn ca_key(&self) -> PathBuf {
        self.0.join("development-ca-key.pem")
    }

    #[must_use]
    pub fn node_certificate(&self, actor: Actor) -> PathBuf {
        self.0.join(format!("{actor}.pem"))
    }

    #[must_use]
    pub fn node_key(&self, actor: Actor) -> PathBuf {
        self.0.join(format!("{actor}-key.pem"))
    }

    /// The certificate of the development issuer of assertions.
    #[must_use]
    pub fn issuer_certificate(&self) -> PathBuf {
        self.0.join("development-issuer.pem")
    }

    #[must_use]
    pub fn issuer_key(&self) -> PathBuf {
        self.0.join("development-issuer-key.pem")
    }

    /// Files of the client `name`, which need not exist.
    #[must_use]
    pub fn client(&self, name: &str) -> ClientFiles {
        let folder = self.0.join("clients");
        ClientFiles {
            certificate: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}-key.pem")),
            pkcs12: folder.join(format!("{name}.p12")),
        }
    }

    /// Creates a CA with a certificate per actor; returns the files in the order of writing.
    pub(crate) fn create(&self, community: &HomeCommunityId) -> Result<Vec<PathBuf>, ConfigError> {
        durable::create_private_folder(&self.0)?;
        let authority = Authority::generate(community).map_err(ConfigError::Certificate)?;
        let ca = Issued { certificate: authority.certificate.clone(), key: authority.key.clone() };
        let mut written = vec![self.ca_certificate(), self.ca_key()];
        write_pair(&ca, &self.ca_certificate(), &self.ca_key())?;
        for actor in Actor::ALL {
            let node = authority.issue_node(community, actor).map_err(ConfigError::Certificate)?;
            write_pair(&node, &self.node_certificate(actor), &self.node_key(actor))?;
            written.extend([self.node_certificate(actor), self.node_key(actor)]);
        }
        let issuer = new_issuer().map_err(ConfigError::Certificate)?;
        write_pair(&issuer, &self.issuer_certificate(), &self.issuer_key())?;
        written.extend([self.issuer_certificate(), self.issuer_key()]);
        Ok(written)
    }

    /// Issues a certificate for a client of no member; with a password also as PKCS#12. Returns what it wrote.
    ///
    /// # Errors
    /// As [`PkiFolder::issue_new_client`].
    pub fn issue_client(
        &self,
        community: &HomeCommunityId,
        name: &str,
        password: Option<&str>,
    ) -> Result<Vec<PathBuf>, ConfigError> {
        self.issue_new_client(community, NewClient { name, member: None, password })
    }

    /// Issues a client certificate and returns what it wrote.
    ///
    /// # Errors
    /// [`ConfigError::ClientName`] for a name that is no file name, [`ConfigError::Exists`]
    /// if the client has a certificate: keys are never overwritten.
    pub fn issue_new_client(
        &self,
        community: &HomeCommunityId,
        NewClient { name, member, password }: NewClient<'_>,
    ) -> Result<Vec<PathBuf>, ConfigError> {
        if !is_client_name(name) {
            return Err(ConfigError::ClientName);
        }
        let authority = self.load_authority()?;
        let issued =
            authority.issue_client(community, name, member).map_err(ConfigError::Certificate)?;
        let files = self.client(name);
        durable::create_private_folder(&self.0.join("clients"))?;
        write_pair(&issued, &files.certificate, &files.key)?;
        let mut written = vec![files.certificate, files.key];
        if let Some(password) = password {
            let pkcs12 = issued
                .pkcs12(name, password, &authority.certificate)
                .map_err(ConfigError::Certificate)?;
            durable::create(&files.pkcs12, &pkcs12, Secrecy::OwnerOnly)?;
            written.push(files.pkcs12);
        }
        Ok(written)
    }

    fn load_authority(&self) -> Result<Authority, ConfigError> {
        let certificate = load(&self.ca_certificate(), X509::from_pem)?;
        let key = load(&self.ca_key(), PKey::private_key_from_pem)?;
        Ok(Authority { certificate, key })
    }
}

/// The key first: a certificate whose key is lost would be in the way.
fn write_pair(issued: &Issued, certificate: &Path, key: &Path) -> Result<(), ConfigError> {
    let key_pem = issued.key_pem().map_err(ConfigError::Certificate)?;
    let certificate_pem = issued.certificate_pem().map_err(ConfigError::Certificate)?;
    durable::create(key, &key_pem, Secrecy::OwnerOnly)?;
    durable::create(certificate, &certificate_pem, Secrecy::Public)
}

fn load<T>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, ErrorStack>,
) -> Result<T, ConfigError> {
    let pem =
        fs::read(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    parse(&pem).map_err(|source| ConfigError::NotPem { path: path.to_owned(), source })
}

/// A file name and a common name; a leading dot would hide the file.
pub(super) fn is_client_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let fits = (1..=MAX_CLIENT_NAME).contains(&name.len());
    fits && !name.starts_with('.') && name.bytes().all(is_allowed)
}

//! The PEM files of a node, and what stood in them at one time.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::sha::Sha256;
use openssl::x509::{X509, X509Crl};

use crate::transport::TransportError;

/// Largest file that is read; revocation lists of large authorities have some megabytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The PEM files of a node, and how it uses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificate of this node, followed by intermediate certificates if any.
    pub certificate: PathBuf,
    /// Private key of the certificate.
    pub key: PathBuf,
    /// The CAs whose certificates are accepted; the system's CAs are not.
    pub ca: PathBuf,
    /// Revocation lists, one for each CA. Without the file nobody is revoked.
    pub revocation: Option<PathBuf>,
    /// Certificates that are accepted as they are, whoever issued them. ITI TF-2: 3.19, direct comparison.
    pub peers: Option<PathBuf>,
    /// The key exchange of TLS 1.2.
    pub key_exchange: KeyExchange,
}

/// Key exchange in TLS 1.2; TLS 1.3 has its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyExchange {
    /// Elliptic curves only.
    #[default]
    Ecdhe,
    /// Finite fields of 2048 bits too, for peers that have nothing else.
    EcdheOrDhe,
}

impl TlsFiles {
    /// Without revocation lists, direct comparison and DHE.
    #[must_use]
    pub fn new(
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
        ca: impl Into<PathBuf>,
    ) -> TlsFiles {
        TlsFiles {
            certificate: certificate.into(),
            key: key.into(),
            ca: ca.into(),
            revocation: None,
            peers: None,
            key_exchange: KeyExchange::Ecdhe,
        }
    }

    fn all(&self) -> [Option<&Path>; 5] {
        let optional = [self.revocation.as_deref(), self.peers.as_deref()];
        let [revocation, peers] = optional;
        [Some(&self.certificate), Some(&self.key), Some(&self.ca), revocation, peers]
    }
}

impl From<&config::actor::TlsFiles> for TlsFiles {
    fn from(configured: &config::actor::TlsFiles) -> TlsFiles {
        TlsFiles {
            certificate: configured.certificate.clone(),
            key: configured.key.clone(),
            ca: configured.ca.clone(),
            revocation: configured.revocation.clone(),
            peers: configured.peers.clone(),
            key_exchange: match configured.dhe {
                true => KeyExchange::EcdheOrDhe,
                false => KeyExchange::Ecdhe,
            },
        }
    }
}

/// How files look without reading them; those that cannot be looked at are `None`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp([Option<FileStamp>; 5]);

#[derive(Debug, PartialEq, Eq)]
struct FileStamp {
    device: u64,
    number: u64,
    n_bytes: u64,
    /// Seconds and nanoseconds.
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(files: &TlsFiles) -> Stamp {
        Stamp(files.all().map(|path| {
            let found = std::fs::metadata(path?).ok()?;
            Some(FileStamp {
                device: found.dev(),
                number: found.ino(),
                n_bytes: found.len(),
                changed: (found.mtime(), found.mtime_nsec()),
            })
        }))
    }
}

/// What stood in the files.
pub(super) struct Contents {
    /// This node's certificate, then its intermediates.
    pub(super) chain: Vec<X509>,
    pub(super) key: PKey<Private>,
    pub(super) authorities: Vec<X509>,
    pub(super) revocation: Arc<Vec<X509Crl>>,
    pub(super) peers: Vec<X509>,
    /// SHA-256 over all files.
    pub(super) digest: [u8; 32],
}

impl Contents {
    pub(super) fn read(files: &TlsFiles) -> Result<Contents, TransportError> {
        let mut digest = Sha256::new();
        let mut load = |path: &Path| {
            let bytes = read(path)?;
            digest.update(&bytes.len().to_be_bytes());
            digest.update(&bytes);
            Ok::<_, TransportError>(bytes)
        };
        let path = &files.certificate;
        let chain = certificates(path, &load(path)?)?;
        let unusable = |source| TransportError::Key { path: files.key.clone(), source };
        // A callback instead of the prompt on the terminal that OpenSSL has for encrypted keys.
        let key = PKey::private_key_from_pem_callback(&load(&files.key)?, |_password| Ok(0))
            .map_err(unusable)?;
        let authorities = certificates(&files.ca, &load(&files.ca)?)?;
        let peers = match &files.peers {
            Some(path) => certificates(path, &load(path)?)?,
            None => Vec::new(),
        };
        let revocation = match &files.revocation {
            Some(path) => lists(path, &load(path)?)?,
            None => Vec::new(),
        };
        if chain.is_empty() {
            return Err(TransportError::NoCertificate { path: files.certificate.clone() });
        }
        if authorities.is_empty() && peers.is_empty() {
            return Err(TransportError::NoAuthority { path: files.ca.clone() });
        }
        let digest = digest.finish();
        let revocation = Arc::new(revocation);
        Ok(Contents { chain, key, authorities, revocation, peers, digest })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TransportError> {
    let unreadable = |source| TransportError::File { path: path.to_owned(), source };
    let n_bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if n_bytes > MAX_BYTES {
        return Err(unreadable(io::ErrorKind::FileTooLarge.into()));
    }
    std::fs::read(path).map_err(unreadable)
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<X509>, TransportError> {
    let unusable = |source| TransportError::Certificate { path: path.to_owned(), source };
    X509::stack_from_pem(pem).map_err(unusable)
}

/// OpenSSL's reader of revocation lists takes the first of a text only.
fn lists(path: &Path, pem: &[u8]) -> Result<Vec<X509Crl>, TransportError> {
    const BEGIN: &str = "-----BEGIN X509 CRL-----";
    let text = String::from_utf8_lossy(pem);
    let lists = text.split(BEGIN).skip(1).map(|rest| {
        let list = X509Crl::from_pem(format!("{BEGIN}{rest}").as_bytes());
        list.map_err(|source: ErrorStack| TransportError::Revocation {
            path: path.to_owned(),
            source,
        })
    });
    lists.collect()
}

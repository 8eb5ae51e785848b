//! Mutual TLS of a node (ITI-19): its certificate, whom it trusts, who is revoked, and all of it anew from its
//! files while connections are served.
//!
//! What was read last is a generation. Each handshake takes the one in force, and a connection that is open is
//! verified again when another one came. Files that do not fit together are refused as a whole: the generation
//! before stays. Who looks at the files, and when, is [`watch`]'s.

mod context;
mod expiry;
mod files;
mod standing;
mod trust;
pub mod watch;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use openssl::ssl::{Ssl, SslConnector, SslConnectorBuilder, SslContext};
use openssl::x509::X509;

use crate::transport::TransportError;
pub(crate) use expiry::Expiry;
use files::{Contents, Stamp};
pub use files::{KeyExchange, TlsFiles};
pub(crate) use standing::Standing;
pub(crate) use trust::Distrust;
use trust::Trust;
pub use watch::TlsWatch;

/// ALPN of what speaks HTTP/1.1, and nothing else.
pub const ALPN_HTTP: &[u8] = b"\x08http/1.1";

/// The TLS of one node; clones share it. Files are read when it is first used.
#[derive(Clone)]
pub struct Tls(Arc<Shared>);

struct Shared {
    files: TlsFiles,
    current: ArcSwapOption<Generation>,
    /// The last look at the files; whoever reads them holds it.
    look: Mutex<Look>,
}

#[derive(Default)]
struct Look {
    stamp: Option<Stamp>,
    fault: Option<String>,
}

/// What the files said at one time.
pub(crate) struct Generation {
    number: u64,
    digest: [u8; 32],
    acceptor: SslContext,
    connector: SslConnector,
    trust: Trust,
    expiries: Vec<Expiry>,
}

/// What a look at the files came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// They say what is in force.
    Unchanged,
    /// A new generation is in force.
    Replaced,
}

impl From<TlsFiles> for Tls {
    fn from(files: TlsFiles) -> Tls {
        let (current, look) = (ArcSwapOption::empty(), Mutex::default());
        Tls(Arc::new(Shared { files, current, look }))
    }
}

impl Tls {
    /// The files that were named.
    #[must_use]
    pub fn files(&self) -> &TlsFiles {
        &self.0.files
    }

    fn is_same(&self, other: &Tls) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What is in force; the files are read if nothing is.
    ///
    /// # Errors
    /// [`TransportError`] when the files cannot be read or do not fit together.
    pub(crate) fn in_force(&self) -> Result<Arc<Generation>, TransportError> {
        if let Some(current) = self.0.current.load_full() {
            return Ok(current);
        }
        let mut look = self.0.look.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = self.0.current.load_full() {
            return Ok(current);
        }
        look.stamp = Some(Stamp::of(&self.0.files));
        let first = Arc::new(Generation::read(&self.0.files, 1)?);
        self.0.current.store(Some(Arc::clone(&first)));
        Ok(first)
    }

    /// The number of the generation in force; another one came when it differs. 0 before the files were read.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.0.current.load().as_ref().map_or(0, |current| current.number)
    }

    /// The server's side of a new connection.
    pub(crate) fn accepting(&self) -> Result<(Ssl, u64), TransportError> {
        let current = self.in_force()?;
        Ok((Ssl::new(&current.acceptor)?, current.number))
    }

    /// The client's side of new connections, as it is in force now: ask again for each.
    ///
    /// # Errors
    /// [`TransportError`] when nothing is in force and the files cannot be used.
    pub fn connector(&self) -> Result<SslConnector, TransportError> {
        Ok(self.in_force()?.connector.clone())
    }

    /// Reads the files and puts in force what they say.
    ///
    /// # Errors
    /// [`TransportError`]; what was in force stays.
    pub fn reload(&self) -> Result<Reload, TransportError> {
        let mut look = self.0.look.lock().unwrap_or_else(PoisonError::into_inner);
        look.stamp = Some(Stamp::of(&self.0.files));
        let replaced = self.replace();
        look.fault = replaced.as_ref().err().map(described);
        replaced
    }

    /// As [`Tls::reload`], if the files look other than at the last time; a fault is told once.
    ///
    /// # Errors
    /// [`TransportError`]; what was in force stays.
    pub fn reload_if_changed(&self) -> Result<Reload, TransportError> {
        let stamp = Stamp::of(&self.0.files);
        let is_same = {
            let look = self.0.look.lock().unwrap_or_else(PoisonError::into_inner);
            look.stamp.as_ref() == Some(&stamp)
        };
        if is_same { Ok(Reload::Unchanged) } else { self.reload() }
    }

    fn replace(&self) -> Result<Reload, TransportError> {
        let current = self.0.current.load_full();
        let number = current.as_ref().map_or(1, |current| current.number.saturating_add(1));
        let next = Generation::read(&self.0.files, number)?;
        if current.is_some_and(|current| current.digest == next.digest) {
            return Ok(Reload::Unchanged);
        }
        self.0.current.store(Some(Arc::new(next)));
        Ok(Reload::Replaced)
    }

    /// Why the files were refused when they were last read, if they were.
    #[must_use]
    pub fn reload_fault(&self) -> Option<String> {
        self.0.look.lock().unwrap_or_else(PoisonError::into_inner).fault.clone()
    }

    /// What keeps this node from being trusted, or from trusting anybody.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let current = self.0.current.load_full()?;
        current.expiries.iter().find_map(Expiry::fault).or_else(|| self.reload_fault())
    }

    /// Ends of validity of what is in force.
    pub(crate) fn expiries(&self) -> Vec<Expiry> {
        self.0.current.load().as_ref().map(|current| current.expiries.clone()).unwrap_or_default()
    }
}

impl Generation {
    fn read(files: &TlsFiles, number: u64) -> Result<Generation, TransportError> {
        let contents = Contents::read(files)?;
        let trust = Trust::new(files, &contents)?;
        let acceptor = context::acceptor(files, &contents, &trust)?;
        let connector = context::connector(files, &contents, &trust)?.build();
        // OpenSSL takes revocation lists from their file only, so the files must be what they were.
        if Contents::read(files)?.digest != contents.digest {
            return Err(TransportError::Changing);
        }
        let expiries = Expiry::of(&contents)?;
        let digest = contents.digest;
        Ok(Generation { number, digest, acceptor, connector, trust, expiries })
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether a client with this certificate would be accepted if it connected now.
    pub(crate) fn verify_client(&self, leaf: &X509, chain: &[X509]) -> Result<(), Distrust> {
        self.trust.verify(self.acceptor.cert_store(), leaf, chain)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (files, generation) = (&self.0.files, self.generation());
        formatter
            .debug_struct("Tls")
            .field("files", files)
            .field("generation", &generation)
            .finish()
    }
}

/// The connector of files that nobody reads again: for tools that live shortly.
///
/// # Errors
/// [`TransportError`] when the files cannot be read or do not fit together.
pub fn connector(files: &TlsFiles) -> Result<SslConnectorBuilder, TransportError> {
    let contents = Contents::read(files)?;
    context::connector(files, &contents, &Trust::new(files, &contents)?)
}

/// An error with its causes, for the operator.
fn described(error: &TransportError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

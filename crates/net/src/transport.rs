//! How a listener is reached: plain on loopback, or mutual TLS.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use openssl::error::ErrorStack;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_openssl::SslStream;

use crate::peer::{HandshakeFailure, handshake_failure};
use crate::tls::{Standing, Tls, TlsFiles};

/// How peers connect.
#[derive(Clone, Debug)]
pub enum Transport {
    /// No encryption and no authentication of the peer; loopback only.
    Plain,
    /// Both sides show a certificate. ITI TF-2: 3.19.
    MutualTls(Tls),
}

impl From<TlsFiles> for Transport {
    fn from(files: TlsFiles) -> Transport {
        Transport::MutualTls(Tls::from(files))
    }
}

impl From<&config::actor::ProcessConfig> for Transport {
    fn from(process: &config::actor::ProcessConfig) -> Transport {
        match process.transport {
            config::actor::Transport::Plain => Transport::Plain,
            config::actor::Transport::MutualTls => Transport::from(TlsFiles::from(&process.tls)),
        }
    }
}

impl Transport {
    /// The TLS of the transport, its files read.
    pub(crate) fn opened(&self) -> Result<Option<Tls>, TransportError> {
        match self {
            Transport::Plain => Ok(None),
            Transport::MutualTls(tls) => {
                tls.in_force()?;
                Ok(Some(tls.clone()))
            }
        }
    }

    /// The TLS of the transport, if it has one; for [`crate::TlsWatch`].
    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        match self {
            Transport::Plain => None,
            Transport::MutualTls(tls) => Some(tls),
        }
    }
}

/// Why a listener could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Patient data must not leave the machine unencrypted.
    #[error("plain connections are served on loopback only, not on {address}")]
    PlainBeyondLoopback {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The port is taken, or the address is not one of this machine.
    #[error("{address} could not be bound")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        #[source]
        source: std::io::Error,
    },
    /// A PEM file is missing, or cannot be read.
    #[error("{} could not be read", path.display())]
    File {
        /// One of [`TlsFiles`].
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A file holds something else than certificates that can be used.
    #[error("certificate {} could not be used", path.display())]
    Certificate {
        /// [`TlsFiles::certificate`], [`TlsFiles::ca`] or [`TlsFiles::peers`].
        path: PathBuf,
        #[source]
        source: ErrorStack,
    },
    /// There is nothing to show.
    #[error("{} holds no certificate", path.display())]
    NoCertificate {
        /// [`TlsFiles::certificate`]
        path: PathBuf,
    },
    /// The key is not unencrypted PEM, or belongs to another certificate.
    #[error("private key {} could not be used", path.display())]
    Key {
        /// [`TlsFiles::key`]
        path: PathBuf,
        #[source]
        source: ErrorStack,
    },
    /// Without authorities and listed peers every peer would be refused.
    #[error("CA file {} holds no certificate", path.display())]
    NoAuthority {
        /// [`TlsFiles::ca`]
        path: PathBuf,
    },
    /// The file holds no revocation lists, or broken ones.
    #[error("revocation lists {} could not be used", path.display())]
    Revocation {
        /// [`TlsFiles::revocation`]
        path: PathBuf,
        #[source]
        source: ErrorStack,
    },
    /// Everybody whom the authority certified would be refused.
    #[error("{} holds no revocation list of {authority}", path.display())]
    NoRevocation {
        /// [`TlsFiles::revocation`]
        path: PathBuf,
        /// As its certificate names it.
        authority: String,
    },
    /// The same.
    #[error("the revocation list of {authority} in {} is out of date", path.display())]
    StaleRevocation {
        /// [`TlsFiles::revocation`]
        path: PathBuf,
        /// As its certificate names it.
        authority: String,
    },
    /// Somebody is just writing them.
    #[error("the files of TLS change while they are read")]
    Changing,
    /// The proxy could never be recognised, or everybody would pass for it.
    #[error("the trusted proxy cannot be recognised: {problem}")]
    Proxy {
        /// What is wrong with the setting.
        problem: &'static str,
    },
    /// OpenSSL refused a setting; a fault of the installation.
    #[error("TLS could not be set up")]
    Settings(#[from] ErrorStack),
}

/// Opens a listening socket; port 0 asks the system for a free one.
///
/// The real port is `local_addr()` of the result, so that a caller can publish
/// it before the first connection.
///
/// # Errors
/// [`TransportError::PlainBeyondLoopback`] and [`TransportError::Bind`].
pub fn bind(address: SocketAddr, transport: &Transport) -> Result<TcpListener, TransportError> {
    if matches!(transport, Transport::Plain) && !address.ip().is_loopback() {
        return Err(TransportError::PlainBeyondLoopback { address });
    }
    TcpListener::bind(address).map_err(|source| TransportError::Bind { address, source })
}

/// The handshake on an accepted socket, in bounded time, and the standing of the client from then on.
///
/// # Errors
/// The peer has no certificate that is trusted, speaks no TLS, or takes too long.
pub(crate) async fn accept_tls(
    tls: &Tls,
    stream: TcpStream,
    limit: Duration,
) -> Result<(SslStream<TcpStream>, Standing), HandshakeFailure> {
    let (ssl, generation) = tls.accepting().map_err(HandshakeFailure::because)?;
    let mut stream = SslStream::new(ssl, stream).map_err(HandshakeFailure::because)?;
    match timeout(limit, Pin::new(&mut stream).accept()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(handshake_failure(&error, stream.ssl())),
        Err(_elapsed) => return Err(HandshakeFailure::because("the handshake took too long")),
    }
    let standing =
        Standing::of(tls, stream.ssl(), generation).map_err(HandshakeFailure::because)?;
    Ok((stream, standing))
}

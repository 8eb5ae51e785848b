//! How a listener is reached: plain on loopback, or mutual TLS.
//!
//! Mutual TLS follows the BCP 195 profile of ITI-19 (TLS 1.2 or later, ECDHE
//! with AEAD only); the peer must show a certificate of one of our CAs.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ssl::{
    Ssl, SslAcceptor, SslAcceptorBuilder, SslConnector, SslConnectorBuilder, SslContextBuilder,
    SslFiletype, SslMethod, SslOptions, SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_openssl::SslStream;

use crate::peer::handshake_failure;

/// TLS 1.3 suites; the order is the server's preference.
const TLS_13_SUITES: &str =
    "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";

/// TLS 1.2 suites: forward secrecy and authenticated encryption, nothing else.
const TLS_12_SUITES: &str = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
                             ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";

/// Key exchange groups, in order of preference.
const GROUPS: &str = "X25519:P-256:P-384";

/// Without a session id context OpenSSL refuses to resume sessions that carry a client certificate.
const SESSION_ID_CONTEXT: &[u8] = b"renkei";

/// How peers connect.
#[derive(Clone, Debug)]
pub enum Transport {
    /// No encryption and no authentication of the peer; loopback only.
    Plain,
    /// Both sides show a certificate. ITI TF-2: 3.19.
    MutualTls(TlsFiles),
}

/// The PEM files of a node.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// Certificate of this node, followed by intermediate certificates if any.
    pub certificate: PathBuf,
    /// Private key of the certificate.
    pub key: PathBuf,
    /// The CAs whose certificates are accepted; the system's CAs are not.
    pub ca: PathBuf,
}

impl From<&config::actor::TlsFiles> for TlsFiles {
    fn from(configured: &config::actor::TlsFiles) -> TlsFiles {
        TlsFiles {
            certificate: configured.certificate.clone(),
            key: configured.key.clone(),
            ca: configured.ca.clone(),
        }
    }
}

impl From<&config::actor::ProcessConfig> for Transport {
    fn from(process: &config::actor::ProcessConfig) -> Transport {
        match process.transport {
            config::actor::Transport::Plain => Transport::Plain,
            config::actor::Transport::MutualTls => {
                Transport::MutualTls(TlsFiles::from(&process.tls))
            }
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
    /// The certificate file is missing or not a PEM chain.
    #[error("certificate {} could not be read", path.display())]
    Certificate {
        /// [`TlsFiles::certificate`]
        path: PathBuf,
        #[source]
        source: ErrorStack,
    },
    /// The key file is missing, not PEM, or belongs to another certificate.
    #[error("private key {} could not be used", path.display())]
    Key {
        /// [`TlsFiles::key`]
        path: PathBuf,
        #[source]
        source: ErrorStack,
    },
    /// The CA file could not be read.
    #[error("CA file {} could not be read", path.display())]
    AuthorityFile {
        /// [`TlsFiles::ca`]
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The CA file holds something else than certificates.
    #[error("CA file {} could not be used", path.display())]
    Authority {
        /// [`TlsFiles::ca`]
        path: PathBuf,
        #[source]
        source: ErrorStack,
    },
    /// An empty CA file would refuse every peer.
    #[error("CA file {} holds no certificate", path.display())]
    NoAuthority {
        /// [`TlsFiles::ca`]
        path: PathBuf,
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

/// The server side of mutual TLS.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<SslAcceptorBuilder, TransportError> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    restrict(&mut builder)?;
    builder.set_options(SslOptions::CIPHER_SERVER_PREFERENCE);
    builder.set_session_id_context(SESSION_ID_CONTEXT)?;
    show_certificate(&mut builder, files)?;
    let authorities = authorities(&files.ca)?;
    for authority in &authorities {
        builder.add_client_ca(authority)?;
    }
    trust_only(&mut builder, authorities)?;
    builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    Ok(builder)
}

/// The handshake on an accepted socket, in bounded time.
///
/// # Errors
/// The peer has no certificate that is trusted, speaks no TLS, or takes too long.
pub(crate) async fn accept_tls(
    acceptor: &SslAcceptor,
    stream: TcpStream,
    limit: Duration,
) -> io::Result<SslStream<TcpStream>> {
    let failed = |error: openssl::ssl::Error| io::Error::other(handshake_failure(&error));
    let ssl = Ssl::new(acceptor.context()).map_err(|error| failed(error.into()))?;
    let mut stream = SslStream::new(ssl, stream).map_err(|error| failed(error.into()))?;
    match timeout(limit, Pin::new(&mut stream).accept()).await {
        Ok(accepted) => accepted.map_err(failed)?,
        Err(_elapsed) => return Err(io::ErrorKind::TimedOut.into()),
    }
    Ok(stream)
}

/// The client side of mutual TLS: checks the server's name and that one of our CAs signed it.
///
/// # Errors
/// [`TransportError`] when certificate, key or CA file cannot be used.
pub fn connector(files: &TlsFiles) -> Result<SslConnectorBuilder, TransportError> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    restrict(&mut builder)?;
    show_certificate(&mut builder, files)?;
    trust_only(&mut builder, authorities(&files.ca)?)?;
    Ok(builder)
}

/// Versions, suites and groups of both sides.
fn restrict(context: &mut SslContextBuilder) -> Result<(), TransportError> {
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_ciphersuites(TLS_13_SUITES)?;
    context.set_cipher_list(TLS_12_SUITES)?;
    context.set_groups_list(GROUPS)?;
    context.set_options(SslOptions::NO_RENEGOTIATION | SslOptions::NO_COMPRESSION);
    Ok(())
}

fn show_certificate(
    context: &mut SslContextBuilder,
    files: &TlsFiles,
) -> Result<(), TransportError> {
    context.set_certificate_chain_file(&files.certificate).map_err(|source| {
        TransportError::Certificate { path: files.certificate.clone(), source }
    })?;
    let unusable = |source| TransportError::Key { path: files.key.clone(), source };
    context.set_private_key_file(&files.key, SslFiletype::PEM).map_err(unusable)?;
    context.check_private_key().map_err(unusable)
}

fn authorities(ca: &Path) -> Result<Vec<X509>, TransportError> {
    let pem = std::fs::read(ca)
        .map_err(|source| TransportError::AuthorityFile { path: ca.to_owned(), source })?;
    let authorities = X509::stack_from_pem(&pem)
        .map_err(|source| TransportError::Authority { path: ca.to_owned(), source })?;
    if authorities.is_empty() {
        return Err(TransportError::NoAuthority { path: ca.to_owned() });
    }
    Ok(authorities)
}

/// Replaces the trust store; the system's CAs, which the builders load, are forgotten.
fn trust_only(
    context: &mut SslContextBuilder,
    authorities: Vec<X509>,
) -> Result<(), TransportError> {
    let mut store = X509StoreBuilder::new()?;
    for authority in authorities {
        store.add_cert(authority)?;
    }
    context.set_cert_store(store.build());
    Ok(())
}

//! Connections whose TLS a case decides on: versions, cipher suites, and certificates that must be refused (ITI-19).
//!
//! Each is a connection of its own. A server of TLS 1.3 judges the client's certificate after the client has
//! finished the handshake; therefore a connection counts as refused until a byte of an answer has come.

use crate::certificates::{self, Identity, Wanted};
use crate::http_text;
use crate::mllp::{self, DeliveryFault};
use client::TlsFiles;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{SslConnector, SslConnectorBuilder, SslMethod, SslVersion};
use openssl::x509::{X509, X509VerifyResult};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_openssl::SslStream;

/// The key of the endpoints file for the authority's key, by which certificates are made that it might issue.
pub(crate) const CA_KEY: &str = "ca_key";

/// The longest wait for handshake and answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// More than any answer that a case of ITI-19 asks for, in bytes.
const MAX_ANSWER: u64 = 16 * 1024 * 1024;

/// Nobody is called so.
const STRANGER: &str = "conformance-stranger";

/// How a connection is made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// What the client shows.
    pub certificate: Shown,
    /// The only version that the client speaks.
    pub version: Option<Version>,
    /// Cipher suites of TLS 1.2 and before, as OpenSSL writes lists of them.
    pub ciphers: Option<String>,
}

/// The certificate that the client shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// That of the run.
    #[default]
    Own,
    /// None.
    None,
    /// One with the name of the own one, by its own key.
    SelfSigned,
    /// One with the name of the own one, by another authority that has the name of the server's.
    ForeignAuthority,
    /// One with the name of the own one, newly issued by the server's authority: it is in order.
    Reissued,
    /// The same, but its time is over.
    Expired,
    /// The same, but its time has not come.
    NotYetValid,
    /// One that the server's authority has issued to somebody who is not known.
    Stranger,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Version {
    /// TLS 1.0.
    #[serde(rename = "1.0")]
    V10,
    /// TLS 1.1.
    #[serde(rename = "1.1")]
    V11,
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    V12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    V13,
}

/// Why nothing can be said of a server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsFault {
    #[error("{0} cannot be read")]
    Unreadable(PathBuf, #[source] std::io::Error),
    #[error("TLS cannot be set up")]
    OpenSsl(#[from] ErrorStack),
    #[error("the connection cannot be opened")]
    Connect(#[source] std::io::Error),
    #[error("the certificate of the server cannot be trusted: {0}")]
    Server(X509VerifyResult),
    #[error("neither an answer nor a refusal came")]
    Timeout,
    #[error("the answer cannot be read")]
    Answer(#[from] http_text::Unreadable),
    #[error("the answer cannot be read")]
    Frame(#[from] DeliveryFault),
}

/// What became of a connection.
pub(crate) enum Spoken<T> {
    Answered(T),
    /// It was refused, for this reason as far as it is known.
    Refused(String),
}

/// The files of the run, and the key of the authority if it is known.
pub(crate) struct Material<'a> {
    pub(crate) files: &'a TlsFiles,
    pub(crate) authority_key: Option<&'a Path>,
}

impl Tls {
    /// True when the certificate can be made only with the key of the authority.
    pub(crate) fn is_of_authority(&self) -> bool {
        match self.certificate {
            Shown::Own | Shown::None | Shown::SelfSigned | Shown::ForeignAuthority => false,
            Shown::Reissued | Shown::Expired | Shown::NotYetValid | Shown::Stranger => true,
        }
    }

    /// Sends a request that asks for the connection to be closed, and reads the answer to its end.
    pub(crate) async fn post(
        &self,
        place: (&str, u16),
        material: &Material<'_>,
        request: &[u8],
    ) -> Result<Spoken<http_text::Text>, TlsFault> {
        let exchange = async {
            let mut stream = match self.connect(place, material).await? {
                Spoken::Answered(stream) => stream,
                Spoken::Refused(reason) => return Ok(Spoken::Refused(reason)),
            };
            let mut bytes = Vec::new();
            let written = stream.write_all(request).await;
            let mut limited = (&mut stream).take(MAX_ANSWER);
            // Whoever closes without a word of TLS may have answered all the same.
            let read = limited.read_to_end(&mut bytes).await;
            if bytes.is_empty() {
                return Ok(Spoken::Refused(reason(written.and(read.map(|_n_bytes| ())))));
            }
            Ok(Spoken::Answered(http_text::read(&bytes)?))
        };
        timeout(PATIENCE, exchange).await.map_err(|_elapsed| TlsFault::Timeout)?
    }

    /// Sends a message in a frame, and reads one frame.
    pub(crate) async fn send(
        &self,
        place: (&str, u16),
        material: &Material<'_>,
        message: &[u8],
    ) -> Result<Spoken<Vec<u8>>, TlsFault> {
        let exchange = async {
            let mut stream = match self.connect(place, material).await? {
                Spoken::Answered(stream) => stream,
                Spoken::Refused(reason) => return Ok(Spoken::Refused(reason)),
            };
            if let Err(closed) = stream.write_all(&mllp::frame(message)).await {
                return Ok(Spoken::Refused(reason(Err(closed))));
            }
            let answer = mllp::next_message(&mut stream).await?;
            match answer.is_empty() {
                true => Ok(Spoken::Refused(reason(Ok(())))),
                false => Ok(Spoken::Answered(answer)),
            }
        };
        timeout(PATIENCE, exchange).await.map_err(|_elapsed| TlsFault::Timeout)?
    }

    async fn connect(
        &self,
        (host, port): (&str, u16),
        material: &Material<'_>,
    ) -> Result<Spoken<SslStream<TcpStream>>, TlsFault> {
        let connector = self.connector(material)?.build();
        let ssl = connector.configure()?.verify_hostname(false).into_ssl(host)?;
        let stream = TcpStream::connect((host, port)).await.map_err(TlsFault::Connect)?;
        let mut stream = SslStream::new(ssl, stream)?;
        match Pin::new(&mut stream).connect().await {
            Ok(()) => Ok(Spoken::Answered(stream)),
            // Who has refused is the runner.
            Err(_) if stream.ssl().verify_result() != X509VerifyResult::OK => {
                Err(TlsFault::Server(stream.ssl().verify_result()))
            }
            Err(refused) => Ok(Spoken::Refused(refused.to_string())),
        }
    }

    fn connector(&self, material: &Material<'_>) -> Result<SslConnectorBuilder, TlsFault> {
        let mut builder = SslConnector::builder(SslMethod::tls_client())?;
        builder.set_ca_file(&material.files.ca)?;
        // Old versions and suites are offered in earnest: what this library would not do by itself proves nothing.
        builder.set_security_level(0);
        let ciphers = self.ciphers.as_deref().unwrap_or("DEFAULT");
        builder.set_cipher_list(&format!("{ciphers}:@SECLEVEL=0"))?;
        if let Some(version) = self.version {
            let version = version.of_openssl();
            builder.set_min_proto_version(Some(version))?;
            builder.set_max_proto_version(Some(version))?;
        }
        if let Some(identity) = self.identity(material)? {
            builder.set_private_key(&identity.key)?;
            builder.set_certificate(&identity.certificate)?;
        }
        Ok(builder)
    }

    /// The certificate to be shown, with its key.
    fn identity(&self, material: &Material<'_>) -> Result<Option<Identity>, TlsFault> {
        let files = material.files;
        let own = X509::from_pem(&read(&files.certificate)?)?;
        let ca = X509::from_pem(&read(&files.ca)?)?;
        let name = own.subject_name();
        let stranger = certificates::common_name(STRANGER)?;
        let (subject, valid) = match self.certificate {
            Shown::None => return Ok(None),
            Shown::Own => {
                let key = PKey::private_key_from_pem(&read(&files.key)?)?;
                return Ok(Some(Identity { key, certificate: own }));
            }
            Shown::SelfSigned => return Ok(Some(certificates::on_its_own(name)?)),
            Shown::ForeignAuthority => {
                let foreign = certificates::authority(ca.subject_name())?;
                return Ok(Some(certificates::issued(&Wanted::now(name), &foreign)?));
            }
            Shown::Reissued => (name, -1..2),
            Shown::Expired => (name, -30..-1),
            Shown::NotYetValid => (name, 2..30),
            Shown::Stranger => (&*stranger, -1..2),
        };
        let key = material.authority_key.unwrap_or(Path::new(CA_KEY));
        let key = PKey::private_key_from_pem(&read(key)?)?;
        let authority = Identity { key, certificate: ca };
        Ok(Some(certificates::issued(&Wanted { subject, valid }, &authority)?))
    }
}

impl Version {
    fn of_openssl(self) -> SslVersion {
        match self {
            Version::V10 => SslVersion::TLS1,
            Version::V11 => SslVersion::TLS1_1,
            Version::V12 => SslVersion::TLS1_2,
            Version::V13 => SslVersion::TLS1_3,
        }
    }
}

fn reason(outcome: std::io::Result<()>) -> String {
    match outcome {
        Ok(()) => "the connection was closed without an answer".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsFault> {
    std::fs::read(path).map_err(|source| TlsFault::Unreadable(path.to_owned(), source))
}

//! Who is at the other end of a connection.
//!
//! Facts of the transport only; what the peer may do is decided by `policy`.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use actix_web::{HttpMessage as _, HttpRequest};
use audit::{Party, RefusalReporter};
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::ssl::SslRef;
use openssl::x509::{GeneralNameRef, X509, X509Ref, X509VerifyResult};

use crate::http::{Connection, HandedOn};

/// The other end of a connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Address as the socket sees it; behind a proxy that is the proxy.
    pub address: SocketAddr,
    /// The verified client certificate; `None` on plain connections only.
    pub certificate: Option<Arc<PeerCertificate>>,
}

/// What a verified client certificate says about its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// Common name of the subject.
    pub common_name: Option<String>,
    /// URIs among the subject alternative names; own actors carry community and actor there.
    pub uris: Vec<String>,
    /// DNS names among the subject alternative names.
    pub dns_names: Vec<String>,
    /// Serial number, hexadecimal in lower case without leading zeros, as a revocation list names it.
    pub serial: String,
    /// The certificate itself.
    pub der: Arc<[u8]>,
    fingerprint: [u8; 32],
}

impl PeerCertificate {
    /// # Errors
    /// The bytes are no certificate.
    pub fn from_der(der: &[u8]) -> Result<PeerCertificate, ErrorStack> {
        let certificate = X509::from_der(der)?;
        PeerCertificate::read(&certificate)
    }

    /// SHA-256 of the DER, by which the agreement names certificates.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// The fingerprint as 64 hexadecimal digits in lower case.
    #[must_use]
    pub fn fingerprint_hex(&self) -> String {
        use fmt::Write as _;
        self.fingerprint.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing into a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    pub(crate) fn read(certificate: &X509Ref) -> Result<PeerCertificate, ErrorStack> {
        let der = certificate.to_der()?;
        let digest = hash(MessageDigest::sha256(), &der)?;
        let mut fingerprint = [0; 32];
        for (place, byte) in fingerprint.iter_mut().zip(digest.iter()) {
            *place = *byte;
        }
        let serial = certificate.serial_number().to_bn()?.to_hex_str()?.to_ascii_lowercase();
        let names = certificate.subject_alt_names();
        let named = |kind: fn(&GeneralNameRef) -> Option<&str>| {
            let names = names.iter().flatten();
            names.filter_map(|name| kind(name).map(str::to_owned)).collect()
        };
        Ok(PeerCertificate {
            common_name: common_name(certificate),
            uris: named(GeneralNameRef::uri),
            dns_names: named(GeneralNameRef::dnsname),
            serial: serial.trim_start_matches('0').to_owned(),
            der: der.into(),
            fingerprint,
        })
    }
}

/// A connection that ended before anybody was behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub address: SocketAddr,
    /// For a person: what was wrong with the handshake. Nothing of the peer's bytes.
    pub reason: String,
}

/// Who is told of refused connections; by default nobody.
#[derive(Clone, Default)]
pub struct OnRefused(Option<Arc<Tell>>);

type Tell = dyn Fn(&Refusal) + Send + Sync;

impl OnRefused {
    /// `tell` runs on the thread that accepts connections and must not block.
    pub fn new(tell: impl Fn(&Refusal) + Send + Sync + 'static) -> OnRefused {
        OnRefused(Some(Arc::new(tell)))
    }

    /// Has them recorded in the audit trail.
    #[must_use]
    pub fn recorded_by(reporter: RefusalReporter) -> OnRefused {
        OnRefused::new(move |refusal| reporter.tell(refusal.address.ip(), &refusal.reason))
    }

    pub(crate) fn tell(&self, address: SocketAddr, reason: String) {
        if let Some(tell) = &self.0 {
            tell(&Refusal { address, reason });
        }
    }
}

impl fmt::Debug for OnRefused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("OnRefused").field(&self.0.is_some()).finish()
    }
}

/// Why a handshake failed, for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct HandshakeFailure(String);

impl HandshakeFailure {
    pub(crate) fn because(reason: impl fmt::Display) -> HandshakeFailure {
        HandshakeFailure(reason.to_string())
    }
}

/// What OpenSSL says of a failed handshake, and of the certificate if that was the cause.
pub(crate) fn handshake_failure(error: &openssl::ssl::Error, ssl: &SslRef) -> HandshakeFailure {
    let reasons = error.ssl_error().map(|stack| stack.errors().iter().filter_map(|e| e.reason()));
    let reasons = reasons.into_iter().flatten().collect::<Vec<_>>().join("; ");
    if reasons.is_empty() {
        return HandshakeFailure::because("the connection broke in the handshake");
    }
    match ssl.verify_result() {
        X509VerifyResult::OK => HandshakeFailure(reasons),
        refused => HandshakeFailure(format!("{reasons}: {refused}")),
    }
}

impl Peer {
    /// The name for logs and audit: common name of the certificate, else the IP address.
    #[must_use]
    pub fn name(&self) -> String {
        self.certificate
            .as_ref()
            .and_then(|certificate| certificate.common_name.clone())
            .unwrap_or_else(|| self.address.ip().to_string())
    }

    /// The node as a side of a transaction over SOAP: answers go back on its connection, so it has no address
    /// of its own.
    #[must_use]
    pub fn party(&self) -> Party {
        Party { user_id: self.name(), user_name: None, address: self.address.ip().to_string() }
    }

    pub(crate) fn plain(address: SocketAddr) -> Peer {
        Peer { address, certificate: None }
    }

    pub(crate) fn tls(address: SocketAddr, ssl: &SslRef) -> Peer {
        let certificate = ssl.peer_certificate();
        // What OpenSSL has verified it can also write; who could not be read would be nobody.
        let certificate = certificate.and_then(|found| PeerCertificate::read(&found).ok());
        Peer { address, certificate: certificate.map(Arc::new) }
    }
}

/// The peer of the connection on which `request` came, or the one for whom a trusted proxy sends it.
#[must_use]
pub fn peer(request: &HttpRequest) -> Peer {
    if let Some(HandedOn(peer)) = request.extensions().get::<HandedOn>() {
        return peer.clone();
    }
    // Requests made by unit tests of an actor have no connection behind them.
    request.conn_data::<Connection>().map_or_else(
        || Peer::plain(request.peer_addr().unwrap_or(UNKNOWN)),
        |connection| connection.peer.clone(),
    )
}

/// Stands for an address the system could not tell: the connection was gone already.
pub(crate) const UNKNOWN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

fn common_name(certificate: &X509Ref) -> Option<String> {
    let mut names = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
    names.next().and_then(|entry| entry.data().to_string().ok())
}

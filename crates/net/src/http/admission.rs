//! Who may ask on a connection that is open: the peer as long as it is trusted, and a proxy for the client whose
//! certificate it hands on.
//!
//! A proxy that ends TLS before us (ITI TF-2: 3.19 asks for node authentication on every hop) shows a certificate
//! of its own, by whose common name it is known, or stands on this machine. From anybody else the header means
//! nothing.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpMessage as _, HttpResponse};
use openssl::x509::X509;

use super::{Connection, HttpConfig};
use crate::peer::{OnRefused, Peer, PeerCertificate};
use crate::tls::{Distrust, Tls, TlsFiles};
use crate::transport::{Transport, TransportError};
use std::sync::Arc;

/// Largest header value that is looked at: a certificate in PEM, percent-encoded, has some kilobytes.
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// The name that stands for whatever connects from this machine, without TLS.
const LOOPBACK: &str = "loopback";

/// Who ends TLS before us, and where the certificate of the client stands.
#[derive(Clone, Debug)]
pub struct TrustedProxy {
    /// Common names of the proxies' certificates; `loopback` on plain connections.
    pub names: Vec<String>,
    /// The header with the client's certificate, PEM in percent-encoding.
    pub header: String,
    /// Judges the certificates that are handed on.
    pub tls: Tls,
}

/// The client for whom a trusted proxy sends a request; stands in the request's extensions.
pub(crate) struct HandedOn(pub(crate) Peer);

/// What is asked before a request is answered.
pub(super) struct Admission {
    proxy: Option<Proxy>,
    on_refused: OnRefused,
}

struct Proxy {
    names: Vec<String>,
    header: HeaderName,
    tls: Tls,
}

/// The request is not answered.
pub(super) struct Refused;

impl Refused {
    pub(super) fn answer(&self) -> HttpResponse {
        HttpResponse::Forbidden().force_close().body("no trusted client certificate\n")
    }
}

impl TrustedProxy {
    /// As an actor's file has it.
    #[must_use]
    pub fn of_actor(
        process: &config::actor::ProcessConfig,
        transport: &Transport,
        http: &config::actor::HttpLimits,
    ) -> Option<TrustedProxy> {
        if http.trusted_proxy.is_empty() {
            return None;
        }
        let own = || Tls::from(TlsFiles::from(&process.tls));
        let tls = transport.tls().cloned().unwrap_or_else(own);
        let (names, header) = (http.trusted_proxy.clone(), http.trusted_proxy_header.clone());
        Some(TrustedProxy { names, header, tls })
    }
}

impl Admission {
    pub(super) fn new(config: &HttpConfig) -> Result<Admission, TransportError> {
        let proxy = config.trusted_proxy.as_ref();
        let proxy = proxy.map(|proxy| Proxy::new(proxy, &config.transport)).transpose()?;
        Ok(Admission { proxy, on_refused: config.on_refused.clone() })
    }

    /// # Errors
    /// The peer, or the client behind the proxy, is not trusted: nobody is answered.
    pub(super) fn admit(&self, request: &ServiceRequest) -> Result<(), Refused> {
        let Some(connection) = request.conn_data::<Connection>() else { return Ok(()) };
        let peer = &connection.peer;
        let refuse = |distrust: Distrust| {
            self.on_refused.tell(peer.address, distrust.to_string());
            Refused
        };
        connection.verify().map_err(refuse)?;
        let Some(proxy) = self.proxy.as_ref().filter(|proxy| proxy.is(peer)) else {
            return Ok(());
        };
        let certificate = proxy.client(request).map_err(refuse)?;
        let client = Peer { address: peer.address, certificate: Some(Arc::new(certificate)) };
        request.extensions_mut().insert(HandedOn(client));
        Ok(())
    }
}

impl Proxy {
    fn new(proxy: &TrustedProxy, transport: &Transport) -> Result<Proxy, TransportError> {
        let is_loopback = proxy.names.iter().any(|name| name == LOOPBACK);
        let problem = match transport {
            Transport::Plain if !is_loopback => {
                Some("without TLS it shows no certificate; its name is then \"loopback\"")
            }
            Transport::MutualTls(_) if is_loopback => Some(
                "\"loopback\" is for plain connections; with TLS it is the name of its certificate",
            ),
            Transport::Plain | Transport::MutualTls(_) => None,
        };
        if let Some(problem) = problem {
            return Err(TransportError::Proxy { problem });
        }
        proxy.tls.in_force()?;
        let header = HeaderName::try_from(proxy.header.as_str());
        let header = header
            .map_err(|_no_name| TransportError::Proxy { problem: "no such header can exist" })?;
        Ok(Proxy { names: proxy.names.clone(), header, tls: proxy.tls.clone() })
    }

    fn is(&self, peer: &Peer) -> bool {
        let name = match &peer.certificate {
            Some(certificate) => certificate.common_name.as_deref(),
            None if peer.address.ip().is_loopback() => Some(LOOPBACK),
            None => None,
        };
        name.is_some_and(|name| self.names.iter().any(|known| known == name))
    }

    /// The client whose certificate is handed on, verified as if it had connected itself.
    fn client(&self, request: &ServiceRequest) -> Result<PeerCertificate, Distrust> {
        let mut values = request.headers().get_all(&self.header);
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(Distrust::because("the trusted proxy hands on no certificate, or several"));
        };
        let certificate = decoded(value).ok_or_else(|| {
            Distrust::because("what the trusted proxy hands on is no certificate")
        })?;
        let current = self.tls.in_force().map_err(Distrust::because)?;
        current.verify_client(&certificate, &[]).map_err(|refused| {
            Distrust::because(format_args!("the certificate the trusted proxy hands on: {refused}"))
        })?;
        PeerCertificate::read(&certificate).map_err(Distrust::because)
    }
}

/// One certificate in PEM, percent-encoded as nginx does it.
fn decoded(value: &HeaderValue) -> Option<X509> {
    let text = value.as_bytes();
    if text.len() > MAX_HEADER_BYTES {
        return None;
    }
    let mut pem = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        pem.push(match byte {
            b'%' => hexadecimal(*bytes.next()?)?
                .checked_mul(16)?
                .checked_add(hexadecimal(*bytes.next()?)?)?,
            byte => *byte,
        });
    }
    let mut certificates = X509::stack_from_pem(&pem).ok()?.into_iter();
    let certificate = certificates.next()?;
    certificates.next().is_none().then_some(certificate)
}

fn hexadecimal(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

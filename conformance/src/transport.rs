//! Carrying bytes to the server under test: HTTP, HTTPS with a client certificate, MLLP.
//!
//! Only bytes are exchanged here. A case has HTTP connections of its own, so that none depends on
//! what an earlier one left behind; its steps share them, as the messages of any client do. Feeds
//! share one connection for the whole run, as senders of feeds do; it is given up after any fault.

use crate::answer::{Answer, Hl7Answer, HttpAnswer};
use crate::case::Delivery;
use crate::endpoints::{Address, Endpoints};
use crate::http_text::{self, Text};
use crate::mllp::{self, DeliveryFault};
use crate::request::Request;
use crate::tls::{CA_KEY, Material, Spoken, Tls, TlsFault};
use client::{
    CallError, ClientTransport, MllpClient, MllpError, MllpTimeouts, RawClient, Timeouts, TlsFiles,
    TransportError,
};
use std::cell::RefCell;
use std::path::PathBuf;

/// Certificate files in place of those that the endpoints file names.
#[derive(Debug, Default)]
pub struct Certificates {
    /// Authority that signed the server's certificate, PEM.
    pub ca: Option<PathBuf>,
    /// Own certificate, PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
}

/// The way to the server.
pub(crate) struct Transport {
    tls: Option<TlsFiles>,
    /// The key of the authority, for certificates that only it can issue.
    authority_key: Option<PathBuf>,
    /// The connections of the current case, and whether they are over TLS.
    current: RefCell<Option<(bool, RawClient)>>,
    /// The connection for feeds, and where it leads.
    feed: RefCell<Option<(Address, MllpClient)>>,
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransportFailure {
    #[error("the address demands TLS, but CA, certificate and key are not all named")]
    NoCertificate,
    #[error("`{0}` is not host:port")]
    Address(String),
    #[error("the step cannot be sent to an address of this kind")]
    Kind,
    #[error("the address is not one for TLS")]
    NotTls,
    #[error(transparent)]
    Own(#[from] TlsFault),
    #[error("TLS cannot be set up")]
    Tls(#[from] TransportError),
    #[error("no answer over HTTP")]
    Http(#[from] CallError),
    #[error("no answer over MLLP")]
    Mllp(#[from] MllpError),
    #[error("no answer over MLLP")]
    Delivery(#[from] DeliveryFault),
}

impl Transport {
    /// Certificates come from the command line or else from the endpoints file.
    pub(crate) fn new(endpoints: &Endpoints, certificates: &Certificates) -> Transport {
        let named = |given: &Option<PathBuf>, key| given.clone().or_else(|| endpoints.file(key));
        let ca = named(&certificates.ca, "ca");
        let certificate = named(&certificates.certificate, "client_cert");
        let key = named(&certificates.key, "client_key");
        let tls = match (certificate, key, ca) {
            (Some(certificate), Some(key), Some(ca)) => Some(TlsFiles::new(certificate, key, ca)),
            _ => None,
        };
        let authority_key = endpoints.file(CA_KEY);
        Transport { tls, authority_key, current: RefCell::new(None), feed: RefCell::new(None) }
    }

    /// Begins a case: what the last one left open is not used again.
    pub(crate) fn begin_case(&self) {
        self.current.replace(None);
    }

    /// Posts a request and reads the answer.
    pub(crate) async fn post(
        &self,
        url: &str,
        request: &Request,
    ) -> Result<Answer, TransportFailure> {
        let client = self.client(url.starts_with("https:"))?;
        let body = request.body.clone().into();
        let answer = client.post_raw(url, request.headers.clone(), body).await?;
        Ok(Answer::Http(HttpAnswer::new(answer.status, answer.headers, answer.body.to_vec())))
    }

    /// Sends a request over a connection whose TLS the step decides on.
    pub(crate) async fn converse(
        &self,
        address: &Address,
        request: &Request,
        tls: &Tls,
    ) -> Result<Answer, TransportFailure> {
        let files = self.tls.as_ref().ok_or(TransportFailure::NoCertificate)?;
        let material = Material { files, authority_key: self.authority_key.as_deref() };
        match address {
            Address::Http(url) => {
                let rest = url.strip_prefix("https://").ok_or(TransportFailure::NotTls)?;
                let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
                let path = rest.strip_prefix(authority).filter(|path| !path.is_empty());
                let place = host_and_port(authority)?;
                let bytes = http_text::post(authority, path.unwrap_or("/"), request);
                Ok(match tls.post(place, &material, &bytes).await? {
                    Spoken::Answered(Text { status, headers, body }) => {
                        Answer::Http(HttpAnswer::new(status, headers, body))
                    }
                    Spoken::Refused(reason) => Answer::Refused(reason),
                })
            }
            Address::MllpOverTls(place) => {
                let place = host_and_port(place)?;
                Ok(match tls.send(place, &material, &request.body).await? {
                    Spoken::Answered(answer) => Answer::Hl7(Hl7Answer::new(answer)),
                    Spoken::Refused(reason) => Answer::Refused(reason),
                })
            }
            Address::Mllp(_) => Err(TransportFailure::NotTls),
        }
    }

    /// Sends an HL7 message and reads the acknowledgement.
    pub(crate) async fn send_mllp(
        &self,
        address: &Address,
        request: &Request,
        delivery: Delivery,
    ) -> Result<Answer, TransportFailure> {
        if delivery != Delivery::Whole {
            let answer = self.deliver(address, &request.body, delivery).await?;
            return Ok(Answer::Hl7(Hl7Answer::new(answer)));
        }
        let mut client = match self.feed.take() {
            Some((known, client)) if known == *address => client,
            Some(_) | None => self.mllp_client(address)?,
        };
        let answer = client.send(&request.body).await?;
        self.feed.replace(Some((address.clone(), client)));
        Ok(Answer::Hl7(Hl7Answer::new(answer)))
    }

    async fn deliver(
        &self,
        address: &Address,
        message: &[u8],
        delivery: Delivery,
    ) -> Result<Vec<u8>, TransportFailure> {
        let (place, tls) = match address {
            Address::Mllp(place) => (place, None),
            Address::MllpOverTls(place) => {
                (place, Some(self.tls.as_ref().ok_or(TransportFailure::NoCertificate)?))
            }
            Address::Http(_) => return Err(TransportFailure::Kind),
        };
        Ok(mllp::deliver(host_and_port(place)?, tls, message, delivery).await?)
    }

    fn mllp_client(&self, address: &Address) -> Result<MllpClient, TransportFailure> {
        let (place, transport) = match address {
            Address::Mllp(place) => (place, ClientTransport::Plain),
            Address::MllpOverTls(place) => (place, self.tls()?),
            Address::Http(_) => return Err(TransportFailure::Kind),
        };
        let (host, port) = host_and_port(place)?;
        Ok(MllpClient::new(host, port, &transport, MllpTimeouts::default())?)
    }

    fn client(&self, over_tls: bool) -> Result<RawClient, TransportFailure> {
        if let Some((known, client)) = &*self.current.borrow()
            && *known == over_tls
        {
            return Ok(client.clone());
        }
        let transport = if over_tls { self.tls()? } else { ClientTransport::Plain };
        let client = RawClient::new(&transport, Timeouts::default())?;
        self.current.replace(Some((over_tls, client.clone())));
        Ok(client)
    }

    fn tls(&self) -> Result<ClientTransport, TransportFailure> {
        let files = self.tls.clone().ok_or(TransportFailure::NoCertificate)?;
        Ok(ClientTransport::from(files))
    }
}

fn host_and_port(place: &str) -> Result<(&str, u16), TransportFailure> {
    let parts = place.rsplit_once(':');
    let parts = parts.and_then(|(host, port)| Some((host, port.parse().ok()?)));
    parts.ok_or_else(|| TransportFailure::Address(place.to_owned()))
}

//! An answer of the server under test, as the checks look at it.

use crate::hl7::{Hl7Fault, Hl7Message};
use crate::media_type::MediaType;
use crate::mime::{self, MimeFault, Part};
use crate::namespaces::{SOAP12, XDS, XOP};
use crate::xml_tree::{self, Element, XmlFault};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What came back.
pub(crate) enum Answer {
    Http(HttpAnswer),
    Hl7(Hl7Answer),
    /// Nothing: TLS was refused, or the connection closed before anything came.
    Refused(String),
}

/// An HTTP answer; `soap` tells whether it holds a SOAP 1.2 envelope.
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) soap: Result<SoapMessage, SoapFault>,
}

/// The content of one MLLP frame.
pub(crate) struct Hl7Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) message: Result<Hl7Message, Hl7Fault>,
}

/// An envelope and what came with it.
#[derive(Debug)]
pub(crate) struct SoapMessage {
    pub(crate) packaging: Packaging,
    pub(crate) envelope: Element,
    pub(crate) parts: Vec<Part>,
}

/// How an envelope was packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Packaging {
    /// `application/soap+xml`.
    Simple,
    /// `multipart/related; type="application/xop+xml"`.
    Mtom,
}

/// Why an HTTP answer holds no SOAP 1.2 message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SoapFault {
    #[error("the answer has no readable Content-Type")]
    NoContentType,
    #[error("the answer is `{0}`, neither SOAP 1.2 nor MTOM")]
    ContentType(String),
    #[error("the type of the MTOM package is not application/xop+xml")]
    PackageType,
    #[error("start-info of the MTOM package is not application/soap+xml")]
    StartInfo,
    #[error("no part has the Content-ID that `start` names")]
    NoRootPart,
    #[error("the root part is not application/xop+xml; type=\"application/soap+xml\"")]
    RootPartType,
    #[error("the MIME body is broken: {0}")]
    Mime(#[from] MimeFault),
    #[error("the envelope cannot be read: {0}")]
    Xml(#[from] XmlFault),
    #[error("the root element is not a SOAP 1.2 Envelope with a Body of one element")]
    NotAnEnvelope,
}

impl HttpAnswer {
    /// Reads what can be read; a body that is no SOAP message is kept as a finding.
    pub(crate) fn new(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> HttpAnswer {
        let soap = read_soap(header(&headers, "content-type"), &body);
        HttpAnswer { status, headers, body, soap }
    }

    /// `Content-Type`, read.
    pub(crate) fn media_type(&self) -> Option<MediaType> {
        header(&self.headers, "content-type").and_then(MediaType::parse)
    }
}

impl Hl7Answer {
    /// Reads the content of a frame.
    pub(crate) fn new(bytes: Vec<u8>) -> Hl7Answer {
        let message = Hl7Message::parse(&bytes);
        Hl7Answer { bytes, message }
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

fn read_soap(content_type: Option<&str>, body: &[u8]) -> Result<SoapMessage, SoapFault> {
    let media_type = content_type.and_then(MediaType::parse).ok_or(SoapFault::NoContentType)?;
    match media_type.essence.as_str() {
        "application/soap+xml" => {
            let envelope = envelope(body)?;
            Ok(SoapMessage { packaging: Packaging::Simple, envelope, parts: Vec::new() })
        }
        "multipart/related" => read_mtom(&media_type, body),
        other => Err(SoapFault::ContentType(other.to_owned())),
    }
}

fn read_mtom(media_type: &MediaType, body: &[u8]) -> Result<SoapMessage, SoapFault> {
    let kind = media_type.parameter("type").unwrap_or_default();
    if !kind.eq_ignore_ascii_case("application/xop+xml") {
        return Err(SoapFault::PackageType);
    }
    // Some stacks put an action behind the media type: `application/soap+xml; action="…"`.
    let start_info = media_type.parameter("start-info").and_then(MediaType::parse);
    if start_info.is_none_or(|info| info.essence != "application/soap+xml") {
        return Err(SoapFault::StartInfo);
    }
    let mut parts = mime::parts(media_type, body)?;
    let root = match media_type.parameter("start") {
        Some(start) => {
            let start = start.trim_start_matches('<').trim_end_matches('>');
            parts.iter().position(|part| part.content_id.as_deref() == Some(start))
        }
        None if parts.is_empty() => None,
        None => Some(0),
    };
    let root = parts.remove(root.ok_or(SoapFault::NoRootPart)?);
    let is_xop = root.content_type.is_some_and(|root| {
        let inner = root.parameter("type").and_then(MediaType::parse);
        root.essence == "application/xop+xml"
            && inner.is_some_and(|inner| inner.essence == "application/soap+xml")
    });
    if !is_xop {
        return Err(SoapFault::RootPartType);
    }
    Ok(SoapMessage { packaging: Packaging::Mtom, envelope: envelope(&root.bytes)?, parts })
}

fn envelope(bytes: &[u8]) -> Result<Element, SoapFault> {
    let envelope = xml_tree::parse(bytes)?;
    let body = envelope.child(SOAP12, "Body");
    let one_payload = body.is_some_and(|body| body.elements().count() == 1);
    if !envelope.is(SOAP12, "Envelope") || !one_payload {
        return Err(SoapFault::NotAnEnvelope);
    }
    Ok(envelope)
}

impl SoapMessage {
    /// The one element of the Body.
    pub(crate) fn payload(&self) -> Option<&Element> {
        self.envelope.child(SOAP12, "Body").and_then(|body| body.elements().next())
    }

    /// The Header, if there is one.
    pub(crate) fn header(&self) -> Option<&Element> {
        self.envelope.child(SOAP12, "Header")
    }

    /// The bytes of the document with that uniqueId in an answer of ITI-43.
    pub(crate) fn document(&self, unique_id: &str) -> Result<Vec<u8>, String> {
        let payload = self.payload().ok_or("the answer has no payload")?;
        let same = |response: &&Element| {
            let id = response.child(XDS, "DocumentUniqueId");
            response.is(XDS, "DocumentResponse")
                && id.is_some_and(|id| id.text().trim() == unique_id)
        };
        let response = payload.elements().find(same);
        let response = response.ok_or("no DocumentResponse has that DocumentUniqueId")?;
        let document = response.child(XDS, "Document").ok_or("DocumentResponse has no Document")?;
        match document.child(XOP, "Include") {
            Some(include) => self.included(include.attribute("href").unwrap_or_default()),
            None => {
                let text: String = document.text().split_whitespace().collect();
                STANDARD.decode(text).map_err(|_wrong| "the document is not base64".to_owned())
            }
        }
    }

    fn included(&self, href: &str) -> Result<Vec<u8>, String> {
        let id = href.strip_prefix("cid:").ok_or("the Include does not point at a part")?;
        let id =
            percent_decoded(id).ok_or("the href of the Include is not percent-encoded well")?;
        let mut found = self.parts.iter().filter(|part| part.content_id.as_deref() == Some(&id));
        let part = found.next().ok_or("no part has the Content-ID of the Include")?;
        if found.next().is_some() {
            return Err("two parts have the Content-ID of the Include".to_owned());
        }
        Ok(part.bytes.clone())
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        bytes.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    String::from_utf8(bytes).ok()
}

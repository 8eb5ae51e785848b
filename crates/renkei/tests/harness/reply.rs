//! Answers, taken apart and held against what every answer must be.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::http::HttpAnswer;
use super::node::Node;
use super::package::unpack;

const SOAP: &str = "http://www.w3.org/2003/05/soap-envelope";
const ADDRESSING: &str = "http://www.w3.org/2005/08/addressing";
const HL7_V3: &str = "urn:hl7-org:v3";

/// How an answer is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packaging {
    Simple,
    Mtom,
}

/// A SOAP answer or fault.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) packaging: Packaging,
    /// The envelope as it came.
    pub(crate) text: String,
    pub(crate) envelope: Node,
    parts: HashMap<String, Vec<u8>>,
}

/// One `rs:RegistryError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenError {
    pub(crate) code: String,
    pub(crate) context: String,
    /// Last word of the URN.
    pub(crate) severity: String,
    pub(crate) location: Option<String>,
}

impl Reply {
    /// # Panics
    /// If it is no answer of a SOAP 1.2 endpoint.
    #[track_caller]
    pub(crate) fn read(answer: HttpAnswer) -> Reply {
        let content_type = answer.header("content-type").unwrap_or_default().to_owned();
        let (packaging, text, parts) = if content_type.starts_with("application/soap+xml") {
            assert!(content_type.contains("charset=UTF-8"), "{content_type}");
            (Packaging::Simple, answer.body, HashMap::new())
        } else {
            assert!(content_type.starts_with("multipart/related"), "{content_type:?}: {answer:?}");
            let unpacked = unpack(&content_type, &answer.body);
            (Packaging::Mtom, unpacked.root, unpacked.parts)
        };
        let text = String::from_utf8(text).unwrap();
        let envelope = Node::parse(&text).unwrap();
        let status = answer.status;
        let reply = Reply { status, packaging, text, envelope, parts };
        reply.check_envelope(&content_type);
        reply
    }

    #[track_caller]
    fn check_envelope(&self, content_type: &str) {
        assert_eq!(self.envelope.namespace, SOAP, "{}", self.text);
        let header = self.envelope.the("Header");
        let action = header.the("Action");
        assert_eq!(action.namespace, ADDRESSING, "{}", self.text);
        let understood = action.attributes.iter().find(|(_, name, _)| name == "mustUnderstand");
        let (namespace, _, value) = understood.unwrap();
        assert_eq!((namespace.as_str(), value.as_str()), (SOAP, "1"), "{}", self.text);
        assert!(content_type.contains(&format!("action=\"{}\"", action.text)), "{content_type}");
        assert_eq!(self.envelope.the("Body").children.len(), 1, "{}", self.text);
        assert_eq!(self.is_fault(), self.status != 200, "{} {}", self.status, self.text);
        if self.is_fault() {
            // WS-Addressing has a word of its own for its own faults only.
            let subcodes = self.subcodes();
            let is_addressing =
                subcodes.first().is_some_and(|code| *code != "FailedAuthentication");
            let expected = if is_addressing { "/fault" } else { "/soap/fault" };
            assert_eq!(action.text, format!("{ADDRESSING}{expected}"));
        }
    }

    pub(crate) fn payload(&self) -> &Node {
        self.envelope.the("Body").children.first().unwrap()
    }

    pub(crate) fn action(&self) -> &str {
        &self.envelope.the("Header").the("Action").text
    }

    /// The text of `wsa:RelatesTo`.
    pub(crate) fn relates_to(&self) -> Option<&str> {
        self.envelope.the("Header").child("RelatesTo").map(|node| node.text.as_str())
    }

    pub(crate) fn is_fault(&self) -> bool {
        let payload = self.payload();
        payload.local == "Fault" && payload.namespace == SOAP
    }

    /// The last word of the answer's status.
    #[track_caller]
    pub(crate) fn outcome(&self) -> &str {
        assert!(!self.is_fault(), "{}", self.text);
        let payload = self.payload();
        if payload.namespace == HL7_V3 {
            return match payload.the("acknowledgement").the("typeCode").attribute("code") {
                Some("CA") => "Success",
                Some("CE" | "CR") => "Failure",
                code => unreachable!("acknowledged by {code:?}"),
            };
        }
        let response = payload.child("RegistryResponse").unwrap_or(payload);
        let status = response.attribute("status").unwrap();
        let is_ihe = status == "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess";
        let is_ebrs = status.starts_with("urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:");
        assert!(is_ihe || is_ebrs, "{status}");
        status.rsplit(':').next().unwrap()
    }

    pub(crate) fn errors(&self) -> Vec<SeenError> {
        let errors = self.payload().all("RegistryError").into_iter();
        errors
            .map(|error| SeenError {
                code: error.attribute("errorCode").unwrap().to_owned(),
                context: error.attribute("codeContext").unwrap().to_owned(),
                severity: error.attribute("severity").unwrap().rsplit(':').next().unwrap().into(),
                location: error.attribute("location").map(str::to_owned),
            })
            .collect()
    }

    /// Those of the errors, or of the details of an HL7 v3 acknowledgement.
    pub(crate) fn codes(&self) -> Vec<String> {
        let details = self.payload().all("acknowledgementDetail").into_iter();
        let details =
            details.map(|detail| detail.the("code").attribute("code").unwrap().to_owned());
        details.chain(self.errors().into_iter().map(|error| error.code)).collect()
    }

    /// The answer says Success, and nothing in it says otherwise.
    #[track_caller]
    pub(crate) fn assert_success(&self) {
        assert_eq!(self.outcome(), "Success", "{}", self.text);
        assert!(self.errors().iter().all(|error| error.severity == "Warning"), "{}", self.text);
    }

    /// The answer is a Failure and names this code.
    #[track_caller]
    pub(crate) fn assert_failure(&self, code: &str) {
        assert_eq!(self.outcome(), "Failure", "{}", self.text);
        let errors = self.errors();
        let is_named = errors.iter().any(|error| error.code == code && error.severity == "Error");
        assert!(is_named, "no {code}: {errors:?}");
    }

    /// The local name of the fault's code.
    pub(crate) fn fault_code(&self) -> &str {
        local(&self.payload().the("Code").the("Value").text)
    }

    /// The local names of its subcodes, outermost first.
    pub(crate) fn subcodes(&self) -> Vec<&str> {
        let mut codes = Vec::new();
        let mut code = self.payload().the("Code");
        while let Some(inner) = code.child("Subcode") {
            codes.push(local(&inner.the("Value").text));
            code = inner;
        }
        codes
    }

    pub(crate) fn reason(&self) -> &str {
        &self.payload().the("Reason").the("Text").text
    }

    /// The documents of an ITI-43 answer: uniqueId and bytes, in its order.
    pub(crate) fn documents(&self) -> Vec<(String, Vec<u8>)> {
        let responses = self.payload().all("DocumentResponse").into_iter();
        responses
            .map(|response| {
                let unique_id = response.the("DocumentUniqueId").text.clone();
                (unique_id, self.content(response.the("Document")))
            })
            .collect()
    }

    /// The bytes of a `Document`, inline or referred to.
    fn content(&self, document: &Node) -> Vec<u8> {
        match document.child("Include") {
            None => STANDARD.decode(&document.text).unwrap(),
            Some(include) => {
                let id = include.attribute("href").unwrap().strip_prefix("cid:").unwrap();
                // Encoded and raw form must coincide, so that every client finds the part.
                assert!(!id.contains('%'), "{id}");
                self.parts.get(id).unwrap().clone()
            }
        }
    }

    /// The payload as a document of its own, parts inlined.
    pub(crate) fn payload_xml(&self) -> String {
        let mut payload = self.payload().clone();
        let mut n_referred = 0;
        for response in &mut payload.children {
            for document in response.children.iter_mut().filter(|child| child.local == "Document") {
                n_referred += document.children.len();
                let bytes = self.content(document);
                document.children.clear();
                document.text = STANDARD.encode(bytes);
            }
        }
        assert_eq!(n_referred, self.parts.len(), "parts that nothing refers to");
        payload.to_xml()
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap()
}

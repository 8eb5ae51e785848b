//! One SOAP exchange: a request with its own message id, and the answer that belongs to it.

use std::fmt;
use std::path::PathBuf;

use client::soap::{InAttachment, OutAttachment};
use client::{AnswerLimits, ClientTransport, SoapClient, Timeouts};
use datatypes::EntryUuid;
use ebxml::ReadError;
use soap::SOAP_12;
use xml::{Element, Limits, Reader};

use super::error::{AnswerError, WireError};
use super::fault;

/// An answer holds all that a patient has: some hundred elements an entry.
const MAX_ELEMENTS: usize = 5_000_000;

/// A repository may put small documents into the envelope; larger ones come as parts.
const MAX_INLINE_BYTES: usize = 32 * 1024 * 1024;

/// The `wsa:Action` of a request and that of its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transaction {
    pub(crate) action: &'static str,
    pub(crate) response_action: &'static str,
}

/// How a request is packed (ITI TF-2: Appendix V.3.2).
pub(crate) enum Packaging {
    Simple,
    /// MTOM, even if no document travels beside the envelope.
    Mtom(Vec<OutAttachment>),
}

/// A request to be sent.
pub(crate) struct SoapCall {
    pub(crate) transaction: Transaction,
    /// The child of the body, well-formed.
    pub(crate) payload: String,
    pub(crate) packaging: Packaging,
    /// Folder for the documents of the answer; `None` for the system's temporary folder.
    pub(crate) spool: Option<PathBuf>,
}

/// An actor of the community.
#[derive(Debug)]
pub(crate) struct SoapEndpoint {
    pub(super) actor: &'static str,
    pub(super) url: String,
    pub(super) transport: ClientTransport,
    pub(super) security: SecurityHeader,
}

/// The Security header of requests, or nothing. `Debug` hides it: who has the assertion is taken for the person.
#[derive(Clone, Default)]
pub(super) struct SecurityHeader(pub(super) String);

impl fmt::Debug for SecurityHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecurityHeader(..)")
    }
}

/// The answer before its payload is read.
#[derive(Debug)]
pub(crate) struct SoapAnswered {
    actor: &'static str,
    response_action: &'static str,
    message_id: String,
    text: String,
    pub(crate) attachments: Vec<InAttachment>,
}

impl SoapEndpoint {
    /// # Errors
    /// [`WireError::Transport`] and [`WireError::Call`]; a fault is found by
    /// [`SoapAnswered::read`].
    pub(crate) async fn call(&self, call: SoapCall) -> Result<SoapAnswered, WireError> {
        let Transaction { action, response_action } = call.transaction;
        let mut limits = AnswerLimits::default();
        if let Some(spool) = call.spool {
            limits.spool = spool;
        }
        let client = SoapClient::new(&self.transport, Timeouts::default(), limits)?;
        let message_id = EntryUuid::generate().to_string();
        let SecurityHeader(security) = &self.security;
        let (url, payload) = (&self.url, &call.payload);
        let envelope = soap::write_request_with(action, &message_id, url, security, payload);
        let answered = match call.packaging {
            Packaging::Simple => client.call(&self.url, action, envelope).await,
            Packaging::Mtom(parts) => client.call_mtom(&self.url, action, envelope, parts).await,
        };
        match answered {
            Ok(answer) => Ok(SoapAnswered {
                actor: self.actor,
                response_action,
                message_id,
                text: answer.text,
                attachments: answer.attachments,
            }),
            Err(source) => Err(WireError::Call { actor: self.actor, source }),
        }
    }
}

impl SoapAnswered {
    /// Reads the payload, once it is sure that it answers this request and has this name.
    ///
    /// # Errors
    /// [`WireError::Fault`] and [`WireError::Answer`].
    pub(crate) fn read<T>(
        &self,
        (namespace, local): (&str, &str),
        payload: impl FnOnce(&mut Reader<'_>, &Element<'_>) -> Result<T, ReadError>,
    ) -> Result<T, WireError> {
        let mut reader = self.open().map_err(|source| self.unbelievable(source))?;
        let envelope = |error: soap::Fault| self.unbelievable(AnswerError::Envelope(error));
        let header = soap::read_header(&mut reader).map_err(envelope)?;
        let addressing = header.addressing;
        let element = reader.next_child().map_err(|error| envelope(error.into()))?;
        let other_transaction = || self.unbelievable(AnswerError::OtherTransaction);
        let element = element.ok_or_else(other_transaction)?;
        if element.is(SOAP_12, "Fault") {
            let fault = fault::read(&mut reader).map_err(|error| envelope(error.into()))?;
            return Err(WireError::Fault {
                actor: self.actor,
                is_of_sender: fault.is_of_sender,
                reason: crate::output::plain(&fault.reason).into_owned(),
            });
        }
        if addressing.relates_to.is_some_and(|related| related.trim() != self.message_id) {
            return Err(self.unbelievable(AnswerError::OtherRequest));
        }
        let is_action = addressing.action.as_deref() == Some(self.response_action);
        if !is_action || !element.is(namespace, local) {
            return Err(other_transaction());
        }
        let value = payload(&mut reader, &element)
            .map_err(|error| self.unbelievable(AnswerError::Payload(error)))?;
        soap::read_end(&mut reader).map_err(envelope)?;
        Ok(value)
    }

    /// An answer that cannot be true.
    pub(crate) fn unbelievable(&self, source: AnswerError) -> WireError {
        WireError::Answer { actor: self.actor, source }
    }

    fn open(&self) -> Result<Reader<'_>, AnswerError> {
        let limits = Limits {
            bytes: self.text.len(),
            elements: MAX_ELEMENTS,
            text_bytes: MAX_INLINE_BYTES,
            ..Limits::default()
        };
        Reader::new(&self.text, limits).map_err(|error| AnswerError::Envelope(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use ebxml::namespace::RS;
    use xds::RegistryResponse;

    use super::*;

    const ACTION: &str = "urn:example:Response";

    fn answered(text: String) -> SoapAnswered {
        SoapAnswered {
            actor: "registry",
            response_action: ACTION,
            message_id: "urn:uuid:1".to_owned(),
            text,
            attachments: Vec::new(),
        }
    }

    fn read(text: String) -> Result<RegistryResponse, WireError> {
        answered(text).read((RS, "RegistryResponse"), ebxml::read_registry_response)
    }

    fn body() -> String {
        ebxml::write_registry_response(&RegistryResponse::success())
    }

    #[test]
    fn the_answer_to_the_request_is_read() {
        let text = soap::write_envelope(ACTION, Some("urn:uuid:1"), &body());
        assert_eq!(read(text).unwrap(), RegistryResponse::success());
        // Some servers leave RelatesTo out; the connection says whom they answer.
        let text = soap::write_envelope(ACTION, None, &body());
        assert_eq!(read(text).unwrap(), RegistryResponse::success());
    }

    #[track_caller]
    fn check(text: String, expected: &str) {
        let error = read(text).unwrap_err();
        assert!(error.may_be_carried_out());
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(source, expected, "{error}");
    }

    #[test]
    fn what_may_belong_to_another_request_is_not_believed() {
        let text = soap::write_envelope(ACTION, Some("urn:uuid:2"), &body());
        check(text, "it is the answer to another request");
        let text = soap::write_envelope("urn:example:Other", Some("urn:uuid:1"), &body());
        check(text, "it is not of the transaction that was asked for");
        let text = soap::write_envelope(ACTION, Some("urn:uuid:1"), "<RegistryResponse/>");
        check(text, "it is not of the transaction that was asked for");
        check(
            soap::write_envelope(ACTION, None, ""),
            "it is not of the transaction that was asked for",
        );
    }

    #[test]
    fn what_is_damaged_is_not_believed() {
        check(String::new(), "its envelope cannot be read");
        check("<html/>".to_owned(), "its envelope cannot be read");
        let whole = soap::write_envelope(ACTION, None, &body());
        check(whole.replace("</soap:Envelope>", ""), "its envelope cannot be read");
        let empty =
            soap::write_envelope(ACTION, None, &format!("<r:RegistryResponse xmlns:r='{RS}'/>"));
        check(empty, "its content cannot be read");
    }

    #[test]
    fn a_fault_of_the_sender_means_that_nothing_was_done() {
        let fault = soap::Fault::sender("Not <so>.");
        let error = read(soap::write_fault(&fault, Some("urn:uuid:1"))).unwrap_err();
        assert!(!error.may_be_carried_out());
        assert_eq!(error.to_string(), "the registry answered with a fault: Not <so>.");
        let fault = soap::Fault::receiver("We failed.");
        assert!(read(soap::write_fault(&fault, None)).unwrap_err().may_be_carried_out());
    }
}

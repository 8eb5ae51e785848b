//! A request up to its payload: what every SOAP endpoint asks before it looks at the body.

use xml::{Element, Limits, Reader};

use crate::fault::{Fault, Subcode};
use crate::header::{ReplyTo, SecurityBlock, read_end, read_header};

/// Identifiers are URIs of some 45 characters; they are echoed, logged and recorded.
const MAX_MESSAGE_ID_BYTES: usize = 2048;

/// A request whose header is read and whose payload is next.
pub struct Incoming<'a> {
    /// `wsa:Action`, by which endpoints dispatch.
    pub action: String,
    /// `wsa:MessageID`, echoed in the answer. Its absence is tolerated: hand-written clients leave it out.
    pub message_id: Option<String>,
    /// Who sends it, by their own account.
    pub security: Option<SecurityBlock>,
    /// The start of the body's child; the reader stands just after it.
    pub payload: Element<'a>,
    pub reader: Reader<'a>,
}

impl<'a> Incoming<'a> {
    /// Reads the header and the start of the payload.
    ///
    /// Answers go back on the connection only: a foreign reply address would make us connect to
    /// whatever a sender names.
    ///
    /// # Errors
    /// The [`Fault`] to answer with.
    pub fn open(text: &'a str, limits: Limits) -> Result<Incoming<'a>, Fault> {
        let mut reader = Reader::new(text, limits)?;
        let header = read_header(&mut reader)?;
        let Some(action) = header.addressing.action else {
            return Err(Fault::addressing(
                Subcode::MessageAddressingHeaderRequired,
                "The request has no wsa:Action.",
            ));
        };
        if header.addressing.message_id.as_ref().is_some_and(|id| id.len() > MAX_MESSAGE_ID_BYTES) {
            let reason = "The wsa:MessageID is too long.";
            return Err(Fault::addressing(Subcode::InvalidAddressingHeader, reason));
        }
        if header.addressing.reply_to != ReplyTo::Anonymous {
            return Err(Fault::addressing(
                Subcode::OnlyAnonymousAddressSupported,
                "Answers are sent on the connection of the request only.",
            ));
        }
        let payload = reader.next_child()?.ok_or_else(|| Fault::sender("The Body is empty."))?;
        let message_id = header.addressing.message_id;
        Ok(Incoming { action, message_id, security: header.security, payload, reader })
    }

    /// Refuses a payload that is not what the action says.
    ///
    /// # Errors
    /// `ActionMismatch`.
    pub fn expect(&self, namespace: &str, local: &str) -> Result<(), Fault> {
        if self.payload.is(namespace, local) {
            return Ok(());
        }
        let reason = "The payload is not the one that wsa:Action announces.";
        Err(Fault::addressing(Subcode::ActionMismatch, reason))
    }

    /// After the payload was read: nothing may follow it.
    ///
    /// # Errors
    /// `Sender`.
    pub fn close(&mut self) -> Result<(), Fault> {
        read_end(&mut self.reader)
    }
}

/// The fault for an action that no transaction of the endpoint has.
pub fn action_not_supported() -> Fault {
    Fault::addressing(Subcode::ActionNotSupported, "This endpoint does not offer the action.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultCode;

    fn envelope(header: &str, body: &str) -> String {
        format!(
            "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' \
             xmlns:a='http://www.w3.org/2005/08/addressing'><s:Header>{header}</s:Header>\
             <s:Body>{body}</s:Body></s:Envelope>"
        )
    }

    #[track_caller]
    fn check(header: &str, body: &str, expected: Option<Subcode>) {
        let text = envelope(header, body);
        let Err(fault) = Incoming::open(&text, Limits::default()) else {
            panic!("the request was accepted");
        };
        assert_eq!(fault.code, FaultCode::Sender { subcode: expected });
    }

    #[test]
    fn a_request_is_opened_up_to_its_payload() {
        let text = envelope(
            "<a:Action> urn:x </a:Action><a:MessageID>uuid:1</a:MessageID>",
            "<p xmlns='urn:p'/>",
        );
        let mut incoming = Incoming::open(&text, Limits::default()).unwrap();
        assert_eq!(
            (incoming.action.as_str(), incoming.message_id.as_deref()),
            ("urn:x", Some("uuid:1"))
        );
        incoming.expect("urn:p", "p").unwrap();
        assert!(incoming.expect("urn:p", "q").is_err());
        incoming.reader.skip().unwrap();
        incoming.close().unwrap();
    }

    #[test]
    fn what_an_endpoint_needs_is_demanded() {
        check("", "<p/>", Some(Subcode::MessageAddressingHeaderRequired));
        check("<a:Action>urn:x</a:Action>", "", None);
        let reply = "<a:Action>urn:x</a:Action><a:ReplyTo><a:Address>http://127.0.0.1:9/</a:Address></a:ReplyTo>";
        check(reply, "<p/>", Some(Subcode::OnlyAnonymousAddressSupported));
    }

    #[test]
    fn a_message_id_has_a_limit() {
        let header = |length: usize| {
            format!("<a:Action>urn:x</a:Action><a:MessageID>{}</a:MessageID>", "x".repeat(length))
        };
        let longest = envelope(&header(MAX_MESSAGE_ID_BYTES), "<p/>");
        assert!(Incoming::open(&longest, Limits::default()).is_ok());
        let too_long = Some(Subcode::InvalidAddressingHeader);
        check(&header(MAX_MESSAGE_ID_BYTES + 1), "<p/>", too_long);
    }
}

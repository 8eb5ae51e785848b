//! `soap::Incoming`: header blocks of any kind, and answers and faults that relate to them.

use soap::{Fault, FaultCode, Incoming, message_id, write_envelope, write_fault, write_request};
use xml::{Event, Limits, Reader};

use super::{XML_TOKENS, payload, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "soap_envelope",
    run,
    seeds,
    samples: &["xds/iti18", "xds/iti42", "xds/iti41", "saml"],
    tokens: &[TOKENS, XML_TOKENS],
};

const TOKENS: &[&str] = &[
    "<s:Header>",
    "</s:Header>",
    "<s:Body>",
    "</s:Body>",
    "<a:Action>urn:x</a:Action>",
    "<a:MessageID>urn:uuid:1</a:MessageID>",
    "<a:RelatesTo>1</a:RelatesTo>",
    "<a:To>http://x/</a:To>",
    "<a:ReplyTo><a:Address>http://127.0.0.1:1/</a:Address></a:ReplyTo>",
    "<a:FaultTo><a:Address>http://127.0.0.1:1/</a:Address></a:FaultTo>",
    "<a:From/>",
    " s:mustUnderstand=\"1\"",
    " s:mustUnderstand=\"true\"",
    " s:role=\"http://www.w3.org/2003/05/soap-envelope/role/none\"",
    "http://www.w3.org/2003/05/soap-envelope",
    "http://schemas.xmlsoap.org/soap/envelope/",
    "http://www.w3.org/2005/08/addressing",
    "http://www.w3.org/2005/08/addressing/anonymous",
];

const LIMITS: Limits = Limits {
    bytes: 1024 * 1024,
    depth: 32,
    elements: 5_000,
    attributes_per_element: 64,
    text_bytes: 16 * 1024,
};

fn run(bytes: &[u8]) -> Verdict {
    let text = payload::decode(bytes)?;
    let found = message_id(&text, LIMITS);
    match read(&text) {
        Ok((action, id)) => {
            if let Some(id) = &id {
                assert!(id.len() <= 2_048, "over the limit");
                assert_eq!(found.as_deref().map(str::trim), Some(id.trim()), "the id of a fault");
            }
            check_request(&action, id.as_deref().unwrap_or("urn:uuid:1"));
            check_readable(&write_envelope(&action, id.as_deref(), "<p/>"));
            Ok(format!("message id {}", id.is_some()))
        }
        Err(fault) => {
            check_readable(&write_fault(&fault, found.as_deref()));
            let status = fault.http_status();
            assert_eq!(status == 400, matches!(fault.code, FaultCode::Sender { .. }));
            // Elements that were not understood have the sender's names.
            Err(match &fault.code {
                FaultCode::MustUnderstand { .. } => "not understood".to_owned(),
                FaultCode::VersionMismatch | FaultCode::Sender { .. } | FaultCode::Receiver => {
                    reason(&fault)
                }
            })
        }
    }
}

/// Action and message id of an acceptable request.
fn read(text: &str) -> Result<(String, Option<String>), Fault> {
    let mut incoming = Incoming::open(text, LIMITS)?;
    incoming.reader.skip()?;
    incoming.close()?;
    Ok((incoming.action, incoming.message_id))
}

/// A request that we write with this action and this id has them.
fn check_request(action: &str, id: &str) {
    let text = write_request(action, id, "http://localhost/", "<p/>");
    let again = read(&text);
    let (again, again_id) = match again {
        Ok(read) => read,
        Err(fault) => unreachable!("our own request is refused: {fault}"),
    };
    assert_eq!(again.trim(), action.trim(), "the action");
    assert_eq!(again_id.as_deref().map(str::trim), Some(id.trim()), "the id");
}

/// What we write is XML to its end.
fn check_readable(text: &str) {
    let mut reader = match Reader::new(text, Limits::default()) {
        Ok(reader) => reader,
        Err(error) => unreachable!("an answer that cannot be read: {error}"),
    };
    loop {
        match reader.next() {
            Ok(Event::Eof) => return,
            Ok(Event::Start(_) | Event::Text(_) | Event::End) => {}
            Err(error) => unreachable!("an answer that cannot be read: {error}\n{text}"),
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let action = "urn:ihe:iti:2007:RegistryStoredQuery";
    let security = "<w:Security xmlns:w=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\"><w:T>x</w:T></w:Security>";
    let request =
        write_request(action, "urn:uuid:1", "http://localhost/", "<p xmlns=\"urn:p\">text</p>");
    let rich = format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://www.w3.org/2005/08/addressing\">\
         <s:Header>{security}<a:Action s:mustUnderstand=\"1\"> {action} </a:Action><a:MessageID>urn:uuid:2</a:MessageID>\
         <a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>\
         <x:y xmlns:x=\"urn:x\" s:mustUnderstand=\"0\"/></s:Header><s:Body><p/></s:Body></s:Envelope>"
    );
    vec![request.into_bytes(), rich.into_bytes()]
}

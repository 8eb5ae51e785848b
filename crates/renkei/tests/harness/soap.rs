//! Envelopes as a client writes them.

use super::node::escape;

pub(crate) const PROVIDE: &str = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";
pub(crate) const REGISTER: &str = "urn:ihe:iti:2007:RegisterDocumentSet-b";
pub(crate) const QUERY: &str = "urn:ihe:iti:2007:RegistryStoredQuery";
pub(crate) const MULTI_PATIENT_QUERY: &str = "urn:ihe:iti:2009:MultiPatientStoredQuery";
pub(crate) const RETRIEVE: &str = "urn:ihe:iti:2007:RetrieveDocumentSet";

pub(crate) const REGISTRY: &str = "/xds/registry";
pub(crate) const REPOSITORY: &str = "/xds/repository";

/// A request with every header that a client should send.
pub(crate) fn envelope(action: &str, message_id: &str, body: &str) -> String {
    let headers = format!(
        "<a:Action s:mustUnderstand=\"1\">{action}</a:Action><a:MessageID>{}</a:MessageID>\
         <a:ReplyTo s:mustUnderstand=\"1\"><a:Address>\
         http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>\
         <a:To s:mustUnderstand=\"1\">http://localhost/</a:To>",
        escape(message_id)
    );
    with_headers(&headers, body)
}

/// An envelope with these header blocks; the prefixes are `s` and `a`.
pub(crate) fn with_headers(headers: &str, body: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://www.w3.org/2005/08/addressing\"><s:Header>{headers}</s:Header>\
         <s:Body>{body}</s:Body></s:Envelope>"
    )
}

/// A message without its XML declaration, for the inside of an envelope.
pub(crate) fn without_declaration(text: &str) -> &str {
    let text = text.trim_start_matches('\u{FEFF}');
    match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").unwrap().1,
        None => text,
    }
}

pub(crate) fn new_message_id() -> String {
    format!("urn:uuid:{}", uuid::Uuid::new_v4())
}

/// `Content-Type` of a simple request.
pub(crate) fn simple(action: &str) -> String {
    format!("application/soap+xml; charset=UTF-8; action=\"{action}\"")
}

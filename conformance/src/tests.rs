//! Tests of the runner itself. Above all: every kind of check can fail.

mod cases;
mod checks;
mod consumer;
mod coverage;
mod falsified;
mod falsified_access;
mod falsified_manager;
mod hl7;
mod packages;
mod provider;
mod readers;
mod rule_tables;
mod runner;
mod tables;
mod templates;
mod v3_rules;

use crate::answer::{Answer, Hl7Answer, HttpAnswer};
use crate::endpoints::Endpoints;
use serde_json::json;
use std::path::PathBuf;

/// Endpoints of a server that offers everything.
fn endpoints() -> Endpoints {
    endpoints_of(json!({
        "registry": "http://127.0.0.1:1/xds/registry",
        "repository": "http://127.0.0.1:1/xds/repository",
        "registry_mllp": "127.0.0.1:1",
        "affinity_domain": "1.2.3.4",
        "repository_unique_id": "1.2.3.5",
    }))
}

fn endpoints_of(values: serde_json::Value) -> Endpoints {
    Endpoints::new(PathBuf::new(), values.as_object().unwrap().clone()).unwrap()
}

/// An answer in simple SOAP with these header blocks and this payload.
fn soap(header: &str, payload: &str) -> Answer {
    http(200, "application/soap+xml; charset=UTF-8", envelope(header, payload).as_bytes())
}

fn http(status: u16, content_type: &str, body: &[u8]) -> Answer {
    let headers = vec![("content-type".to_owned(), content_type.to_owned())];
    Answer::Http(HttpAnswer::new(status, headers, body.to_vec()))
}

fn hl7(text: &str) -> Answer {
    Answer::Hl7(Hl7Answer::new(text.as_bytes().to_vec()))
}

fn envelope(header: &str, payload: &str) -> String {
    format!(
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' \
         xmlns:a='http://www.w3.org/2005/08/addressing' \
         xmlns:rs='urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0' \
         xmlns:q='urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0' \
         xmlns:r='urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0' \
         xmlns:x='urn:ihe:iti:xds-b:2007' \
         xmlns:i='http://www.w3.org/2004/08/xop/include'>\
         <s:Header>{header}</s:Header><s:Body>{payload}</s:Body></s:Envelope>"
    )
}

/// The same content in an MTOM package with these parts behind the root part.
fn mtom(payload: &str, parts: &[(&str, &[u8])]) -> Answer {
    let mut body = b"--b\r\nContent-Type: application/xop+xml; charset=UTF-8; \
        type=\"application/soap+xml\"\r\nContent-ID: <root@test>\r\n\r\n"
        .to_vec();
    body.extend_from_slice(envelope("", payload).as_bytes());
    for (id, bytes) in parts {
        body.extend_from_slice(format!("\r\n--b\r\nContent-ID: <{id}>\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
    }
    body.extend_from_slice(b"\r\n--b--\r\n");
    http(200, MTOM, &body)
}

const MTOM: &str = "multipart/related; boundary=b; type=\"application/xop+xml\"; \
                    start=\"<root@test>\"; start-info=\"application/soap+xml\"";

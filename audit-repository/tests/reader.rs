//! A client of ITI-81, plain or with a certificate.
#![expect(clippy::indexing_slicing, reason = "a key that is not in the JSON fails the test")]

use audit_repository::AuditRepositoryServer;
use bytes::Bytes;
use client::{ClientTransport, RawAnswer, RawClient, Timeouts};
use config::pki::PkiFolder;
use net::TlsFiles;
use serde_json::Value;

use crate::fixture::Fixture;

pub(crate) struct Reader<'f> {
    fixture: &'f Fixture,
    client: RawClient,
    pub(crate) base: String,
}

impl<'f> Reader<'f> {
    pub(crate) fn plain(fixture: &'f Fixture, server: &AuditRepositoryServer) -> Reader<'f> {
        let base = format!("http://{}/fhir", server.http_address());
        Reader { fixture, client: client(&ClientTransport::Plain), base }
    }

    /// With the certificate of this client, which exists.
    pub(crate) fn tls(
        fixture: &'f Fixture,
        server: &AuditRepositoryServer,
        name: &str,
    ) -> Reader<'f> {
        let pki = PkiFolder::of(fixture.folder.path());
        let files = pki.client(name);
        let transport = ClientTransport::from(TlsFiles::new(
            files.certificate,
            files.key,
            pki.ca_certificate(),
        ));
        let base = format!("https://{}/fhir", server.http_address());
        Reader { fixture, client: client(&transport), base }
    }

    pub(crate) fn ask(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> RawAnswer {
        let headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let body = Bytes::copy_from_slice(body.as_bytes());
        self.fixture.runtime.block_on(self.client.request(method, url, headers, body)).unwrap()
    }

    pub(crate) fn search(&self, query: &str) -> RawAnswer {
        self.ask("GET", &format!("{}/AuditEvent?{query}", self.base), &[], "")
    }

    pub(crate) fn form(&self, form: &str) -> RawAnswer {
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        self.ask("POST", &format!("{}/AuditEvent/_search", self.base), &headers, form)
    }

    /// The bundle of a search that is answered.
    #[track_caller]
    pub(crate) fn bundle(&self, query: &str) -> Value {
        found(&self.search(query))
    }

    /// Sequence numbers of all pages, following the links.
    #[track_caller]
    pub(crate) fn all(&self, query: &str) -> Vec<i64> {
        let mut page = self.bundle(query);
        let mut all = sequences(&page);
        while let Some(next) = link(&page, "next") {
            page = found(&self.ask("GET", &next, &[], ""));
            all.extend(sequences(&page));
        }
        all
    }
}

fn client(transport: &ClientTransport) -> RawClient {
    RawClient::new(transport, Timeouts::default()).unwrap()
}

#[track_caller]
pub(crate) fn found(answer: &RawAnswer) -> Value {
    let said = json(answer);
    assert_eq!(answer.status, 200, "{said:#}");
    assert_eq!(said["resourceType"], "Bundle");
    said
}

#[track_caller]
pub(crate) fn json(answer: &RawAnswer) -> Value {
    assert_eq!(answer.header("content-type"), Some("application/fhir+json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    serde_json::from_slice(&answer.body).unwrap()
}

pub(crate) fn link(bundle: &Value, relation: &str) -> Option<String> {
    let links = bundle["link"].as_array().unwrap();
    let link = links.iter().find(|link| link["relation"] == relation)?;
    Some(link["url"].as_str().unwrap().to_owned())
}

pub(crate) fn events(bundle: &Value) -> Vec<Value> {
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let matches = entries.into_iter().filter(|entry| entry["search"]["mode"] == "match");
    matches.map(|entry| entry["resource"].clone()).collect()
}

pub(crate) fn sequences(bundle: &Value) -> Vec<i64> {
    let id = |event: &Value| event["id"].as_str().unwrap().parse().unwrap();
    events(bundle).iter().map(id).collect()
}

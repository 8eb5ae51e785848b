//! A case that nobody can fail shows nothing: repositories that say yes, or no, to everything are
//! found out by each case of ITI-41 and ITI-43.

use super::{endpoints_of, envelope};
use crate::case::Case;
use crate::endpoints::Endpoints;
use crate::evidence::Evidence;
use crate::report::Outcome;
use crate::run::{Certificates, Runner};
use crate::suite::Suite;
use serde_json::json;
use std::collections::BTreeSet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where the standard leaves the choice between both.
const EITHER: &str = "iti-41/packages/unreferenced_part_refused";

/// What a server answers to everything.
#[derive(Clone, Copy)]
pub(super) enum Says {
    Yes,
    No,
}

impl Says {
    /// `rs:RegistryResponse`, or the attributes and errors of another answer.
    pub(super) fn answer(self, request: &str) -> String {
        let (status, errors) = match self {
            Says::Yes => ("Success", String::new()),
            Says::No => (
                "Failure",
                "<rs:RegistryErrorList><rs:RegistryError errorCode='XDSRepositoryError' \
                 codeContext='no' severity='urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error'/>\
                 </rs:RegistryErrorList>"
                    .to_owned(),
            ),
        };
        let status =
            format!("status='urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:{status}'");
        let response = format!("<rs:RegistryResponse {status}>{errors}</rs:RegistryResponse>");
        if request.contains("AdhocQueryRequest") {
            return format!(
                "<q:AdhocQueryResponse {status}>{errors}<r:RegistryObjectList/></q:AdhocQueryResponse>"
            );
        }
        if request.contains("RetrieveDocumentSetRequest") {
            return format!(
                "<x:RetrieveDocumentSetResponse>{response}</x:RetrieveDocumentSetResponse>"
            );
        }
        response
    }
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_default();
    rest.split_once(end).unwrap_or_default().0
}

/// The text of a request: head and body.
pub(super) async fn received(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 65536];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = between(&head.to_ascii_lowercase(), "content-length: ", "\r\n").to_owned();
            let end = head.len() + 4 + length.parse::<usize>().unwrap_or_default();
            if bytes.len() >= end {
                return text.into_owned();
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return String::new(),
            Ok(n_bytes) => bytes.extend_from_slice(&buffer[..n_bytes]),
        }
    }
}

/// Repository and registry in one.
pub(super) async fn server(says: Says) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = received(&mut stream).await;
            let action = between(between(&request, "<wsa:Action", "/wsa:Action>"), ">", "<");
            let id = between(&request, "<wsa:MessageID>", "<");
            let header = format!(
                "<a:Action s:mustUnderstand='1'>{action}Response</a:Action>\
                 <a:RelatesTo>{id}</a:RelatesTo>"
            );
            let envelope = envelope(&header, &says.answer(&request));
            let (content_type, body) = match request.contains("multipart/related") {
                true => (super::MTOM, packaged(&envelope)),
                false => ("application/soap+xml", envelope),
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nConnection: close\r\n\
                 Content-Length: {}\r\n\r\n",
                body.len()
            );
            let _gone = stream.write_all((head + &body).as_bytes()).await;
        }
    });
    format!("http://{address}/")
}

fn packaged(envelope: &str) -> String {
    format!(
        "--b\r\nContent-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"\r\n\
         Content-ID: <root@test>\r\n\r\n{envelope}\r\n--b--\r\n"
    )
}

/// A feed that takes every patient.
pub(super) async fn feed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(acknowledge(stream));
        }
    });
    address.to_string()
}

async fn acknowledge(mut stream: TcpStream) {
    let mut buffer = vec![0; 65536];
    while let Ok(n_bytes) = stream.read(&mut buffer).await {
        let message = String::from_utf8_lossy(&buffer[..n_bytes]);
        let id = message.split('|').nth(9).unwrap_or_default();
        let answer = format!("\u{b}MSH|^~\\&|C|D|A|B\rMSA|AA|{id}\r\u{1c}\r");
        if n_bytes == 0 || stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn endpoints(says: Says) -> Endpoints {
    let address = server(says).await;
    endpoints_of(json!({
        "registry": address,
        "repository": address,
        "registry_mllp": feed().await,
        "affinity_domain": "1.2.3.4",
        "repository_unique_id": "1.2.3.5",
    }))
}

/// The cases of a repository that pass there.
async fn passed(says: Says) -> BTreeSet<String> {
    let (suite, endpoints) = (Suite::built_in(), endpoints(says).await);
    let kept = tempfile::tempdir().unwrap();
    let evidence = Evidence::new(kept.path().to_owned());
    let runner = Runner::new(&suite, &endpoints, &Certificates::default(), &evidence).unwrap();
    let of_repository =
        |case: &&Case| case.id.starts_with("iti-41/") || case.id.starts_with("iti-43/");
    let cases = suite.cases().unwrap();
    let mut passed = BTreeSet::new();
    for case in cases.iter().filter(of_repository) {
        let report = Box::pin(runner.run(case)).await;
        assert!(!matches!(report.outcome, Outcome::Skipped(_)), "{}", case.id);
        if report.outcome == Outcome::Pass {
            passed.insert(case.id.clone());
        }
    }
    passed
}

#[tokio::test]
async fn a_repository_that_says_yes_to_everything_passes_nothing() {
    assert_eq!(passed(Says::Yes).await, BTreeSet::from([EITHER.to_owned()]));
}

/// Some broken messages may be answered by any refusal.
#[tokio::test]
async fn a_repository_that_says_no_to_everything_passes_only_what_is_broken() {
    let passed = passed(Says::No).await;
    let broken = |id: &String| {
        id.starts_with("iti-41/packages/") && id.ends_with("_refused")
            || id == "iti-43/incomplete_request"
    };
    assert!(passed.iter().all(broken), "{passed:?}");
}

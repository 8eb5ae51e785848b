//! Whole runs against small servers in this process: what they answer decides pass or fail.

use super::{endpoints_of, envelope};
use crate::case::Case;
use crate::endpoints::Endpoints;
use crate::evidence::Evidence;
use crate::report::{CaseReport, Outcome, Report};
use crate::run::{Certificates, Runner};
use crate::suite::Suite;
use serde_json::json;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const HEADER: &str = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' \
    xmlns:a='http://www.w3.org/2005/08/addressing'><s:Header>\
    <a:MessageID>${message_id}</a:MessageID></s:Header><s:Body><ask id='${uuid:asked}'/></s:Body></s:Envelope>";

const CASE: &str = r#"
id = "x/asked"
requirement = "Who asks is answered."
paragraph = "none"
needs = ["registry", "registry_mllp"]

[[step]]
name = "announce"
transaction = "ITI-8"
kind = "mllp"
endpoint = "registry_mllp"
inline = 'MSH|^~\&|A|B|C|D|${now}||ADT^A04|${control_id}|P|2.3.1'
checks = [{ acknowledgement = "AA" }, "answers_control_id"]

[[step]]
name = "ask"
transaction = "ITI-18"
kind = "soap"
endpoint = "registry"
action = "urn:ask"
message = "x/ask.xml"
checks = ["relates_to_request", { count = { of = "//rim:ObjectRef", is = 1 } }]

[[step]]
name = "ask what was answered"
transaction = "ITI-18"
kind = "soap"
endpoint = "registry"
action = "urn:ask"
message = "x/ask.xml"
variables = { id = "${step.2.//rim:ObjectRef/@id}" }
checks = [{ value = { of = "//rim:ObjectRef/@id", is = "${step.2.//rim:ObjectRef/@id}" } }]
"#;

/// A suite with the one case, in a folder that is removed at the end of the test.
fn suite() -> (TempDir, Suite) {
    let folder = tempfile::tempdir().unwrap();
    for part in ["cases/x", "messages/x"] {
        fs::create_dir_all(folder.path().join(part)).unwrap();
    }
    fs::write(folder.path().join("cases/x/asked.toml"), CASE).unwrap();
    fs::write(folder.path().join("messages/x/ask.xml"), HEADER).unwrap();
    let suite = Suite::in_folder(folder.path()).unwrap();
    (folder, suite)
}

/// Text between two marks of a request.
fn between(text: &str, begin: &str, end: &str) -> String {
    let (_, rest) = text.split_once(begin).unwrap_or_default();
    rest.split_once(end).unwrap_or_default().0.to_owned()
}

/// Reads until the mark that ends a request.
async fn received(stream: &mut TcpStream, mark: &str) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&bytes).ends_with(mark) {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(n_bytes) => bytes.extend_from_slice(&buffer[..n_bytes]),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A registry that answers every query with `payload`.
async fn registry(payload: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = received(&mut stream, "</s:Envelope>").await;
            let id = between(&request, "<a:MessageID>", "</a:MessageID>");
            let body = envelope(&format!("<a:RelatesTo>{id}</a:RelatesTo>"), payload);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).await.unwrap();
        }
    });
    address
}

/// A feed receiver that acknowledges with `code`.
async fn feed(code: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let message = received(&mut stream, "\u{1c}\r").await;
            let id = message.split('|').nth(9).unwrap_or_default().to_owned();
            let answer = format!("\u{b}MSH|^~\\&|C|D|A|B\rMSA|{code}|{id}\r\u{1c}\r");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

async fn run(endpoints: &Endpoints, evidence: &Path) -> CaseReport {
    let (_folder, suite) = suite();
    let cases: Vec<Case> = suite.cases().unwrap();
    let evidence = Evidence::new(evidence.to_owned());
    let runner = Runner::new(&suite, endpoints, &Certificates::default(), &evidence).unwrap();
    Box::pin(runner.run(&cases[0])).await
}

fn server(registry: SocketAddr, feed: SocketAddr) -> Endpoints {
    endpoints_of(
        json!({ "registry": format!("http://{registry}/"), "registry_mllp": feed.to_string() }),
    )
}

#[tokio::test]
async fn a_server_that_answers_rightly_passes_and_everything_is_kept() {
    let kept = tempfile::tempdir().unwrap();
    let endpoints = server(registry("<r:ObjectRef id='a'/>").await, feed("AA").await);
    let report = run(&endpoints, kept.path()).await;
    assert_eq!(report.outcome, Outcome::Pass);
    assert_eq!(report.steps.len(), 3);
    let read = |name: &str| fs::read_to_string(kept.path().join("x/asked").join(name)).unwrap();
    assert!(read("01-request.hl7").starts_with("MSH|"));
    assert!(read("01-answer.hl7").contains("MSA|AA|"));
    assert!(read("02-request.http").starts_with("POST http://127.0.0.1:"));
    assert!(read("02-answer.http").starts_with("HTTP/1.1 200\r\n"));
    assert_eq!(
        between(&read("02-request.http"), "id='", "'"),
        between(&read("03-request.http"), "id='", "'")
    );
    let json = serde_json::to_value(Report::new("now".to_owned(), vec![report])).unwrap();
    assert_eq!(
        (&json["passed"], &json["failed"], &json["skipped"]),
        (&json!(1), &json!(0), &json!(0))
    );
    assert_eq!(json["cases"][0]["outcome"], "pass");
    assert_eq!(json["cases"][0]["requirement"], "Who asks is answered.");
    assert_eq!(json["cases"][0]["steps"][1]["checks"][1]["check"]["count"]["is"], 1);
    assert!(json["cases"][0]["steps"][1]["answer"].as_str().unwrap().ends_with("02-answer.http"));
}

#[tokio::test]
async fn a_wrong_answer_fails_and_ends_the_case() {
    let kept = tempfile::tempdir().unwrap();
    let endpoints = server(registry("<r:Other/>").await, feed("AA").await);
    let report = run(&endpoints, kept.path()).await;
    let Outcome::Fail(reason) = &report.outcome else { panic!("{:?}", report.outcome) };
    assert!(reason.starts_with("step 2 (ask): //rim:ObjectRef"), "{reason}");
    assert_eq!(report.steps.len(), 2, "later steps build on the failed one");
    assert_eq!(report.steps[1].checks[0].finding, None);
    assert!(report.steps[1].checks[1].finding.is_some());
}

#[tokio::test]
async fn a_negative_acknowledgement_fails() {
    let kept = tempfile::tempdir().unwrap();
    let endpoints = server(registry("<r:ObjectRef id='a'/>").await, feed("AE").await);
    let report = run(&endpoints, kept.path()).await;
    assert!(matches!(&report.outcome, Outcome::Fail(reason) if reason.starts_with("step 1")));
}

#[tokio::test]
async fn a_server_that_is_not_there_fails() {
    let kept = tempfile::tempdir().unwrap();
    // A port that was just released: nobody listens on it.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let report = run(&server(closed, closed), kept.path()).await;
    assert!(
        matches!(&report.outcome, Outcome::Fail(reason) if reason.contains("no answer over MLLP"))
    );
    assert_eq!(report.steps[0].answer, None);
}

#[tokio::test]
async fn an_absent_endpoint_skips_the_case_and_says_which() {
    let kept = tempfile::tempdir().unwrap();
    let report =
        run(&endpoints_of(json!({ "registry": "http://127.0.0.1:1/" })), kept.path()).await;
    let Outcome::Skipped(reason) = &report.outcome else { panic!("{:?}", report.outcome) };
    assert_eq!(reason, "the endpoints file has no `registry_mllp`");
    assert!(report.to_string().starts_with("skipped  x/asked: "));
    assert!(fs::read_dir(kept.path()).unwrap().next().is_none());
}

#[tokio::test]
async fn tls_without_certificate_fails_with_the_reason() {
    let kept = tempfile::tempdir().unwrap();
    let endpoints = endpoints_of(
        json!({ "registry": "https://127.0.0.1:1/", "registry_mllps": "127.0.0.1:1" }),
    );
    let report = run(&endpoints, kept.path()).await;
    assert!(matches!(&report.outcome, Outcome::Fail(reason) if reason.contains("demands TLS")));
}

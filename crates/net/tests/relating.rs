//! A refusal names the message it refuses, as far as its beginning was read.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::{Duration, Instant};

use actix_web::{HttpRequest, HttpResponse, web};
use net::soap_endpoint::{BodyLimits, receive};
use net::{HttpConfig, HttpLimits, HttpServer, Transport};

use crate::wire::{Answer, Wire};

const SIMPLE: &str = "application/soap+xml; charset=UTF-8";
const MTOM: &str = "multipart/related; type=\"application/xop+xml\"; boundary=b";
const ENDED: &str = "\r\n--b--\r\n";

/// An envelope, a document, a message.
const LIMITS: BodyLimits = BodyLimits {
    root_bytes: 2_000,
    inline_bytes: 100_000,
    part_bytes: 200_000,
    total_bytes: 300_000,
    parts: 3,
};

fn start() -> (HttpServer, tempfile::TempDir) {
    let spool = tempfile::tempdir().unwrap();
    let folder = web::Data::new(spool.path().to_owned());
    let config = HttpConfig {
        address: "127.0.0.1:0".parse().unwrap(),
        transport: Transport::Plain,
        workers: 1,
        limits: HttpLimits::default(),
        on_refused: net::OnRefused::default(),
        trusted_proxy: None,
    };
    let server = HttpServer::start(config, move |service| {
        service.app_data(folder.clone()).route("/", web::to(refuse));
    });
    (server.unwrap(), spool)
}

async fn refuse(
    request: HttpRequest,
    payload: web::Payload,
    spool: web::Data<std::path::PathBuf>,
) -> HttpResponse {
    match receive(&request, payload, &LIMITS, Some(&spool)).await {
        Ok(_) => HttpResponse::Ok().finish(),
        Err(rejection) => rejection.respond(),
    }
}

/// With white space or a letter in front of the header's end, to any length.
fn envelope(n_more: usize) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://www.w3.org/2005/08/addressing\"><s:Header><a:Action>urn:x</a:Action>\
         <a:MessageID>urn:uuid:&lt;連携></a:MessageID></s:Header><s:Body><x>{}</x></s:Body>\
         </s:Envelope>",
        "連".repeat(n_more)
    )
}

fn package(envelope: &str, document: usize) -> String {
    format!(
        "--b\r\nContent-Type: application/xop+xml; charset=UTF-8\r\n\r\n{envelope}\r\n--b\r\n\
         Content-ID: <d>\r\n\r\n{}",
        "x".repeat(document)
    )
}

fn post(server: &HttpServer, content_type: &str, lines: &str, body: &[u8]) -> Answer {
    let mut request =
        format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n{lines}\r\n\r\n")
            .into_bytes();
    request.extend_from_slice(body);
    Wire::plain(server.address()).request(&request).unwrap()
}

fn chunked(body: &str) -> Vec<u8> {
    format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).into_bytes()
}

#[track_caller]
fn check(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text());
    let related = "<wsa:RelatesTo>urn:uuid:&lt;連携></wsa:RelatesTo>";
    let text = answer.text().replace("&gt;", ">");
    assert!(text.contains(related), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_named() {
    let (server, _spool) = start();
    let sized = |content_type: &str, body: &str| {
        post(&server, content_type, &format!("Content-Length: {}", body.len()), body.as_bytes())
    };
    let small = envelope(0);
    for n_more in [600, 601, 602, 50_000] {
        check(&sized(SIMPLE, &envelope(n_more)), 413);
        check(&sized(MTOM, &(package(&envelope(n_more), 1) + ENDED)), 413);
    }
    // A document, the announced whole, the whole that was not announced.
    check(&sized(MTOM, &(package(&small, 200_001) + ENDED)), 413);
    check(&sized(MTOM, &(package(&small, 300_000) + ENDED)), 413);
    check(&sized(SIMPLE, &envelope(100_001)), 413);
    let line = "Transfer-Encoding: chunked";
    check(&post(&server, MTOM, line, &chunked(&(package(&small, 300_000) + ENDED))), 413);
    check(&post(&server, SIMPLE, line, &chunked(&envelope(100_001))), 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_is_named() {
    let (server, _spool) = start();
    let sized = |content_type: &str, body: &[u8]| {
        post(&server, content_type, &format!("Content-Length: {}", body.len()), body)
    };
    check(&sized(MTOM, package(&envelope(0), 1).as_bytes()), 400);
    let mut wrong = envelope(0).into_bytes();
    wrong.extend_from_slice(b"\xff");
    check(&sized(SIMPLE, &wrong), 400);
}

/// Who announces too much and then says nothing is answered soon all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_too_large_is_not_waited_for() {
    let (server, _spool) = start();
    let begin = Instant::now();
    for content_type in [SIMPLE, MTOM] {
        let line = "Content-Length: 300001";
        let answer = post(&server, content_type, line, b"");
        assert_eq!(answer.status, 413);
        assert!(!answer.text().contains("RelatesTo"));
        check(&post(&server, content_type, line, beginning(content_type).as_bytes()), 413);
    }
    assert!(begin.elapsed() < Duration::from_secs(10));
}

fn beginning(content_type: &str) -> String {
    if content_type == SIMPLE { envelope(0) } else { package(&envelope(0), 100) }
}

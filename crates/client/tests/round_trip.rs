//! What is sent arrives, and what is answered comes back, byte by byte.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use client::soap::{Content, OutAttachment, PartSource};
use client::{AnswerLimits, ClientTransport, SoapClient, Timeouts};

use crate::certificates::Authority;
use crate::servers::{Echo, client};

/// Around the sizes where buffers end.
const SIZES: [usize; 7] = [0, 1, 4095, 4096, 4097, 100 * 1024, 5 * 1024 * 1024];

/// Bytes without a period that a block size could hide, full of what looks like boundaries.
fn content(size: usize) -> Vec<u8> {
    let mut state: u32 = 2_463_534_242;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        bytes.extend_from_slice(&state.to_le_bytes());
        bytes.extend_from_slice(if state.is_multiple_of(7) { b"\r\n--" } else { b"-" });
    }
    bytes.truncate(size);
    bytes
}

fn attachment(index: usize, source: PartSource, size: usize) -> OutAttachment {
    OutAttachment {
        content_id: format!("{index}@test"),
        content_type: "application/octet-stream".to_owned(),
        source,
        size: size.try_into().unwrap(),
    }
}

async fn round_trip(transport: &ClientTransport) {
    let echo = Echo::start(transport.clone());
    let client = client(transport);
    let folder = tempfile::tempdir().unwrap();
    // One by one, and all of them in one message; from memory and from files.
    for sizes in SIZES.iter().map(std::slice::from_ref).chain([&SIZES[..]]) {
        let contents: Vec<Vec<u8>> = sizes.iter().map(|size| content(*size)).collect();
        let attachments = contents.iter().enumerate().map(|(index, bytes)| {
            let source = if index % 2 == 0 {
                let path = folder.path().join(index.to_string());
                std::fs::write(&path, bytes).unwrap();
                PartSource::Path(path)
            } else {
                PartSource::Bytes(Bytes::from(bytes.clone()))
            };
            attachment(index, source, bytes.len())
        });
        let envelope = "<e>山田</e>".to_owned();
        let answer =
            client.call_mtom(&echo.url, "urn:test", envelope, attachments.collect()).await.unwrap();
        assert_eq!((answer.status, answer.text.as_str()), (200, "<e>山田</e>"));
        assert_eq!(answer.attachments.len(), contents.len());
        for (index, (received, sent)) in answer.attachments.into_iter().zip(contents).enumerate() {
            assert_eq!(received.content_id.unwrap(), format!("{index}@test"));
            let is_file = matches!(received.content, Content::File(_));
            assert_eq!(is_file, sent.len() > 1024 * 1024, "{} bytes", sent.len());
            // Not assert_eq: a failure would print megabytes.
            assert!(received.content.into_bytes().await.unwrap() == sent);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_survive_both_ways_plain() {
    round_trip(&ClientTransport::Plain).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_survive_both_ways_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    round_trip(&Authority::new(folder.path(), "ca").transport("node")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn simple_soap_survives_both_ways() {
    let echo = Echo::start(ClientTransport::Plain);
    let client = client(&ClientTransport::Plain);
    for n_characters in [0, 1000, 300_000, 5_000_000] {
        let envelope = format!("<e>{}</e>", "山".repeat(n_characters));
        let answer = client.call(&echo.url, "urn:test", envelope.clone()).await.unwrap();
        assert!(answer.status == 200 && answer.text == envelope && answer.attachments.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bare_mtom_is_answered_with_mtom() {
    let echo = Echo::start(ClientTransport::Plain);
    let client = client(&ClientTransport::Plain);
    let answer = client.call_mtom(&echo.url, "urn:test", "<e/>".to_owned(), Vec::new()).await;
    assert_eq!(answer.unwrap().text, "<e/>");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_answers() {
    let echo = Echo::start(ClientTransport::Plain);
    let client = client(&ClientTransport::Plain);
    let url = echo.url("fault");
    let simple = client.call(&url, "urn:test", "<e/>".to_owned()).await.unwrap();
    let mtom = client.call_mtom(&url, "urn:test", "<e/>".to_owned(), Vec::new()).await.unwrap();
    for answer in [simple, mtom] {
        assert_eq!(answer.status, 400);
        assert!(answer.text.contains("Not so."));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let transport = Authority::new(folder.path(), "ca").transport("node");
    let echo = Echo::start(transport.clone());
    let client = client(&transport);
    let mut ports = Vec::new();
    for _ in 0..5 {
        let answer = client.call(&echo.url("peer"), "urn:test", "<e/>".to_owned()).await.unwrap();
        ports.push(answer.text);
    }
    ports.dedup();
    assert_eq!(ports.len(), 1);
}

/// A resumed TLS session must not lose the certificate: it names who asks.
#[tokio::test(flavor = "multi_thread")]
async fn certificate_is_known_on_every_connection() {
    let folder = tempfile::tempdir().unwrap();
    let transport = Authority::new(folder.path(), "ca").transport("hospital-a");
    let echo = Echo::start(transport.clone());
    let pool_idle = Duration::from_millis(1);
    let timeouts = Timeouts { pool_idle, ..Timeouts::default() };
    let client = SoapClient::new(&transport, timeouts, AnswerLimits::default()).unwrap();
    let mut ports = Vec::new();
    for _ in 0..3 {
        let answer = client.call(&echo.url("peer"), "urn:test", "<e/>".to_owned()).await.unwrap();
        let (name, port) = answer.text.split_once(' ').unwrap();
        assert_eq!(name, "hospital-a");
        ports.push(port.to_owned());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    ports.dedup();
    assert_eq!(ports.len(), 3, "the connections were not new ones");
}

/// The guard of `TCP_NODELAY` on both sides: 50 KB go and come.
#[tokio::test(flavor = "multi_thread")]
async fn calls_of_50_kb_are_prompt() {
    let folder = tempfile::tempdir().unwrap();
    let mutual = Authority::new(folder.path(), "ca").transport("node");
    for transport in [ClientTransport::Plain, mutual] {
        let echo = Echo::start(transport.clone());
        let client = client(&transport);
        let envelope = "x".repeat(50 * 1024);
        let mut durations = Vec::new();
        for _ in 0..100 {
            let start = Instant::now();
            client.call(&echo.url, "urn:test", envelope.clone()).await.unwrap();
            durations.push(start.elapsed());
        }
        durations.sort();
        assert!(durations[50] < Duration::from_millis(5), "median {:?}", durations[50]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_requests_are_sent_as_they_are() {
    let echo = Echo::start(ClientTransport::Plain);
    let raw = client(&ClientTransport::Plain).raw();
    let typed = vec![("Content-Type".to_owned(), "text/xml".to_owned())];
    let answer = raw.post_raw(&echo.url, typed, Bytes::from_static(b"<e/>")).await.unwrap();
    assert_eq!(answer.status, 500);
    assert!(answer.header("content-type").unwrap().starts_with("application/soap+xml"));
    assert!(std::str::from_utf8(&answer.body).unwrap().contains("VersionMismatch"));
    let answer = raw.request("GET", &echo.url, Vec::new(), Bytes::new()).await.unwrap();
    assert_eq!(answer.status, 404);
}

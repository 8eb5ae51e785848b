//! The HTTP server: who gets in, how long things may take, how it stops.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use actix_web::{HttpRequest, HttpResponse, web};
use net::{HttpConfig, HttpLimits, HttpServer, Transport, TransportError};
use openssl::ssl::SslVersion;

use crate::certificates::Authority;
use crate::wire::{Show, Wire};

const GET: &[u8] = b"GET /peer HTTP/1.1\r\nHost: x\r\n\r\n";

/// The size of an ITI-18 answer of some 40 entries.
const ANSWER_BYTES: usize = 50 * 1024;

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

fn start(transport: Transport, limits: HttpLimits) -> HttpServer {
    start_telling(transport, limits, net::OnRefused::default())
}

fn start_telling(
    transport: Transport,
    limits: HttpLimits,
    on_refused: net::OnRefused,
) -> HttpServer {
    let config = HttpConfig {
        address: loopback(),
        transport,
        workers: 1,
        limits,
        on_refused,
        trusted_proxy: None,
    };
    HttpServer::start(config, |service| {
        service
            .route("/peer", web::get().to(show_peer))
            .route("/answer", web::get().to(answer))
            .route("/slow", web::get().to(slow))
            .route("/endless", web::get().to(endless))
            .route("/pieces", web::get().to(pieces))
            .route("/panic", web::get().to(panicking));
    })
    .unwrap()
}

async fn show_peer(request: HttpRequest) -> String {
    let peer = net::peer(&request);
    let uris = peer.certificate.as_ref().map(|certificate| certificate.uris.join(","));
    format!("{} {} {}", peer.name(), uris.unwrap_or_default(), peer.address.ip())
}

async fn answer() -> HttpResponse {
    HttpResponse::Ok().body("x".repeat(ANSWER_BYTES))
}

async fn slow() -> &'static str {
    actix_web::rt::time::sleep(Duration::from_millis(300)).await;
    "done"
}

async fn endless() -> HttpResponse {
    let chunk = web::Bytes::from(vec![b'x'; 64 * 1024]);
    let chunks = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
    HttpResponse::Ok().streaming(chunks)
}

/// A body whose length nobody knows before its end.
async fn pieces() -> HttpResponse {
    let piece = web::Bytes::from(vec![b'x'; 10_000]);
    let pieces = std::iter::repeat_n(piece, 40).map(Ok::<_, std::io::Error>);
    HttpResponse::Ok().streaming(futures_util::stream::iter(pieces))
}

async fn panicking() -> &'static str {
    panic!("a fault of ours")
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_is_refused_beyond_loopback() {
    let address = "0.0.0.0:0".parse().unwrap();
    let config = HttpConfig {
        address,
        transport: Transport::Plain,
        workers: 1,
        limits: HttpLimits::default(),
        on_refused: net::OnRefused::default(),
        trusted_proxy: None,
    };
    let refused = HttpServer::start(config, |_| {}).unwrap_err();
    assert!(matches!(refused, TransportError::PlainBeyondLoopback { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_peer_is_named_by_its_address() {
    let server = start(Transport::Plain, HttpLimits::default());
    let answer = Wire::plain(server.address()).request(GET).unwrap();
    assert_eq!((answer.status, answer.text()), (200, "127.0.0.1  127.0.0.1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_is_named_by_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let server = start(authority.transport("server"), HttpLimits::default());
    let client = authority.node("hospital-a");
    for highest in [SslVersion::TLS1_3, SslVersion::TLS1_2] {
        let show = Show { own: Some(&client), trust: &client, highest: Some(highest) };
        let mut wire = Wire::tls(server.address(), &show).unwrap();
        let answer = wire.request(GET).unwrap();
        assert_eq!(answer.text(), "hospital-a urn:example:hospital-a 127.0.0.1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_without_trusted_certificate_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let stranger = Authority::new(folder.path(), "stranger").node("hospital-a");
    let server = start(authority.transport("server"), HttpLimits::default());
    let trust = authority.node("unused");
    for own in [None, Some(&stranger)] {
        for highest in [SslVersion::TLS1_3, SslVersion::TLS1_2] {
            let show = Show { own, trust: &trust, highest: Some(highest) };
            // Under TLS 1.3 the client learns of the refusal with its first read.
            let answer = Wire::tls(server.address(), &show).and_then(|mut wire| wire.request(GET));
            assert!(answer.is_err(), "{answer:?}");
        }
    }
}

/// Why a connection is refused, as an audit trail would say it (ITI TF-2: 3.19.6).
#[tokio::test(flavor = "multi_thread")]
async fn refused_connections_are_told_with_their_reason() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let (tell, told) = std::sync::mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let on_refused = net::OnRefused::new(move |refusal| {
        tell.lock().unwrap().send((refusal.address.ip(), refusal.reason.clone())).unwrap();
    });
    let limits =
        HttpLimits { request_head_timeout: Duration::from_millis(500), ..HttpLimits::default() };
    let server = start_telling(authority.transport("server"), limits, on_refused);
    let next = || {
        let (address, reason) = told.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(address.is_loopback());
        reason
    };
    let trust = authority.node("hospital-a");
    let stranger = Authority::new(folder.path(), "other").node("stranger");
    let knock = |own: Option<&net::TlsFiles>| {
        let show = Show { own, trust: &trust, highest: None };
        let _refused = Wire::tls(server.address(), &show).and_then(|mut wire| wire.request(GET));
    };
    knock(None);
    assert!(next().contains("did not return a certificate"));
    knock(Some(&stranger));
    assert!(next().contains("certificate verify failed"));
    let _no_tls = Wire::plain(server.address()).request(GET);
    assert!(next().contains("http request"));
    let silent = std::net::TcpStream::connect(server.address()).unwrap();
    assert_eq!(next(), "the handshake took too long");
    drop(silent);
    // Whoever is known is not told of.
    let show = Show { own: Some(&trust), trust: &trust, highest: None };
    assert!(Wire::tls(server.address(), &show).unwrap().request(GET).is_ok());
    assert!(told.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn old_tls_versions_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let server = start(authority.transport("server"), HttpLimits::default());
    let client = authority.node("hospital-a");
    let show = Show { own: Some(&client), trust: &client, highest: Some(SslVersion::TLS1_1) };
    assert!(Wire::tls(server.address(), &show).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn unusable_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let (good, other) = (authority.node("good"), authority.node("other"));
    let missing = folder.path().join("missing.pem");
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let refused = |files: net::TlsFiles| {
        let config = HttpConfig {
            address: loopback(),
            transport: Transport::from(files),
            workers: 1,
            limits: HttpLimits::default(),
            on_refused: net::OnRefused::default(),
            trusted_proxy: None,
        };
        HttpServer::start(config, |_| {}).unwrap_err().to_string()
    };
    let certificate = net::TlsFiles { certificate: missing.clone(), ..good.clone() };
    assert!(refused(certificate).contains("missing.pem"));
    let key = net::TlsFiles { key: other.key, ..good.clone() };
    assert!(refused(key).contains("other.key"));
    assert!(refused(net::TlsFiles { ca: missing, ..good.clone() }).contains("missing.pem"));
    assert!(refused(net::TlsFiles { ca: empty, ..good }).contains("no certificate"));
}

/// The guard of `TCP_NODELAY`: without it every such answer waits 40 ms.
fn assert_prompt(mut wire: Wire, request: &[u8]) {
    let mut durations: Vec<Duration> = (0..200)
        .map(|_| {
            let start = Instant::now();
            let answer = wire.request(request).unwrap();
            assert!(answer.body.len() >= ANSWER_BYTES);
            start.elapsed()
        })
        .collect();
    durations.sort();
    let median = durations.get(durations.len() / 2).copied().unwrap();
    assert!(median < Duration::from_millis(5), "median {median:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_50_kb_are_prompt() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let request = b"GET /answer HTTP/1.1\r\nHost: x\r\n\r\n";
    let plain = start(Transport::Plain, HttpLimits::default());
    assert_prompt(Wire::plain(plain.address()), request);
    let tls = start(authority.transport("server"), HttpLimits::default());
    let client = authority.node("hospital-a");
    let show = Show { own: Some(&client), trust: &client, highest: None };
    assert_prompt(Wire::tls(tls.address(), &show).unwrap(), request);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_heads_are_cut() {
    // actix reckons with a clock that it reads every half second; not shorter than that.
    let timeout = Duration::from_secs(1);
    let limits =
        HttpLimits { request_head_timeout: timeout, keep_alive: timeout, ..HttpLimits::default() };
    let server = start(Transport::Plain, limits);
    let mut wire = Wire::plain(server.address());
    wire.write_all(b"GET /peer HTT").unwrap();
    assert_eq!(wire.answer().unwrap().status, 408);
    // A second head on a kept connection has no timer in actix.
    let mut wire = Wire::plain(server.address());
    assert_eq!(wire.request(GET).unwrap().status, 200);
    wire.write_all(b"GET /peer HTT").unwrap();
    let start = Instant::now();
    assert!(wire.is_closed());
    assert!(start.elapsed() < Duration::from_secs(6));
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_are_closed() {
    let limits = HttpLimits { keep_alive: Duration::from_secs(1), ..HttpLimits::default() };
    let server = start(Transport::Plain, limits);
    let mut wire = Wire::plain(server.address());
    assert_eq!(wire.request(GET).unwrap().status, 200);
    let start = Instant::now();
    assert!(wire.is_closed());
    assert!(start.elapsed() < Duration::from_secs(6));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_reads_are_cut() {
    let limits =
        HttpLimits { answer_idle_timeout: Duration::from_millis(300), ..HttpLimits::default() };
    let server = start(Transport::Plain, limits);
    let mut wire = Wire::plain(server.address());
    wire.write_all(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_secs(1));
    // The socket's buffers still hold something; after them there is an end.
    let mut rest = Vec::new();
    let end = wire.read_to_end(&mut rest);
    assert!(end.is_ok() || end.unwrap_err().kind() == std::io::ErrorKind::ConnectionReset);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_answers_that_are_read_are_not_cut() {
    let limits =
        HttpLimits { answer_idle_timeout: Duration::from_millis(300), ..HttpLimits::default() };
    let server = start(Transport::Plain, limits);
    let mut wire = Wire::plain(server.address());
    wire.write_all(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut buffer = vec![0; 256 * 1024];
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(900) {
        assert_ne!(wire.read(&mut buffer).unwrap(), 0);
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn graceful_stop_finishes_requests_in_flight() {
    let server = start(Transport::Plain, HttpLimits::default());
    let address = server.address();
    let mut wire = Wire::plain(address);
    wire.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut idle = Wire::plain(address);
    assert_eq!(idle.request(GET).unwrap().status, 200);
    let start = Instant::now();
    server.stop().await;
    let answer = wire.answer().unwrap();
    assert_eq!((answer.status, answer.text()), (200, "done"));
    assert!(start.elapsed() < Duration::from_secs(10), "an idle connection held the stop up");
    assert!(idle.is_closed());
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn panicking_request_harms_nobody_else() {
    let server = start(Transport::Plain, HttpLimits::default());
    let mut neighbour = Wire::plain(server.address());
    assert_eq!(neighbour.request(GET).unwrap().status, 200);
    let mut wire = Wire::plain(server.address());
    let request = b"GET /panic HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer = wire.request(request).unwrap();
    assert_eq!(answer.status, 500);
    assert!(!answer.text().contains("fault of ours"));
    assert_eq!(neighbour.request(GET).unwrap().status, 200);
    assert_eq!(wire.request(GET).unwrap().status, 200);
}

/// HTTP/1.0 knows no chunks (RFC 9112, section 6.1): its answers have a length, or end with the connection.
#[tokio::test(flavor = "multi_thread")]
async fn clients_of_http_1_0_get_no_chunks() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let client = authority.node("hospital-a");
    let plain = start(Transport::Plain, HttpLimits::default());
    let tls = start(authority.transport("server"), HttpLimits::default());
    let show = Show { own: Some(&client), trust: &client, highest: None };
    for more in ["", "Connection: keep-alive\r\n", "TE: chunked\r\n"] {
        for mut wire in [Wire::plain(plain.address()), Wire::tls(tls.address(), &show).unwrap()] {
            let request = format!("GET /pieces HTTP/1.0\r\n{more}\r\n");
            wire.write_all(request.as_bytes()).unwrap();
            let mut answer = Vec::new();
            wire.read_to_end(&mut answer).unwrap();
            let answer = String::from_utf8(answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.0 200 "), "{head}");
            let head = head.to_ascii_lowercase();
            assert!(!head.contains("chunked") && !head.contains("keep-alive"), "{head}");
            assert!(body == "x".repeat(400_000), "{} bytes", body.len());
        }
        // What has a length leaves the connection open, if that is wanted.
        let request = format!("GET /answer HTTP/1.0\r\n{more}\r\n");
        let mut wire = Wire::plain(plain.address());
        for _ in 0..1 + usize::from(more.contains("keep-alive")) {
            let answer = wire.request(request.as_bytes()).unwrap();
            assert_eq!(answer.body.len(), ANSWER_BYTES, "{}", answer.head);
        }
    }
}

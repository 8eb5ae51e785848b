//! The SOAP endpoint: what is read, what is refused and how, what comes back.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod inline;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use actix_web::{HttpRequest, HttpResponse, web};
use net::soap_endpoint::{
    BodyLimits, OutPart, PartSource, RejectionCause, StreamEnd, receive, respond, respond_fault,
    respond_mtom_stream,
};
use net::{HttpConfig, HttpLimits, HttpServer, Transport};
use soap::Fault;
use tempfile::TempDir;

use crate::wire::{Answer, Wire};

const SIMPLE: &str = "application/soap+xml; charset=UTF-8";
const MTOM: &str = "multipart/related; type=\"application/xop+xml\"; boundary=b; start=\"<root>\"";

/// Small, so that tests reach them quickly.
const LIMITS: BodyLimits = BodyLimits {
    root_bytes: 1000,
    inline_bytes: 100_000,
    part_bytes: 400_000,
    total_bytes: 500_000,
    parts: 3,
};

/// A server whose endpoint tells what it received.
struct Endpoint {
    server: HttpServer,
    spool: TempDir,
}

#[derive(Clone)]
struct Shared {
    spool: PathBuf,
    ends: mpsc::Sender<StreamEnd>,
}

impl Endpoint {
    fn start() -> Endpoint {
        Endpoint::start_with(HttpLimits::default()).0
    }

    fn start_with(limits: HttpLimits) -> (Endpoint, mpsc::Receiver<StreamEnd>) {
        let spool = tempfile::tempdir().unwrap();
        let (ends, ended) = mpsc::channel();
        let shared = Shared { spool: spool.path().to_owned(), ends };
        let config = HttpConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            transport: Transport::Plain,
            workers: 2,
            limits,
            on_refused: net::OnRefused::default(),
            trusted_proxy: None,
        };
        let server = HttpServer::start(config, move |service| {
            service
                .app_data(web::Data::new(shared.clone()))
                .route("/tell", web::to(tell))
                .route("/simple", web::to(simple_only))
                .route("/fault", web::to(fault))
                .route("/document", web::to(document))
                .route("/long", web::to(long));
        });
        (Endpoint { server: server.unwrap(), spool }, ended)
    }

    fn wire(&self) -> Wire {
        Wire::plain(self.server.address())
    }

    fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        self.wire().request(&request(path, content_type, body)).unwrap()
    }

    #[track_caller]
    fn assert_spool_empty(&self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while n_files(self.spool.path()) > 0 {
            assert!(Instant::now() < deadline, "the spool folder is not empty");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn n_files(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

fn request(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut request = head(path, content_type, &format!("Content-Length: {}", body.len()));
    request.extend_from_slice(body);
    request
}

fn head(path: &str, content_type: &str, line: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n{line}\r\n\r\n")
        .into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Answers with what was received, a line each.
async fn tell(
    request: HttpRequest,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResponse {
    let received = match receive(&request, payload, &LIMITS, Some(&shared.spool)).await {
        Ok(received) => received,
        Err(rejection) => return rejection.respond(),
    };
    let mut lines = vec![
        received.text,
        format!("{:?}", received.packaging),
        received.action_param.unwrap_or_default(),
    ];
    for attachment in &received.attachments {
        let bytes = fs::read(attachment.path()).unwrap();
        assert_eq!(attachment.sha1(), openssl::sha::sha1(&bytes));
        assert_eq!(attachment.sha256(), openssl::sha::sha256(&bytes));
        assert_eq!(attachment.size(), u64::try_from(bytes.len()).unwrap());
        let mode = fs::metadata(attachment.path()).unwrap().permissions().mode() & 0o777;
        let id = attachment.content_id.as_deref().unwrap_or("-");
        lines.push(format!("{id} {mode:o} {}", hex(&attachment.sha1())));
    }
    respond(received.packaging, 200, "urn:test", lines.join("\n"))
}

async fn simple_only(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    match receive(&request, payload, &LIMITS, None).await {
        Ok(received) => respond(received.packaging, 200, "urn:test", received.text),
        Err(rejection) => {
            let is_too_large = matches!(rejection.cause, RejectionCause::TooLarge);
            let mut response = rejection.respond();
            if is_too_large {
                let name = actix_web::http::header::HeaderName::from_static("x-too-large");
                response.headers_mut().insert(name, "1".try_into().unwrap());
            }
            response
        }
    }
}

async fn fault(
    request: HttpRequest,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResponse {
    let received = receive(&request, payload, &LIMITS, Some(&shared.spool)).await.unwrap();
    respond_fault(received.packaging, &Fault::receiver("We failed."), Some("urn:uuid:1"))
}

/// The query is `size` written to the file and `announced` in the answer.
async fn document(request: HttpRequest, shared: web::Data<Shared>) -> HttpResponse {
    let (size, announced) = request.query_string().split_once('&').unwrap();
    let path = shared.spool.join("document");
    fs::write(&path, vec![b'~'; size.parse().unwrap()]).unwrap();
    let part = OutPart {
        content_id: "d@x".to_owned(),
        content_type: "text/plain".to_owned(),
        source: PartSource::Path(path),
        size: announced.parse().unwrap(),
    };
    let ends = shared.ends.clone();
    respond_mtom_stream("urn:test", "<e/>".to_owned(), vec![part], move |end| {
        ends.send(end).unwrap();
    })
}

async fn long(
    request: HttpRequest,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResponse {
    let received = receive(&request, payload, &LIMITS, Some(&shared.spool)).await.unwrap();
    let n_characters = received.text.parse().unwrap();
    respond(received.packaging, 200, "urn:test", "z".repeat(n_characters))
}

#[track_caller]
fn assert_fault(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    let content_type = answer.header("content-type").unwrap();
    assert!(content_type.starts_with("application/soap+xml"), "{content_type}");
    assert!(answer.text().contains(&format!("<soap:Value>{code}</soap:Value>")));
}

/// A package with the given parts; the first is the root unless it says otherwise.
fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = b"\r\n".to_vec();
    for (headers, content) in parts {
        body.extend_from_slice(format!("--b\r\n{headers}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    body
}

const ROOT: &str = "Content-ID: <root>\r\nContent-Type: application/xop+xml; charset=UTF-8";
const DOCUMENT: &str = "Content-ID: <d1@x>\r\nContent-Transfer-Encoding: binary";

#[tokio::test(flavor = "multi_thread")]
async fn simple_requests_are_decoded() {
    let endpoint = Endpoint::start();
    let typed = "Application/SOAP+xml; Action=\"urn:a\"; charset=\"utf-8\"";
    let answer = endpoint.post("/tell", typed, "<e>山田</e>".as_bytes());
    assert_eq!((answer.status, answer.text()), (200, "<e>山田</e>\nSimple\nurn:a"));
    assert_eq!(
        answer.header("content-type"),
        Some("application/soap+xml; charset=UTF-8; action=\"urn:test\"")
    );
    let marked = endpoint.post("/tell", "application/soap+xml", b"\xEF\xBB\xBF<e/>");
    assert_eq!(marked.text(), "<e/>\nSimple\n");
    let utf_16: Vec<u8> = "\u{FEFF}<e/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = endpoint.post("/tell", "application/soap+xml; charset=utf-16", &utf_16);
    assert_eq!(wide.text(), "<e/>\nSimple\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_kinds_of_requests_are_refused() {
    let endpoint = Endpoint::start();
    let get = b"GET /tell HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer = endpoint.wire().request(get).unwrap();
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    assert_fault(&endpoint.post("/tell", "application/json", b"{}"), 415, "soap:Sender");
    assert_fault(&endpoint.post("/tell", "nonsense", b"<e/>"), 415, "soap:Sender");
    assert_fault(&endpoint.post("/tell", "text/xml", b"<e/>"), 500, "soap:VersionMismatch");
    let latin = "application/soap+xml; charset=iso-8859-1";
    assert_fault(&endpoint.post("/tell", latin, b"<e/>"), 400, "soap:Sender");
    assert_fault(&endpoint.post("/tell", SIMPLE, b"<e>\xFF</e>"), 400, "soap:Sender");
    let mut packed = head("/tell", SIMPLE, "Content-Encoding: gzip\r\nContent-Length: 2");
    packed.extend_from_slice(b"xx");
    assert_fault(&endpoint.wire().request(&packed).unwrap(), 415, "soap:Sender");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_arrive_in_files_and_are_removed() {
    let endpoint = Endpoint::start();
    let content = b"\x00\r\n--\r\n--a\n--b\xFF";
    let second = "Content-ID: d2\r\nContent-Transfer-Encoding: base64";
    let body = package(&[(DOCUMENT, content), (ROOT, b"<e/>"), (second, b"AAEC")]);
    let answer = endpoint.post("/tell", MTOM, &body);
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with("multipart/related;"));
    let first = hex(&openssl::sha::sha1(content));
    let second = hex(&openssl::sha::sha1(&[0, 1, 2]));
    let expected = format!("<e/>\nMtom\n\nd1@x 600 {first}\nd2 600 {second}\r\n--");
    assert!(answer.text().contains(&expected), "{}", answer.text());
    endpoint.assert_spool_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_packages_are_refused() {
    let endpoint = Endpoint::start();
    let whole = package(&[(ROOT, b"<e/>"), (DOCUMENT, b"content")]);
    let refused = |body: &[u8], content_type: &str| {
        let answer = endpoint.post("/tell", content_type, body);
        assert_eq!(answer.status, 400, "{}", answer.text());
        // A fault in an MTOM exchange is packed as MTOM.
        assert!(answer.header("content-type").unwrap().starts_with("multipart/related;"));
        assert!(answer.text().contains("<soap:Value>soap:Sender</soap:Value>"));
        endpoint.assert_spool_empty();
    };
    for n_bytes in 0..whole.len() - 4 {
        refused(whole.get(..n_bytes).unwrap(), MTOM);
    }
    refused(&whole, &MTOM.replace("<root>", "<other>"));
    refused(&whole, &MTOM.replace("xop+xml", "other"));
    refused(&whole, &MTOM.replace("boundary=b", "boundary=c"));
    let twice = package(&[(ROOT, b"<e/>"), (DOCUMENT, b"1"), (DOCUMENT, b"2")]);
    refused(&twice, MTOM);
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_requests_are_refused() {
    let endpoint = Endpoint::start();
    let too_large = |answer: &Answer| {
        assert_eq!(answer.status, 413, "{}", answer.text());
        assert!(answer.text().contains("<soap:Value>soap:Sender</soap:Value>"));
        endpoint.assert_spool_empty();
    };
    let text = vec![b'x'; LIMITS.root_bytes + 1];
    too_large(&endpoint.post("/tell", SIMPLE, &text));
    assert_eq!(endpoint.post("/tell", SIMPLE, text.get(1..).unwrap()).status, 200);
    too_large(&endpoint.post("/tell", MTOM, &package(&[(ROOT, &text)])));
    let document = vec![b'x'; 400_001];
    too_large(&endpoint.post("/tell", MTOM, &package(&[(ROOT, b"<e/>"), (DOCUMENT, &document)])));
    // Announced too large: refused before the body comes.
    let announced = head("/tell", MTOM, "Content-Length: 500001");
    too_large(&endpoint.wire().request(&announced).unwrap());
    // Not announced: refused when it is too much.
    let mut chunked = head("/tell", MTOM, "Transfer-Encoding: chunked");
    chunked.extend_from_slice(b"7a121\r\n");
    chunked.resize(chunked.len() + 500_001, b'-');
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    too_large(&endpoint.wire().request(&chunked).unwrap());
    let answer = endpoint.post("/simple", SIMPLE, &text);
    assert_eq!(answer.header("x-too-large"), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_parts_are_refused() {
    let endpoint = Endpoint::start();
    let parts: [(&str, &[u8]); 4] =
        [(ROOT, b"<e/>"), ("A: 1", b"1"), ("A: 2", b"2"), ("A: 3", b"3")];
    assert_eq!(endpoint.post("/tell", MTOM, &package(&parts)).status, 400);
    assert_eq!(endpoint.post("/tell", MTOM, &package(parts.get(..3).unwrap())).status, 200);
    endpoint.assert_spool_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn mtom_is_refused_where_no_document_is_expected() {
    let endpoint = Endpoint::start();
    let answer = endpoint.post("/simple", MTOM, &package(&[(ROOT, b"<e/>")]));
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("soap:Sender"));
    assert_eq!(endpoint.post("/simple", SIMPLE, b"<e/>").status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn unwritable_spool_is_our_fault() {
    let endpoint = Endpoint::start();
    fs::remove_dir(endpoint.spool.path()).unwrap();
    let answer = endpoint.post("/tell", MTOM, &package(&[(ROOT, b"<e/>"), (DOCUMENT, b"1")]));
    assert_eq!(answer.status, 500);
    assert!(answer.text().contains("soap:Receiver"));
    let folder = endpoint.spool.path().to_str().unwrap();
    assert!(!answer.text().contains(folder), "the cause is shown outside");
    fs::create_dir(endpoint.spool.path()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn chunked_requests_are_read() {
    let endpoint = Endpoint::start();
    let body = package(&[(ROOT, b"<e/>"), (DOCUMENT, b"content of the document")]);
    let mut request = head("/tell", MTOM, "Transfer-Encoding: chunked");
    for chunk in body.chunks(5) {
        request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    let answer = endpoint.wire().request(&request).unwrap();
    let hash = hex(&openssl::sha::sha1(b"content of the document"));
    assert!(answer.text().contains(&format!("d1@x 600 {hash}")), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn expected_continue_is_sent_before_the_body() {
    let endpoint = Endpoint::start();
    let mut wire = endpoint.wire();
    let lines = "Expect: 100-continue\r\nContent-Length: 4";
    wire.write_all(&head("/tell", SIMPLE, lines)).unwrap();
    assert!(wire.head().unwrap().starts_with("HTTP/1.1 100 "));
    wire.write_all(b"<e/>").unwrap();
    let answer = wire.answer().unwrap();
    assert_eq!((answer.status, answer.text()), (200, "<e/>\nSimple\n"));
}

fn short_deadlines() -> HttpLimits {
    HttpLimits {
        body_idle_timeout: Duration::from_millis(300),
        body_total_timeout: Duration::from_millis(900),
        ..HttpLimits::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_stand_still_are_cut() {
    let (endpoint, _) = Endpoint::start_with(short_deadlines());
    let mut wire = endpoint.wire();
    wire.write_all(&head("/tell", MTOM, "Content-Length: 1000")).unwrap();
    let start = package(&[(ROOT, b"<e/>"), (DOCUMENT, b"content")]);
    wire.write_all(start.get(..start.len() - 20).unwrap()).unwrap();
    let began = Instant::now();
    assert_eq!(wire.answer().unwrap().status, 408);
    assert!(began.elapsed() < Duration::from_secs(3));
    endpoint.assert_spool_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_drip_are_cut() {
    let (endpoint, _) = Endpoint::start_with(short_deadlines());
    let mut wire = endpoint.wire();
    wire.write_all(&head("/tell", SIMPLE, "Content-Length: 1000")).unwrap();
    let began = Instant::now();
    // The server closes while this goes on; then writing fails.
    while began.elapsed() < Duration::from_millis(1500) && wire.write_all(b" ").is_ok() {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(wire.answer().unwrap().status, 408);
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_uploads_leave_nothing() {
    let endpoint = Endpoint::start();
    let mut wire = endpoint.wire();
    // Larger than a block, so that the file exists when the connection breaks.
    let body = package(&[(ROOT, b"<e/>"), (DOCUMENT, &[b'x'; 390_000])]);
    let upload = request("/tell", MTOM, &body);
    wire.write_all(upload.get(..380_000).unwrap()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    while n_files(endpoint.spool.path()) == 0 {
        assert!(Instant::now() < deadline, "nothing was written");
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(wire);
    endpoint.assert_spool_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn leftovers_of_a_crash_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("1.part"), "x").unwrap();
    fs::write(folder.path().join("other"), "x").unwrap();
    assert_eq!(net::soap_endpoint::remove_leftovers(folder.path()).unwrap(), 1);
    assert_eq!(n_files(folder.path()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_packed_like_their_requests() {
    let endpoint = Endpoint::start();
    let simple = endpoint.post("/fault", SIMPLE, b"<e/>");
    assert_fault(&simple, 500, "soap:Receiver");
    assert!(simple.text().contains("<wsa:RelatesTo>urn:uuid:1</wsa:RelatesTo>"));
    let mtom = endpoint.post("/fault", MTOM, &package(&[(ROOT, b"<e/>")]));
    assert_eq!(mtom.status, 500);
    assert!(mtom.header("content-type").unwrap().starts_with("multipart/related;"));
    assert!(mtom.text().contains("<soap:Value>soap:Receiver</soap:Value>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn long_answers_arrive_whole() {
    let endpoint = Endpoint::start();
    for n_characters in [262_143, 262_144, 262_145, 3_000_000] {
        let text = n_characters.to_string();
        let simple = endpoint.post("/long", SIMPLE, text.as_bytes());
        assert_eq!(simple.body.len(), n_characters);
        let mtom = endpoint.post("/long", MTOM, &package(&[(ROOT, text.as_bytes())]));
        assert_eq!(mtom.text().matches('z').count(), n_characters);
        assert!(mtom.text().ends_with("--\r\n"));
    }
}

fn get_document(endpoint: &Endpoint, size: usize, announced: usize) -> std::io::Result<Answer> {
    let request = format!("GET /document?{size}&{announced} HTTP/1.1\r\nHost: x\r\n\r\n");
    endpoint.wire().request(request.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_documents_break_the_connection() {
    let (endpoint, ended) = Endpoint::start_with(HttpLimits::default());
    let next_end = || ended.recv_timeout(Duration::from_secs(5)).unwrap();
    for size in [0, 1, 262_144, 1_000_000] {
        let answer = get_document(&endpoint, size, size).unwrap();
        assert_eq!(answer.text().matches('~').count(), size);
        assert!(matches!(next_end(), StreamEnd::Complete));
    }
    for (size, announced) in [(0, 1), (1, 0), (1_000_000, 999_999), (999_999, 1_000_000)] {
        assert!(get_document(&endpoint, size, announced).is_err(), "{size} as {announced}");
        assert!(matches!(next_end(), StreamEnd::Unreadable(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_clients_are_noticed() {
    let limits =
        HttpLimits { answer_idle_timeout: Duration::from_millis(500), ..HttpLimits::default() };
    let (endpoint, ended) = Endpoint::start_with(limits);
    let mut wire = endpoint.wire();
    let size = 50_000_000;
    let request = format!("GET /document?{size}&{size} HTTP/1.1\r\nHost: x\r\n\r\n");
    let next_end = || ended.recv_timeout(Duration::from_secs(5)).unwrap();
    wire.write_all(request.as_bytes()).unwrap();
    wire.read_exact(&mut [0; 1000]).unwrap();
    drop(wire);
    assert!(matches!(next_end(), StreamEnd::Abandoned));
    // One that stays and does not read.
    let mut wire = endpoint.wire();
    wire.write_all(request.as_bytes()).unwrap();
    assert!(matches!(next_end(), StreamEnd::Abandoned));
}

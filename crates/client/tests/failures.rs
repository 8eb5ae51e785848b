//! Calls without answer: what the caller learns, and how soon.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use client::soap::{OutAttachment, PartSource};
use client::{AnswerLimits, CallError, ClientTransport, SoapClient, Stage, Timeouts};
use net::TlsFiles;
use tokio::net::TcpListener;

use crate::certificates::Authority;
use crate::servers::{Echo, client, scripted};

/// Short enough for a test, long enough for a busy machine.
const LIMIT: Duration = Duration::from_millis(400);

fn hasty() -> SoapClient {
    let timeouts = Timeouts {
        connect: LIMIT,
        response: LIMIT,
        body_idle: LIMIT,
        whole: Duration::from_secs(20),
        pool_idle: LIMIT,
    };
    SoapClient::new(&ClientTransport::Plain, timeouts, AnswerLimits::default()).unwrap()
}

async fn call(client: &SoapClient, url: &str) -> CallError {
    let start = Instant::now();
    let error = client.call(url, "urn:test", "<e/>".to_owned()).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5), "{error}");
    error
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}/")
}

async fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_connections_were_certainly_not_received() {
    let error = call(&hasty(), &url(closed_port().await)).await;
    assert!(matches!(error, CallError::Connect(_)), "{error:?}");
    assert!(error.is_certainly_not_received());
}

#[tokio::test(flavor = "multi_thread")]
async fn unusable_urls_send_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let mutual = client(&authority.transport("node"));
    let plain = client(&ClientTransport::Plain);
    // Certificates must not be of no effect because of a URL.
    for (client, url) in [(&mutual, "http://127.0.0.1:1/"), (&plain, "https://127.0.0.1:1/")] {
        let error = call(client, url).await;
        assert!(matches!(error, CallError::InvalidRequest(_)), "{error:?}");
        assert!(error.is_certainly_not_received());
    }
    for url in ["", "/path", "http://", "not a url"] {
        assert!(matches!(call(&plain, url).await, CallError::InvalidRequest(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_of_another_authority_are_not_talked_to() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let echo = Echo::start(authority.transport("server"));
    let stranger = Authority::new(folder.path(), "stranger");
    let error = call(&client(&stranger.transport("node")), &echo.url).await;
    assert!(error.is_certainly_not_received(), "{error:?}");
    // The name in the certificate must be that of the URL.
    let other_name = echo.url.replace("127.0.0.1", "127.0.0.2");
    let error = call(&client(&authority.transport("node")), &other_name).await;
    assert!(error.is_certainly_not_received(), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_another_authority_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let echo = Echo::start(authority.transport("server"));
    let stranger = Authority::new(folder.path(), "stranger").node("node");
    let trusting = TlsFiles { ca: authority.node("unused").ca, ..stranger };
    let error = call(&client(&ClientTransport::from(trusting)), &echo.url).await;
    assert!(matches!(error, CallError::Connect(_) | CallError::Io(_)), "{error:?}");
    assert_eq!(echo.n_received.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_handshakes_end() {
    let folder = tempfile::tempdir().unwrap();
    let transport = Authority::new(folder.path(), "ca").transport("node");
    let timeouts = Timeouts { connect: LIMIT, ..Timeouts::default() };
    let client = SoapClient::new(&transport, timeouts, AnswerLimits::default()).unwrap();
    let address = scripted(1, b"", false).await;
    let error = call(&client, &format!("https://{address}/")).await;
    assert!(matches!(error, CallError::Connect(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_answers_leave_doubt() {
    let error = call(&hasty(), &url(scripted(10, b"", false).await)).await;
    assert!(matches!(error, CallError::Timeout(Stage::Response)), "{error:?}");
    assert!(!error.is_certainly_not_received());
    let error = call(&hasty(), &url(scripted(10, b"", true).await)).await;
    assert!(matches!(error, CallError::Io(_)), "{error:?}");
    assert!(!error.is_certainly_not_received());
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_answers_leave_doubt() {
    let begun = b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n\
                  Content-Length: 100\r\n\r\n<e";
    let error = call(&hasty(), &url(scripted(10, begun, false).await)).await;
    assert!(matches!(error, CallError::Timeout(Stage::Body)), "{error:?}");
    let error = call(&hasty(), &url(scripted(10, begun, true).await)).await;
    assert!(matches!(error, CallError::Io(_)), "{error:?}");
    let truncated = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary=b; \
                      type=\"application/xop+xml\"\r\nContent-Length: 13\r\n\r\n--b\r\n\r\n<e/>\r\n";
    let error = call(&hasty(), &url(scripted(10, truncated, true).await)).await;
    assert!(matches!(error, CallError::Mtom(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_call_has_a_limit() {
    // An answer that drips: always a byte before the idle limit.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 10]).await.unwrap();
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n\
                     Content-Length: 1000\r\n\r\n";
        stream.write_all(head).await.unwrap();
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let timeouts = Timeouts { whole: Duration::from_secs(1), ..Timeouts::default() };
    let client = SoapClient::new(&ClientTransport::Plain, timeouts, AnswerLimits::default());
    let error = call(&client.unwrap(), &url(address)).await;
    assert!(matches!(error, CallError::Timeout(Stage::Whole)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_answers_than_soap_are_told() {
    let echo = Echo::start(ClientTransport::Plain);
    let error = call(&client(&ClientTransport::Plain), &echo.url("html")).await;
    let CallError::NotSoap { status: 502, content_type: Some(content_type) } = error else {
        panic!("{error:?}");
    };
    assert_eq!(content_type, "text/html");
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_answers_are_refused() {
    let echo = Echo::start(ClientTransport::Plain);
    let limited =
        |limits| SoapClient::new(&ClientTransport::Plain, Timeouts::default(), limits).unwrap();
    let call = async |client: SoapClient, size: usize| {
        let document = document(PartSource::Bytes(Bytes::from(vec![b'x'; size])), size);
        client.call_mtom(&echo.url, "urn:test", "<e/>".to_owned(), vec![document]).await
    };
    let part = AnswerLimits { part_bytes: 1000, ..AnswerLimits::default() };
    assert!(matches!(call(limited(part.clone()), 1001).await, Err(CallError::TooLarge)));
    assert!(call(limited(part), 1000).await.is_ok());
    let total = AnswerLimits { total_bytes: 1000, ..AnswerLimits::default() };
    assert!(matches!(call(limited(total), 1000).await, Err(CallError::TooLarge)));
    let root = limited(AnswerLimits { root_bytes: 3, ..AnswerLimits::default() });
    assert!(matches!(call(root.clone(), 1).await, Err(CallError::TooLarge)));
    let simple = root.call(&echo.url, "urn:test", "<e/>".to_owned()).await;
    assert!(matches!(simple, Err(CallError::TooLarge)));
}

#[tokio::test(flavor = "multi_thread")]
async fn early_refusals_are_seen_although_the_upload_goes_on() {
    let echo = Echo::start(ClientTransport::Plain);
    // Refused by its announced length, and by the length of its part.
    for size in [900_000, 30_000_000] {
        let document = document(PartSource::Bytes(Bytes::from(vec![b'x'; size])), size);
        let client = client(&ClientTransport::Plain);
        let url = echo.url("small");
        let call = client.call_mtom(&url, "urn:test", "<e/>".to_owned(), vec![document]);
        let answer = call.await.unwrap();
        assert_eq!(answer.status, 413);
        assert!(answer.text.contains("too large"));
    }
}

fn document(source: PartSource, size: usize) -> OutAttachment {
    OutAttachment {
        content_id: "1@test".to_owned(),
        content_type: "text/plain".to_owned(),
        source,
        size: size.try_into().unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_of_wrong_size_are_not_received() {
    let echo = Echo::start(ClientTransport::Plain);
    let client = client(&ClientTransport::Plain);
    let missing = PartSource::Path(echo.spool.path().join("missing"));
    let cases = [
        document(PartSource::Bytes(Bytes::from_static(b"short")), 6),
        document(PartSource::Bytes(Bytes::from_static(b"long")), 3),
        document(missing, 0),
    ];
    for case in cases {
        let answer = client.call_mtom(&echo.url, "urn:test", "<e/>".to_owned(), vec![case]).await;
        let error = answer.unwrap_err();
        assert!(matches!(error, CallError::Attachment(_)), "{error:?}");
    }
    assert_eq!(echo.n_received.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_nobody_takes_end() {
    // More than the sockets' buffers hold.
    let size = 64 * 1024 * 1024;
    let document = document(PartSource::Bytes(Bytes::from(vec![b'x'; size])), size);
    let address = scripted(10, b"", false).await;
    let start = Instant::now();
    let call =
        hasty().call_mtom(&url(address), "urn:test", "<e/>".to_owned(), vec![document]).await;
    let error = call.unwrap_err();
    assert!(matches!(error, CallError::Timeout(Stage::Request)), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_uploads_that_move_are_not_cut() {
    use std::io::Read;
    /// Longer than every limit but the one for the whole call.
    struct Slow(std::io::Cursor<Vec<u8>>);
    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            std::thread::sleep(Duration::from_millis(20));
            let n_bytes = buffer.len().min(32 * 1024);
            self.0.read(&mut buffer[..n_bytes])
        }
    }
    let size = 3 * 1024 * 1024;
    let echo = Echo::start(ClientTransport::Plain);
    let source = PartSource::Reader(Box::new(Slow(std::io::Cursor::new(vec![b'x'; size]))));
    let start = Instant::now();
    let answer = hasty()
        .call_mtom(&echo.url, "urn:test", "<e/>".to_owned(), vec![document(source, size)])
        .await;
    assert_eq!(answer.unwrap().attachments[0].content.size(), 3 * 1024 * 1024);
    assert!(start.elapsed() > 3 * LIMIT, "the test is not slow enough");
}

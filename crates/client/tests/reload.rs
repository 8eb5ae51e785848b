//! Certificates, trust and revocation that change under load: good nodes notice nothing, a revoked one is out.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::web;
use client::{ClientTransport, MllpClient, MllpTimeouts, RawClient, Timeouts, TlsFiles};
use futures_util::future::BoxFuture;
use hyper::Uri;
use hyper_openssl::client::legacy::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use net::metrics::MllpMetrics;
use net::{
    Frame, HttpConfig, HttpLimits, HttpServer, MllpConfig, MllpLimits, MllpServer, OnRefused, Tls,
};
use openssl::ssl::{SslConnector, SslFiletype, SslMethod, SslVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower_service::Service;

use crate::certificates::{Authority, new_key};

const DAY: i64 = 86_400;

/// Clients of each of four kinds: kept and fresh connections, over HTTP and over MLLP.
const OF_EACH: usize = 4;

/// Servers over HTTP and MLLP with one TLS.
struct Servers {
    _folder: tempfile::TempDir,
    authority: Authority,
    tls: Tls,
    http: HttpServer,
    mllp: MllpServer,
    n_refused: Arc<AtomicUsize>,
}

impl Servers {
    fn start() -> Servers {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new(folder.path(), "ca");
        let mut files = authority.node("server");
        files.revocation = Some(authority.revoke(&[], DAY));
        let tls = Tls::from(files);
        let n_refused = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&n_refused);
        let on_refused = OnRefused::new(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        let address = "127.0.0.1:0".parse().unwrap();
        let http = HttpConfig {
            address,
            transport: ClientTransport::MutualTls(tls.clone()),
            workers: 2,
            limits: HttpLimits::default(),
            on_refused: on_refused.clone(),
            trusted_proxy: None,
        };
        let http = HttpServer::start(http, |service| {
            service.route("/", web::get().to(|| async { "answer" }));
        });
        let mllp = MllpConfig {
            address,
            transport: ClientTransport::MutualTls(tls.clone()),
            limits: MllpLimits::default(),
            on_refused,
        };
        let answer =
            |_: Frame| -> BoxFuture<'static, Vec<u8>> { Box::pin(async { b"ok".to_vec() }) };
        let mllp = MllpServer::start(mllp, MllpMetrics::default(), Arc::new(answer)).unwrap();
        Servers { _folder: folder, authority, tls, http: http.unwrap(), mllp, n_refused }
    }

    fn url(&self) -> String {
        format!("https://{}/", self.http.address())
    }

    /// Waits until so many connections were refused: the client can see it before it is told.
    async fn refused(&self, at_least: usize) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while self.n_refused.load(Ordering::SeqCst) < at_least {
            assert!(tokio::time::Instant::now() < deadline, "fewer refusals than {at_least}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn mllp_client(&self, transport: &ClientTransport) -> MllpClient {
        let port = self.mllp.address().port();
        MllpClient::new("127.0.0.1", port, transport, MllpTimeouts::default()).unwrap()
    }
}

async fn asked(client: &RawClient, url: &str) -> bool {
    let answer = client.request("GET", url, Vec::new(), bytes::Bytes::new()).await;
    answer.is_ok_and(|answer| answer.status == 200)
}

/// Asks again and again until told to stop; counts what was answered, and what was not.
struct Load {
    stop: Arc<AtomicBool>,
    n_answered: Arc<AtomicUsize>,
    n_failed: Arc<AtomicUsize>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn of(servers: &Servers, transport: &ClientTransport) -> Load {
        let mut load = Load {
            stop: Arc::default(),
            n_answered: Arc::default(),
            n_failed: Arc::default(),
            tasks: Vec::new(),
        };
        for _ in 0..OF_EACH {
            let new_http = {
                let (transport, url) = (transport.clone(), servers.url());
                move || (RawClient::new(&transport, Timeouts::default()).unwrap(), url.clone())
            };
            let (kept, url) = new_http();
            load.run(move || {
                let (kept, url) = (kept.clone(), url.clone());
                async move { asked(&kept, &url).await }
            });
            load.run(move || {
                let (fresh, url) = new_http();
                async move { asked(&fresh, &url).await }
            });
            let kept = Arc::new(tokio::sync::Mutex::new(servers.mllp_client(transport)));
            load.run(move || {
                let kept = Arc::clone(&kept);
                async move { kept.lock().await.send(b"one").await.is_ok() }
            });
            let (transport, port) = (transport.clone(), servers.mllp.address().port());
            load.run(move || {
                let timeouts = MllpTimeouts::default();
                let fresh = MllpClient::new("127.0.0.1", port, &transport, timeouts);
                async move { fresh.unwrap().send(b"one").await.is_ok() }
            });
        }
        load
    }

    fn run<F>(&mut self, mut ask: impl FnMut() -> F + Send + 'static)
    where
        F: Future<Output = bool> + Send,
    {
        let stop = Arc::clone(&self.stop);
        let (answered, failed) = (Arc::clone(&self.n_answered), Arc::clone(&self.n_failed));
        self.tasks.push(tokio::spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                let counter = if ask().await { &answered } else { &failed };
                counter.fetch_add(1, Ordering::SeqCst);
            }
        }));
    }

    /// Waits until so many more were answered.
    async fn go_on(&self, n_more: usize) {
        let goal = self.n_answered.load(Ordering::SeqCst) + n_more;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while self.n_answered.load(Ordering::SeqCst) < goal {
            assert!(tokio::time::Instant::now() < deadline, "the load stands still");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn end(self) -> (usize, usize) {
        self.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.unwrap();
        }
        (self.n_answered.load(Ordering::SeqCst), self.n_failed.load(Ordering::SeqCst))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reload_under_load_fails_no_good_request_and_every_one_of_the_revoked_node() {
    let servers = Servers::start();
    // Clients have a TLS of their own, which nobody reloads; and one that follows the server's.
    let good = ClientTransport::from(servers.authority.node("good"));
    let bad = ClientTransport::from(servers.authority.node("bad"));
    let load = Load::of(&servers, &good);
    assert_eq!(load.tasks.len(), 16);
    let bad_http = RawClient::new(&bad, Timeouts::default()).unwrap();
    let mut bad_mllp = servers.mllp_client(&bad);
    assert!(asked(&bad_http, &servers.url()).await);
    assert!(bad_mllp.send(b"one").await.is_ok());
    load.go_on(200).await;
    // Another certificate and key of the server, and other revocation lists, several times.
    for round in 0..5 {
        let name = format!("server-{round}");
        let renewed = servers.authority.node_of(&name, new_key(), (0, DAY));
        std::fs::copy(&renewed.certificate, &servers.tls.files().certificate).unwrap();
        assert!(servers.tls.reload().is_err(), "the key is not there yet");
        std::fs::copy(&renewed.key, &servers.tls.files().key).unwrap();
        servers.tls.reload().unwrap();
        load.go_on(100).await;
    }
    assert_eq!(servers.n_refused.load(Ordering::SeqCst), 0);
    assert!(asked(&bad_http, &servers.url()).await && bad_mllp.send(b"one").await.is_ok());
    servers.authority.revoke(&["bad"], DAY);
    servers.tls.reload().unwrap();
    for _ in 0..3 {
        assert!(
            !asked(&bad_http, &servers.url()).await,
            "over the kept connection, and over new ones"
        );
        assert!(bad_mllp.send(b"one").await.is_err());
    }
    load.go_on(200).await;
    let (n_answered, n_failed) = load.end().await;
    eprintln!("{n_answered} requests of good nodes answered over 6 reloads, {n_failed} failed");
    assert_eq!(n_failed, 0, "of {n_answered}");
    servers.refused(6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_uses_no_connection_to_a_server_that_was_revoked() {
    let servers = Servers::start();
    let mut files = servers.authority.node("client");
    files.revocation = Some(servers.authority.revoke(&[], DAY));
    let own = Tls::from(files);
    let transport = ClientTransport::MutualTls(own.clone());
    let http = RawClient::new(&transport, Timeouts::default()).unwrap();
    let mut mllp = servers.mllp_client(&transport);
    assert!(asked(&http, &servers.url()).await && mllp.send(b"one").await.is_ok());
    servers.authority.revoke(&["server"], DAY);
    own.reload().unwrap();
    assert!(!asked(&http, &servers.url()).await);
    assert!(mllp.send(b"one").await.is_err());
}

/// A client that resumes its sessions, as many do.
fn resuming(client: &TlsFiles, version: SslVersion) -> HttpsConnector<HttpConnector> {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_ca_file(&client.ca).unwrap();
    builder.set_certificate_chain_file(&client.certificate).unwrap();
    builder.set_private_key_file(&client.key, SslFiletype::PEM).unwrap();
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    HttpsConnector::with_connector(http, builder).unwrap()
}

/// Whether a new connection resumed a session, and whether it was answered; `None` if it was refused.
async fn connect(connector: &mut HttpsConnector<HttpConnector>, url: &str) -> Option<(bool, bool)> {
    let stream = connector.call(url.parse::<Uri>().unwrap()).await.ok()?;
    let MaybeHttpsStream::Https(stream) = stream else { return None };
    let was_resumed = stream.ssl().session_reused();
    let mut stream = TokioIo::new(stream);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.ok()?;
    let mut head = [0; 12];
    let is_answered = stream.read_exact(&mut head).await.is_ok() && head.ends_with(b"200");
    // Sessions of connections that end in disorder are not resumed.
    stream.shutdown().await.ok()?;
    let _end = stream.read_to_end(&mut Vec::new()).await;
    Some((was_resumed, is_answered))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_node_is_not_let_in_by_a_session_of_before() {
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let servers = Servers::start();
        let mut connector = resuming(&servers.authority.node("bad"), version);
        let url = servers.url();
        assert_eq!(connect(&mut connector, &url).await, Some((false, true)), "{version:?}");
        let again = connect(&mut connector, &url).await;
        assert_eq!(again, Some((true, true)), "sessions are resumed while nothing changes");
        servers.authority.revoke(&["bad"], DAY);
        servers.tls.reload().unwrap();
        let (_, is_answered) = connect(&mut connector, &url).await.unwrap_or_default();
        assert!(!is_answered, "{version:?}");
        servers.refused(1).await;
    }
}

/// Certificates of the client that end by themselves need no reload to be refused when a session is resumed.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_does_not_outlive_its_certificate() {
    let servers = Servers::start();
    let shortly = servers.authority.node_of("shortly", new_key(), (-DAY, 3));
    let mut connector = resuming(&shortly, SslVersion::TLS1_2);
    let url = servers.url();
    assert_eq!(connect(&mut connector, &url).await, Some((false, true)));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        match connect(&mut connector, &url).await {
            Some((_, true)) => assert!(tokio::time::Instant::now() < deadline, "still let in"),
            Some((_, false)) | None => break,
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    servers.refused(1).await;
}

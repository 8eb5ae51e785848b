//! What the clients talk to.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{HttpRequest, HttpResponse, web};
use client::{AnswerLimits, ClientTransport, SoapClient, Timeouts};
use net::multipart::{OutPart, PartSource};
use net::soap_endpoint::{
    BodyLimits, Packaging, receive, respond, respond_fault, respond_mtom_stream,
};
use net::{HttpConfig, HttpLimits, HttpServer};
use soap::Fault;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// An endpoint that sends back what it received.
pub(crate) struct Echo {
    pub(crate) url: String,
    pub(crate) spool: TempDir,
    /// Requests that were received completely.
    pub(crate) n_received: Arc<AtomicUsize>,
    _server: HttpServer,
}

#[derive(Clone)]
struct Shared {
    spool: PathBuf,
    n_received: Arc<AtomicUsize>,
}

impl Echo {
    pub(crate) fn start(transport: ClientTransport) -> Echo {
        let scheme = match transport {
            ClientTransport::Plain => "http",
            ClientTransport::MutualTls(_) => "https",
        };
        let spool = tempfile::tempdir().unwrap();
        let n_received = Arc::new(AtomicUsize::new(0));
        let shared = Shared { spool: spool.path().to_owned(), n_received: Arc::clone(&n_received) };
        let config = HttpConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            transport,
            workers: 1,
            limits: HttpLimits::default(),
            on_refused: net::OnRefused::default(),
            trusted_proxy: None,
        };
        let server = HttpServer::start(config, move |service| {
            service
                .app_data(web::Data::new(shared.clone()))
                .route("/", web::post().to(echo))
                .route("/fault", web::post().to(fault))
                .route("/small", web::post().to(small))
                .route("/html", web::post().to(html))
                .route("/peer", web::post().to(peer));
        })
        .unwrap();
        let url = format!("{scheme}://{}/", server.address());
        Echo { url, spool, n_received, _server: server }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

async fn echo(
    request: HttpRequest,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResponse {
    let limits = BodyLimits::default();
    let received = match receive(&request, payload, &limits, Some(&shared.spool)).await {
        Ok(received) => received,
        Err(rejection) => return rejection.respond(),
    };
    shared.n_received.fetch_add(1, Ordering::SeqCst);
    if received.packaging == Packaging::Simple {
        return respond(Packaging::Simple, 200, "urn:answer", received.text);
    }
    let parts = received.attachments.into_iter().map(|attachment| OutPart {
        content_id: attachment.content_id.clone().unwrap(),
        content_type: "application/octet-stream".to_owned(),
        size: attachment.size(),
        source: PartSource::Path(attachment.keep()),
    });
    respond_mtom_stream("urn:answer", received.text, parts.collect(), |_end| {})
}

async fn fault(
    request: HttpRequest,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResponse {
    let limits = BodyLimits::default();
    let received = receive(&request, payload, &limits, Some(&shared.spool)).await.unwrap();
    respond_fault(received.packaging, &Fault::sender("Not so."), None)
}

/// Takes little.
async fn small(
    request: HttpRequest,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResponse {
    let limits = BodyLimits { part_bytes: 1000, total_bytes: 1_000_000, ..BodyLimits::default() };
    match receive(&request, payload, &limits, Some(&shared.spool)).await {
        Ok(received) => respond(received.packaging, 200, "urn:answer", received.text),
        Err(rejection) => rejection.respond(),
    }
}

async fn html() -> HttpResponse {
    HttpResponse::BadGateway().content_type("text/html").body("<html>")
}

/// Tells the client's name and its port, which stays the same as long as the connection does.
async fn peer(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let received = receive(&request, payload, &BodyLimits::default(), None).await.unwrap();
    let peer = received.peer;
    let text = format!("{} {}", peer.name(), peer.address.port());
    respond(Packaging::Simple, 200, "urn:answer", text)
}

pub(crate) fn client(transport: &ClientTransport) -> SoapClient {
    SoapClient::new(transport, Timeouts::default(), AnswerLimits::default()).unwrap()
}

/// A listener that reads `n_bytes` of the first connection, writes `answer` and then waits,
/// or closes if `closes`.
pub(crate) async fn scripted(n_bytes: usize, answer: &'static [u8], closes: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut vec![0; n_bytes]).await.unwrap();
        stream.write_all(answer).await.unwrap();
        if !closes {
            std::future::pending::<()>().await;
        }
    });
    address
}
